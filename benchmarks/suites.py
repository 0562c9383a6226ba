"""What the parser makes of conformance suites, real feeds and attacks.

    python -m benchmarks.suites ../shared/feeds

The folder holds `attacks/`, `real/` and suites (`*-suite.tar.gz`, read as they are, never unpacked);
what is missing is passed over. Attacks, ours of the greatest size a fetch lets through among them,
and real feeds go through the child process, the thousands of small files through the parser here.
Exit 1 if anything ends in a traceback, or an attack takes more time or memory than it may.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tarfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.feeds import TooSlow, at_most
from pipeline.collect.apart import ApartParser, Parsed
from pipeline.collect.parse import parse
from pipeline.model import Fetched, NotParsed
from pipeline.ports import Parser

SECONDS = 30.0  # an attack may take
MIB = 1024.0
MEGABYTE = 1_000_000
NO_FEEDS = {".py", ".config", ".expected", ".tsv", ".md"}
LONDON, NOW = ZoneInfo("Europe/London"), datetime(2026, 11, 20, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one document. `mib` is its child's peak, 0 where it had none."""

    name: str
    kind: str  # feed, an outcome, or "uncaught"
    said: str
    seconds: float
    mib: float = 0.0


def one_item(inner: str) -> bytes:
    return f"<rss version='2.0'><channel><title>T</title><item>{inner}</item></channel></rss>".encode()


def many(attribute: str) -> str:
    return " ".join(f'{attribute}{n}="x"' for n in range(100_000))


# As large as the fetcher's limit lets through, where size is what hurts.
GROWN: dict[str, Callable[[], bytes]] = {
    "a body of 15 MB": lambda: one_item(f"<description>{'x' * 15 * MEGABYTE}</description>"),
    "a body of 1.9 MB of HTML": lambda: one_item(f"<description>{'&lt;p&gt;x' * 210_000}</description>"),
    "15 MB of items": lambda: one_item("</item><item>".join(["<title>T</title>"] * 500_000)),
    "a name of 15 MB": lambda: one_item(f"<author>{'a.' * 7 * MEGABYTE}@</author>"),
    "a name that is never closed": lambda: one_item(f"<author>{'a.' * 100_000}@"),
    "400,000 names": lambda: one_item("<author>a.a.a@</author>" * 400_000),
    "500,000 categories": lambda: one_item("<category>x</category>" * 500_000),
    "100,000 attributes": lambda: one_item(f"<title {many('a')}>T</title>"),
    "100,000 namespaces": lambda: one_item(f"<title {many('xmlns:a')}>T</title>"),
    "1,000,000 tags deep": lambda: one_item("<b>" * 1_000_000 + "</b>" * 1_000_000),
    "HTML, 150,000 tags deep": lambda: one_item(f"<description>{'&lt;div&gt;' * 150_000}</description>"),
    "a title of 15 MB of tags": lambda: one_item(f"<title>{'&lt;a ' * 3 * MEGABYTE}</title>"),
    "a date of 15 MB": lambda: one_item(f"<pubDate>{'1 ' * 7 * MEGABYTE}</pubDate>"),
    "a link of 15 MB": lambda: one_item(f"<link>http://{'a/../' * 3 * MEGABYTE}</link>"),
    "15 MB of comments": lambda: b"<!--" * 3_700_000 + one_item("<title>T</title>"),
    "15 MB of instructions": lambda: b"<?x ?>" * 2_500_000 + one_item("<title>T</title>"),
    "15 MB of CDATA": lambda: one_item(f"<description>{'<![CDATA[x]]>' * 1_100_000}</description>"),
    "15 MB of references": lambda: one_item(f"<description>{'&#38;' * 3 * MEGABYTE}</description>"),
    "15 MB of unknown entities": lambda: one_item(f"<description>{'&eacut;' * 2_100_000}</description>"),
    "15 MB of signs": lambda: one_item("&" * 15 * MEGABYTE),
    "15 MB of open tags": lambda: one_item("<" * 15 * MEGABYTE),
    "15 MB of nothing": lambda: b" " * 15 * MEGABYTE,
    "15 MB of NUL": lambda: b"\0" * 15 * MEGABYTE,
    "15 MB of ends": lambda: one_item("</a>" * 3_700_000),
    "JSON, 5,000,000 deep": lambda: b'{"a":' + b"[" * 5_000_000 + b"]" * 5_000_000 + b"}",
    "JSON, 1,000,000 items": lambda: (
        b'{"version":"https://jsonfeed.org/version/1.1","items":[' + b"{}," * 5_000_000 + b"{}]}"
    ),
    "JSON, a number of 15 MB": lambda: (
        b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":' + b"9" * 15 * MEGABYTE + b"}]}"
    ),
}


def fetched(name: str, body: bytes) -> Fetched:
    address = f"https://blog.example/{name}"
    return Fetched(url=address, final_url=address, body=body, content_type="application/xml")


def tried(parser: Parser, name: str, body: bytes) -> Row:
    """What the parser says, and how long it took to."""
    began = time.perf_counter()
    try:
        with at_most(2 * SECONDS):
            kind, said = _told(parser(fetched("feed", body), zone=LONDON, now=NOW))
    except TooSlow:
        kind, said = "uncaught", f"took over {2 * SECONDS:g} s"
    except Exception as bug:  # what this program is here to find
        traceback.print_exc()
        kind, said = "uncaught", f"{type(bug).__name__}: {bug}"
    return Row(name=name, kind=kind, said=said, seconds=time.perf_counter() - began)


def _told(parsed: Parsed) -> tuple[str, str]:
    if isinstance(parsed, NotParsed):
        return parsed.outcome.value, parsed.message
    return "feed", f"{len(parsed.entries)} posts"


def tried_apart(name: str, body: bytes) -> Row:
    """The same in a child with limits, from a process of its own whose only child it is."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        row = tried(ApartParser(), name, body)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        os.write(writing, json.dumps([asdict(row), peak]).encode()[:60_000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        told, peak = json.loads(answer.read())
    os.waitpid(process, 0)
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024  # Linux counts in KiB
    return Row(**{**told, "mib": peak / unit})


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.glob("*")):
        if path.is_file() and path.suffix not in NO_FEEDS:
            yield path.name, path.read_bytes()


def suite(path: Path) -> Iterator[tuple[str, bytes]]:
    """The feeds in an archive; READMEs and what suites expect are no feeds."""
    with tarfile.open(path) as archive:
        for member in archive:
            name = Path(member.name)
            file = archive.extractfile(member) if member.isfile() else None
            if file and name.suffix and name.suffix not in NO_FEEDS:
                yield member.name, file.read()


def told(title: str, rows: Sequence[Row]) -> str:
    kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(row.kind for row in rows).most_common())
    slowest = max(rows, key=lambda row: row.seconds)
    lines = [f"{title}: {len(rows)} documents in {sum(row.seconds for row in rows):.1f} s: {kinds}"]
    lines.append(f"  longest {slowest.seconds:.2f} s ({slowest.name})")
    largest = max(rows, key=lambda row: row.mib)
    if largest.mib:
        lines.append(f"  largest child {largest.mib:.0f} MiB ({largest.name})")
    uncaught = [row for row in rows if row.kind == "uncaught"]
    lines.append(f"  uncaught: {len(uncaught)}")
    lines += [f"    {row.name}: {row.said}" for row in uncaught]
    return "\n".join(lines)


def table(rows: Sequence[Row]) -> str:
    lines = ["| attack | outcome | said | s | MiB |", "|---|---|---|--:|--:|"]
    lines += [
        f"| {row.name} | {row.kind} | {row.said.partition(';')[0]} | {row.seconds:.2f} | {row.mib:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def missed(row: Row) -> bool:
    return row.kind == "uncaught" or row.seconds > SECONDS or row.mib > MIB


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.suites", description=__doc__)
    asked.add_argument("folder", type=Path, help="the shared feeds")
    asked.add_argument("--no-grown", action="store_true", help="leave out the attacks made here (2 min)")
    given = asked.parse_args()
    folder, grown = given.folder, {} if given.no_grown else GROWN
    attacks = [tried_apart(name, body) for name, body in files(folder / "attacks")]
    attacks += [tried_apart(f"ours: {name}", made()) for name, made in grown.items()]
    print(table(attacks), end="\n\n")
    parts = {"attacks": attacks} if attacks else {}
    if real := [tried_apart(name, body) for name, body in files(folder / "real")]:
        parts["real feeds"] = real
    for path in sorted(folder.glob("*-suite.tar.gz")):
        parts[path.name] = [tried(parse, name, body) for name, body in suite(path)]
    for title, rows in parts.items():
        print(told(title, rows))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"A child's peak is never told as less than this program's own ({own:.0f} MiB at its end).")
    bad = [row for rows in parts.values() for row in rows if row.kind == "uncaught"]
    return int(bool(bad) or any(missed(row) for row in attacks))


if __name__ == "__main__":
    sys.exit(main())
