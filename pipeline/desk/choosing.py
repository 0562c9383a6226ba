"""Her choices: made, taken back, and never over what another window chose meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields, replace

from pipeline.app.choices import NO_CHOICES, applicable
from pipeline.app.context import App
from pipeline.app.draft import compose_issue, eligible
from pipeline.desk.room import Room, Step
from pipeline.errors import UsageError, WarmletterError
from pipeline.model import Choices, Issue, IssueRecord, ReadPost
from pipeline.read.ethics import name_of, same_words

ALL = tuple(field.name for field in fields(Choices))
NOTE, PS = "your opening note", "your P.S."
WRITTEN = (NOTE, PS)


class ChangedElsewhere(WarmletterError):
    """The letter is no longer the one that the page shows."""


def version(record: IssueRecord | None) -> str:
    """What a page was made from: another one as soon as anything that it shows was changed."""
    if record is None:
        return "none"
    told = (record.state, record.choices, record.draft, record.approval, record.paused)
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def require_seen(app: App, name: str, seen: str) -> IssueRecord | None:
    """The stored issue. Raises ChangedElsewhere where it is not the one that was `seen`."""
    record = app.store.issues.get(name)
    if version(record) != seen:
        raise ChangedElsewhere(f"the letter {name} changed meanwhile")
    return record


def change(
    room: Room,
    name: str,
    *,
    seen: str,
    words: str,
    chosen: Choices = NO_CHOICES,
    forget: Sequence[str] = (),
    put_back: Sequence[str] = (),
    fine: Sequence[str] = (),
) -> Issue:
    """Compose the letter with one more choice, which can be undone under the name `words`."""
    with room.changing:
        app = room.app
        record = require_seen(app, name, seen)
        before = record.choices if record else NO_CHOICES
        issue = compose_issue(app, name, chosen, forget=forget, put_back=put_back, fine=fine)
        last = room.steps.get(name, [])[-1:]
        # A text that is saved while it is typed is one change.
        if not (last and words in WRITTEN and words == last[0].words):
            room.remember(name, Step(words=words, back=lambda: _choose_again(room, name, before)))
        return issue


def undo(room: Room, name: str, *, seen: str) -> str:
    """Take the last change back; what it was. Raises UsageError where there is none."""
    with room.changing:
        app = room.app
        require_seen(app, name, seen)
        steps = room.steps.get(name)
        if not steps:
            raise UsageError("there is nothing to undo")
        steps[-1].back()
        return steps.pop().words


def _choose_again(room: Room, name: str, before: Choices) -> None:
    app = room.app
    reads = tuple(app.read(post) for post in eligible(app, name))
    possible = replace(applicable(before, reads), fine=())
    compose_issue(app, name, possible, forget=ALL, fine=_asked(before, reads))


def _asked(before: Choices, reads: Sequence[ReadPost]) -> tuple[str, ...]:
    """The names of the questions that she had answered and that are still asked."""
    fine = {(kind, same_words(sentence)) for kind, sentence in before.fine}
    concerns = (concern for read in reads for concern in read.reading.concerns)
    return tuple(
        name_of(one.kind, one.evidence) for one in concerns if (one.kind, same_words(one.evidence)) in fine
    )
