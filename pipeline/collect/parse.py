"""A feed document, from bytes to entries; feedparser is known here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import feedparser

from pipeline.collect import jsonfeed
from pipeline.collect.bounded import MAX_ITEMS, first_items, without_what_hangs
from pipeline.collect.encoding import UnknownCharset, to_text
from pipeline.collect.freshness import update_pause_s
from pipeline.collect.items import Item, Place, Surroundings, not_too_long, to_entries, web_address
from pipeline.collect.media import MAX_MEDIA, MediaPlace, Medium
from pipeline.collect.text import as_html, language_tag, title_text
from pipeline.model import FeedOutcome, Fetched, NotParsed, ParsedFeed

_TAIL = 2048  # characters; caching plugins write their remarks after the end
_HEAD = 64 * 1024  # a faulty plugin can print a page of warnings before the feed
_ROOT = re.compile(r"<((?:[A-Za-z][\w.-]*:)?(?:rss|feed|RDF))(?=[\s>/])")
_PAGE = re.compile(r"<!doctype\s+html|<html\b|<head\b|<body\b", re.IGNORECASE)
_REMARK = re.compile(r"(?:-->|\?>)?\s*(<!--|<\?)")
# feedparser resolves ids, so that a blog that changes to https has new ids; and without a base
# to go back to, it lets one entry's xml:base leak into all that follow. So it gets a base that
# cannot be anybody's, and that is taken off again. A document without any base needs none, and
# is read a fifth faster: feedparser joins addresses at every element.
_NOWHERE_ROOT = "https://base.invalid"
_NOWHERE = f"{_NOWHERE_ROOT}/x/"
_BASE = re.compile(r"\bbase\s*=|<!ATTLIST\b", re.IGNORECASE)
_VOID_ENDS = re.compile(r"</(?:area|br|col|embed|hr|img|input|source|track|wbr)>")
_HUMAN = re.compile(r"captcha|cf-challenge|just a moment|are (?:you )?(?:a )?human", re.IGNORECASE)


def parse(fetched: Fetched, *, zone: ZoneInfo, now: datetime) -> ParsedFeed | NotParsed:
    """The entries of a document that is a feed and came whole; otherwise why it is not one.

    The Content-Type is not asked (it lies too often), nor is feedparser's `bozo` (whole feeds
    have it, too). Dates without a zone are in `zone`.
    """
    try:
        text = to_text(fetched.body, fetched.content_type)
    except UnknownCharset as error:
        message = f"the feed says it is written in {str(error)!r}, which no feed should be"
        return NotParsed(outcome=FeedOutcome.BROKEN, message=message)
    address = web_address(fetched.final_url, "")
    if text.lstrip().startswith("{"):
        return jsonfeed.parse(text, address=address, zone=zone, now=now)
    root = _root(text)
    if root is None:
        return NotParsed(outcome=FeedOutcome.NOT_A_FEED, message=_what_it_is(text, fetched.content_type))
    if not re.search(rf"</{re.escape(root.name)}\s*>", text[-_TAIL:]):
        # Cut in the middle, the last item has the right id and half a body: use nothing.
        message = "the feed breaks off before its end, so nothing was taken from it; we try again next time"
        return NotParsed(outcome=FeedOutcome.TRUNCATED, message=message)
    return _read(text[root.start :], address, zone=zone, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Root:
    name: str
    start: int


def _root(text: str) -> _Root | None:
    """Where the feed begins; None for a page, even one that shows a feed in its text."""
    start = _after_remarks(text[:_HEAD])
    match = _ROOT.search(text, start, _HEAD)
    if match is None or _PAGE.search(text, start, match.start()):
        return None
    return _Root(name=match[1], start=match.start())


def _after_remarks(head: str) -> int:
    """Where the first thing stands that is no comment or instruction: these may hold anything."""
    start = 0
    while match := _REMARK.match(head, start):
        end = head.find("-->" if match[1] == "<!--" else "?>", match.end())
        if end < 0:
            return start
        start = end
    return start


def _what_it_is(text: str, content_type: str) -> str:
    kind = content_type.partition(";")[0].strip() or "no type named"
    size = f"{kind}, {max(1, round(len(text) / 1000))} kB"
    if not text.strip():
        return "the feed came empty; we try again next time"
    if _PAGE.search(text[:_HEAD]):
        if _HUMAN.search(text):
            return (
                f"not a feed but a page that asks whether we are human ({size}); "
                "allow the feed in the site's security settings"
            )
        return f"not a feed but a web page ({size}); open it in a browser, and give the address of its feed"
    return f"not a feed ({size}); open it in a browser, and give the address of the feed"


def _read(text: str, address: str, *, zone: ZoneInfo, now: datetime) -> ParsedFeed | NotParsed:
    try:
        # BytesIO, since feedparser opens a str, and even bytes, as the name of a file.
        found = feedparser.parse(
            BytesIO(without_what_hangs(first_items(text)).encode("utf-8")),
            response_headers={
                "content-type": "application/xml; charset=utf-8",
                "content-location": _NOWHERE if _BASE.search(text) else "",
            },
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # from ValueError to RecursionError, it raises what Python has
        message = f"the feed could not be read ({type(error).__name__}); show it to whoever hosts the blog"
        return NotParsed(outcome=FeedOutcome.BROKEN, message=message)
    feed, entries = found.feed, found.entries
    if not entries and found.version in ("", "atom"):  # "atom": of no version, only called <feed>
        message = (
            "not a feed, though it begins like one; open it in a browser, and give the address of the feed"
        )
        return NotParsed(outcome=FeedOutcome.NOT_A_FEED, message=message)
    atom = found.version.startswith("atom")
    site = web_address(_as_written(_text(feed, "link")), address)
    around = Surroundings(address=address, site=site, author=_text(feed, "author"), zone=zone, now=now)
    items = [_item(entry, atom=atom) for entry in entries[:MAX_ITEMS]]
    taken = not_too_long(items)
    return ParsedFeed(
        title=title_text(_text(feed, "title")),
        site=site,
        language=language_tag(_text(feed, "language")),
        entries=to_entries(taken, around),
        too_long=len(items) - len(taken),
        pause_s=update_pause_s(
            _text(feed, "ttl"), _text(feed, "sy_updateperiod"), _text(feed, "sy_updatefrequency")
        ),
    )


def _item(entry: Any, *, atom: bool) -> Item:
    body, base, place = _body(entry, atom=atom)
    return Item(
        id=_as_written(_text(entry, "id")),
        link=_link(entry),
        title=_text(entry, "title"),
        author=_text(entry, "author"),
        date=_date(entry),
        body=body,
        base=_as_written(base),
        place=place,
        media=tuple(_media(entry)),
    )


def _media(entry: Any) -> Iterator[Medium]:
    named = (
        (MediaPlace.CONTENT, "media_content", "url"),
        (MediaPlace.THUMBNAIL, "media_thumbnail", "url"),
        (MediaPlace.ENCLOSURE, "enclosures", "href"),
    )
    for place, field, address in named:
        for part in entry.get(field, ())[:MAX_MEDIA]:
            yield Medium(
                address=_as_written(_text(part, address)),
                place=place,
                type=_text(part, "type") or _text(part, "medium"),
                width=_number(_text(part, "width")),
            )
    cover = entry.get("image")
    if cover is not None and _text(cover, "href"):
        yield Medium(address=_as_written(_text(cover, "href")), place=MediaPlace.COVER, type="image")


def _number(text: str) -> int:
    return int(text[:6]) if text.isascii() and text.isdigit() else 0


def _link(entry: Any) -> str:
    # FeedBurner puts a counting link in front of the true one, and keeps that beside.
    if "feedburner_origlink" in entry:
        return _text(entry, "feedburner_origlink")
    link = _as_written(_text(entry, "link"))
    # Without a link feedparser shows the id as one: a link only where it is an address in full.
    return link if entry.get("links") else web_address(link, "")


def _as_written(address: str) -> str:
    """What feedparser joined with our base, taken apart again; "" for the base alone."""
    if address.startswith(_NOWHERE):
        return address.removeprefix(_NOWHERE)
    return address.removeprefix(_NOWHERE_ROOT)


def _date(entry: Any) -> str:
    # Asked with `in`, since entry.get("updated") falls back to published, with a warning.
    for name in ("published", "created", "updated"):
        if name in entry and _text(entry, name).strip():
            return _text(entry, name)
    return ""


def _body(entry: Any, *, atom: bool) -> tuple[str, str, Place]:
    """(HTML, its xml:base, where it stood): the longest content, else the description."""
    contents = [part for part in entry.get("content", ()) if _is_text(part) and _text(part, "value").strip()]
    if contents:
        longest = max(contents, key=lambda part: len(part["value"]))
        return _html(longest), _text(longest, "base"), "content"
    detail = entry.get("summary_detail", {})
    return _html(detail), _text(detail, "base"), "summary" if atom else "description"


def _is_text(part: Any) -> bool:
    return _text(part, "type") in ("", "text/plain", "text/html", "application/xhtml+xml")


def _html(part: Any) -> str:
    value = _text(part, "value")
    match _text(part, "type"):
        case "text/plain":
            return as_html(value)
        case "application/xhtml+xml":
            # feedparser writes <br/> as <br></br>, which a browser takes for two.
            return _VOID_ENDS.sub("", value)
        case _:
            return value


def _text(part: Any, name: str) -> str:
    """A field of feedparser's as text; what is missing or of another type is ""."""
    value = part.get(name)
    return value if isinstance(value, str) else ""
