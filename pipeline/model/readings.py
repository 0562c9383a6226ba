"""What `read` finds in a post."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pipeline.model.feeds import Post


class BlockKind(StrEnum):
    HEADING = "heading"
    PROSE = "prose"
    ITEM = "item"
    QUOTE = "quote"
    PICTURE = "picture"
    OTHER = "other"


class UnitKind(StrEnum):
    CHECKLIST = "checklist"
    NARRATIVE = "narrative"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of text set one way. A line break is a run whose text is a newline."""

    text: str
    em: bool = False
    strong: bool = False
    href: str = ""  # absolute http(s), mailto or tel; "": no link


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, heading, list item, quotation or picture of a post.

    `text == "".join(run.text for run in runs)` and `text == reading.text[start:end]`.
    A picture's text is its caption ("" without one); its description stands in `alt`.
    """

    kind: BlockKind
    text: str
    start: int
    end: int
    runs: tuple[Run, ...] = ()
    level: int = 0  # heading: 1 is the post's highest; item: depth of nesting, from 0
    list_id: int | None = None  # items of one list share it; None: not in a list
    number: int | None = None  # an ordered item's number; None: a bullet, or no item
    unit: str | None = None  # id of the unit it belongs to; None: to none
    score: float = 0.0  # -1 checklist … 1 connection
    sentences: tuple[tuple[int, int], ...] = ()  # (start, end) in reading.text
    src: str = ""  # a picture's absolute address
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A list, or a run of sibling headings with what stands under them, that acts as one."""

    id: str
    kind: UnitKind
    items: int
    first: int  # index of its first block
    last: int  # index of its last block
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Where a post stands between connection (1) and checklist (-1)."""

    score: float
    label: Literal["connection", "mixed", "checklist"]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotable:
    """One whole sentence that could be the pull quote."""

    text: str
    score: float
    block: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTopic:
    """A topic that asks for care, and where it stands."""

    topic: str
    level: Literal["about", "mention"]
    evidence: str
    block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Something the author's code of ethics would ask about; put as a question."""

    kind: str
    evidence: str
    advice: str
    block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a post is. `text` is its blocks' texts joined by a blank line."""

    title: str
    language: str
    words: int
    text: str
    voice: Voice
    blocks: tuple[Block, ...]
    units: tuple[Unit, ...]
    quotes: tuple[Quotable, ...]  # best first
    care: tuple[CareTopic, ...]
    concerns: tuple[Concern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPost:
    """A post together with how it was read."""

    post: Post
    reading: Reading
