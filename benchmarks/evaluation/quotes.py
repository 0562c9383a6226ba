"""Pull quotes: does one of the first few hold what an editor would take?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import fmean

from benchmarks.evaluation.data import LabelledPost
from benchmarks.evaluation.figures import Figure, interval
from benchmarks.evaluation.html import reading

_TARGETS = {1: "≥ .50", 3: "≥ .85", 5: ""}
_FEWEST = 3  # spaces: a heading of one word is in everything


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One post: the place of the first hit among our quotes, and what blind choice would find."""

    first: int | None
    sentences: int
    hits: int

    def hit(self, most: int) -> bool:
        return self.first is not None and self.first < most

    def blind(self, most: int) -> float:
        """The chance that `most` sentences drawn from the whole post hold one."""
        drawn = min(most, self.sentences)
        return 1 - comb(self.sentences - self.hits, drawn) / comb(self.sentences, drawn)


def figures(posts: Sequence[LabelledPost]) -> tuple[Figure, ...]:
    """hit@1, 3 and 5 over the posts of which an editor named sentences."""
    asked = [_ask(post) for post in posts if post.pull_quotes]
    return tuple(_figure(asked, most) for most in _TARGETS)


def _figure(asked: Sequence[_Asked], most: int) -> Figure:
    def measure(items: Sequence[_Asked]) -> float:
        return fmean(item.hit(most) for item in items)

    low, high = interval(asked, measure)
    blind = fmean(item.blind(most) for item in asked)
    return Figure(
        name=f"quotes: hit@{most}", value=measure(asked), low=low, high=high, n=len(asked),
        target=_TARGETS[most], baseline=f"by chance {blind:.2f}",
        note="scripts/weigh_quotes.py --check cross-validates by source",
    )  # fmt: skip


def _ask(post: LabelledPost) -> _Asked:
    read = reading(post)
    said = [read.text[a:b] for block in read.blocks for a, b in block.sentences]
    hits = [number for number, quote in enumerate(read.quotes) if is_hit(quote.text, post.pull_quotes)]
    return _Asked(
        first=min(hits, default=None),
        sentences=len(said),
        hits=sum(is_hit(sentence, post.pull_quotes) for sentence in said),
    )


def is_hit(sentence: str, wanted: Sequence[str]) -> bool:
    """Whether a sentence holds one of the fragments, or is held by one."""
    ours = _bare(sentence)
    return any(
        theirs in ours or (ours in theirs and ours.count(" ") >= _FEWEST) for theirs in map(_bare, wanted)
    )


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower().replace("’", "'").replace("'", "")))
