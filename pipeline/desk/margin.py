"""How a post was read, block by block, and the month on one line from steps to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import Block, BlockKind, Reading, ReadPost, Unit, UnitKind
from pipeline.read.language import is_english
from pipeline.read.voice import block_reasons
from pipeline.read.weighed import marks

CONNECTION, CHECKLIST = 0.25, -0.25  # block scores beyond which the margin is tinted
WIDTH, PAD = 560, 30  # of the month's picture, in its own units
SIGNS = {
    "near": ("♥", "from person to person"),
    "between": ("·", "between"),
    "steps": ("☑", "steps"),
    "none": ("", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A block with its margin. `tag`: the element that it is set as."""

    tag: str
    parts: tuple[tuple[str, str], ...]  # the text in pieces: what each weighed ("near", "steps", ""), and it
    tint: str
    sign: str
    means: str
    why: tuple[str, ...]
    bullet: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A post on the line. `x` and `y` in the picture's units; `number` is what the list calls it."""

    number: int
    post: str
    title: str
    x: float
    y: float
    score: float
    words: str
    lead: bool
    left_out: bool


def told(reading: Reading) -> tuple[Told, ...]:
    units = {unit.id: unit for unit in reading.units}
    judged = is_english(reading.language)
    return tuple(
        _told(block, _tint(block, units.get(block.unit or "")), _why(reading, at) if judged else ())
        for at, block in enumerate(reading.blocks)
    )


def _told(block: Block, tint: str, why: tuple[str, ...]) -> Told:
    sign, means = SIGNS[tint]
    bullet = ""
    if block.kind is BlockKind.ITEM:
        bullet = "•" if block.number is None else f"{block.number}."
    text = f"[{block.alt or block.text or 'a picture'}]" if block.kind is BlockKind.PICTURE else block.text
    tag = {BlockKind.HEADING: "h2", BlockKind.QUOTE: "blockquote"}.get(block.kind, "p")
    if tint == "none":
        why = ()
    return Told(
        tag=tag,
        parts=_parts(block) if why else (("", text),),
        tint=tint,
        sign=sign,
        means=means,
        why=why,
        bullet=bullet,
        level=block.level,
    )


def _parts(block: Block) -> tuple[tuple[str, str], ...]:
    """The block's text cut at the words that weighed."""
    parts, at = list[tuple[str, str]](), 0
    for mark in marks(block):
        parts.append(("", block.text[at : mark.start]))
        parts.append(("near" if mark.near else "steps", block.text[mark.start : mark.end]))
        at = mark.end
    parts.append(("", block.text[at:]))
    return tuple((weighed, text) for weighed, text in parts if text)


def _why(reading: Reading, at: int) -> tuple[str, ...]:
    return block_reasons(reading.blocks, at, reading.units)


def _tint(block: Block, unit: Unit | None) -> str:
    if unit is not None and unit.kind is UnitKind.CHECKLIST:
        return "steps"
    if block.kind in (BlockKind.HEADING, BlockKind.PICTURE):
        return "none"
    if block.score >= CONNECTION:
        return "near"
    return "steps" if block.score <= CHECKLIST else "between"


def month(posts: Sequence[ReadPost], *, lead: str, left_out: frozenset[str]) -> tuple[Point, ...]:
    """The posts on the line, in their order; those that would touch stand one above the other."""
    points: list[Point] = []
    for number, read in enumerate(posts, 1):
        voice = read.reading.voice
        x = PAD + (voice.score + 1) / 2 * (WIDTH - 2 * PAD)
        over = sum(abs(x - other.x) < 26 for other in points)
        points.append(
            Point(
                number=number,
                post=read.post.id,
                title=read.reading.title or "untitled",
                x=round(x, 1),
                y=70 - 26 * min(over, 2),
                score=voice.score,
                words={
                    "connection": "from person to person",
                    "mixed": "some of both",
                    "checklist": "mostly steps",
                }[voice.label],
                lead=read.post.id == lead,
                left_out=read.post.id in left_out,
            )
        )
    return tuple(points)
