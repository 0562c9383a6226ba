"""What hangs feedparser is cut; the author's words are not."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.collect.bounded import MAX_BODY, MAX_ITEMS, first_items, without_what_hangs
from pipeline.collect.parse import parse
from pipeline.model import Fetched, ParsedFeed

LONG = "a." * 2000


def parsed(body: str) -> ParsedFeed:
    address = "https://quiet.example/feed"
    fetched = Fetched(url=address, final_url=address, body=body.encode())
    result = parse(fetched, zone=ZoneInfo("UTC"), now=datetime(2026, 11, 3, tzinfo=UTC))
    assert isinstance(result, ParsedFeed)
    return result


def rss(*items: str) -> str:
    return f"<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>"


CUT = {
    "author": (f"<author>{LONG}@</author>", "<author></author>"),
    "prefix": (f"<dc:creator>{LONG}</dc:creator>", "<dc:creator></dc:creator>"),
    "CDATA": (f"<author><![CDATA[{LONG}]]></author>", "<author></author>"),
    "a category": ("<item><category>x</category>y</item>", "<item>y</item>"),
    "an empty category": ("<category term='x'/>y", "y"),
}


@pytest.mark.parametrize(("text", "left"), CUT.values(), ids=CUT)
def test_long_names_and_categories_are_cut(text: str, left: str) -> None:
    assert without_what_hangs(text) == left


KEPT = {
    "a name": "<author>Miriam</author>",
    "an empty element": f"<author/>{LONG}<author>M</author>",
    "never closed": f"<author>{LONG}",
    "closed by another item": f"<author>{LONG}<item><author>M</author>",
    "words in CDATA": f"<description><![CDATA[<author>{LONG}</author>]]></description>",
    "words in a comment": f"<!-- <author>{LONG}</author> -->",
    "CDATA that is not closed": f"<![CDATA[<author>{LONG}</author>",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_everything_else_stays(text: str) -> None:
    assert without_what_hangs(text) == text


FLOODS = ["<author>", "<author>x<item>", "<![CDATA[", "<!--", "<category>", "<author", "<category/>"]


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_passed_in_one_go(flood: str) -> None:
    begun = time.process_time()
    without_what_hangs(flood * 50_000 + "</author></category><item>")
    assert time.process_time() - begun < 2


def test_an_author_of_200_kb_and_many_categories_are_read_at_once() -> None:
    many = "<category>x</category>" * 20_000
    begun = time.process_time()
    feed = parsed(rss(f"<item><title>One</title><author>{'a.' * 100_000}@</author>{many}</item>"))
    assert [entry.title for entry in feed.entries] == ["One"]
    assert time.process_time() - begun < 2


def test_an_item_longer_than_any_post_is_passed_over_and_counted() -> None:
    long = f"<item><title>Long</title><description>{'x' * (MAX_BODY + 1)}</description></item>"
    feed = parsed(rss(long, "<item><title>One</title></item>"))
    assert ([entry.title for entry in feed.entries], feed.too_long) == (["One"], 1)


def test_no_more_items_are_taken_than_the_limit() -> None:
    feed = parsed(rss(*(f"<item><title>{number}</title></item>" for number in range(MAX_ITEMS + 5))))
    assert len(feed.entries) == MAX_ITEMS


def many(count: int, name: str = "item") -> str:
    return "".join(f"<{name}><title>{number}</title></{name}>" for number in range(count))


@pytest.mark.parametrize("name", ["item", "entry"])
def test_what_comes_after_the_last_item_that_is_taken_is_not_read_but_for_the_end(name: str) -> None:
    cut = first_items(f"<a>{many(MAX_ITEMS + 5, name)}<link>x</link></a>")
    assert cut == f"<a>{many(MAX_ITEMS, name)}<link>x</link></a>"


LEFT = {
    "no more than the limit": many(MAX_ITEMS),
    "items in CDATA": f"<item><![CDATA[{many(MAX_ITEMS + 5)}]]></item>",
    "items in a comment": f"<!-- {many(MAX_ITEMS + 5)} --><item/>",
    "CDATA that is not closed": f"<![CDATA[{many(MAX_ITEMS + 5)}",
    "items that are never closed": "<item>" * (MAX_ITEMS + 5),
}


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_items_that_are_none_are_not_counted(text: str) -> None:
    assert first_items(text) == text


def test_half_a_million_items_are_read_at_once() -> None:
    begun = time.process_time()
    feed = parsed(rss(*["<item><title>T</title></item>"] * 500_000))
    assert len(feed.entries) == 1  # they are all the same
    assert time.process_time() - begun < 4
