"""What becomes of feeds from life: each is collected, composed, rendered and checked.

    python -m benchmarks.feeds DIR [--out TABLE] [--limit SECONDS]

Every file in DIR is taken for a feed. Exit 1 if one of them ends in a traceback or takes too long.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from pipeline import example
from pipeline.app.collect import collect
from pipeline.app.context import App
from pipeline.app.draft import compose_issue, prepare
from pipeline.check import blocking
from pipeline.errors import WarmletterError
from pipeline.model import Period
from pipeline.settings import load
from pipeline.wiring import wired

BUGS = ("traceback", "too slow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one feed. `kind` is what the totals count."""

    feed: str
    kind: str
    outcome: str
    items: int = 0
    month: str = "-"
    posts: int = 0
    seconds: float = 0.0

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.feed, str(self.items), self.month, str(self.posts), self.outcome, f"{self.seconds:.2f}")


class TooSlow(Exception):
    """A feed's time is over."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    def over(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def practice(feed: str, folder: Path) -> Iterator[App]:
    """The program with the example's practice and `feed`, its data in `folder`."""
    config = folder / "config.toml"
    config.write_text(
        example.filled({"feeds.urls": [feed], "web.base_url": "https://letters.practice.example"}), "utf-8"
    )
    with wired(load(config)) as app:
        yield app


def try_feed(path: Path, *, limit_s: float) -> Row:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with at_most(limit_s), practice(str(path.resolve()), Path(folder)) as app:
                row = became(app, path)
        except TooSlow:
            row = Row(feed=path.name, kind="too slow", outcome=f"too slow: over {limit_s:g} s")
        except Exception as bug:
            print(f"--- {path.name}", file=sys.stderr)
            traceback.print_exc()
            row = Row(feed=path.name, kind="traceback", outcome=f"traceback: {type(bug).__name__}: {bug}")
    return Row(
        feed=row.feed,
        kind=row.kind,
        outcome=" ".join(row.outcome.split()),
        items=row.items,
        month=row.month,
        posts=row.posts,
        seconds=time.perf_counter() - began,
    )


def became(app: App, path: Path) -> Row:
    """The way of the newest month's letter, as far as it goes."""
    zone = app.settings.practice.zone
    (report,) = collect(
        posts=app.store.posts,
        fetcher=app.fetcher,
        parser=app.parser,
        clock=app.clock,
        feeds=app.settings.feed_sources,
        zone=zone,
    )
    if not report.outcome.ok:
        return Row(feed=path.name, kind=report.outcome.value, outcome=report.message)
    newest = app.store.posts.newest()
    if newest is None:
        return Row(feed=path.name, kind="no post", outcome="the feed holds no post")
    month, items = str(Period.of(newest.dated, zone)), len(report.new)
    try:
        issue = compose_issue(app, month)
        prepared = prepare(app, month)
    except WarmletterError as problem:
        kind = type(problem).__name__
        return Row(feed=path.name, kind=kind, outcome=f"{kind}: {problem.problem}", items=items, month=month)
    blocked = blocking(prepared.checks)
    said = "; ".join(f"{found.name}: {found.message}" for found in blocked)
    return Row(
        feed=path.name,
        kind=f"blocked by {blocked[0].name}" if blocked else "letter",
        outcome=f"blocked by {said}" if blocked else "letter",
        items=items,
        month=month,
        posts=len(issue.posts),
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table, and below it how many feeds ended how."""
    lines = ["| feed | items | month | posts | outcome | s |", "|---|--:|---|--:|---|--:|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row.cells) + " |" for row in rows]
    totals = Counter(row.kind for row in rows).most_common()
    seconds = sum(row.seconds for row in rows)
    lines += ["", f"{len(rows)} feeds in {seconds:.1f} s: " + ", ".join(f"{n} {kind}" for kind, n in totals)]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.feeds", description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder of feeds")
    parser.add_argument("--out", type=Path, help="write the table into this file, too")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds a feed may take")
    asked = parser.parse_args()
    paths = sorted(
        p for p in asked.folder.iterdir() if p.is_file() and p.suffix not in (".tsv", ".md", ".gz")
    )
    rows = [try_feed(path, limit_s=asked.limit) for path in paths]
    text = table(rows)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n", "utf-8")
    return int(any(row.kind in BUGS for row in rows))


if __name__ == "__main__":
    sys.exit(main())
