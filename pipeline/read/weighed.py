"""Where in a passage the words stand that weighed, so that they can be shown in their places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import Block
from pipeline.read.announce import offers
from pipeline.read.cues import is_call_to_action, technique
from pipeline.read.lexicon import pattern, straight

_NEAR = ("relationship", "feeling", "hedging", "invitation")
_FAR = ("promises", "information")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A word of the passage, by its place in the block's text; `near`: it speaks for connection."""

    start: int
    end: int
    near: bool


def marks(block: Block) -> tuple[Mark, ...]:
    """The words that weighed, in order; no two overlap, and of two that would the longer stays."""
    found = sorted(_found(block), key=lambda mark: (mark.start, -mark.end))
    kept: list[Mark] = []
    for mark in found:
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return tuple(kept)


def _found(block: Block) -> Iterator[Mark]:
    spans = [(start - block.start, end - block.start) for start, end in block.sentences]
    said = [(start, block.text[start:end]) for start, end in spans]
    said = [(start, sentence) for start, sentence in said if not is_call_to_action(sentence)]
    aside = Counter(technique([sentence for _, sentence in said], after=()).set_aside)
    for start, sentence in said:
        near = _NEAR if offers(sentence) else (*_NEAR, "first_person")
        for key in near:
            yield from _under(key, start, sentence, near=True)
        for key in _FAR:
            yield from _under(key, start, sentence, near=False)
        for mark in _under("technique", start, sentence, near=False):
            word = straight(block.text[mark.start : mark.end])
            if aside[word]:  # a tool that is put down speaks for the other side
                aside[word] -= 1
                mark = Mark(mark.start, mark.end, near=True)
            yield mark


def _under(key: str, start: int, sentence: str, *, near: bool) -> Iterator[Mark]:
    for found in pattern("voice", key).finditer(straight(sentence)):
        yield Mark(start + found.start(), start + found.end(), near)
