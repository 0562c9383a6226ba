"""Lists and runs of headings, as a person told them apart and as the program does.

A labelled unit is found again by its shape and the first words of its first item; it is said to
be of the kind in which most of its items stand (a list inside a step of a checklist is a part of it).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.evaluation.data import LabelledPost, LabelledUnit
from benchmarks.evaluation.figures import Figure, interval
from pipeline.model import Block, BlockKind, Reading, UnitKind
from pipeline.read.cues import is_instruction

_KIND = {"check": UnitKind.CHECKLIST, "narr": UnitKind.NARRATIVE, "other": UnitKind.INFORMATION}
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled unit beside what the program says; `orders` is the share of imperative items."""

    unit: LabelledUnit
    source: str
    expected: UnitKind
    found: UnitKind
    texts: tuple[str, ...]

    @property
    def orders(self) -> float:
        return sum(map(is_instruction, self.texts)) / max(len(self.texts), 1)


def judged(
    posts: Sequence[LabelledPost], units: Sequence[LabelledUnit], read: Mapping[str, Reading]
) -> tuple[Judged, ...]:
    """Every labelled unit that a post of the material holds.

    Raises: LookupError where a unit's first words are nowhere in its post.
    """
    sources = {post.id: post.source for post in posts}
    taken: set[tuple[str, int]] = set()
    out: list[Judged] = []
    for unit in units:
        reading = read[unit.post]
        items = _items(unit, reading.blocks, taken)
        taken.add((unit.post, items[0]))
        kinds = {own.id: own.kind for own in reading.units}
        said = Counter(kinds.get(reading.blocks[i].unit or "", UnitKind.INFORMATION) for i in items)
        out.append(
            Judged(
                unit=unit,
                source=sources[unit.post],
                expected=_KIND[unit.label],
                found=said.most_common(1)[0][0],
                texts=tuple(reading.blocks[i].text for i in items),
            )
        )
    return tuple(out)


def _items(unit: LabelledUnit, blocks: Sequence[Block], taken: set[tuple[str, int]]) -> list[int]:
    start = next((i for i, b in enumerate(blocks) if (unit.post, i) not in taken and _begins(unit, b)), None)
    if start is None:
        raise LookupError(f"{unit.post}/{unit.number}: no {unit.shape} begins with {unit.first_words!r}")
    return [start, *_siblings(blocks, start)][: unit.items]


def _begins(unit: LabelledUnit, block: Block) -> bool:
    shaped = block.kind is (BlockKind.HEADING if unit.shape == "heads" else BlockKind.ITEM)
    return shaped and _plain(block.text)[: len(_plain(unit.first_words))] == _plain(unit.first_words)


def _plain(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _siblings(blocks: Sequence[Block], start: int) -> Iterator[int]:
    first = blocks[start]
    for i in range(start + 1, len(blocks)):
        block = blocks[i]
        if block.kind is not first.kind:
            continue
        if block.level < first.level:
            return
        if block.level == first.level and block.list_id == first.list_id:
            yield i


def figures(found: Sequence[Judged]) -> Iterator[Figure]:
    for name, measure, target in (
        ("checklist units: precision", precision, "≥ .93"),
        ("checklist units: recall", recall, ""),
        ("checklist units: F1", f1, "≥ .88"),
    ):
        low, high = interval(found, measure)
        yield Figure(
            name=name, value=measure(found), low=low, high=high, n=len(found), target=target,
            baseline=f"half the items begin with an order {measure([_by_orders(one) for one in found]):.3f}",
        )  # fmt: skip


def kept(found: Sequence[Judged]) -> str:
    """How many narrative lists are not set as a checklist, in words."""
    told = [one for one in found if one.expected is UnitKind.NARRATIVE]
    held = [one for one in told if one.found is not UnitKind.CHECKLIST]
    known = [one for one in told if one.found is UnitKind.NARRATIVE]
    return (
        f"narrative lists never set as a checklist: {len(held)} of {len(told)} (target: all); "
        f"called narrative: {len(known)} of {len(told)}"
    )


def by_source(found: Sequence[Judged]) -> Iterator[str]:
    """One line a source: nothing is fitted, so each source is as unseen as the others."""
    for source in sorted({one.source for one in found}):
        own = [one for one in found if one.source == source]
        wrong = sum((a is UnitKind.CHECKLIST) != (b is UnitKind.CHECKLIST) for a, b in _pairs(own))
        yield f"  {source:<12} {len(own):>3} units, {wrong} wrong on checklist or not"


def _pairs(found: Sequence[Judged]) -> list[tuple[UnitKind, UnitKind]]:
    return [(one.expected, one.found) for one in found]


def _by_orders(one: Judged) -> Judged:
    kind = UnitKind.CHECKLIST if one.orders >= 0.5 else UnitKind.INFORMATION
    return Judged(unit=one.unit, source=one.source, expected=one.expected, found=kind, texts=one.texts)


def precision(found: Sequence[Judged]) -> float:
    said = [one for one in found if one.found is UnitKind.CHECKLIST]
    return sum(one.expected is UnitKind.CHECKLIST for one in said) / max(len(said), 1)


def recall(found: Sequence[Judged]) -> float:
    real = [one for one in found if one.expected is UnitKind.CHECKLIST]
    return sum(one.found is UnitKind.CHECKLIST for one in real) / max(len(real), 1)


def f1(found: Sequence[Judged]) -> float:
    both = precision(found) + recall(found)
    return 2 * precision(found) * recall(found) / both if both else 0.0
