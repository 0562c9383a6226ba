"""How long each stage takes for the sample issue: `make bench`, or `python -m benchmarks`.

Times are of this computer, best and median of several runs; a stage that changes the store
is run once. Exit 1 if a figure misses its target.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import example
from pipeline.app.collect import collect
from pipeline.app.context import App
from pipeline.app.draft import Prepared, compose_issue, eligible, prepare
from pipeline.app.mail import send
from pipeline.app.pictures import attachments
from pipeline.app.yes import approve
from pipeline.check import check
from pipeline.check.draft import Draft
from pipeline.compose import compose
from pipeline.deliver.mime import to_bytes
from pipeline.demo.server import BlogServer
from pipeline.model import Choices, NewReader, ReadPost, Recipient
from pipeline.read import read_post
from pipeline.render import render
from pipeline.render.message import Filling
from pipeline.settings import load
from pipeline.wiring import wired

MONTH = "2026-11"
READERS = tuple(
    NewReader(email=f"reader{n}@example.org", name=name, consent="sample reader")
    for n, name in enumerate(("Anna", "Bilal", ""))
)
MAILS = 1000
TIMES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. Seconds; `target_s` None: no target is set."""

    stage: str
    best: float
    median: float
    runs: int
    target_s: float | None = None

    @property
    def missed(self) -> bool:
        return self.target_s is not None and self.median > self.target_s


@dataclass
class Bench:
    """The figures so far."""

    figures: list[Figure] = field(default_factory=list)

    def many(
        self,
        stage: str,
        run: Callable[[], object],
        *,
        target_s: float | None = None,
        times: int = TIMES,
        per: int = 1,
    ) -> None:
        """Run it `times` times; `per`: how many things one run does, each of which is told."""
        seconds = [self._timed(run) / per for _ in range(times)]
        self._add(stage, seconds, target_s)

    def once(self, stage: str, run: Callable[[], object], *, target_s: float | None = None) -> None:
        self._add(stage, [self._timed(run)], target_s)

    def _timed(self, run: Callable[[], object]) -> float:
        began = time.perf_counter()
        run()
        return time.perf_counter() - began

    def _add(self, stage: str, seconds: Sequence[float], target_s: float | None) -> None:
        self.figures.append(
            Figure(
                stage=stage,
                best=min(seconds),
                median=statistics.median(seconds),
                runs=len(seconds),
                target_s=target_s,
            )
        )


@contextmanager
def sample() -> Iterator[tuple[App, str]]:
    """The program in an empty folder, and the sample blog's feed, served over loopback."""
    with tempfile.TemporaryDirectory() as folder, BlogServer() as server:
        server.edited = True
        answers = {
            "feeds.urls": [server.url],
            "feeds.allow_private": True,
            "web.base_url": "https://letters.practice.example",
        }
        config = Path(folder) / "config.toml"
        config.write_text(example.filled(answers), "utf-8")
        with wired(load(config)) as app:
            yield app, server.url


def stages(bench: Bench, app: App, feed: str) -> None:
    """Each verb by itself, in the order of the letter's way."""
    zone = app.settings.practice.zone
    bench.once(
        "collect: fetch over loopback, parse, merge, store",
        lambda: list(
            collect(
                posts=app.store.posts,
                fetcher=app.fetcher,
                parser=app.parser,
                clock=app.clock,
                feeds=(feed,),
                zone=zone,
            )
        ),
    )
    app.store.readers.add(READERS, app.clock.now())
    posts = eligible(app, MONTH)
    bench.many(f"read: {len(posts)} posts", lambda: [read_post(post) for post in posts])
    read = [ReadPost(post=post, reading=read_post(post)) for post in posts]
    bench.many(
        "compose", lambda: compose(name=MONTH, posts=read, choices=Choices(), max_posts=5, style="letter")
    )
    bench.many(
        "a letter from stored posts: read, compose, render, check",
        lambda: (compose_issue(app, MONTH), prepare(app, MONTH)),
        target_s=1.0,
        times=5,
    )
    prepared = prepare(app, MONTH)
    bench.many("render", lambda: rendered(app, prepared), target_s=0.05)
    bench.many("check", lambda: checked(app, prepared))
    bench.many("fill and MIME, each reader", lambda: mails(app, prepared), times=3, per=MAILS)
    approve(app, MONTH, len(READERS))
    bench.once(
        f"freeze and send: {len(READERS)} readers, outbox, every file on disk",
        lambda: list(send(app, MONTH, stop=lambda: False)),
    )


def rendered(app: App, prepared: Prepared) -> None:
    render(
        prepared.issue,
        prepared.posts,
        house=app.house,
        sender=app.sender,
        leaving=app.leaving,
        templates=app.templates,
    )


def checked(app: App, prepared: Prepared) -> None:
    check(
        Draft(
            letter=prepared.letter,
            issue=prepared.issue,
            posts=prepared.posts,
            house=app.house,
            leaving=app.leaving,
            readers=prepared.readers,
            today=app.clock.now().date(),
        )
    )


def mails(app: App, prepared: Prepared) -> None:
    filling = Filling(
        prepared.letter,
        leaving=app.leaving,
        language=app.settings.practice.language,
        at=app.clock.now(),
        attachments=attachments(app, prepared.letter),
    )
    for number in range(MAILS):
        reader = Recipient(key=f"{number:016x}", email="anna@example.org", name="Anna", leave_token="t0ken")
        to_bytes(filling.message(reader))


def command_line() -> None:
    subprocess.run([sys.executable, "-m", "pipeline", "--help"], check=True, stdout=subprocess.DEVNULL)


def table(figures: Sequence[Figure]) -> str:
    width = max(len(figure.stage) for figure in figures)
    lines = [f"{'':{width}}  {'best':>10}  {'median':>10}  {'runs':>4}  target"]
    for figure in figures:
        target = "" if figure.target_s is None else f"{shown(figure.target_s)}, "
        verdict = "" if figure.target_s is None else ("missed" if figure.missed else "met")
        lines.append(
            f"{figure.stage:{width}}  {shown(figure.best):>10}  {shown(figure.median):>10}  "
            f"{figure.runs:>4}  {target}{verdict}".rstrip()
        )
    return "\n".join(lines)


def shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def peak_mib(who: int) -> float:
    # Linux counts in KiB, macOS in bytes.
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(who).ru_maxrss / unit


def main() -> int:
    bench = Bench()
    bench.many("warmletter --help, as a process", command_line, target_s=0.3, times=10)
    with sample() as (app, feed):
        stages(bench, app, feed)
    print(table(bench.figures))
    print(f"\nPeak memory: {peak_mib(resource.RUSAGE_SELF):.0f} MiB in all stages, ", end="")
    print(f"{peak_mib(resource.RUSAGE_CHILDREN):.0f} MiB for --help")
    print("\nReading each feed: ours, in its child, and plain feedparser\n", flush=True)
    # A process of its own: what a child is told to have used is never less than what its parent had.
    subprocess.run([sys.executable, "-m", "benchmarks.parsing"], check=True)
    print("\nSending, beside a bare loop that posts the same bodies\n", flush=True)
    subprocess.run([sys.executable, "-m", "benchmarks.sending", "1000", "10000"], check=True)
    return int(any(figure.missed for figure in bench.figures))


if __name__ == "__main__":
    sys.exit(main())
