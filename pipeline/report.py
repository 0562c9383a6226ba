"""What happened to a letter, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import IssueRecord, IssueState, Totals

STATE_WORDS = {
    IssueState.DRAFT: "is a draft; nobody has said yes to it",
    IssueState.APPROVED: "is approved and has not begun to go out",
    IssueState.SENDING: "is going out",
    IssueState.SENT: "was sent",
    IssueState.SKIPPED: "was skipped",
    IssueState.CANCELLED: "was cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One letter's end, or how far it is."""

    issue: str
    state: IssueState
    subject: str
    totals: Totals
    refusals: tuple[tuple[str, int], ...]
    reason: str

    @property
    def in_order(self) -> bool:
        """Whether the sums add up and nothing is in doubt."""
        return self.totals.adds_up and not self.totals.unknown

    def numbers(self) -> dict[str, object]:
        """The contract of `report --json`: the parts add up to `frozen`."""
        totals = self.totals
        return {
            "issue": self.issue,
            "frozen": totals.frozen,
            "accepted": totals.accepted,
            "refused": totals.refused,
            "suppressed": totals.suppressed,
            "unknown": totals.unknown,
            "queued": totals.queued,
            "abandoned": totals.abandoned,
            "state": self.state.value,
        }


def report(record: IssueRecord, totals: Totals, refusals: Sequence[tuple[str, int]]) -> Report:
    return Report(
        issue=record.name,
        state=record.state,
        subject=record.draft.subject if record.draft else "",
        totals=totals,
        refusals=tuple(refusals),
        reason=record.reason,
    )


def sentences(report: Report) -> Iterator[str]:
    """The report for the author, a sentence a line, the worst last."""
    named = f"The letter {report.issue}" + (f", “{report.subject}”," if report.subject else "")
    yield f"{named} {STATE_WORDS[report.state]}" + (f": {report.reason}." if report.reason else ".")
    totals = report.totals
    if totals.frozen:
        yield f"{readers(totals.frozen)} when it began; {totals.accepted} accepted by the mail service."
    if totals.queued:
        yield f"{totals.queued} still to go: run `warmletter send` to go on."
    if totals.suppressed:
        yield f"{totals.suppressed} not sent, because they had left by then."
    if totals.refused:
        yield f"{totals.refused} refused by the mail service:"
        yield from (f"  {count} × {reason}" for reason, count in report.refusals)
    if totals.unknown:
        yield (
            f"{totals.unknown} in doubt: the connection broke before the mail service answered. They may "
            "have it or not, and are not sent again, so that nobody gets it twice. Look for them in the mail "
            f"service's own log under the tag issue-{report.issue}."
        )
    if totals.abandoned:
        yield f"{totals.abandoned} given up by decision."
    if not totals.adds_up:
        yield f"These do not add up to {totals.frozen}. That is an error in Warmletter: please report it."


def readers(count: int) -> str:
    """A number of readers in words: \"1 reader\", \"3 readers\"."""
    return f"{count} reader" if count == 1 else f"{count} readers"
