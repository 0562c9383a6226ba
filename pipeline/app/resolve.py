"""What nobody knows of a letter: asked of the provider, and what it cannot say, decided by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.app.context import App
from pipeline.errors import NotAllowed
from pipeline.model import Doubt, Limits, Outcome, OutcomeKind

# After the longest call and the provider's own delay: what it does not know of by then it never had.
_LONGEST_CALL = timedelta(minutes=3)
_BY_DECISION = "given up by decision: it may have arrived or not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What came of asking."""

    issue: str
    taken: int = 0  # the provider has them
    not_taken: int = 0  # it surely has not: they are queued again
    open: int = 0  # still in doubt
    ask_again_at: datetime | None = None  # some may only not be known yet; None: asking again says no more
    adopted: int = 0  # in doubt since a copy of the database was brought back
    asked: bool = True  # False: this provider cannot be asked


def resolve(app: App, name: str) -> Resolved:
    """Ask the provider about the mails in doubt; makes a copy of the database fit for sending again.

    Raises Busy while a letter goes out, ProviderStop where the provider cannot be asked.
    """
    ledger, now = app.store.ledger, app.clock.now()
    with ledger.exclusive(name), closing(app.provider()) as provider:
        adopted = _adopted(app)
        ledger.recover(name, replay_s=provider.limits.replay_s, now=now)
        doubts = ledger.doubts(name)
        if not doubts or not provider.limits.looks_up:
            return Resolved(
                issue=name, open=len(doubts), adopted=adopted, asked=provider.limits.looks_up or not doubts
            )
        known = provider.look_up(f"issue-{name}", doubts)
        limits = provider.limits
        answers = answered(doubts, known, now=now, limits=limits)
        ledger.clear(name, answers, now=now)
        left = ledger.doubts(name)
        ledger.finish(name, now)
    return Resolved(
        issue=name,
        taken=sum(one.kind is not OutcomeKind.RETRY for one in answers.values()),
        not_taken=sum(one.kind is OutcomeKind.RETRY for one in answers.values()),
        open=len(left),
        ask_again_at=max(
            (_ripe_at(one, limits) for one in left if _is_known_at(_ripe_at(one, limits), one, limits)),
            default=None,
        ),
        adopted=adopted,
    )


def answered(
    doubts: Sequence[Doubt], known: Mapping[str, Outcome], *, now: datetime, limits: Limits
) -> dict[str, Outcome]:
    """What is certain: what the provider has, and what it would know of now if it had ever been offered.

    That it does not know of a mail proves nothing yet a while after the call, and nothing any more
    once it may have forgotten it.
    """
    answers = {doubt.key: known[doubt.key] for doubt in doubts if doubt.key in known}
    not_taken = Outcome(kind=OutcomeKind.RETRY, reason="the mail service has never had it")
    missing = (doubt for doubt in doubts if doubt.key not in known and now >= _ripe_at(doubt, limits))
    return answers | {doubt.key: not_taken for doubt in missing if _is_known_at(now, doubt, limits)}


def decide(app: App, name: str, *, count: int, again: bool) -> int:
    """A person's word on the mails in doubt: send them once more, or give them up; how many.

    `count` must be their number, so that nobody decides of more than she saw. Raises NotAllowed
    where it is another.
    """
    ledger, now = app.store.ledger, app.clock.now()
    with ledger.exclusive(name):
        doubts = ledger.doubts(name)
        if count != len(doubts):
            raise NotAllowed(
                f"{name}: {len(doubts)} are in doubt, not {count}",
                hint="run `warmletter resolve` to see them",
            )
        keys = [doubt.key for doubt in doubts]
        if again:
            decided = Outcome(kind=OutcomeKind.RETRY, reason="sent again by decision")
            done = ledger.clear(name, dict.fromkeys(keys, decided), now=now)
        else:
            done = ledger.abandon(name, keys, reason=_BY_DECISION, now=now)
        ledger.finish(name, now)
    return done


def _adopted(app: App) -> int:
    try:
        app.store.ledger.require_current()
    except NotAllowed:
        return app.store.ledger.adopt(now=app.clock.now())
    return 0


def _ripe_at(doubt: Doubt, limits: Limits) -> datetime:
    return doubt.since + _LONGEST_CALL + timedelta(seconds=limits.indexed_s)


def _is_known_at(moment: datetime, doubt: Doubt, limits: Limits) -> bool:
    """Whether the provider would still know then of a mail that it had taken."""
    return (moment - doubt.offered_after).total_seconds() <= limits.remembers_s
