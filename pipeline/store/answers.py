"""How a provider's answers are written into the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, or_, select, update

from pipeline.model import Claim, DeliveryState, Outcome, OutcomeKind
from pipeline.store.tables import BatchState, batch, delivery

_SETTLED = {
    OutcomeKind.ACCEPTED: DeliveryState.ACCEPTED,
    OutcomeKind.REFUSED: DeliveryState.REFUSED,
    OutcomeKind.SUPPRESSED: DeliveryState.SUPPRESSED,
}


def write_answers(
    connection: Connection, claim: Claim, outcomes: Sequence[Outcome], *, now: datetime, retry_at: datetime
) -> None:
    """Write one outcome for each recipient of the claim, and where its batch stands after them."""
    if len(outcomes) != len(claim.recipients):
        raise ValueError(f"{len(outcomes)} outcomes for {len(claim.recipients)} recipients")
    before = _state_if_ours(connection, claim)
    # A claim made after ours speaks for the rest; what is settled is true whoever says it.
    doubt_counts = before is BatchState.SENDING
    proof_counts = before in (BatchState.SENDING, BatchState.UNKNOWN)
    changes = []
    for recipient, outcome in zip(claim.recipients, outcomes, strict=True):
        state = _SETTLED.get(outcome.kind)
        if state is None and outcome.kind is OutcomeKind.UNKNOWN and doubt_counts:
            state = DeliveryState.UNKNOWN
        if state is None and outcome.kind is OutcomeKind.RETRY and proof_counts:
            state = DeliveryState.QUEUED
        if state is not None:
            changes.append(
                {
                    "its_key": recipient.key,
                    "new_state": state,
                    "new_id": outcome.provider_id,
                    "why": outcome.reason,
                }
            )
    if changes:
        connection.execute(
            update(delivery)
            .where(
                delivery.c.key == bindparam("its_key"),
                # What is settled stays: the first answer that settles a row is kept.
                or_(delivery.c.state == DeliveryState.QUEUED, delivery.c.state == DeliveryState.UNKNOWN),
            )
            .values(
                state=bindparam("new_state"),
                provider_id=bindparam("new_id"),
                reason=bindparam("why"),
                changed_at=now,
            ),
            changes,
        )
    _settle_batch(connection, claim, before, retry_at)


def _state_if_ours(connection: Connection, claim: Claim) -> BatchState | None:
    """Where the batch stands; None once another claim was made of it."""
    return connection.execute(
        select(batch.c.state).where(
            batch.c.issue == claim.issue, batch.c.number == claim.batch, batch.c.token == claim.token
        )
    ).scalar_one_or_none()


def _settle_batch(
    connection: Connection, claim: Claim, before: BatchState | None, retry_at: datetime
) -> None:
    if before is None:
        return
    rows = connection.execute(
        select(delivery.c.state, func.count())
        .where(delivery.c.issue == claim.issue, delivery.c.batch == claim.batch)
        .group_by(delivery.c.state)
    )
    left = {state for state, _ in rows}
    its_row = update(batch).where(batch.c.issue == claim.issue, batch.c.number == claim.batch)
    if DeliveryState.QUEUED not in left:
        state = BatchState.UNKNOWN if DeliveryState.UNKNOWN in left else BatchState.DONE
        connection.execute(its_row.values(state=state))
    elif before is not BatchState.READY:
        connection.execute(
            its_row.values(state=BatchState.READY, not_before=retry_at, attempt=claim.attempt + 1)
        )
