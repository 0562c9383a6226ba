"""Mails in doubt: found, settled by what the provider says, or given up by a person's decision."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, case, delete, func, select, update

from pipeline.errors import NotAllowed
from pipeline.model import DeliveryState, Doubt, IssueState, Outcome, OutcomeKind
from pipeline.store.columns import storable
from pipeline.store.tables import BatchState, batch, delivery, intent, issue

_AT_ONCE = 500  # keys in one statement
_RESTORED = "this copy of the database is older than what was sent"
_WENT_OUT = "it went out before this copy of the database was brought back; to whom is forgotten"
_MEANS = {
    OutcomeKind.ACCEPTED: DeliveryState.ACCEPTED,
    OutcomeKind.REFUSED: DeliveryState.REFUSED,
    OutcomeKind.SUPPRESSED: DeliveryState.SUPPRESSED,
}


def doubts(connection: Connection, name: str) -> tuple[Doubt, ...]:
    # A crash, and a copy brought back, are noticed long after the call. A claim is before its calls; a
    # later one of the batch says nothing of this mail, and then only the freeze is surely before it.
    last_claim = case((batch.c.claimed_at <= delivery.c.changed_at, batch.c.claimed_at))
    its_batch = and_(batch.c.issue == delivery.c.issue, batch.c.number == delivery.c.batch)
    rows = connection.execute(
        select(
            delivery.c.key,
            delivery.c.email,
            delivery.c.changed_at,
            func.coalesce(last_claim, issue.c.started_at, type_=issue.c.started_at.type).label("after"),
        )
        .join(issue, issue.c.name == delivery.c.issue)
        .join(batch, its_batch)
        .where(delivery.c.issue == name, delivery.c.state == DeliveryState.UNKNOWN)
        .order_by(delivery.c.changed_at, delivery.c.key)
    )
    return tuple(
        Doubt(key=row.key, to=row.email, since=row.changed_at, offered_after=row.after) for row in rows
    )


def clear(connection: Connection, name: str, answers: Mapping[str, Outcome], *, now: datetime) -> int:
    state = connection.execute(select(issue.c.state).where(issue.c.name == name)).scalar_one_or_none()
    if state not in (IssueState.SENDING, IssueState.CANCELLED):
        raise NotAllowed(f"{name}: the letter is not being sent, so nothing of it is in doubt")
    # Of a cancelled letter nothing more is sent, whoever turns out not to have it.
    not_taken = DeliveryState.QUEUED if state is IssueState.SENDING else DeliveryState.ABANDONED
    means = _MEANS | {OutcomeKind.RETRY: not_taken}
    settled = 0
    for key, outcome in answers.items():
        if outcome.kind not in means:
            continue
        settled += connection.execute(
            update(delivery)
            .where(
                delivery.c.issue == name,
                delivery.c.key == key,
                delivery.c.state == DeliveryState.UNKNOWN,
            )
            .values(
                state=means[outcome.kind],
                provider_id=storable(outcome.provider_id),
                reason=storable(outcome.reason),
                changed_at=now,
            )
        ).rowcount
    _settle_batches(connection, name, now)
    return settled


def abandon(connection: Connection, name: str, keys: Collection[str], *, reason: str, now: datetime) -> int:
    given_up = 0
    for some in _in_parts(sorted(keys)):
        given_up += connection.execute(
            update(delivery)
            .where(
                delivery.c.issue == name,
                delivery.c.key.in_(some),
                delivery.c.state == DeliveryState.UNKNOWN,
            )
            .values(state=DeliveryState.ABANDONED, reason=reason, changed_at=now)
        ).rowcount
    _settle_batches(connection, name, now)
    return given_up


def under_way(connection: Connection) -> tuple[str, ...]:
    """Letters that are being sent."""
    going = select(issue.c.name).where(issue.c.state == IssueState.SENDING).order_by(issue.c.name)
    return tuple(connection.execute(going).scalars())


def forget(connection: Connection, name: str, *, now: datetime) -> int:
    """A letter went on where this copy cannot know of it: readers now in doubt.

    One that this copy has not begun is cancelled, so that it never goes out a second time.
    """
    connection.execute(delete(intent).where(intent.c.issue == name))
    doubted = connection.execute(
        update(delivery)
        .where(delivery.c.issue == name, delivery.c.state == DeliveryState.QUEUED)
        .values(state=DeliveryState.UNKNOWN, reason=_RESTORED, changed_at=now)
    ).rowcount
    connection.execute(
        update(batch)
        .where(batch.c.issue == name, batch.c.state.in_([BatchState.READY, BatchState.SENDING]))
        .values(state=BatchState.UNKNOWN)
    )
    not_begun = (IssueState.DRAFT, IssueState.APPROVED, IssueState.SKIPPED)
    connection.execute(
        update(issue)
        .where(issue.c.name == name, issue.c.state.in_(not_begun))
        .values(state=IssueState.CANCELLED, reason=_WENT_OUT, finished_at=now)
    )
    return doubted


def _settle_batches(connection: Connection, name: str, now: datetime) -> None:
    """Batches that were in doubt: ready where somebody in them is queued again, done where all is known."""
    for state, becomes in ((DeliveryState.QUEUED, BatchState.READY), (None, BatchState.DONE)):
        its_rows = and_(delivery.c.issue == batch.c.issue, delivery.c.batch == batch.c.number)
        found = select(delivery.c.key).where(its_rows, delivery.c.state == (state or DeliveryState.UNKNOWN))
        held = found.exists() if state else ~found.exists()
        connection.execute(
            update(batch)
            .where(batch.c.issue == name, batch.c.state == BatchState.UNKNOWN, held)
            .values(state=becomes, not_before=now)
        )


def _in_parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]
