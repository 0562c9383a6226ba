"""The parser in a process of its own: the same answers, and limits that hold."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.collect.apart import ApartParser, ChildLimits
from pipeline.collect.parse import parse
from pipeline.demo.feeds import sample_posts, squarespace_rss
from pipeline.model import FeedOutcome, Fetched, NotParsed, ParsedFeed

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
URL = "https://example.org/feed"


def fetched(body: bytes) -> Fetched:
    return Fetched(url=URL, final_url=URL, body=body, content_type="application/rss+xml")


def endless_attributes(count: int) -> bytes:
    """An element with so many attributes that feedparser is busy for minutes."""
    attributes = " ".join(f"a{number}=''" for number in range(count))
    return f"<rss version='2.0'><channel><item><title {attributes}>T</title></item></channel></rss>".encode()


@pytest.mark.parametrize(
    "body",
    [
        squarespace_rss(sample_posts()),
        b"<html><body>no feed</body></html>",
        b"<rss><channel><item><title>cut",
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "T"}]}',
        b"",
    ],
    ids=["feed", "page", "truncated", "json", "empty"],
)
def test_the_child_answers_as_the_parser_does(body: bytes) -> None:
    assert ApartParser()(fetched(body), zone=LONDON, now=NOW) == parse(fetched(body), zone=LONDON, now=NOW)


def test_a_document_that_hangs_the_parser_ends_at_the_limit() -> None:
    parser = ApartParser(limits=ChildLimits(wall_s=2.0))
    result = parser(fetched(endless_attributes(100_000)), zone=LONDON, now=NOW)
    assert isinstance(result, NotParsed)
    assert (result.outcome, "took too long" in result.message) == (FeedOutcome.BROKEN, True)


def test_processor_time_is_limited_in_the_child_itself() -> None:
    parser = ApartParser(limits=ChildLimits(cpu_s=1, wall_s=20.0))
    result = parser(fetched(endless_attributes(100_000)), zone=LONDON, now=NOW)
    assert isinstance(result, NotParsed)
    assert "broke off" in result.message


def test_memory_is_limited_in_the_child_itself() -> None:
    parser = ApartParser(limits=ChildLimits(memory_bytes=150 << 20))
    body = b"<rss version='2.0'><channel><item><title>T</title><description>" + b"x" * (60 << 20)
    result = parser(fetched(body + b"</description></item></channel></rss>"), zone=LONDON, now=NOW)
    assert isinstance(result, NotParsed)
    assert result.outcome is FeedOutcome.BROKEN


def test_no_secret_of_ours_is_in_the_childs_reach(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POSTMARK_TOKEN", "secret-value")
    # A module of the same name where we stand is not taken for ours.
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "__init__.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    seen: dict[str, object] = {}
    run = __import__("subprocess").run

    def watched(*words: object, **more: object) -> object:
        seen.update(more)
        return run(*words, **more)

    monkeypatch.setattr("pipeline.collect.apart.subprocess.run", watched)
    assert isinstance(
        ApartParser()(fetched(squarespace_rss(sample_posts())), zone=LONDON, now=NOW), ParsedFeed
    )
    assert "POSTMARK_TOKEN" in os.environ
    assert set(seen["env"]) == {"PYTHONPATH"}  # type: ignore[call-overload]
