"""What happened to a letter, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import DeliveryState, IssueRecord, IssueState, Totals

Reason = tuple[DeliveryState, str, int]  # how many, and why

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
    reasons: tuple[Reason, ...]
    reason: str
    paused: bool = False

    @property
    def in_order(self) -> bool:
        """Whether the sums add up and nothing is in doubt."""
        return self.totals.adds_up and not self.totals.unknown

    def because(self, state: DeliveryState) -> Iterator[str]:
        """Why readers are in that state, most frequent first, a line each."""
        return (f"  {count} × {reason}" for of, reason, count in self.reasons if of is state and reason)

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


def report(record: IssueRecord, totals: Totals, reasons: Sequence[Reason]) -> Report:
    return Report(
        issue=record.name,
        state=record.state,
        subject=record.draft.subject if record.draft else "",
        totals=totals,
        reasons=tuple(reasons),
        reason=record.reason,
        paused=record.paused,
    )


def sentences(report: Report) -> Iterator[str]:
    """The report for the author, a sentence a line, the worst last."""
    named = f"The letter {report.issue}" + (f", “{report.subject}”," if report.subject else "")
    totals = report.totals
    state = STATE_WORDS[report.state]
    if report.state is IssueState.SENDING and not totals.queued and totals.unknown:
        state = "went out, but for those in doubt"
    if report.paused:
        state = "is paused: `warmletter send --resume` goes on with it"
    yield f"{named} {state}" + (f": {report.reason}." if report.reason else ".")
    if totals.frozen:
        yield f"{readers(totals.frozen)} when it began; {totals.accepted} accepted by the mail service."
    if totals.queued and not report.paused:
        yield f"{totals.queued} still to go: run `warmletter send` to go on."
    if totals.suppressed:
        yield f"{totals.suppressed} not sent:"
        yield from report.because(DeliveryState.SUPPRESSED)
    if totals.refused:
        yield f"{totals.refused} refused by the mail service:"
        yield from report.because(DeliveryState.REFUSED)
    if totals.unknown:
        yield (
            f"{totals.unknown} in doubt: the mail service gave no answer that could be used. They may have "
            "the letter or not, and are not sent it again, so that nobody gets it twice. "
            "`warmletter resolve` asks the service about them."
        )
        yield from report.because(DeliveryState.UNKNOWN)
    if totals.abandoned:
        yield f"{totals.abandoned} given up by decision."
    if not totals.adds_up:
        yield f"These do not add up to {totals.frozen}. That is an error in Warmletter: please report it."


def readers(count: int) -> str:
    """A number of readers in words: \"1 reader\", \"3 readers\"."""
    return f"{count} reader" if count == 1 else f"{count} readers"
