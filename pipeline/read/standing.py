"""Which sentences may stand alone, as the author's own and as nobody's wound."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import Block, BlockKind, Unit, UnitKind
from pipeline.read.care import topics_in
from pipeline.read.cues import is_call_to_action
from pipeline.read.lexicon import pattern, straight
from pipeline.read.sentences import words

_FEWEST_WORDS, _MOST_WORDS = 6, 38
_ATTRIBUTED = re.compile(r"[—–~-]\s?[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3}\W*$")
_SAYS = re.compile(
    r"(?<!\w)(?:(?<!never )(?<!ever )(?<!be )(?<!been )(?<!not )said"
    r"|says|wrote|writes|according to|asked|asks|replied|told|put it|quotes?|quoted"
    r"|once called)(?!\w)"
)
_LEANS = re.compile(
    r"(?<!\w)(?:above|below|following|previous post|this post|this blog|this article|last week"
    r"|next week)(?!\w)"
)
_LEANING_SUBJECT = re.compile(r"(?:they|it|that|this|these|those|there|he|she|here)'\w")
_PAIRS = (("“", "”"), ("(", ")"), ("[", "]"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A sentence that may stand alone, and where it was said."""

    text: str
    block: int
    place: int  # among the sentences of its paragraph, from 0
    last: bool  # in its paragraph


def standing(blocks: Sequence[Block], units: Sequence[Unit], barred: Collection[str]) -> Iterator[Standing]:
    """The post's sentences that may stand alone, in order; none of `barred`."""
    kinds = {unit.id: unit.kind for unit in units}
    for number, block in enumerate(blocks):
        if not _may_be_quoted(block, kinds):
            continue
        for place, (a, b) in enumerate(block.sentences):
            text = block.text[a - block.start : b - block.start]
            if text not in barred and _fits(text):
                yield Standing(text=text, block=number, place=place, last=(a, b) == block.sentences[-1])


def _may_be_quoted(block: Block, kinds: Mapping[str, UnitKind]) -> bool:
    if block.kind not in (BlockKind.PROSE, BlockKind.ITEM) or _ATTRIBUTED.search(block.text):
        return False
    if block.unit is not None:
        return kinds.get(block.unit) is UnitKind.NARRATIVE
    return block.kind is BlockKind.PROSE


def _fits(sentence: str) -> bool:
    count = len(words(sentence))
    low = straight(sentence)
    return (
        _FEWEST_WORDS <= count <= _MOST_WORDS
        and sentence[0].isupper()
        and sentence[-1] in ".!"
        and not sentence.endswith(("..", "…."))
        and "\n" not in sentence
        and "?" not in sentence
        and _balanced(sentence)
        and not pattern("quotes", "dangling").match(low)
        and not _LEANING_SUBJECT.match(low)
        and not _SAYS.search(low)
        and not _LEANS.search(low)
        and not is_call_to_action(sentence)
        and not topics_in(sentence)
        and "http" not in low
    )


def _balanced(sentence: str) -> bool:
    """Whether quotation marks and brackets close: else the sentence is a piece of a larger one."""
    return all(sentence.count(a) == sentence.count(b) for a, b in _PAIRS) and sentence.count('"') % 2 == 0
