"""Topics that ask for care, at two levels: what a post is about, and what it only mentions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.model import Block, CareTopic
from pipeline.read.lexicon import entries, straight, table
from pipeline.read.sentences import words

# What a post is about stands in its title, or in two paragraphs and often: three times and four
# in a thousand words, or, in a short post, fifteen in a thousand.
_ABOUT_PLACES = 2
_ABOUT_HITS = 3
_ABOUT_RATE = 4.0
_DENSE_RATE = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    block: int
    sentence: str


@cache
def _topics() -> tuple[tuple[str, re.Pattern[str]], ...]:
    topics = table("care")["topics"]
    assert isinstance(topics, dict)
    return tuple((name, _whole(topics[name]["strong"])) for name in topics)


@cache
def _silencers() -> re.Pattern[str]:
    return _whole(entries("care", "silent.phrases"))


def _whole(alternatives: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")


def topics_in(text: str) -> tuple[str, ...]:
    """The names of the topics that a text touches, in the table's order."""
    low = straight(text)
    quiet = [found.span() for found in _silencers().finditer(low)]
    return tuple(name for name, pattern in _topics() if _hits(pattern, low, quiet))


def _hits(pattern: re.Pattern[str], low: str, quiet: Sequence[tuple[int, int]]) -> int:
    return sum(
        not any(start <= found.start() and found.end() <= end for start, end in quiet)
        for found in pattern.finditer(low)
    )


def care_topics(title: str, blocks: Sequence[Block]) -> tuple[CareTopic, ...]:
    """Each topic once, with the first sentence that shows it; the table's order.

    A topic found in the title alone carries the title as evidence, at block 0.
    """
    length = max(1, sum(len(words(block.text)) for block in blocks))
    named = set(topics_in(title))
    found: dict[str, list[_Hit]] = {}
    for number, block in enumerate(blocks):
        for sentence in _sentences(block):
            for topic in topics_in(sentence):
                found.setdefault(topic, []).append(_Hit(block=number, sentence=sentence))
    out: list[CareTopic] = []
    for topic, _ in _topics():
        hits = found.get(topic, [])
        if not hits and topic not in named:
            continue
        first = hits[0] if hits else _Hit(block=0, sentence=title)
        about = topic in named or _is_about(hits, length)
        out.append(
            CareTopic(
                topic=topic, level="about" if about else "mention", evidence=first.sentence, block=first.block
            )
        )
    return tuple(out)


def _is_about(hits: Sequence[_Hit], length: int) -> bool:
    if len({hit.block for hit in hits}) < _ABOUT_PLACES:
        return False
    rate = 1000 * len(hits) / length
    return rate >= _DENSE_RATE or (len(hits) >= _ABOUT_HITS and rate >= _ABOUT_RATE)


def _sentences(block: Block) -> list[str]:
    said = [block.text[a - block.start : b - block.start] for a, b in block.sentences]
    return [*said, block.alt] if block.alt else said
