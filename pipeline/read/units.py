"""Lists and runs of headings that act as one: steps to follow, moments told, or facts listed.

There are three kinds of list, and most real ones are the third. Points are added up for what
speaks for steps (orders, an announcement) and taken off for what speaks against; their sizes
stand in `tables/voice.toml`. Where the evidence is thin a list is information: it is shown as it
stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.model import Block, BlockKind, Unit, UnitKind
from pipeline.read.announce import Announced, Cue
from pipeline.read.cues import advises, count, is_call_to_action, is_instruction
from pipeline.read.groups import Group, lists
from pipeline.read.lexicon import entries, numbers, pattern, straight
from pipeline.read.runs import runs
from pipeline.read.sentences import sentences, words

_TELLING = re.compile(
    r"^\W*(?:you|you're|you've|you'd|your|i|i'm|i've|i'd|we|we're|we've|she|he|they|somebody|someone"
    r"|the (?:man"
    r"|woman|client|silence|day|moment|first|time|one who|part)|a (?:man|woman|client|mother|father"
    r"|friend|couple)"
    r"|when you|when i|when we|there was|it's the|it was|one (?:man|woman|client|day|evening|morning)"
    r"|my)(?!\w)"
)
_YOU_MUST = re.compile(
    r"^\W*you (?:can|could|should|need to|must|may want|might want|might try|will learn|will be able)(?!\w)"
)
_PAST = re.compile(
    r"(?<!\w)(?:i|she|he|client|man|woman)(?:'d)? (?:\w+ed|was|were|had|said|told|came|sat|felt|knew|went"
    r"|took|thought)(?!\w)"
)
_SPEECH = re.compile(r"^\W{0,2}[\"“‘']")
_ING = re.compile(r"^\W*(?:not )?[a-z]{3,}ing(?!\w)")
# "Time limits: agree on them together", "Walks – take one a day".
_LABEL = re.compile(r"^[^.:!?–—]{2,45}(?::| [–—-])\s+(?=\S)")
_HARDLY_ADVISES = 0.1  # share of sentences under headings: "Slow down" may head a story
_VIGNETTE = 15  # words
_OWN_VOICE = 4.0  # "I" and "we" in 100 words under headings, from which on she tells


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """How many items do what."""

    total: int
    orders: int
    gerunds: int
    advice: int  # only in a later sentence
    told: int
    asked: int
    offers: int

    def share(self, hits: int) -> float:
        return hits / max(self.total, 1)


def find_units(blocks: Sequence[Block], *, title: str) -> tuple[tuple[Block, ...], tuple[Unit, ...]]:
    """The blocks with the units they belong to, and the units in the order of the post."""
    found: list[Unit] = []
    taken: set[int] = set()
    for group in runs(blocks, title):
        unit = None if taken.intersection(_span(group)) else _heading_unit(group, blocks)
        if unit is not None:
            found.append(unit)
            taken.update(_span(group))
    found += [
        _unit(group, *_judge_list(group))
        for group in lists(blocks, title)
        if not taken.intersection(_span(group))
    ]
    found.sort(key=lambda unit: unit.first)
    named = tuple(replace(unit, id=f"u{number}") for number, unit in enumerate(found, start=1))
    owner = {i: unit.id for unit in named for i in range(unit.first, unit.last + 1)}
    return tuple(replace(block, unit=owner.get(i)) for i, block in enumerate(blocks)), named


def _span(group: Group) -> range:
    return range(group.first, group.last + 1)


def _unit(group: Group, kind: UnitKind, reasons: Iterable[str]) -> Unit:
    return Unit(
        id="", kind=kind, items=len(group.items), first=group.first, last=group.last, reasons=tuple(reasons)
    )


# --- lists -----------------------------------------------------------------------------------


def _judge_list(group: Group) -> tuple[UnitKind, list[str]]:
    seen, said = _counted(group.texts), group.announced
    if _tells_at_length(seen, group.texts):
        return UnitKind.NARRATIVE, [_telling(seen), *_why(said, Cue.MOMENTS)]
    if said.cue is Cue.OFFER or seen.offers * 3 >= seen.total:
        return UnitKind.INFORMATION, ["it lists what is offered, not what the reader should do", *_why(said)]
    if seen.told * 2 >= seen.total and seen.orders * 3 <= seen.total:
        return UnitKind.NARRATIVE, [_telling(seen), *_why(said, Cue.MOMENTS)]
    if seen.asked * 2 > seen.total:
        return UnitKind.INFORMATION, [f"{seen.asked} of {seen.total} items are questions, not steps"]
    if _points(seen, said) >= _weights()["enough"]:
        return UnitKind.CHECKLIST, [_instructing(seen), *_why(said, Cue.STEPS, Cue.HINT)]
    if said.cue is Cue.MOMENTS and seen.told * 3 >= seen.total:
        return UnitKind.NARRATIVE, [_telling(seen), *_why(said, Cue.MOMENTS)]
    short = sum(len(words(text)) <= 6 for text in group.texts)
    why = (
        f"{short} of {seen.total} items only name something"
        if short * 2 >= seen.total
        else "its items state facts"
    )
    return UnitKind.INFORMATION, [why, *_why(said, Cue.FACTS)]


def _tells_at_length(seen: _Counts, texts: Sequence[str]) -> bool:
    """Vignettes are told at length; then it matters little how they are announced."""
    average = sum(len(words(text)) for text in texts) / seen.total
    return seen.told * 3 >= seen.total * 2 and seen.orders * 4 <= seen.total and average >= _VIGNETTE


def _weights() -> Mapping[str, float]:
    return numbers("voice", "units.points")


def _points(seen: _Counts, said: Announced) -> float:
    """What speaks for a checklist, less what speaks against it."""
    points = _weights()
    steps = points["steps_near"] if said.near else points["steps_far"]
    by_cue = {
        Cue.STEPS: steps,
        Cue.HINT: points["hint"],
        Cue.FACTS: points["facts"],
        Cue.MOMENTS: points["moments"],
    }
    return (
        points["orders"] * seen.share(seen.orders)
        + points["doing"] * seen.share(seen.gerunds)
        + points["advice"] * seen.share(seen.advice)
        + points["told"] * seen.share(seen.told)
        + points["asked"] * seen.share(seen.asked)
        + (by_cue.get(said.cue, 0.0) if said.cue is not None else 0.0)
    )


def _counted(texts: Sequence[str]) -> _Counts:
    lowered = [straight(text) for text in texts]
    orders = [_instructs(text) and not _only_names(text) for text in lowered]
    if 3 * sum(orders) >= len(orders):  # "Rest" among orders is one
        orders = [_instructs(text) for text in lowered]
    return _Counts(
        total=len(lowered),
        orders=sum(orders),
        gerunds=sum(not order and _does(text) for text, order in zip(lowered, orders, strict=True)),
        advice=sum(not order and _advises_later(text) for text, order in zip(lowered, orders, strict=True)),
        told=sum(not order and _is_told(text) for text, order in zip(lowered, orders, strict=True)),
        asked=sum(text.rstrip("\"'”’) ").endswith("?") for text in lowered),
        offers=sum(map(_is_offer, lowered)),
    )


def _instructs(text: str) -> bool:
    """Whether an item gives an order, by itself or after its label, or says "you can"."""
    return not _SPEECH.match(text) and any(
        (is_instruction(part) and not _only_names(part)) or bool(_YOU_MUST.match(part))
        for part in _parts(text)
    )


def _parts(text: str) -> tuple[str, ...]:
    """An item, and what it says after its label."""
    label = _LABEL.match(text)
    return (text, text[label.end() :]) if label else (text,)


def _only_names(text: str) -> bool:
    """ "Work", "Sleep": one word that is a thing as well as an order."""
    said = words(text)
    return len(said) == 1 and said[0] in entries("voice", "nouns_too")


def _does(text: str) -> bool:
    return any(_ING.match(part) for part in _parts(text))


def _advises_later(text: str) -> bool:
    return any(advises(text[a:b]) for a, b in sentences(text)[1:])


def _is_told(text: str) -> bool:
    if text.rstrip().endswith("?"):
        return False
    if _SPEECH.match(text):
        return True
    first = text[slice(*sentences(text)[0])] if text.strip() else ""
    return len(words(text)) >= 6 and bool(_TELLING.match(first) or _PAST.search(first))


def _is_offer(text: str) -> bool:
    return bool(pattern("voice", "units.services").search(text)) or is_call_to_action(text)


# --- runs of headings ------------------------------------------------------------------------


def _heading_unit(group: Group, blocks: Sequence[Block]) -> Unit | None:
    """The run as a unit; None where its headings are only headings."""
    kind, reasons = _judge_headings(group, blocks)
    if kind is not UnitKind.CHECKLIST and (_holds_list(blocks, group) or not _is_announced(group)):
        return None
    return _unit(group, kind, reasons)


def _is_announced(group: Group) -> bool:
    return group.numbered or group.announced.cue in (Cue.STEPS, Cue.MOMENTS)


def _holds_list(blocks: Sequence[Block], group: Group) -> bool:
    return any(block.kind is BlockKind.ITEM for block in blocks[group.first : group.last + 1])


def _judge_headings(group: Group, blocks: Sequence[Block]) -> tuple[UnitKind, list[str]]:
    seen, said = _counted(group.texts), group.announced
    inside = [b for b in blocks[group.first : group.last + 1] if b.kind is BlockKind.PROSE]
    text = " ".join(block.text for block in inside)
    own_voice = 100 * len(count("first_person", text)) / max(1, len(words(text)))
    advised = sum(advises(text[a:b]) for a, b in sentences(text)) / max(1, len(sentences(text)))
    telling = own_voice >= _OWN_VOICE and (seen.orders * 2 < seen.total or advised <= _HARDLY_ADVISES)
    if said.cue is Cue.MOMENTS or telling:
        return UnitKind.NARRATIVE, [f"{seen.total} headings under which she tells of herself and others"]
    if _points(seen, said) + _weights()["inside"] * advised >= _weights()["enough"]:
        why = f"{seen.total} headings in a row act as steps, {seen.orders} of them as an instruction"
        return UnitKind.CHECKLIST, [why, *_why(said, Cue.STEPS, Cue.HINT)]
    return UnitKind.INFORMATION, [f"{seen.total} headings in a row list facts; few of them instruct"]


# --- reasons ---------------------------------------------------------------------------------

_SAID_AS = {
    Cue.STEPS: "announced as steps",
    Cue.HINT: "its heading does something",
    Cue.FACTS: "announced as a list of facts",
    Cue.MOMENTS: "announced as moments",
    Cue.OFFER: "announced as an offer",
}


def _why(said: Announced, *cues: Cue) -> list[str]:
    if said.cue is None or (cues and said.cue not in cues):
        return []
    return [f"{_SAID_AS[said.cue]} (“{said.words}”)"]


def _telling(seen: _Counts) -> str:
    return f"{seen.told} of {seen.total} items tell a moment rather than give an instruction"


def _instructing(seen: _Counts) -> str:
    if seen.orders:
        return f"{seen.orders} of {seen.total} items begin with an instruction"
    if seen.gerunds:
        return f"{seen.gerunds} of {seen.total} items name something to do"
    return f"its {seen.total} items name what to try"
