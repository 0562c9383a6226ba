"""A document without what is known to hang feedparser, and limits on what is taken of it."""

from __future__ import annotations

import re

MAX_ITEMS = 2000  # the first of the document; podcasts of many years have more
MAX_BODY = 2_000_000  # characters of an item's body; the longest real one had 1.05 million
MAX_AUTHOR = 1024  # characters; feedparser looks for an address in it in quadratic time

_MARK = re.compile(
    r"<!\[CDATA\[|<!--|<(?P<name>(?:[\w.-]{1,40}:)?(?:author|creator|contributor|publisher|owner|managingEditor|webMaster)"
    r"|category|dc:subject)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_ENDS = {"<![CDATA[": "]]>", "<!--": "-->"}
_ITEM = "<item"  # no element's name: the place of the next item is kept under it
_NEXT_ITEM = re.compile(r"<(?:item|entry)\b", re.IGNORECASE)
_ITEM_OR_WORDS = re.compile(r"<!\[CDATA\[|<!--|<(?P<name>item|entry)(?=[\s/>])", re.IGNORECASE)


def first_items(text: str) -> str:
    """The feed without what comes after its first MAX_ITEMS items: 500,000 would take a minute to read."""
    if len(_NEXT_ITEM.findall(text)) <= MAX_ITEMS:
        return text
    at = count = 0
    while mark := _ITEM_OR_WORDS.search(text, at):
        if mark["name"] is None:
            at = text.find(_ENDS[mark[0].upper()], mark.end())
            if at < 0:
                return text
            continue
        count += 1
        if count > MAX_ITEMS:
            close = f"</{mark['name']}>"
            last = text.rfind(close)
            return text if last < mark.start() else text[: mark.start()] + text[last + len(close) :]
        at = mark.end()
    return text


def without_what_hangs(text: str) -> str:
    """The feed without categories, which we do not use, and without names longer than a name.

    What stands in CDATA or a comment is somebody's words and stays. One pass: no part of the
    text is looked at more than a few times, whatever is in it.
    """
    kept: list[str] = []
    closes: dict[str, int] = {}
    start = at = 0
    while mark := _MARK.search(text, at):
        name = mark["name"]
        if name is None:
            end = text.find(_ENDS[mark[0].upper()], mark.end())
            if end < 0:
                break
            at = end
            continue
        cut = _cut(text, mark, closes)
        at = mark.end() if cut is None else cut[1]
        if cut is not None:
            kept.append(text[start : cut[0]])
            start = cut[1]
    return "".join([*kept, text[start:]])


def _cut(text: str, mark: re.Match[str], closes: dict[str, int]) -> tuple[int, int] | None:
    """From where to where to cut for this element; None to leave it."""
    name, category = mark["name"], mark["name"].lower() in ("category", "dc:subject")
    if mark[0].endswith("/>"):
        return mark.span() if category else None
    close = closes.get(name, 0)
    if 0 <= close < mark.end():
        close = closes[name] = text.find(f"</{name}", mark.end())
    # Never closed, or only by another item's: better left to the child's limits than cut wrong.
    if close < 0 or (close - mark.end() <= MAX_AUTHOR and not category):
        return None
    item = closes.get(_ITEM, 0)
    if item < mark.end():
        found = _NEXT_ITEM.search(text, mark.end())
        item = closes[_ITEM] = found.start() if found else len(text)
    if item < close:
        return None
    end = text.find(">", close)
    return (mark.start(), end + 1) if category and end >= 0 else (mark.end(), close)
