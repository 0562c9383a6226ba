"""How a provider's answers are written into the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, String, bindparam, literal_column, or_, select, update

from pipeline.model import Claim, DeliveryState, Outcome, OutcomeKind, Parcel
from pipeline.store.columns import moment_text, storable
from pipeline.store.listed import listed, mapped
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
    "reason": bindparam("why"),
    "changed_at": bindparam("at", type_=String),
}
_IDS = mapped("ids")
_EACH = (
    update(delivery)
    .where(delivery.c.key == _IDS.c.key, _OPEN)
    .values(_WRITTEN | {"provider_id": _IDS.c.value})
)
# Some services give a whole call one id: told once it costs less.
_ALIKE = (
    update(delivery)
    .where(
        delivery.c.issue == bindparam("its_issue"),
        delivery.c.batch == bindparam("its_batch"),
        delivery.c.key.in_(listed("keys")),
        _OPEN,
    )
    .values(_WRITTEN | {"provider_id": bindparam("new_id")})
)
_ALL_OF_IT = (
    update(delivery)
    .where(delivery.c.issue == bindparam("its_issue"), delivery.c.batch == bindparam("its_batch"), _OPEN)
    .values(_WRITTEN | {"provider_id": bindparam("new_id")})
)
_STATE_IF_OURS = select(batch.c.state).where(
    batch.c.issue == bindparam("issue"),
    batch.c.number == bindparam("number"),
    batch.c.token == bindparam("token"),
)


def write_answers(
    connection: Connection,
    claim: Claim,
    parcel: Parcel,
    outcomes: Sequence[Outcome],
    *,
    whole: bool,
    now: datetime,
) -> frozenset[DeliveryState]:
    """Write one outcome for each mail of the call, which may hold the `whole` of its batch.

    Gives the states in which all of the batch's mails now are; none where this answer does not tell. An
    answer that comes after the batch was given up is a fact all the same: whoever was accepted is
    accepted. What it says of retrying counts only while no other claim was made.
    """
    if len(outcomes) != len(parcel.envelopes):
        raise ValueError(f"{len(outcomes)} outcomes for {len(parcel.envelopes)} mails")
    before = _state_if_ours(connection, claim)
    counts = _that_counts(before)
    told = _by_what_was_said(parcel, outcomes, counts)
    for (state, reason), ids in told.items():
        said = {"new_state": state.value, "why": reason, "at": moment_text(now)}
        its = {"its_issue": claim.issue, "its_batch": claim.batch, "new_id": next(iter(ids.values()))}
        if len(set(ids.values())) > 1:
            connection.execute(_EACH, said | {"ids": orjson.dumps(ids).decode()})
        elif whole and len(ids) == len(outcomes):
            connection.execute(_ALL_OF_IT, said | its)
        else:
            connection.execute(_ALIKE, said | its | {"keys": orjson.dumps([*ids]).decode()})
    tells_all = whole and before is BatchState.SENDING
    return frozenset(state for state, _ in told) if tells_all else frozenset()


def _by_what_was_said(
    parcel: Parcel, outcomes: Sequence[Outcome], counts: Mapping[OutcomeKind, DeliveryState]
) -> Mapping[tuple[DeliveryState, str], Mapping[str, str]]:
    """For each state and reason the mails it was said of: the provider's id, by our key."""
    said: dict[tuple[DeliveryState, str], dict[str, str]] = {}
    if len(set(map(id, outcomes))) == 1 and outcomes[0].kind in counts:  # one for all: looked at once
        one = outcomes[0]
        ids = dict.fromkeys(parcel.keys, storable(one.provider_id))
        return {(counts[one.kind], storable(one.reason)): ids}
    for envelope, outcome in zip(parcel.envelopes, outcomes, strict=True):
        if outcome.kind in counts:
            ids = said.setdefault((counts[outcome.kind], storable(outcome.reason)), {})
            ids[envelope.key] = storable(outcome.provider_id)
    return said


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
