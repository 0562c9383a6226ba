"""What stands where, for `report` and `status`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.app.context import App
from pipeline.app.correct import Changed, changed_since_mailed
from pipeline.due import Due
from pipeline.errors import NotAllowed
from pipeline.model import FeedState, IssueRecord, Post, Totals
from pipeline.report import Report, report


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The whole practice at a glance."""

    now: datetime
    feeds: tuple[FeedState, ...]
    issues: tuple[tuple[IssueRecord, Totals], ...]  # newest first
    readers: int
    due: Due
    held: tuple[Post, ...]  # that wait for a person's word, oldest first
    changed: tuple[Changed, ...]  # since they were mailed


def report_on(app: App, name: str) -> Report:
    record = app.store.issues.get(name)
    if record is None:
        raise NotAllowed(f"there is no letter {name}", hint=f"`warmletter compose --issue {name}` makes one")
    ledger = app.store.ledger
    return report(record, ledger.totals(name), ledger.reasons(name))


def standing(app: App) -> Standing:
    return Standing(
        now=app.clock.now(),
        feeds=app.store.posts.feeds(),
        issues=tuple((issue, app.store.ledger.totals(issue.name)) for issue in app.store.issues.all()),
        readers=app.store.readers.count_active(),
        due=app.next_due(),
        held=app.store.posts.held(),
        changed=changed_since_mailed(app),
    )
