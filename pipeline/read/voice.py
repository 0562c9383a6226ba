"""Where a text stands between connection and checklist, and why.

Counted words, nothing learnt: in the trial, rules and word weights equalled a sentence
transformer, and the rate of first-person words alone went most of the way.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.model import Block, BlockKind, Unit, UnitKind, Voice
from pipeline.read.cues import Technique, count, is_call_to_action, is_instruction, technique
from pipeline.read.sentences import words

CONNECTION, CHECKLIST = 0.15, -0.15  # from here up, and from here down
_SPOKEN = frozenset({BlockKind.PROSE, BlockKind.ITEM})

Label = Literal["connection", "mixed", "checklist"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """What was counted in one block or in a whole post. Rates are per 100 words."""

    words: int
    sentences: int
    orders: int
    in_checklist: int  # words that stand in a checklist
    own: int  # I, me, we, our …
    you: int
    warm: tuple[str, ...]  # words for relationship and feeling
    open: int  # hedges and invitations
    technique: Technique
    facts: int

    def rate(self, hits: int) -> float:
        return 100 * hits / max(self.words, 1)


def score_blocks(blocks: Sequence[Block], units: Sequence[Unit]) -> tuple[Block, ...]:
    """The blocks with their own scores; one in a checklist never counts as connection."""
    kinds = {unit.id: unit.kind for unit in units}
    return tuple(
        replace(block, score=_block_score(block, kinds)) if block.kind in _SPOKEN else block
        for block in blocks
    )


def _block_score(block: Block, kinds: Mapping[str, UnitKind]) -> float:
    counts = _count([block], kinds)
    if not counts.words:
        return 0.0
    # A short block holds little evidence: 25 words of nothing in particular temper it.
    trust = counts.words / (counts.words + 25)
    score = math.tanh(_raw(counts) * trust)
    if kinds.get(block.unit or "") is UnitKind.CHECKLIST:
        score = max(-1.0, min(score, 0.0))
    return round(score, 3)


def post_voice(blocks: Sequence[Block], units: Sequence[Unit]) -> Voice:
    """The post's voice with its reasons, in words the author understands."""
    kinds = {unit.id: unit.kind for unit in units}
    counts = _count([b for b in blocks if b.kind in _SPOKEN], kinds)
    if counts.words < 1:
        return Voice(score=0.0, label="mixed", reasons=("there are no words to judge by",))
    trust = counts.words / (counts.words + 40)
    score = round(math.tanh(_raw(counts) * trust), 3)
    return Voice(score=score, label=label(score), reasons=_reasons(counts))


def unread_voice(language: str) -> Voice:
    """The voice of a post in a language whose words we have no tables for."""
    why = (
        "the words are read only for English; this post is in another language "
        f"({language}), so only its structure is used"
    )
    return Voice(score=0.0, label="mixed", reasons=(why,))


def label(score: float) -> Label:
    if score >= CONNECTION:
        return "connection"
    return "checklist" if score <= CHECKLIST else "mixed"


def _raw(c: _Counts) -> float:
    meant, aside = len(c.technique.meant), len(c.technique.set_aside)
    orders = c.orders / max(c.sentences, 1)
    return (
        0.20 * (min(c.rate(c.own), 9.0) - 2.0)
        + 0.06 * (min(c.rate(len(c.warm)), 10.0) - 3.5)
        + 0.08 * (min(c.rate(c.open), 4.0) - 1.0)
        - 0.14 * (min(c.rate(meant), 6.0) - 1.2)
        + 0.25 * min(c.rate(aside), 2.0)
        - 0.05 * (min(c.rate(c.facts), 6.0) - 1.5)
        - 1.4 * (min(orders, 0.5) - 0.05)
        - 0.9 * (c.in_checklist / max(c.words, 1))
    )


def _count(blocks: Sequence[Block], kinds: Mapping[str, UnitKind]) -> _Counts:
    kept: list[str] = []
    meant: list[str] = []
    aside: list[str] = []
    in_checklist = 0
    for block in blocks:
        said = [block.text[a - block.start : b - block.start] for a, b in block.sentences]
        said = [sentence for sentence in said if not is_call_to_action(sentence)]
        found = technique(said)
        meant += found.meant
        aside += found.set_aside
        kept += said
        if block.unit is not None and kinds.get(block.unit) is UnitKind.CHECKLIST:
            in_checklist += sum(len(words(sentence)) for sentence in said)
    text = "\n".join(kept)
    return _Counts(
        words=len(words(text)),
        sentences=len(kept),
        orders=sum(map(is_instruction, kept)),
        in_checklist=in_checklist,
        own=len(count("first_person", text)),
        you=len(count("address", text)),
        warm=tuple(count("relationship", text) + count("feeling", text)),
        open=len(count("hedging", text)) + len(count("invitation", text)),
        technique=Technique(meant=tuple(meant), set_aside=tuple(aside)),
        facts=len(count("information", text)),
    )


def _reasons(c: _Counts) -> tuple[str, ...]:
    reasons = [_own_words(c), _instructions(c)]
    share = round(100 * c.in_checklist / c.words)
    if share:
        reasons.append(f"{share} in 100 words stand in a checklist")
    if 2 * len(c.technique.set_aside) >= max(2, len(c.technique.meant)):
        named = _most(c.technique.set_aside)
        reasons.append(f"it sets tools aside rather than handing them out ({named})")
    if c.rate(c.you) >= 3:
        reasons.append(f"speaks to the reader as “you” ({c.rate(c.you):.0f} in 100 words)")
    if c.rate(c.facts) >= 3:
        reasons.append(f"much of it is information ({c.rate(c.facts):.0f} in 100 words)")
    warm, tools = c.rate(len(c.warm)), c.rate(len(c.technique.meant))
    weighed = c.warm if warm >= tools else c.technique.meant
    if weighed:
        reasons.append(f"the words that weighed most: {_most(weighed)}")
    return tuple(reasons)


def _own_words(c: _Counts) -> str:
    rate = c.rate(c.own)
    how = "often" if rate >= 3 else "sometimes" if rate >= 1 else "seldom"
    return f"says “I” and “we” {how} ({rate:.0f} in 100 words)"


def _instructions(c: _Counts) -> str:
    if c.orders * 12 <= c.sentences:
        return f"few instructions ({c.orders} of {c.sentences} sentences)"
    return f"{c.orders} of {c.sentences} sentences tell the reader what to do"


def _most(found: Sequence[str]) -> str:
    """The three most frequent, the earlier first where they tie."""
    return ", ".join(word for word, _ in Counter(found).most_common(3))
