"""The use case of sending: claim, offer, record, until nothing is left that may be offered now."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from pipeline.deliver.plan import pause_s, retry_at, split
from pipeline.errors import ProviderStop
from pipeline.model import Claim, Message, Outcome, OutcomeKind, Totals
from pipeline.ports import Clock, Ledger, Provider

Fill = Callable[[Claim], Sequence[Message]]

# Waited, without any progress, for batches that were put off; then the run ends and they stay queued.
LONGEST_WAIT_S = 3600.0
# Batches in a row of which nothing is known: a provider that fails like this would put the
# whole list in doubt, batch by batch.
DOUBTS_IN_A_ROW = 3
_STEP_S = 1.0
_NOT_OFFERED = Outcome(kind=OutcomeKind.RETRY)


def deliver(
    *,
    ledger: Ledger,
    provider: Provider,
    clock: Clock,
    issue: str,
    fill: Fill,
    per_minute: int,
    stop: Callable[[], bool],
) -> Iterator[Totals]:
    """Offer the queued readers of a frozen issue; the totals after each batch, and at the end.

    `fill` makes one message for each recipient, in order. `stop` is asked between two calls of the
    provider and once a second while waiting. It may be cut off anywhere and called again: what was
    on its way then is offered again where that is harmless, and `unknown` where it is not.

    Raises Busy where another process sends, ProviderStop where the provider takes nothing.
    """
    with ledger.exclusive(issue):
        ledger.recover(issue, replayable=math.isinf(provider.limits.replay_s), now=clock.now())
        pace = _Pace(clock, per_minute, stop)
        waited_s, doubts, any_luck = 0.0, 0, False
        while doubts < DOUBTS_IN_A_ROW and pace.turn():
            claim = ledger.claim(issue, clock.now())
            if claim is None:
                pause = _until(ledger.next_ready_at(issue), clock.now())
                waited_s += pause
                if waited_s > LONGEST_WAIT_S:
                    break
                pace.owed_s = pause
                continue
            kinds, why = _offer(claim, fill, ledger, provider, clock, pace)
            if why and not any_luck:
                raise ProviderStop(
                    f"nothing could be sent: {why}",
                    hint="look at the connection and at send.endpoint, then `warmletter send` again; "
                    "nobody was marked",
                )
            any_luck = True
            waited_s = waited_s if kinds == {OutcomeKind.RETRY} else 0.0
            doubts = doubts + 1 if kinds == {OutcomeKind.UNKNOWN} else 0
            totals = ledger.totals(issue)
            yield totals
            if not totals.queued:
                break
        yield ledger.finish(issue, clock.now())


class _Pace:
    """Keeps to so many letters a minute, and notices within a second that it is to stop."""

    def __init__(self, clock: Clock, per_minute: int, stop: Callable[[], bool]) -> None:
        self._clock = clock
        self._stop = stop
        self.per_minute = per_minute
        self.owed_s = 0.0

    def turn(self) -> bool:
        """Wait for what is owed; whether to go on."""
        while self.owed_s > 0 and not self._stop():
            self._clock.sleep(min(self.owed_s, _STEP_S))
            self.owed_s -= _STEP_S
        self.owed_s = 0.0
        return not self._stop()


def _offer(
    claim: Claim, fill: Fill, ledger: Ledger, provider: Provider, clock: Clock, pace: _Pace
) -> tuple[set[OutcomeKind], str]:
    """Offer the batch in the parts the provider takes, record what came of it.

    (the kinds of outcome, why nothing at all was taken where it named no time to come back)
    """
    messages = _filled(claim, fill, ledger, clock)
    outcomes: list[Outcome] = []
    try:
        for part in split(messages, provider.limits, per_minute=pace.per_minute):
            if outcomes and not pace.turn():
                break
            outcomes.extend(provider.send(part))
            pace.owed_s = pause_s(len(part), pace.per_minute)
    except ProviderStop:
        # It took nothing of this part: what came before it is known, the rest was not offered.
        _record(claim, outcomes, ledger, clock)
        raise
    _record(claim, outcomes, ledger, clock)
    kinds = {outcome.kind for outcome in outcomes}
    unasked = kinds == {OutcomeKind.RETRY} and all(o.retry_after_s is None for o in outcomes)
    return kinds, outcomes[0].reason or "the mail service took nothing" if unasked else ""


def _filled(claim: Claim, fill: Fill, ledger: Ledger, clock: Clock) -> Sequence[Message]:
    try:
        messages = fill(claim)
        if [message.key for message in messages] != [recipient.key for recipient in claim.recipients]:
            raise ValueError("the messages are not those of the batch's recipients, in order")
    except BaseException:
        # Nothing was offered, whatever went wrong: no reader may be in doubt by it.
        ledger.release(claim, retry_at=clock.now())
        raise
    return messages


def _record(claim: Claim, outcomes: Sequence[Outcome], ledger: Ledger, clock: Clock) -> None:
    now = clock.now()
    if not outcomes:
        ledger.release(claim, retry_at=now)
        return
    put_off = any(outcome.kind is OutcomeKind.RETRY for outcome in outcomes)
    rest = (_NOT_OFFERED,) * (len(claim.recipients) - len(outcomes))
    ledger.record(
        claim,
        (*outcomes, *rest),
        now=now,
        retry_at=retry_at(outcomes, attempt=claim.attempt, now=now) if put_off else now,
    )


def _until(ready_at: datetime | None, now: datetime) -> float:
    """Seconds until then; endless where nothing is queued."""
    return math.inf if ready_at is None else max(0.0, (ready_at - now).total_seconds())
