"""The month: what the author chose, and what `compose` made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The calendar month a letter is named after, as `2026-11`."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def parse(cls, name: str) -> Period:
        """The period called `name`. Raises ValueError with the form expected."""
        head, dash, tail = name.partition("-")
        digits = len(head) == 4 and len(tail) == 2 and (head + tail).isascii() and (head + tail).isdigit()
        if not (dash and digits and 1 <= int(tail) <= 12 and int(head) >= 1):
            raise ValueError(f"{name!r} is not a month; write it like 2026-11")
        return cls(int(head), int(tail))

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> Period:
        local = moment.astimezone(zone)
        return cls(local.year, local.month)

    @property
    def next(self) -> Period:
        return Period(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> Period:
        return Period(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def start(self, zone: ZoneInfo) -> datetime:
        """Local midnight of the first day (aware, in `zone`)."""
        return datetime(self.year, self.month, 1, tzinfo=zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the author decided for one issue. None and () mean "as the program proposes"."""

    lead: str | None = None  # a post's id
    quote: str | None = None  # a verbatim sentence; "" means no quote
    subject: str | None = None
    preheader: str | None = None
    note: str | None = None  # opening note, Markdown
    leave_out: tuple[str, ...] = ()  # posts' ids: in no letter
    descriptions: tuple[tuple[str, str], ...] = ()  # (a picture's address, what it shows); "": an ornament
    fine: tuple[tuple[str, str], ...] = ()  # (kind of question, the sentence): asked, and fine
    ps: str | None = None  # Markdown, below her name
    wait: tuple[str, ...] = ()  # posts' ids: not in this letter, but in the next
    order: tuple[str, ...] = ()  # posts' ids, as they follow the lead; others stand after them
    care: tuple[tuple[str, bool], ...] = ()  # (a post's id, whether a care note stands before it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A post's place in the letter: its first `shown` blocks, whole when it is all of them."""

    post: str
    title: str
    url: str
    shown: int
    whole: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A post that goes into a letter for good: in which edition, and with which words."""

    post: str
    edition: int = 0
    words_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullQuote:
    """A sentence set large. It stands after block `after` of the post placed first."""

    text: str
    post: str
    after: int
    where: str  # in words: "after the fourth paragraph of the lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    post: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareNote:
    """A quiet line before a post, and whether the letter shows crisis lines for it."""

    post: str
    topics: tuple[str, ...]  # (): the author asked for the line, and no topic was found
    crisis: bool
    about: bool  # the post is about a topic; False: it only mentions them


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """The month's letter as composed: which words stand where, and why."""

    name: str
    subject: str
    preheader: str
    lead: str
    posts: tuple[Placed, ...]  # in order, the lead first
    quote: PullQuote | None  # None: no sentence was good enough, or the author wants none
    note: str  # Markdown; "" without one
    care: tuple[CareNote, ...]
    left_out: tuple[LeftOut, ...]
    reasons: tuple[tuple[str, str], ...]  # (what, why)
    descriptions: tuple[tuple[str, str], ...] = ()  # the author's, as in Choices
    fine: tuple[tuple[str, str], ...] = ()  # the author's, as in Choices
    ps: str = ""  # Markdown; "" without one
    waits: tuple[str, ...] = ()  # posts' ids: put off to the next letter
    no_care: tuple[CareNote, ...] = ()  # notes that would stand there, had she not taken them away
