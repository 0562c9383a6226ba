"""Whole sentences that could be set large, best first, each with its reason.

Relational words alone pick sad sentences; hope has to weigh as much, and so has the shape of a
sentence that says one thing about all of us.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from pipeline.model import Block, Quotable, Unit
from pipeline.read.lexicon import table
from pipeline.read.standing import standing
from pipeline.read.traits import Traits, around, traits

MOST = 5
LEAST = 0.1
_REASONS = 3
_SAID_OF = {
    "relation": "speaks of being with another",
    "hope": "holds hope",
    "concrete": "can be pictured",
    "contrast": "sets one thing against another",
    "permission": "gives leave",
    "universal": "speaks of all of us",
    "essence": "goes to the heart of it",
    "image": "holds an image",
    "feeling": "names a feeling",
    "central": "gathers what the post is about",
    "closes": "closes its paragraph",
}
_OF_PLACE = frozenset({"central", "closes"})  # where it stands alone makes no sentence worth reading twice


def quotable(
    blocks: Sequence[Block], units: Sequence[Unit], *, questioned: Collection[str] = ()
) -> tuple[Quotable, ...]:
    """At most five candidates; ties go to the earlier sentence. None of `questioned` is among them."""
    post = around(blocks)
    found: dict[str, Quotable] = {}
    for sentence in standing(blocks, units, questioned):
        if sentence.text in found:
            continue
        has = traits(sentence, post)
        candidate = Quotable(text=sentence.text, score=_score(has), block=sentence.block, reason=_reason(has))
        if candidate.score >= LEAST and _says_something(has):
            found[sentence.text] = candidate
    return tuple(sorted(found.values(), key=lambda candidate: -candidate.score)[:MOST])


@cache
def _weights() -> Mapping[str, float]:
    found = table("quote_weights")["weights"]
    assert isinstance(found, dict)
    return {str(name): float(weight) for name, weight in found.items()}


@cache
def _middle() -> float:
    return float(str(table("quote_weights")["middle"]))


def _says_something(has: Traits) -> bool:
    return any(has.value[name] > 0 for name in _SAID_OF if name not in _OF_PLACE)


def worth(has: Traits) -> float:
    """The weighted sum of a sentence's traits."""
    return sum(weight * has.value.get(name, 0.0) for name, weight in _weights().items())


def _score(has: Traits) -> float:
    return round(1 / (1 + math.exp(_middle() - worth(has))), 3)


def _reason(has: Traits) -> str:
    """What weighed most for it, in words; the sentence's own words in brackets."""
    weights = _weights()
    gain = {name: weights.get(name, 0.0) * has.value[name] for name in _SAID_OF}
    most = sorted((name for name in gain if gain[name] > 0), key=lambda name: -gain[name])[:_REASONS]
    return "; ".join(_said(name, has) for name in most) or "a whole sentence that stands by itself"


def _said(name: str, has: Traits) -> str:
    shown = has.shown.get(name, ()) if name != "central" else ()
    return _SAID_OF[name] + (f" ({', '.join(shown[:3])})" if shown else "")
