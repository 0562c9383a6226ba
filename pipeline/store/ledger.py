"""The ledger: one row a reader an issue, written before and after everything that leaves.

    batch:     ready ──claim──► sending ──record──► done │ unknown
                 ▲                 ├─ release, or an answer "not taken"
                 └─────────────────┴─ recover, where a repeat of the same key is harmless
    delivery:  queued → accepted │ refused │ suppressed │ unknown

A reader is *queued* until her outcome is known. While her batch is *sending* the letter may be on
its way, and only the claim that holds the batch's token speaks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Update,
    and_,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from pipeline.errors import NotAllowed, StoreError
from pipeline.model import (
    Bound,
    Call,
    Claim,
    DeliveryState,
    Doubt,
    IssueState,
    Letter,
    Outcome,
    Parcel,
    Replay,
    SubscriberState,
    Totals,
)
from pipeline.store import calls, claiming, doubting
from pipeline.store.answers import write_answers
from pipeline.store.database import Database
from pipeline.store.epoch import EpochFile
from pipeline.store.lock import held
from pipeline.store.tables import BatchState, batch, delivery, issue, issue_post, subscriber

_EXPLAINED = (DeliveryState.REFUSED, DeliveryState.SUPPRESSED, DeliveryState.UNKNOWN)


class SqlLedger:
    """`ports.Ledger` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._epoch = EpochFile(database.path)

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

    def recover(self, issue: str, *, replay_s: float, now: datetime) -> tuple[int, tuple[Replay, ...]]:
        with self._database.writing() as connection:
            return calls.recover(connection, issue, replay_s=replay_s, now=now)

    def claims(self, issue: str, now: datetime, *, most: int) -> tuple[Claim, ...]:
        claims: list[Claim] = []
        with self._database.writing() as connection:
            # A batch whose readers all left is settled on the way to the next.
            left = 0
            while len(claims) < most and (taken := claiming.take(connection, issue, now)) is not None:
                left += taken.left
                if taken.recipients:
                    claims.append(replace(taken, left=left))
                    left = 0
        return tuple(claims)

    def next_ready_at(self, issue: str) -> datetime | None:
        with self._database.reading() as connection:
            earliest: datetime | None = connection.execute(
                select(func.min(batch.c.not_before)).where(
                    batch.c.issue == issue, batch.c.state == BatchState.READY
                )
            ).scalar_one()
        return earliest

    def intend(self, claim: Claim, parcel: Parcel, *, keep_body: bool, now: datetime) -> frozenset[str]:
        call = Call(claim=claim, parcel=parcel, keep_body=keep_body)
        with self._database.writing() as connection:
            calls.require_going(connection, claim)
            gone, epoch = calls.write_down(connection, call, now)
            if epoch == 1:
                self._epoch.begin()
        if not gone:
            self._note(call, epoch)
        return gone

    def record(
        self,
        claim: Claim,
        parcel: Parcel,
        outcomes: Sequence[Outcome],
        *,
        now: datetime,
        retry_at: datetime | None = None,
        then: Call | None = None,
    ) -> bool:
        with self._database.writing() as connection:
            whole = calls.forget_intent(connection, claim, parcel)
            left = write_answers(connection, claim, parcel, outcomes, whole=whole, now=now)
            if retry_at is not None:
                calls.settle(connection, claim, retry_at=retry_at, left=left)
            epoch = calls.go_on(connection, then, now) if then is not None else None
        if then is None or epoch is None:
            return False
        try:
            self._note(then, epoch)
        except StoreError:
            return False  # the answers are written all the same; whoever makes the next call is told
        return True

    def stands(self, call: Call) -> bool:
        with self._database.reading() as connection:
            return calls.stands(connection, call)

    def withdraw(self, call: Call) -> None:
        with self._database.writing() as connection:
            calls.forget_intent(connection, call.claim, call.parcel)

    def _note(self, call: Call, epoch: int) -> None:
        """Note the call's epoch beside the database, or take the call back. Raises StoreError."""
        # After the commit: a file that is ahead of the database is what tells an old copy.
        try:
            self._epoch.write(epoch, call.claim.issue)
        except StoreError:
            self.withdraw(call)
            raise

    def settle(self, claim: Claim, *, retry_at: datetime) -> None:
        with self._database.writing() as connection:
            calls.settle(connection, claim, retry_at=retry_at)

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

    def is_going(self, issue: str) -> bool:
        with self._database.reading() as connection:
            return calls.is_going(connection, issue)

    def accepted_since(self, moment: datetime) -> int:
        taken = and_(delivery.c.state == DeliveryState.ACCEPTED, delivery.c.changed_at >= moment)
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(delivery).where(taken)).scalar_one()

    def doubts(self, issue: str) -> tuple[Doubt, ...]:
        with self._database.reading() as connection:
            return doubting.doubts(connection, issue)

    def clear(self, issue: str, answers: Mapping[str, Outcome], *, now: datetime) -> int:
        with self._database.writing() as connection:
            return doubting.clear(connection, issue, answers, now=now)

    def abandon(self, issue: str, keys: Collection[str], *, reason: str, now: datetime) -> int:
        with self._database.writing() as connection:
            return doubting.abandon(connection, issue, keys, reason=reason, now=now)

    def forgotten(self) -> tuple[str, ...]:
        mark = self._epoch.read()
        with self._database.reading() as connection:
            return mark.since(calls.epoch_of(connection)) if mark else ()

    def adopt(self, *, now: datetime) -> int:
        mark = self._epoch.read()
        above = mark.epoch if mark else 0
        with self._database.writing() as connection:
            names = mark.since(calls.epoch_of(connection)) if mark else doubting.under_way(connection)
            doubted = sum(doubting.forget(connection, name, now=now) for name in names)
            epoch = calls.next_epoch(connection, above=above)
        self._epoch.write(epoch, "")
        return doubted

    def require_current(self) -> None:
        with self._database.reading() as connection:
            epoch = calls.epoch_of(connection)
        self._epoch.require_current(epoch)

    def exclusive(self, issue: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Hold the sending alone. Raises Busy where another process holds it.

        One lock for all issues: two letters at once would share one provider's rate. It is the
        system's and ends with the process, also a stopped one's: nobody takes over from a sleeper.
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
