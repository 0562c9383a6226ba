"""How much two posts share, by their titles and their words; nothing here knows of feeds."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.collect.text import without_tags

SAME = 0.8  # share from which a post of the same title is the same post
LIKE = 0.6  # share from which a person is asked
OTHER = 0.3  # share below which a new title stands over another text
_RUN = 5  # words in a shingle
_FEWEST = 12  # shingles below which a share of them says nothing
_LONGEST = 3000  # words that are looked at
_LONGEST_HTML = 200_000  # characters that are looked at
_BOILERPLATE = 3  # posts that have a shingle in common: then it is nobody's

Shingles = frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is compared of a post."""

    title: str
    day: date | None
    shingles: Shingles
    here: bool = False  # it stands in the document that is being read


def look(title: str, body: str, day: date | None) -> Look:
    return Look(title=normal_title(title), day=day, shingles=shingles(body))


def normal_title(title: str) -> str:
    """A title without case, accents' composition and punctuation."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", title).casefold()))


def words_sha256(title: str, html: str) -> str:
    """A hash of what a post says: its words in order, whatever their marks, case and markup are."""
    words = re.findall(r"\w+", f"{title}\n{without_tags(html)}".casefold())
    return hashlib.sha256(" ".join(words).encode("utf-8", "replace")).hexdigest()


def shingles(html: str) -> Shingles:
    """Every run of five words, as numbers; a shorter text is one run."""
    words = re.findall(r"\w+", without_tags(html[:_LONGEST_HTML]).casefold())[:_LONGEST]
    if not words:
        return frozenset()
    starts = range(max(1, len(words) - _RUN + 1))
    return frozenset(hash(tuple(words[start : start + _RUN])) for start in starts)


def share(one: Shingles, other: Shingles) -> float:
    """How much of the shorter text stands in the longer, 0 to 1; 0 where one is too short to tell."""
    return _share(len(one & other), one, other)


def _share(common: int, one: Shingles, other: Shingles) -> float:
    shorter = min(len(one), len(other))
    return common / shorter if shorter >= _FEWEST else 0.0


def same(one: Look, other: Look) -> bool:
    return bool(one.title) and one.title == other.title and share(one.shingles, other.shingles) >= SAME


def alike(looks: Sequence[Look]) -> dict[int, int]:
    """For each look (by its place) an earlier one that a person had better compare it with.

    The title and the day, or much of the text; what three or more share is nobody's, since a
    podcast's notes would else make all its episodes alike. Two that stand in one document under
    titles of their own are two.
    """
    seen = Counter(shingle for one in looks for shingle in one.shingles)
    owner: dict[int, int] = {}
    titled: dict[tuple[str, date], int] = {}
    pairs: dict[int, int] = {}
    for at, one in enumerate(looks):
        mine = [shingle for shingle in one.shingles if seen[shingle] < _BOILERPLATE]
        shared = Counter(owner[shingle] for shingle in mine if shingle in owner)
        near = [
            (count, other)
            for other, count in shared.items()
            if _share(count, one.shingles, looks[other].shingles) >= LIKE
            and (one.title == looks[other].title or not (one.here and looks[other].here))
        ]
        if one.title and one.day and (one.title, one.day) in titled:
            pairs[at] = titled[one.title, one.day]
        elif near:
            pairs[at] = max(near)[1]
        if one.title and one.day:
            titled.setdefault((one.title, one.day), at)
        owner.update(dict.fromkeys(mine, at))
    return pairs


def another_text(before: tuple[str, str], after: tuple[str, str]) -> bool:
    """Whether (title, HTML) became another post altogether; a body that is gone tells nothing."""
    if normal_title(before[0]) == normal_title(after[0]):
        return False
    one, other = shingles(before[1]), shingles(after[1])
    return bool(one and other) and len(one & other) / min(len(one), len(other)) < OTHER
