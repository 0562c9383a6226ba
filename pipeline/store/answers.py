"""How a provider's answers are written into the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, String, bindparam, literal, or_, select, update

from pipeline.model import Claim, DeliveryState, Outcome, OutcomeKind, Parcel
from pipeline.store.columns import moment_text
from pipeline.store.tables import BatchState, batch, delivery

_SETTLED = {
    OutcomeKind.ACCEPTED: DeliveryState.ACCEPTED,
    OutcomeKind.REFUSED: DeliveryState.REFUSED,
    OutcomeKind.SUPPRESSED: DeliveryState.SUPPRESSED,
}


_WORTH_ONE_STATEMENT = 8  # mails that share an answer, as all of a call do with some services
_AT_ONCE = 500  # keys in one statement


def write_answers(
    connection: Connection, claim: Claim, parcel: Parcel, outcomes: Sequence[Outcome], *, now: datetime
) -> None:
    """Write one outcome for each mail of the call.

    An answer that comes after the batch was given up is a fact all the same: whoever was accepted
    is accepted. What it says of retrying counts only while no other claim was made.
    """
    if len(outcomes) != len(parcel.envelopes):
        raise ValueError(f"{len(outcomes)} outcomes for {len(parcel.envelopes)} mails")
    before = _state_if_ours(connection, claim)
    # A claim made after ours speaks for the rest; what is settled is true whoever says it.
    doubt_counts = before is BatchState.SENDING
    proof_counts = before in (BatchState.SENDING, BatchState.UNKNOWN)
    alike: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for envelope, outcome in zip(parcel.envelopes, outcomes, strict=True):
        state = _SETTLED.get(outcome.kind)
        if state is None and outcome.kind is OutcomeKind.UNKNOWN and doubt_counts:
            state = DeliveryState.UNKNOWN
        if state is None and outcome.kind is OutcomeKind.RETRY and proof_counts:
            state = DeliveryState.QUEUED
        if state is not None:
            alike[state.value, outcome.provider_id, outcome.reason].append(envelope.key)
    _write(connection, alike, moment_text(now))


def _write(connection: Connection, alike: Mapping[tuple[str, str, str], Sequence[str]], at: str) -> None:
    """Write what mails share once for all of them, and what each has of its own row by row."""
    # What is settled stays: the first answer that settles a row is kept.
    open_ = or_(delivery.c.state == DeliveryState.QUEUED, delivery.c.state == DeliveryState.UNKNOWN)
    changed_at = literal(at, String)  # as text once: a long list is many of these
    rows = []
    for (state, provider_id, reason), keys in alike.items():
        if len(keys) < _WORTH_ONE_STATEMENT:
            shared = {"new_state": state, "new_id": provider_id, "why": reason}
            rows += [shared | {"its_key": key} for key in keys]
            continue
        for start in range(0, len(keys), _AT_ONCE):
            connection.execute(
                update(delivery)
                .where(delivery.c.key.in_(keys[start : start + _AT_ONCE]), open_)
                .values(
                    state=literal(state, String),
                    provider_id=provider_id,
                    reason=reason,
                    changed_at=changed_at,
                )
            )
    if rows:
        connection.execute(
            update(delivery)
            .where(delivery.c.key == bindparam("its_key"), open_)
            .values(
                state=bindparam("new_state", type_=String),
                provider_id=bindparam("new_id"),
                reason=bindparam("why"),
                changed_at=changed_at,
            ),
            rows,
        )


def _state_if_ours(connection: Connection, claim: Claim) -> BatchState | None:
    """Where the batch stands; None once another claim was made of it."""
    return connection.execute(
        select(batch.c.state).where(
            batch.c.issue == claim.issue, batch.c.number == claim.batch, batch.c.token == claim.token
        )
    ).scalar_one_or_none()
