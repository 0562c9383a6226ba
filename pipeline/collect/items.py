"""From what a document says of its items to entries that can be told apart."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from pipeline.collect.bounded import MAX_BODY
from pipeline.collect.dates import parse_date
from pipeline.collect.media import Medium, picture, recording
from pipeline.collect.text import author_text, one_line, title_text, without_controls, without_tags
from pipeline.model import Entry

_SHORT = 1200  # characters; beyond, an ellipsis at the end is the author's own
_LONGEST_DATE = 100  # characters kept of what no date can be
_YEAR = timedelta(days=366)  # a post dated later than that is a mistake, not a plan
_TAIL = 6000  # characters of HTML that show how a body ends
_CUT = re.compile(
    r"(?:\[\s*(?:…|\.\.\.)\s*\]|(?:read (?:more|on)|continue reading|keep reading)\b.{0,120})$", re.I
)
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)$")
_WORDPRESS_TAIL = re.compile(r"\s*The post .{0,300} (?:first )?appeared (?:first )?on .{0,200}$")


Place = Literal["content", "description", "summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as its document has it; "" for whatever it lacks."""

    id: str
    link: str
    title: str
    author: str
    date: str
    body: str  # HTML
    base: str  # xml:base, where there is one
    place: Place  # where the body stood
    media: tuple[Medium, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What items inherit from their document."""

    address: str  # where the document came from; "" for a file
    site: str  # absolute, or ""
    author: str
    zone: ZoneInfo
    now: datetime


def web_address(link: str, base: str) -> str:
    """`link` made absolute, or "" where there is none, or one that is not http(s)."""
    link = one_line(link)
    if not link:
        return ""  # urljoin would give the base
    try:
        address = urljoin(base, link)
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""


def not_too_long(items: Sequence[Item]) -> list[Item]:
    """The items whose body can be a post. A longer one is passed over whole: half a post is none."""
    return [item for item in items if len(item.body) <= MAX_BODY]


def to_entries(items: Sequence[Item], around: Surroundings) -> tuple[Entry, ...]:
    """The items that hold something, in the document's order, each with a guid of its own."""
    full = [item for item in items if item.title.strip() or item.body.strip() or item.link.strip()]
    guids = _guids(full, around)
    entries: dict[str, Entry] = {}
    for item, guid in zip(full, guids, strict=True):
        entries.setdefault(guid, _entry(item, guid, around))
    return tuple(entries.values())


def _guids(items: Sequence[Item], around: Surroundings) -> list[str]:
    """The id; else the link; else a hash. What is not unique is made so, step by step.

    An id that occurs twice is joined with the link (miniflux's rule), a link that occurs twice
    is no identity. Items that agree in all of it are one item said twice.
    """
    ids = [one_line(item.id) for item in items]
    links = [web_address(item.link, around.address) for item in items]
    seen_ids, seen_links = Counter(ids), Counter(links)
    both = Counter(zip(ids, links, strict=True))
    guids = []
    for item, own, link in zip(items, ids, links, strict=True):
        if own and seen_ids[own] == 1:
            guids.append(own)
        elif own and both[own, link] == 1:
            guids.append(f"{own} {link}")
        elif not own and link and seen_links[link] == 1:
            guids.append(link)
        else:
            guids.append(_hash(item))
    return guids


def _hash(item: Item) -> str:
    words = f"{title_text(item.title)}\n{one_line(item.date)}".strip() or item.body
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def _entry(item: Item, guid: str, around: Surroundings) -> Entry:
    url = web_address(item.link, around.address or around.site)
    fallback = url or around.site or web_address(around.address, "")
    published = parse_date(item.date, zone=around.zone, now=around.now)
    return Entry(
        guid=guid,
        url=url,
        title=title_text(item.title),
        author=author_text(item.author or around.author),
        published=published,
        body=without_controls(item.body),
        base=web_address(item.base, fallback) if item.base else fallback,
        summary_only=_is_summary(item),
        published_raw=one_line(item.date[:_LONGEST_DATE]),
        picture=web_address(picture(item.media), fallback),
        recording=web_address(recording(item.media), fallback),
        due=None if published else parse_date(item.date, zone=around.zone, now=around.now + _YEAR),
    )


def _is_summary(item: Item) -> bool:
    text = _WORDPRESS_TAIL.sub("", without_tags(item.body[-_TAIL:]))
    if _CUT.search(text):
        return True
    if item.place == "content" or len(text) > _SHORT:
        return False
    # RSS has one field for both, Atom's summary is a summary by definition (RFC 4287 §4.2.13).
    return item.place == "summary" or bool(_ELLIPSIS.search(text))
