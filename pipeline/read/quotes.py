"""Whole sentences that could be set large, best first, each with its reason.

Relational words alone pick sad sentences; hope has to weigh as much.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from pipeline.model import Block, BlockKind, Quotable, Unit, UnitKind
from pipeline.read.care import topics_in
from pipeline.read.cues import is_call_to_action, is_instruction, technique
from pipeline.read.lexicon import pattern, straight
from pipeline.read.sentences import words

MOST = 5
LEAST = 0.1
_FEWEST_WORDS, _MOST_WORDS = 6, 38
_ATTRIBUTED = re.compile(r"[—–~-]\s?[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3}\W*$")
_SAYS = re.compile(
    r"(?<!\w)(?:said|says|wrote|writes|according to|asked|asks|replied|told|put it|quotes?|quoted"
    r"|once called)(?!\w)"
)
_LEANS = re.compile(
    r"(?<!\w)(?:above|below|following|previous post|this post|this blog|this article|last week"
    r"|next week)(?!\w)"
)
_LEANING_SUBJECT = re.compile(r"(?:they|it|that|this|these|those|there|he|she|here)'\w")
_WITHHELD = re.compile(
    r"(?<!\w)(?:don't|didn't|doesn't|not|never|weren't|wasn't) (?:\w+ )?(?:feel|felt|safe|seen|heard"
    r"|loved|matter|trust)(?!\w)"
)
_TURNS_AWAY = re.compile(
    r"(?<!\w)(?:\w+n't|not|never|no longer) (?:\w+ ){0,2}"
    r"(?:for you|for me|welcome|here for|each other|one another|together|belong)"
)
_PAIRS = (("“", "”"), ("(", ")"), ("[", "]"))


def quotable(
    blocks: Sequence[Block], units: Sequence[Unit], *, questioned: Collection[str] = ()
) -> tuple[Quotable, ...]:
    """At most five candidates; ties go to the earlier sentence. None of `questioned` is among them."""
    kinds = {unit.id: unit.kind for unit in units}
    found: list[Quotable] = []
    for number, block in enumerate(blocks):
        if not _may_be_quoted(block, kinds):
            continue
        for a, b in block.sentences:
            sentence = block.text[a - block.start : b - block.start]
            if sentence not in questioned and _fits(sentence):
                found.append(_rated(sentence, number, last=b == block.end))
    found = [candidate for candidate in found if candidate.score >= LEAST]
    found.sort(key=lambda candidate: -candidate.score)
    unique = {candidate.text: candidate for candidate in reversed(found)}
    return tuple(candidate for candidate in found if unique[candidate.text] is candidate)[:MOST]


def _may_be_quoted(block: Block, kinds: Mapping[str, UnitKind]) -> bool:
    if block.kind not in (BlockKind.PROSE, BlockKind.ITEM) or _ATTRIBUTED.search(block.text):
        return False
    if block.unit is not None:
        return kinds.get(block.unit) is UnitKind.NARRATIVE
    return block.kind is BlockKind.PROSE


def _fits(sentence: str) -> bool:
    """Whether a sentence can stand alone, as the author's own and as nobody's wound."""
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


def _rated(sentence: str, block: int, *, last: bool) -> Quotable:
    low = straight(sentence)
    relation = _distinct("relation", low)
    hope = _distinct("hope", low)
    concrete = _distinct("concrete", low)
    sad = _distinct("sad", low)
    tools = technique([sentence])
    length = len(words(sentence))
    score = (
        0.16 * min(len(relation), 3)
        + 0.16 * min(len(hope), 3)
        + 0.08 * min(len(concrete), 2)
        + (0.1 if relation and hope else 0.0)
        + (0.08 if 8 <= length <= 24 else 0.0)
        + (0.06 if last else 0.0)
        + 0.06 * min(len(tools.set_aside), 2)
        - 0.12 * min(len(sad), 3)
        - 0.12 * min(len(tools.meant), 2)
        - (0.15 if _WITHHELD.search(low) else 0.0)
        - (0.3 if _TURNS_AWAY.search(low) else 0.0)
        - (0.2 if is_instruction(sentence) else 0.0)
        - (0.1 if any(c.isdigit() for c in sentence) else 0.0)
    )
    return Quotable(
        text=sentence,
        score=round(max(0.0, min(1.0, score)), 3),
        block=block,
        reason=_reason(relation, hope, concrete),
    )


def _distinct(key: str, low: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pattern("quotes", key).findall(low)))


def _reason(relation: Sequence[str], hope: Sequence[str], concrete: Sequence[str]) -> str:
    parts = [
        f"{what} ({', '.join(found[:3])})"
        for what, found in (
            ("speaks of being with another", relation),
            ("holds hope", hope),
            ("can be pictured", concrete),
        )
        if found
    ]
    return "; ".join(parts) or "a whole sentence that stands by itself"
