"""JSON Feed, as its authors meant it and as it is written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.collect.parse import parse
from pipeline.model import Entry, FeedOutcome, Fetched, NotParsed, ParsedFeed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
URL = "https://example.org/feed.json"
VERSION = "https://jsonfeed.org/version/1.1"


def parsed(text: str) -> ParsedFeed | NotParsed:
    fetched = Fetched(url=URL, final_url=URL, body=text.encode())
    return parse(fetched, zone=ZoneInfo("Europe/London"), now=NOW)


def read(*items: object, **feed: object) -> ParsedFeed:
    result = parsed(json.dumps({"version": VERSION, "items": list(items), **feed}))
    assert isinstance(result, ParsedFeed), result
    return result


def test_a_feed_of_version_1_1() -> None:
    item = {
        "id": "1",
        "url": "/one",
        "title": "Tea &amp; toast",
        "content_html": "<p>Words.</p>",
        "content_text": "Words.",
        "date_published": "2026-11-02T09:12:41+00:00",
        "authors": [{"name": "Robin"}],
    }
    assert read(item, title="Gate", home_page_url="/", language="en_GB") == ParsedFeed(
        title="Gate",
        site="https://example.org/",
        language="en-GB",
        entries=(
            Entry(
                guid="1",
                url="https://example.org/one",
                title="Tea & toast",
                author="Robin",
                published=datetime(2026, 11, 2, 9, 12, 41, tzinfo=UTC),
                body="<p>Words.</p>",
                base="https://example.org/one",
                published_raw="2026-11-02T09:12:41+00:00",
            ),
        ),
    )


AUTHORS = {
    "text": {"author": "Robin"},
    "an object": {"author": {"name": "Robin"}},
    "a list": {"authors": [{"url": "x"}, {"name": "Robin"}]},
    "a list of texts": {"authors": ["Robin"]},
    "an empty list": {"authors": [], "author": {"name": "Robin"}},
    "nonsense first": {"authors": 5, "author": "Robin"},
}


@pytest.mark.parametrize("author", AUTHORS.values(), ids=AUTHORS.keys())
def test_an_author_is_found_however_it_is_written(author: dict[str, object]) -> None:
    assert read({"id": "1", "title": "A", **author}).entries[0].author == "Robin"
    assert read({"id": "1", "title": "A"}, **author).entries[0].author == "Robin"


def test_plain_text_becomes_paragraphs() -> None:
    (entry,) = read({"id": "1", "content_text": "1 < 2\nnext\n\nlast"}).entries
    assert (entry.body, entry.summary_only) == ("<p>1 &lt; 2<br>next</p><p>last</p>", False)


def test_a_summary_alone_is_a_teaser() -> None:
    (entry,) = read({"id": "1", "summary": "A glimpse"}).entries
    assert (entry.body, entry.summary_only) == ("<p>A glimpse</p>", True)


def test_a_number_is_an_id_too_and_a_boolean_is_none() -> None:
    found = read({"id": 7, "title": "A"}, {"id": True, "title": "B", "url": "https://example.org/b"})
    assert [entry.guid for entry in found.entries] == ["7", "https://example.org/b"]


def test_fields_of_wrong_types_count_as_missing() -> None:
    item = {
        "id": ["x"],
        "url": 5,
        "title": None,
        "content_html": {"a": 1},
        "date_published": 20261102,
        "author": 3,
    }
    found = read({**item, "content_text": "Words."}, "no item", None, title=7, home_page_url=[], language={})
    (entry,) = found.entries
    assert (found.title, found.site, found.language) == ("", "", "")
    assert (entry.title, entry.url, entry.author, entry.published) == ("", "", "", None)
    assert entry.body == "<p>Words.</p>"


def test_an_address_that_cannot_be_read_is_none() -> None:
    (entry,) = read({"id": "1", "title": "A", "url": "http://[broken"}).entries
    assert entry.url == ""


def test_items_that_are_no_list_are_none() -> None:
    assert read(items={"a": 1}).entries == ()


def test_the_date_of_a_change_stands_in_for_a_missing_one() -> None:
    (entry,) = read({"id": "1", "title": "A", "date_modified": "2026-11-02T00:00:00Z"}).entries
    assert entry.published == datetime(2026, 11, 2, tzinfo=UTC)


def test_controls_and_broken_letters_do_not_get_in() -> None:
    items = '[{"id": "1", "content_html": "a\\u0000b\\ud800c"}]'
    text = f'{{"version": "{VERSION}", "items": {items}}}'
    result = parsed(text)
    assert isinstance(result, ParsedFeed)
    assert result.entries[0].body == "abc"


REFUSED = {
    "an error": ('{"error": "not found"}', FeedOutcome.NOT_A_FEED),
    "another version": ('{"version": 2, "items": []}', FeedOutcome.NOT_A_FEED),
    "cut": ('{"version": "https://jsonfeed.org/version/1", "items": [{"id"', FeedOutcome.TRUNCATED),
    "a mistake": ('{"version": "https://jsonfeed.org/version/1", items}', FeedOutcome.BROKEN),
    "a well": ('{"a":' + "[" * 200_000 + "}", FeedOutcome.BROKEN),
}


@pytest.mark.parametrize(("text", "outcome"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_feed_is_refused(text: str, outcome: FeedOutcome) -> None:
    result = parsed(text)
    assert isinstance(result, NotParsed)
    assert result.outcome is outcome
