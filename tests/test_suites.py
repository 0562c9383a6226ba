"""Conformance suites, real feeds and attacks: whatever comes, the parser gives an answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.suites import Row, files, missed, suite, tried
from pipeline.collect.parse import parse

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "feeds"
FEED = b"<rss version='2.0'><channel><item><title>One</title></item></channel></rss>"
there = pytest.mark.skipif(not SHARED.exists(), reason="the shared feeds are not beside this checkout")


def uncaught(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.kind == "uncaught"]


@there
@pytest.mark.parametrize(
    ("name", "count", "feeds"),
    [("feedparser", 2107, 2072), ("rss2email", 11, 11)],
    ids=["feedparser", "rss2email"],
)
def test_a_conformance_suite_is_read(name: str, count: int, feeds: int) -> None:
    # What is no feed there: a format of 1997 (CDF), and documents that are cut on purpose.
    rows = [tried(parse, name, body) for name, body in suite(SHARED / f"{name}-suite.tar.gz")]
    assert uncaught(rows) == []
    assert (len(rows), sum(row.kind == "feed" for row in rows)) == (count, feeds)


@there
@pytest.mark.parametrize(("folder", "most_s"), [("real", 3.0), ("attacks", 10.0)])
def test_real_feeds_and_attacks_have_an_outcome_in_time(folder: str, most_s: float) -> None:
    rows = [tried(parse, name, body) for name, body in files(SHARED / folder)]
    assert uncaught(rows) == []
    assert [row for row in rows if row.seconds > most_s] == []
    assert len(rows) >= 50


def test_the_program_says_what_became_of_each(tmp_path: Path) -> None:
    (tmp_path / "attacks").mkdir()
    (tmp_path / "attacks" / "cut.xml").write_bytes(FEED[:-3])
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "one.xml").write_bytes(FEED)
    (tmp_path / "real" / "index.tsv").write_bytes(b"no feed")
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.suites", str(tmp_path), "--no-grown"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "| cut.xml | truncated | the feed breaks off before its end, so nothing was taken" in ended.stdout
    assert "real feeds: 1 documents in" in ended.stdout
    assert "largest child" in ended.stdout


def test_a_traceback_and_an_excess_are_failures(capsys: pytest.CaptureFixture[str]) -> None:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    row = tried(failing, "one.xml", FEED)  # type: ignore[arg-type]
    assert (row.kind, row.said) == ("uncaught", "RuntimeError: a bug")
    assert "a bug" in capsys.readouterr().err
    assert missed(row)
    assert missed(Row(name="slow", kind="broken", said="", seconds=31.0))
    assert missed(Row(name="large", kind="broken", said="", seconds=1.0, mib=1100.0))
    assert not missed(Row(name="well", kind="broken", said="", seconds=1.0, mib=100.0))
