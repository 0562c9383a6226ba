"""How a provider's answers are written into the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, String, bindparam, literal_column, or_, select, update

from pipeline.model import Claim, DeliveryState, Outcome, OutcomeKind, Parcel
from pipeline.store.columns import moment_text
from pipeline.store.listed import listed
from pipeline.store.many import Many
from pipeline.store.tables import BatchState, batch, delivery

_SETTLED = {
    OutcomeKind.ACCEPTED: DeliveryState.ACCEPTED,
    OutcomeKind.REFUSED: DeliveryState.REFUSED,
    OutcomeKind.SUPPRESSED: DeliveryState.SUPPRESSED,
}


# What is settled stays: the first answer that settles a row is kept.
_OPEN = or_(
    delivery.c.state == literal_column(f"'{DeliveryState.QUEUED.value}'"),
    delivery.c.state == literal_column(f"'{DeliveryState.UNKNOWN.value}'"),
)
_WRITTEN = {
    "state": bindparam("new_state", type_=String),
    "provider_id": bindparam("new_id"),
    "reason": bindparam("why"),
    "changed_at": bindparam("at", type_=String),
}
_EACH = Many(
    update(delivery).where(delivery.c.key == bindparam("its_key"), _OPEN).values(_WRITTEN),
    *("new_state", "new_id", "why", "at", "its_key"),
)
# Some services say one thing of a whole call: told at once it costs half.
_ALIKE = (
    update(delivery)
    .where(
        delivery.c.issue == bindparam("its_issue"),
        delivery.c.batch == bindparam("its_batch"),
        delivery.c.key.in_(listed("keys")),
        _OPEN,
    )
    .values(_WRITTEN)
)
_STATE_IF_OURS = select(batch.c.state).where(
    batch.c.issue == bindparam("issue"),
    batch.c.number == bindparam("number"),
    batch.c.token == bindparam("token"),
)


def write_answers(
    connection: Connection, claim: Claim, parcel: Parcel, outcomes: Sequence[Outcome], *, now: datetime
) -> None:
    """Write one outcome for each mail of the call.

    An answer that comes after the batch was given up is a fact all the same: whoever was accepted
    is accepted. What it says of retrying counts only while no other claim was made.
    """
    if len(outcomes) != len(parcel.envelopes):
        raise ValueError(f"{len(outcomes)} outcomes for {len(parcel.envelopes)} mails")
    counts = _that_counts(_state_if_ours(connection, claim))
    at = moment_text(now)
    if len(set(map(id, outcomes))) == 1:
        if outcomes[0].kind in counts:
            _write_alike(connection, claim, parcel, outcomes[0], state=counts[outcomes[0].kind], at=at)
        return
    rows = [
        (counts[outcome.kind].value, outcome.provider_id, outcome.reason, at, envelope.key)
        for envelope, outcome in zip(parcel.envelopes, outcomes, strict=True)
        if outcome.kind in counts
    ]
    _EACH.run(connection, rows)


def _write_alike(
    connection: Connection, claim: Claim, parcel: Parcel, outcome: Outcome, *, state: DeliveryState, at: str
) -> None:
    its = {"its_issue": claim.issue, "its_batch": claim.batch, "at": at}
    what = {"new_state": state.value, "new_id": outcome.provider_id, "why": outcome.reason}
    connection.execute(_ALIKE, its | what | {"keys": orjson.dumps(parcel.keys).decode()})


def _that_counts(before: BatchState | None) -> Mapping[OutcomeKind, DeliveryState]:
    """What an answer can still change: a claim made after ours (None) speaks for all but the settled."""
    counts = dict(_SETTLED)
    if before is BatchState.SENDING:
        counts[OutcomeKind.UNKNOWN] = DeliveryState.UNKNOWN
    if before in (BatchState.SENDING, BatchState.UNKNOWN):
        counts[OutcomeKind.RETRY] = DeliveryState.QUEUED
    return counts


def _state_if_ours(connection: Connection, claim: Claim) -> BatchState | None:
    """Where the batch stands; None once another claim was made of it."""
    its = {"issue": claim.issue, "number": claim.batch, "token": claim.token}
    return connection.execute(_STATE_IF_OURS, its).scalar_one_or_none()
