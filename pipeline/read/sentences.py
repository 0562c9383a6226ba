"""Where sentences begin and end, as slices: a slice of the post is verbatim by construction."""

from __future__ import annotations

import re

# A stop, the quotation marks and brackets that close on it, then space or the end.
_STOP = re.compile(r"(?P<stop>[.!?…]+)[\"'”’)\]»›*]*(?=\s|$)")
_OPENERS = "\"'“‘([«‹¿¡—–-* \n"
_LAST_TOKEN = re.compile(r"\S+$")
_INITIAL = re.compile(r"^[\"'“‘(\[]*[A-Z]$")
_DOTTED = re.compile(r"^[\"'“‘(\[]*([A-Za-z]\.)+[A-Za-z]$")  # e.g, i.e, U.K, a.m, Ph.D is below
_LIST_NUMBER = re.compile(r"^\(?\d{1,3}$")

# Never the end of a sentence, whatever follows.
_ALWAYS = frozenset(
    "mr mrs ms mx dr prof rev fr sr st mt vs cf approx fig figs vol pp ed eds gen hon messrs e.g i.e eg "
    "ie al".split()
)
# The end of one only before a capital.
_AT_TIMES = frozenset(
    "etc inc ltd co jr ph.d m.d b.a m.a a.m p.m u.k u.s u.s.a dept est tel ext min hrs approx".split()
)
# Abbreviations only before a number: "No. 7", "p. 12"; "no." also ends sentences.
_BEFORE_NUMBERS = frozenset("no nos p pp ch art sec vol c ca".split())

_WORD = re.compile(r"[^\W_]+(?:['’\-‑][^\W_]+)*")


def words(text: str) -> list[str]:
    """The words of `text` in lower case, with straight apostrophes."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of each sentence, without the space around it, in order.

    In doubt two sentences are left as one: a quotation must never be cut inside a sentence.
    A line break alone ends nothing, since verse breaks lines inside sentences.
    """
    spans: list[tuple[int, int]] = []
    start = _skip_space(text, 0)
    for stop in _STOP.finditer(text):
        if stop.start() >= start and _ends(text, start, stop):
            spans.append((start, stop.end()))
            start = _skip_space(text, stop.end())
    end = len(text.rstrip())
    if start < end:
        spans.append((start, end))
    return tuple(spans)


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _ends(text: str, start: int, stop: re.Match[str]) -> bool:
    after = text[stop.end() :][:40].lstrip().lstrip(_OPENERS)
    if not after:
        return True
    if after[0].islower():
        return False
    marks = stop["stop"]
    if marks in ("...", "…", "....", "….") and re.match(r"I\b", after):
        return False  # "I thought … I would": a pause more often than an end
    if marks != ".":
        return True
    token = _LAST_TOKEN.search(text[start : stop.start()])
    return token is None or not _abbreviates(token[0], after=after, first=token.start() == 0)


def _abbreviates(token: str, *, after: str, first: bool) -> bool:
    if first and _LIST_NUMBER.match(token):
        return True  # "1. Breathe"
    bare = token.strip("\"'“”‘’()[]").lower()
    if bare in _ALWAYS:
        return True
    if bare in _BEFORE_NUMBERS:
        return after[0].isdigit()
    if bare in _AT_TIMES or _DOTTED.match(token):
        return not after[0].isupper()
    return bool(_INITIAL.match(token)) and bare != "i"
