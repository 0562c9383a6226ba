"""The month's posts as rows of the desk: where each stands, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.app.draft import Prepared
from pipeline.model import CareNote, IssueRecord
from pipeline.render.words import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A post of the month. `up`, `down`: the order, as ids, once it is moved; "" where it cannot be."""

    post: str
    title: str
    reason: str
    lead: bool = False
    by_her: bool = False  # it is not in the letter by her choice
    up: str = ""
    down: str = ""
    care: str = ""  # what the care note before it says; "": there is none
    no_care: str = ""  # what it would say, had she not taken it away


def rows_in(prepared: Prepared) -> tuple[Row, ...]:
    """Those in the letter, in its order."""
    issue = prepared.issue
    ids = [one.post for one in issue.posts]
    care = {note.post: _told(note) for note in issue.care}
    no_care = {note.post: _told(note) for note in issue.no_care}
    return tuple(
        Row(
            post=one.post,
            title=one.title or "untitled",
            reason=one.reason,
            lead=one.post == issue.lead,
            up=_swapped(ids, place - 1),
            down=_swapped(ids, place),
            care=care.get(one.post, ""),
            no_care=no_care.get(one.post, ""),
        )
        for place, one in enumerate(issue.posts)
    )


def rows_out(record: IssueRecord, prepared: Prepared) -> tuple[Row, ...]:
    """Those that are not in it."""
    hers = {*record.choices.leave_out, *record.choices.wait}
    return tuple(
        Row(post=one.post, title=one.title or "untitled", reason=one.reason, by_her=one.post in hers)
        for one in prepared.issue.left_out
    )


def _told(note: CareNote) -> str:
    if not note.topics:
        return "may be hard to read"
    kind = "is about" if note.about else "mentions"
    lines = ", with the crisis line" if note.crisis else ""
    return f"{kind} {words('en').series(note.topics)}{lines}"


def _swapped(ids: Sequence[str], place: int) -> str:
    """The order with the posts at `place` and after it changed over."""
    if not 0 <= place < len(ids) - 1:
        return ""
    order = list(ids)
    order[place], order[place + 1] = order[place + 1], order[place]
    return " ".join(order)
