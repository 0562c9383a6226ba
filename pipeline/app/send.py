"""The use case of sending: claim, offer, record, until nothing is left that may be offered now."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial

from pipeline.app.ahead import Line
from pipeline.app.offer import Offering, Pace
from pipeline.errors import ProviderStop
from pipeline.model import Claim, Message, OutcomeKind, Totals
from pipeline.ports import Clock, Ledger, Provider

Fill = Callable[[Claim], Sequence[Message]]

# Waited, without any progress, for batches that were put off; then the run ends and they stay queued.
LONGEST_WAIT_S = 3600.0
# Batches claimed in one step: until it is offered, a claim puts nobody in doubt.
CLAIMED_AT_ONCE = 4
# Batches in a row of which nothing is known: a provider that fails like this would put the
# whole list in doubt, batch by batch.
DOUBTS_IN_A_ROW = 3
_YOUNG_OBJECTS = 20_000  # some five batches' worth


def deliver(
    *,
    ledger: Ledger,
    provider: Provider,
    clock: Clock,
    issue: str,
    fill: Fill,
    per_minute: int,
    stop: Callable[[], bool],
    allowed: int | None = None,
) -> Iterator[Totals]:
    """Offer the queued readers of a frozen issue; the totals after each batch, and at the end.

    `fill` makes one message for each recipient, in order. `stop` is asked between two calls of the
    provider and once a second while waiting; a letter that was paused or cancelled stops as well.
    At most `allowed` mails are taken in this run (None: all). It may be cut off anywhere and called
    again: what was on its way then is offered again where that is harmless, and `unknown` where it
    is not.

    Raises Busy where another process sends, NotAllowed for a copy of the database that has
    forgotten whom it mailed, ProviderStop where the provider takes nothing.
    """
    with ledger.exclusive(issue), ExitStack() as closing:
        ledger.require_current()
        provider.ready()
        pace = Pace(clock, per_minute, stop=stop, going=lambda: ledger.is_going(issue))
        # Where it is slow or soon over, no batch need be held for long.
        at_once = 1 if per_minute or allowed is not None else CLAIMED_AT_ONCE
        line = Line(
            lambda: ledger.claims(issue, clock.now(), most=at_once),
            partial(_filled, fill),
            lambda messages, most: tuple(provider.parcels(messages, most=most)),
            lambda claim: ledger.settle(claim, retry_at=clock.now()),
        )
        closing.callback(line.close)
        offering = Offering(ledger, provider, clock, pace=pace, line=line, allowed=allowed)
        closing.callback(offering.close)
        closing.enter_context(_seldom_collected())
        _, replays = ledger.recover(issue, replay_s=provider.limits.replay_s, now=clock.now())
        for replay in replays:
            if offering.replay(replay).halted:
                break
            yield ledger.totals(issue)
        totals = ledger.totals(issue)
        waited_s, doubts, any_luck = 0.0, 0, bool(offering.taken)
        while doubts < DOUBTS_IN_A_ROW and pace.turn():
            ready = line.next() if offering.most else None
            if ready is None:
                pause = _until(ledger.next_ready_at(issue), clock.now()) if offering.most else math.inf
                waited_s += pause
                if waited_s > LONGEST_WAIT_S:
                    break
                pace.owed_s = pause
                continue
            offered = offering.batch(ready)
            if offered.nothing_taken and not any_luck:
                raise ProviderStop(
                    f"nothing could be sent: {offered.nothing_taken}",
                    hint="look at the connection and at send.endpoint, then `warmletter send` again; "
                    "nobody was marked",
                )
            any_luck = True
            waited_s = waited_s if offered.kinds == {OutcomeKind.RETRY} else 0.0
            doubts = doubts + 1 if offered.kinds == {OutcomeKind.UNKNOWN} else 0
            totals = totals.after(offered.outcomes, left=ready.claim.left + offered.left)
            yield totals
            if offered.halted or not totals.queued:
                break
        offering.close()
        line.close()
        yield ledger.finish(issue, clock.now())


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Keeps the garbage collector from what lives on anyway: a tenth of the time of a long list.

    All that was imported is put out of its sight, and a batch's readers are not looked through five
    times before they go.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _filled(fill: Fill, claim: Claim) -> Sequence[Message]:
    messages = fill(claim)
    if [message.key for message in messages] != [recipient.key for recipient in claim.recipients]:
        raise ValueError("the messages are not those of the batch's recipients, in order")
    return messages


def _until(ready_at: datetime | None, now: datetime) -> float:
    """Seconds until then; endless where nothing is queued."""
    return math.inf if ready_at is None else max(0.0, (ready_at - now).total_seconds())
