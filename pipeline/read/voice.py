"""Where a text stands between connection and checklist, and why.

Counted words, nothing learnt: in the trial, rules and word weights equalled a sentence
transformer, and the rate of first-person words alone went most of the way. The weights are few
and round, and stand with their reasons in `tables/voice.toml`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Literal

from pipeline.model import Block, BlockKind, Unit, UnitKind, Voice
from pipeline.read.announce import Cue, announced, offers
from pipeline.read.cues import Technique, count, is_call_to_action, is_instruction, technique
from pipeline.read.lexicon import pattern, straight, table
from pipeline.read.sentences import words
from pipeline.read.why import Part, telling, why

CONNECTION, CHECKLIST = 0.15, -0.15  # from here up, and from here down
_SPOKEN = frozenset({BlockKind.PROSE, BlockKind.ITEM})
# How many words of nothing in particular temper a score: a short text holds little evidence.
_TEMPER_BLOCK, _TEMPER_POST = 25, 40

Label = Literal["connection", "mixed", "checklist"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """What was counted in one block or in a whole post."""

    words: int
    sentences: int
    orders: int
    in_checklist: int  # words that stand in a checklist
    in_facts: int  # words of lists that inform
    own: int  # I, me, we, our … where she tells; "I offer" and "we provide" are the practice speaking
    you: int
    numbers: int
    warm: tuple[str, ...]  # words for relationship and feeling
    open: tuple[str, ...]  # hedges and invitations
    promises: tuple[str, ...]
    facts: tuple[str, ...]
    technique: Technique
    title: str  # the words by which the title announces steps, if it does


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weight:
    """A point of tanh's argument for each unit above `usual`; more than `most` counts as `most`."""

    weight: float
    usual: float
    most: float


def score_blocks(blocks: Sequence[Block], units: Sequence[Unit]) -> tuple[Block, ...]:
    """The blocks with their own scores; one in a checklist never counts as connection."""
    kinds = {unit.id: unit.kind for unit in units}
    return tuple(
        replace(block, score=_block_score(block, kinds, after=after)) if block.kind in _SPOKEN else block
        for block, after in zip(blocks, _followers(blocks), strict=True)
    )


def _block_score(block: Block, kinds: Mapping[str, UnitKind], *, after: Sequence[str]) -> float:
    counts = _count([(block, after)], kinds)
    if not counts.words:
        return 0.0
    score = _score(_parts(counts), counts.words, temper=_TEMPER_BLOCK)
    if kinds.get(block.unit or "") is UnitKind.CHECKLIST:
        score = max(-1.0, min(score, 0.0))
    return score


def block_reasons(blocks: Sequence[Block], at: int, units: Sequence[Unit]) -> tuple[str, ...]:
    """Why the block at `at` has its score, in words the author understands; empty where it says nothing."""
    pair = (blocks[at], _followers(blocks)[at])
    counts = _count([pair], {unit.id: unit.kind for unit in units})
    return telling(_parts(counts), sentences=counts.sentences) if counts.words else ()


def post_voice(blocks: Sequence[Block], units: Sequence[Unit], *, title: str = "") -> Voice:
    """The post's voice with its reasons, in words the author understands."""
    counts = _count_post(blocks, units, title)
    if counts.words < 1:
        return Voice(score=0.0, label="mixed", reasons=("there are no words to judge by",))
    parts = _parts(counts)
    score = _score(parts, counts.words, temper=_TEMPER_POST)
    return Voice(score=score, label=label(score), reasons=why(parts, sentences=counts.sentences))


def unread_voice(language: str) -> Voice:
    """The voice of a post in a language whose words we have no tables for."""
    reason = (
        "the words are read only for English; this post is in another language "
        f"({language}), so only its structure is used"
    )
    return Voice(score=0.0, label="mixed", reasons=(reason,))


def label(score: float) -> Label:
    if score >= CONNECTION:
        return "connection"
    return "checklist" if score <= CHECKLIST else "mixed"


def measures(blocks: Sequence[Block], units: Sequence[Unit], *, title: str = "") -> dict[str, float]:
    """What was measured of a post, by the names of the table's weights: for those who measure us."""
    return {part.name: part.amount for part in _parts(_count_post(blocks, units, title))}


def without_footer(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks before the closing lines that call to action, disclaim or introduce the author."""
    end = len(blocks)
    # Never more than a third: a post that is nothing but an invitation is still judged by its words.
    while end > max(1, (2 * len(blocks) + 2) // 3) and _is_footer(blocks[end - 1]):
        end -= 1
    return blocks[:end]


def _is_footer(block: Block) -> bool:
    said = _sentences(block)
    if block.kind not in _SPOKEN:
        return block.kind is not BlockKind.QUOTE
    closing = sum(is_call_to_action(one) or _is_imprint(one) for one in said)
    return closing * 2 >= len(said)


def _is_imprint(sentence: str) -> bool:
    return bool(pattern("voice", "imprint").search(straight(sentence)))


def _steps_in(title: str) -> str:
    said = announced([title], [])
    return said.words if said.cue is Cue.STEPS else ""


def _score(parts: Sequence[Part], length: int, *, temper: int) -> float:
    total = math.fsum(part.points for part in parts)
    return round(math.tanh(total * length / (length + temper)), 3)


@cache
def _weights() -> Mapping[str, _Weight]:
    rows = table("voice")["weights"]
    assert isinstance(rows, dict)
    return {name: _Weight(**{key: float(value) for key, value in row.items()}) for name, row in rows.items()}


def _parts(c: _Counts) -> tuple[Part, ...]:
    """What each measure adds to the score or takes from it; rates are per 100 words."""
    rate = 100 / max(c.words, 1)
    measured: tuple[tuple[str, float, tuple[str, ...]], ...] = (
        ("first_person", c.own * rate, ()),
        ("warm", len(c.warm) * rate, c.warm),
        ("open", len(c.open) * rate, c.open),
        ("tools", len(c.technique.meant) * rate, c.technique.meant),
        ("set_aside", len(c.technique.set_aside) * rate, c.technique.set_aside),
        ("facts", len(c.facts) * rate, c.facts),
        ("promises", len(c.promises) * rate, c.promises),
        ("numbers", c.numbers * rate, ()),
        ("address", c.you * rate, ()),
        ("orders", c.orders / max(c.sentences, 1), ()),
        ("checklist", c.in_checklist / max(c.words, 1), ()),
        ("listed", c.in_facts / max(c.words, 1), ()),
        ("title", float(bool(c.title)), (c.title,) if c.title else ()),
    )
    return tuple(_part(name, amount, said) for name, amount, said in measured)


def _part(name: str, amount: float, said: tuple[str, ...]) -> Part:
    by = _weights()[name]
    points = by.weight * (min(amount, by.most) - by.usual)
    return Part(name=name, amount=amount, points=points, each=by.weight, words=said)


def _sentences(block: Block) -> list[str]:
    return [block.text[a - block.start : b - block.start] for a, b in block.sentences]


def _followers(blocks: Sequence[Block]) -> list[list[str]]:
    """For each block the sentences of the paragraph right after it; none after a list or before one."""
    return [
        _sentences(after) if block.kind is after.kind is BlockKind.PROSE else []
        for block, after in pairwise(blocks)
    ] + [[] for _ in blocks[-1:]]


def _count_post(blocks: Sequence[Block], units: Sequence[Unit], title: str) -> _Counts:
    kept = without_footer(blocks)
    pairs = [pair for pair in zip(kept, _followers(kept), strict=True) if pair[0].kind in _SPOKEN]
    return replace(_count(pairs, {unit.id: unit.kind for unit in units}), title=_steps_in(title))


def _count(pairs: Sequence[tuple[Block, Sequence[str]]], kinds: Mapping[str, UnitKind]) -> _Counts:
    """What is counted in blocks, each with the sentences that follow it."""
    kept: list[str] = []
    meant: list[str] = []
    aside: list[str] = []
    orders = in_checklist = in_facts = own = 0
    for block, after in pairs:
        said = [sentence for sentence in _sentences(block) if not is_call_to_action(sentence)]
        found = technique(said, after=after)
        meant += found.meant
        aside += found.set_aside
        kept += said
        own += sum(len(count("first_person", sentence)) for sentence in said if not offers(sentence))
        length = sum(len(words(sentence)) for sentence in said)
        kind = kinds.get(block.unit or "")
        if kind is UnitKind.CHECKLIST:
            in_checklist += length
        elif kind is UnitKind.INFORMATION and block.kind is BlockKind.ITEM:
            in_facts += length
        if kind in (None, UnitKind.CHECKLIST) or block.kind is not BlockKind.ITEM:
            orders += sum(map(is_instruction, said))  # "I help you:" makes no orders of the items after it
    text = "\n".join(kept)
    spoken = words(text)
    return _Counts(
        words=len(spoken),
        sentences=len(kept),
        orders=orders,
        in_checklist=in_checklist,
        in_facts=in_facts,
        own=own,
        you=len(count("address", text)),
        numbers=sum(word.isdigit() for word in spoken),
        warm=tuple(count("relationship", text) + count("feeling", text)),
        open=tuple(count("hedging", text) + count("invitation", text)),
        promises=tuple(count("promises", text)),
        facts=tuple(count("information", text)),
        technique=Technique(meant=tuple(meant), set_aside=tuple(aside)),
        title="",
    )
