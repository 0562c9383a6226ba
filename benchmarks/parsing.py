"""Our parse beside plain feedparser on the same feeds: time and peak memory of each.

    python -m benchmarks.parsing [DIR]

Every figure is of a process of its own, which reads one feed several times in one way: `ours` is
the parser by itself, `apart` in the child with limits, as it is used, `plain` is
feedparser.parse(BytesIO(...)) with its defaults. This process imports little, since a child's
peak is never told as less than what its parent held.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "feeds" / "real"
OWN = ROOT / "tests" / "data" / "feeds"
WAYS = ("ours", "apart", "plain")
TIMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to read one feed."""

    seconds: float  # median
    mib: float  # peak, with the interpreter and its imports


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    feed: str
    kilobytes: float
    ways: dict[str, Way]

    @property
    def ratio(self) -> float:
        """Our time in times of plain feedparser's."""
        return self.ways["ours"].seconds / self.ways["plain"].seconds


def reader(way: str, body: bytes) -> Callable[[], object]:
    """What is timed; its imports are made here."""
    if way == "plain":
        from io import BytesIO

        import feedparser

        return lambda: feedparser.parse(BytesIO(body))
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from pipeline.collect.apart import ApartParser
    from pipeline.collect.parse import parse
    from pipeline.model import Fetched

    address = "https://blog.example/feed"
    fetched = Fetched(url=address, final_url=address, body=body)
    zone, now = ZoneInfo("Europe/London"), datetime(2026, 11, 20, 9, tzinfo=UTC)
    use = parse if way == "ours" else ApartParser()
    return lambda: use(fetched, zone=zone, now=now)


def read_several_times(way: str, path: Path) -> list[float]:
    read = reader(way, path.read_bytes())
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        read()
        seconds.append(time.perf_counter() - began)
    return seconds


def measured(way: str, path: Path) -> Way:
    """The figures of a child that reads the feed; of its own child where the parser has one."""
    words = [sys.executable, "-m", "benchmarks.parsing", "--one", way, str(path)]
    child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout:
        said = json.loads(child.stdout.read())
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024  # Linux counts in KiB
    return Way(seconds=statistics.median(said["seconds"]), mib=(said["child"] or used.ru_maxrss) / unit)


def one(way: str, path: Path) -> None:
    import resource

    seconds = read_several_times(way, path)
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if way == "apart" else 0
    print(json.dumps({"seconds": seconds, "child": child}))


def feeds(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".xml", ".json", ".rss", ".atom"))


def rows(folder: Path) -> list[Row]:
    return [
        Row(
            feed=path.name,
            kilobytes=path.stat().st_size / 1000,
            ways={way: measured(way, path) for way in WAYS},
        )
        for path in feeds(folder)
    ]


def table(found: Sequence[Row]) -> str:
    width = max(len(row.feed) for row in found)
    head = "".join(f"{way + ' ms':>10}" for way in WAYS) + f"{'ratio':>7}"
    lines = [f"{'':{width}} {'kB':>6}{head}" + "".join(f"{way + ' MiB':>10}" for way in WAYS)]
    for row in found:
        times = "".join(f"{row.ways[way].seconds * 1000:10.1f}" for way in WAYS)
        peaks = "".join(f"{row.ways[way].mib:10.0f}" for way in WAYS)
        lines.append(f"{row.feed:{width}} {row.kilobytes:6.0f}{times}{row.ratio:7.2f}{peaks}")
    return "\n".join(lines)


def summary(found: Sequence[Row]) -> str:
    lines = [f"{'':6}{'median ms':>11}{'p95 ms':>9}{'sum s':>8}{'median MiB':>12}{'most MiB':>10}"]
    for way in WAYS:
        seconds = sorted(row.ways[way].seconds for row in found)
        peaks = [row.ways[way].mib for row in found]
        median, late = statistics.median(seconds) * 1000, at(seconds, 0.95) * 1000
        lines.append(
            f"{way:6}{median:11.1f}{late:9.1f}{sum(seconds):8.2f}"
            f"{statistics.median(peaks):12.0f}{max(peaks):10.0f}"
        )
    ours, plain = (sum(row.ways[way].seconds for row in found) for way in ("ours", "plain"))
    slower = [f"{row.feed} ({row.ratio:.2f})" for row in found if row.ratio > 1]
    lines.append(
        f"ours takes {ours / plain:.2f} of plain's time over {len(found)} feeds, "
        f"median ratio {statistics.median(row.ratio for row in found):.2f}; "
        f"ours is slower on {len(slower)}{': ' if slower else ''}{', '.join(slower)}"
    )
    return "\n".join(lines)


def at(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> int:
    match sys.argv[1:]:
        case ["--one", way, path]:
            one(way, Path(path))
            return 0
        case [folder]:
            found = rows(Path(folder))
        case _:
            found = rows(SHARED if SHARED.is_dir() else OWN)
    print(f"{table(found)}\n\n{summary(found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
