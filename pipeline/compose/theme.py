"""What two posts of a month share, named by a word that both of them use.

Offered to the author only. It is found when the word stands in the title of one post, and in
is said often in both, more often where the other has it in no heading; a word that every therapist uses
every day names nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import BlockKind, Reading, ReadPost
from pipeline.read.language import is_english
from pipeline.read.lexicon import entries
from pipeline.read.sentences import words

_SHORTEST = 5  # letters
_OFTEN, _OFTEN_IN_100 = 5, 0.8  # where neither title nor heading holds the word
_NAMED_OFTEN = 3
_NO_NOUN = ("ly", "ive", "ial", "ical", "ful", "ing", "ed", "est")
_MOST_POSTS = 4  # a word of every post is the blog's subject, not the month's


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The word as it stands in a title, and the posts that share it, in the letter's order."""

    word: str
    posts: tuple[ReadPost, ...]


def theme(posts: Sequence[ReadPost]) -> Theme | None:
    """The word that two or more of the posts share; None where there is none that is plain."""
    read = [item for item in posts if is_english(item.reading.language)]
    titled = {item.post.id: _named(item.reading.title) for item in read}
    spoken = {item.post.id: _marked(item.reading) for item in read}
    found: list[tuple[int, int, Theme]] = []
    for place, item in enumerate(read):
        for stem, word in titled[item.post.id].items():
            sharing = tuple(one for one in read if stem in spoken[one.post.id])
            if 2 <= len(sharing) <= _MOST_POSTS:
                found.append((-len(sharing), place, Theme(word=word, posts=sharing)))
    return min(found, key=lambda one: one[:2])[2] if found else None


def _named(title: str) -> Mapping[str, str]:
    """Stems of a title's telling words → the word as the author wrote it."""
    return {stem: word for word in title.split() if (stem := _stem(word)) is not None}


def _marked(reading: Reading) -> frozenset[str]:
    """Stems that the text says often: more often where no title or heading holds them.

    A word of the title alone is no theme: "Dispatch" may only be the name of a series.
    """
    heads = " ".join(block.text for block in reading.blocks if block.kind is BlockKind.HEADING)
    named = {*_named(reading.title), *_named(heads)}
    said = Counter(stem for word in words(reading.text) if (stem := _stem(word)) is not None)
    return frozenset(
        stem
        for stem, times in said.items()
        if (times >= _NAMED_OFTEN and stem in named)
        or (times >= _OFTEN and 100 * times >= _OFTEN_IN_100 * reading.words)
    )


def _stem(word: str) -> str | None:
    """A word without its plural; None where it names nothing."""
    found = words(word)
    if len(found) != 1 or len(found[0]) < _SHORTEST or not found[0].isalpha():
        return None
    stem = found[0].removesuffix("s") if not found[0].endswith("ss") else found[0]
    return None if stem in _daily() or stem.endswith(_NO_NOUN) else stem


def _daily() -> frozenset[str]:
    return frozenset(entries("voice", "daily"))
