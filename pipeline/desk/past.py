"""Past letters: what went out, and who left since. Nobody is counted for opening or reading one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.app.context import App
from pipeline.app.reports import report_on, standing
from pipeline.desk.plainly import plain
from pipeline.desk.seen import month_words
from pipeline.model import IssueState, SubscriberState
from pipeline.report import Report, sentences

MOST_BARS = 12
_OVER = (IssueState.SKIPPED, IssueState.SENT, IssueState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A letter that is over, or on its way. `bounced`, `left`: from its start to the next letter's."""

    month: str
    short: str  # "Nov 26", under its bar
    report: Report
    said: tuple[str, ...]
    bounced: int
    left: int

    @property
    def went_out(self) -> bool:
        return bool(self.report.totals.frozen)


def past_letters(app: App) -> tuple[Past, ...]:
    """Newest first."""
    found: list[Past] = []
    following: datetime | None = None
    for record, totals in standing(app).issues:
        if not totals.frozen and record.state not in _OVER:
            continue
        gone = app.store.readers.gone_between(record.started_at, following) if record.started_at else {}
        following = record.started_at or following
        report = report_on(app, record.name)
        month = month_words(record.name)
        found.append(
            Past(
                month=month,
                short=f"{month[:3]} {record.name[2:4]}",
                report=report,
                said=tuple(plain(line) for line in sentences(report)),
                bounced=gone.get(SubscriberState.BOUNCED, 0),
                left=gone.get(SubscriberState.UNSUBSCRIBED, 0) + gone.get(SubscriberState.COMPLAINED, 0),
            )
        )
    return tuple(found)
