"""JSON Feed 1 and 1.1 (jsonfeed.org), which feedparser does not read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.collect.bounded import MAX_ITEMS
from pipeline.collect.items import Item, Surroundings, not_too_long, to_entries, web_address
from pipeline.collect.media import MAX_MEDIA, MediaPlace, Medium
from pipeline.collect.text import as_html, language_tag, title_text
from pipeline.model import FeedOutcome, NotParsed, ParsedFeed

_VERSION = "https://jsonfeed.org/version/"


def parse(text: str, *, address: str, zone: ZoneInfo, now: datetime) -> ParsedFeed | NotParsed:
    """The entries of a JSON Feed. A field of a wrong type counts as missing."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return _not_json(text)
    if not isinstance(feed, dict) or not _string(feed, "version").startswith(_VERSION):
        message = "not a feed but some other data; open it in a browser, and give the address of the feed"
        return NotParsed(outcome=FeedOutcome.NOT_A_FEED, message=message)
    items = feed.get("items")
    listed = items[:MAX_ITEMS] if isinstance(items, list) else []
    found = [_item(item) for item in listed if isinstance(item, dict)]
    taken = not_too_long(found)
    site = web_address(_string(feed, "home_page_url"), address)
    around = Surroundings(address=address, site=site, author=_author(feed), zone=zone, now=now)
    return ParsedFeed(
        title=title_text(_string(feed, "title")),
        site=site,
        language=language_tag(_string(feed, "language")),
        entries=to_entries(taken, around),
        too_long=len(found) - len(taken),
    )


def _not_json(text: str) -> NotParsed:
    if text.rstrip().endswith("}"):
        message = "the feed is damaged (its JSON has a mistake in it); show it to whoever hosts the blog"
        return NotParsed(outcome=FeedOutcome.BROKEN, message=message)
    message = "the feed breaks off before its end, so nothing was taken from it; we try again next time"
    return NotParsed(outcome=FeedOutcome.TRUNCATED, message=message)


def _item(item: Mapping[str, object]) -> Item:
    body = _string(item, "content_html") or as_html(_string(item, "content_text"))
    return Item(
        id=_identity(item),
        link=_string(item, "url"),
        title=_string(item, "title"),
        author=_author(item),
        date=_string(item, "date_published") or _string(item, "date_modified"),
        body=body or as_html(_string(item, "summary")),
        base="",
        place="content" if body else "summary",
        media=tuple(_media(item)),
    )


def _media(item: Mapping[str, object]) -> Iterator[Medium]:
    for name in ("image", "banner_image"):
        if address := _string(item, name):
            yield Medium(address=address, place=MediaPlace.CONTENT, type="image")
    attachments = item.get("attachments")
    for part in attachments[:MAX_MEDIA] if isinstance(attachments, list) else ():
        if isinstance(part, dict):
            address, kind = _string(part, "url"), _string(part, "mime_type")
            yield Medium(address=address, place=MediaPlace.ENCLOSURE, type=kind)


def _identity(item: Mapping[str, object]) -> str:
    """Text; version 1 asks readers to take a number for the text of it."""
    identity = item.get("id")
    if isinstance(identity, int) and not isinstance(identity, bool):
        return str(identity)
    return _string(item, "id")


def _author(part: Mapping[str, object]) -> str:
    """From `authors` (1.1), else `author` (1.0), which some write as plain text."""
    authors = part.get("authors")
    people: list[object] = (
        [*authors, part.get("author")] if isinstance(authors, list) else [part.get("author")]
    )
    names = [_string(person, "name") if isinstance(person, dict) else person for person in people]
    return next((name for name in names if isinstance(name, str) and name.strip()), "")


def _string(part: Mapping[str, object], name: str) -> str:
    value = part.get(name)
    return value if isinstance(value, str) else ""
