"""The ledger: one row a reader an issue, written before and after everything that leaves.

    batch:     ready ──claim──► sending ──record──► done │ unknown
                 ▲                 ├─ release, or an answer "not taken"
                 └─────────────────┴─ recover, where a repeat of the same key is harmless
    delivery:  queued → accepted │ refused │ suppressed │ unknown

A reader is *queued* until her outcome is known. While her batch is *sending* the letter may be on
its way, and only the claim that holds the batch's token speaks for it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, exists, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from pipeline.errors import NotAllowed, StoreError
from pipeline.model import (
    Bound,
    Claim,
    DeliveryState,
    IssueState,
    Letter,
    Outcome,
    Recipient,
    SubscriberState,
    Totals,
)
from pipeline.store.answers import write_answers
from pipeline.store.database import Database
from pipeline.store.lock import held
from pipeline.store.tables import BatchState, batch, delivery, issue, issue_post, subscriber, token

_STOPPED = "the program was stopped while this was on its way"
_LEFT = "left the list before the letter was sent"
_LEAVE = "leave"
_EXPLAINED = (DeliveryState.REFUSED, DeliveryState.SUPPRESSED, DeliveryState.UNKNOWN)


class SqlLedger:
    """`ports.Ledger` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def freeze(self, letter: Letter, posts: Sequence[Bound], *, batch_size: int, now: datetime) -> int:
        if batch_size < 1:
            raise ValueError("a batch holds at least one reader")
        with self._database.writing() as connection:
            started = connection.execute(
                update(issue)
                .where(issue.c.name == letter.issue, issue.c.state == IssueState.APPROVED)
                .values(state=IssueState.SENDING, letter=letter, started_at=now)
            )
            if started.rowcount != 1:
                if connection.execute(_state_of(letter.issue)).scalar_one_or_none() is IssueState.SENDING:
                    raise NotAllowed(
                        f"{letter.issue}: the issue is not approved any more, it is being sent",
                        hint="it goes on by itself; `warmletter status` shows how far it is",
                    )
                raise NotAllowed(
                    f"{letter.issue}: the issue is not approved, so it is not sent",
                    hint="look at it and run `warmletter approve`, unless it is being sent already",
                )
            _bind_posts(connection, letter.issue, posts)
            readers = _queue(connection, letter.issue, batch_size=batch_size, now=now)
            connection.execute(update(issue).where(issue.c.name == letter.issue).values(frozen=readers))
        return readers

    def letter(self, issue: str) -> Letter:
        with self._database.reading() as connection:
            letter: Letter | None = connection.execute(_letter_of(issue)).scalar_one_or_none()
        if letter is None:
            raise NotAllowed(f"{issue}: no letter was fixed yet", hint="run `warmletter send` first")
        return letter

    def recover(self, issue: str, *, replayable: bool, now: datetime) -> int:
        in_flight = and_(batch.c.issue == issue, batch.c.state == BatchState.SENDING)
        with self._database.writing() as connection:
            if replayable:
                connection.execute(
                    update(batch)
                    .where(in_flight)
                    .values(state=BatchState.READY, not_before=now, attempt=batch.c.attempt + 1)
                )
                return 0
            doubted = connection.execute(
                update(delivery)
                .where(
                    delivery.c.issue == issue,
                    delivery.c.state == DeliveryState.QUEUED,
                    delivery.c.batch.in_(select(batch.c.number).where(in_flight)),
                )
                .values(state=DeliveryState.UNKNOWN, reason=_STOPPED, changed_at=now)
            )
            connection.execute(update(batch).where(in_flight).values(state=BatchState.UNKNOWN))
            return doubted.rowcount

    def claim(self, issue: str, now: datetime) -> Claim | None:
        with self._database.writing() as connection:
            # A batch whose readers all left is settled on the way to the next.
            while (taken := _take(connection, issue, now)) is not None:
                if taken.recipients:
                    return taken
        return None

    def next_ready_at(self, issue: str) -> datetime | None:
        with self._database.reading() as connection:
            earliest: datetime | None = connection.execute(
                select(func.min(batch.c.not_before)).where(
                    batch.c.issue == issue, batch.c.state == BatchState.READY
                )
            ).scalar_one()
        return earliest

    def record(self, claim: Claim, outcomes: Sequence[Outcome], *, now: datetime, retry_at: datetime) -> None:
        """Write each recipient's outcome; those to be retried go back to the queue until `retry_at`.

        An answer that comes after the batch was given up is a fact all the same: whoever was
        accepted is accepted. What it says of retrying counts only while no other claim was made.
        """
        with self._database.writing() as connection:
            write_answers(connection, claim, outcomes, now=now, retry_at=retry_at)

    def release(self, claim: Claim, *, retry_at: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(
                update(batch)
                .where(
                    batch.c.issue == claim.issue,
                    batch.c.number == claim.batch,
                    batch.c.token == claim.token,
                    batch.c.state == BatchState.SENDING,
                )
                .values(state=BatchState.READY, not_before=retry_at)
            )

    def totals(self, issue: str) -> Totals:
        with self._database.reading() as connection:
            return _totals(connection, issue)

    def reasons(self, issue: str) -> tuple[tuple[DeliveryState, str, int], ...]:
        how_many = func.count()
        with self._database.reading() as connection:
            rows = connection.execute(
                select(delivery.c.state, delivery.c.reason, how_many)
                .where(delivery.c.issue == issue, delivery.c.state.in_(_EXPLAINED))
                .group_by(delivery.c.state, delivery.c.reason)
                .order_by(how_many.desc(), delivery.c.reason)
            )
            return tuple((state, reason, number) for state, reason, number in rows)

    def finish(self, issue: str, now: datetime) -> Totals:
        """sending → sent where nothing is queued or unknown; the totals in any case.

        Raises StoreError where the parts do not add up to the frozen audience.
        """
        with self._database.writing() as connection:
            totals = _totals(connection, issue)
            if not totals.adds_up:
                raise StoreError(
                    f"{issue}: the ledger does not add up to the {totals.frozen} readers it was frozen with",
                    hint="send nothing more of it, keep a copy of the database, and report this as a bug",
                )
            if not totals.queued and not totals.unknown:
                connection.execute(_sent(issue, now))
        return totals

    def exclusive(self, issue: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Hold the sending alone. Raises Busy where another process holds it.

        One lock for all issues: two letters at once would share one provider's rate.
        """
        path = self._database.path
        return held(path.with_name(f"{path.name}.sending"))


def _bind_posts(connection: Connection, name: str, posts: Sequence[Bound]) -> None:
    if not posts:
        return
    rows = [
        {
            "post": bound.post,
            "issue": name,
            "position": place,
            "edition": bound.edition,
            "words_sha256": bound.words_sha256,
        }
        for place, bound in enumerate(posts)
    ]
    try:
        connection.execute(insert(issue_post), rows)
    except IntegrityError as error:
        raise NotAllowed(
            f"{name}: a post of this letter was mailed before, or stands in it twice",
            hint="run `warmletter compose` again; it leaves out what was mailed",
        ) from error.orig


def _state_of(name: str) -> Select[Any]:
    return select(issue.c.state).where(issue.c.name == name)


def _queue(connection: Connection, name: str, *, batch_size: int, now: datetime) -> int:
    """Queue every active reader whom the yes was given for, in batches; how many.

    Whoever joined after the yes waits for the next letter: between the caller's count and this
    transaction somebody may have come.
    """
    agreed_at = select(issue.c.approved_at).where(issue.c.name == name).scalar_subquery()
    meant = and_(subscriber.c.state == SubscriberState.ACTIVE, subscriber.c.state_at <= agreed_at)
    readers = connection.execute(select(func.count()).select_from(subscriber).where(meant)).scalar_one()
    if not readers:
        return 0
    first = {"issue": name, "state": BatchState.READY, "attempt": 1, "token": "", "not_before": now}
    count = -(-readers // batch_size)
    connection.execute(insert(batch), [first | {"number": number} for number in range(1, count + 1)])
    place = func.row_number().over(order_by=subscriber.c.number)
    audience = select(
        literal(name),
        (place - 1) // batch_size + 1,
        subscriber.c.number,
        func.lower(func.hex(func.randomblob(16))),
        subscriber.c.email,
        literal(DeliveryState.QUEUED.value),
        literal(""),
        literal(""),
        literal(now, delivery.c.changed_at.type),
    ).where(meant)
    columns = ["issue", "batch", "subscriber", "key", "email", "state", "provider_id", "reason", "changed_at"]
    connection.execute(insert(delivery).from_select(columns, audience))
    return readers


def _take(connection: Connection, name: str, now: datetime) -> Claim | None:
    """The first ready batch, in flight, with those still on the list; done where nobody is left of it."""
    fence = secrets.token_hex(16)
    ready = (
        select(func.min(batch.c.number))
        .where(batch.c.issue == name, batch.c.state == BatchState.READY, batch.c.not_before <= now)
        .scalar_subquery()
    )
    taken = connection.execute(
        update(batch)
        .where(batch.c.issue == name, batch.c.number == ready)
        .values(state=BatchState.SENDING, token=fence, claimed_at=now)
        .returning(batch.c.number, batch.c.attempt)
    ).one_or_none()
    if taken is None:
        return None
    number, attempt = taken
    _suppress(connection, name, number, now)
    recipients = _recipients(connection, name, number, now)
    claim = Claim(issue=name, batch=number, token=fence, attempt=attempt, recipients=recipients)
    if not recipients:
        write_answers(connection, claim, (), now=now, retry_at=now)
    return claim


def _suppress(connection: Connection, name: str, number: int, now: datetime) -> None:
    active = exists().where(
        subscriber.c.number == delivery.c.subscriber, subscriber.c.state == SubscriberState.ACTIVE
    )
    connection.execute(
        update(delivery)
        .where(
            delivery.c.issue == name,
            delivery.c.batch == number,
            delivery.c.state == DeliveryState.QUEUED,
            ~active,
        )
        .values(state=DeliveryState.SUPPRESSED, reason=_LEFT, changed_at=now)
    )


def _recipients(connection: Connection, name: str, number: int, now: datetime) -> tuple[Recipient, ...]:
    rows = connection.execute(
        select(delivery.c.key, delivery.c.email, subscriber.c.name, subscriber.c.number)
        .join(subscriber, subscriber.c.number == delivery.c.subscriber)
        .where(
            delivery.c.issue == name,
            delivery.c.batch == number,
            delivery.c.state == DeliveryState.QUEUED,
        )
        .order_by(subscriber.c.number)
    ).all()
    tokens = [secrets.token_urlsafe(32) for _ in rows]
    if rows:
        # New ones at each claim: the old cannot be read back, and stay good for the letters they are in.
        connection.execute(
            insert(token),
            [
                {
                    "hash": hashlib.sha256(secret.encode()).hexdigest(),
                    "purpose": _LEAVE,
                    "subscriber": row.number,
                    "created": now,
                }
                for row, secret in zip(rows, tokens, strict=True)
            ],
        )
    return tuple(
        Recipient(key=row.key, email=row.email, name=row.name, leave_token=secret)
        for row, secret in zip(rows, tokens, strict=True)
    )


def _letter_of(name: str) -> Select[Any]:
    return select(issue.c.letter).where(issue.c.name == name)


def _totals(connection: Connection, name: str) -> Totals:
    frozen = connection.execute(select(issue.c.frozen).where(issue.c.name == name)).scalar_one_or_none()
    rows = connection.execute(
        select(delivery.c.state, func.count()).where(delivery.c.issue == name).group_by(delivery.c.state)
    )
    return Totals(issue=name, frozen=frozen or 0, **{state.value: number for state, number in rows})


def _sent(name: str, now: datetime) -> Update:
    return (
        update(issue)
        .where(issue.c.name == name, issue.c.state == IssueState.SENDING)
        .values(state=IssueState.SENT, finished_at=now)
    )
