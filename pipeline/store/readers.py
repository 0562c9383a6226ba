"""The list: who gets the letter, and who said no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, insert, select, update

from pipeline.model import NewReader, Subscriber, SubscriberState
from pipeline.store.database import Database
from pipeline.store.tables import delivery, subscriber

# SQLite of before 3.32 takes 999 parameters in a statement.
_AT_ONCE = 500
_NO = (SubscriberState.UNSUBSCRIBED, SubscriberState.BOUNCED, SubscriberState.COMPLAINED)


class SqlReaders:
    """`ports.Readers` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, readers: Sequence[NewReader], now: datetime) -> tuple[int, int, int]:
        with self._database.writing() as connection:
            there = _states(connection, [reader.email for reader in readers])
            fresh = {reader.email: reader for reader in reversed(readers) if reader.email not in there}
            refused = sum(there.get(reader.email) in _NO for reader in readers)
            if fresh:
                connection.execute(
                    insert(subscriber),
                    [
                        {
                            "email": reader.email,
                            "name": reader.name,
                            "state": SubscriberState.ACTIVE,
                            "state_at": now,
                            "consent": reader.consent,
                            "added_at": now,
                        }
                        for reader in reversed(fresh.values())
                    ],
                )
        return len(fresh), len(readers) - len(fresh) - refused, refused

    def remove(self, email: str, now: datetime) -> bool:
        on_it = (subscriber.c.email == email, subscriber.c.state.not_in(_NO))
        with self._database.writing() as connection:
            gone = connection.execute(
                update(subscriber).where(*on_it).values(state=SubscriberState.UNSUBSCRIBED, state_at=now)
            )
            return gone.rowcount == 1

    def take_back(self, emails: Sequence[str], *, added_at: datetime) -> int:
        with self._database.writing() as connection:
            mailed = exists().where(delivery.c.subscriber == subscriber.c.number)
            here = subscriber.c.state == SubscriberState.ACTIVE
            mistaken = (subscriber.c.added_at == added_at, here, ~mailed)
            taken = 0
            for start in range(0, len(emails), _AT_ONCE):
                these = subscriber.c.email.in_(emails[start : start + _AT_ONCE])
                taken += connection.execute(delete(subscriber).where(these, *mistaken)).rowcount
        return taken

    def all(self) -> tuple[Subscriber, ...]:
        """Everybody, in the order of joining."""
        columns = (
            subscriber.c.number,
            subscriber.c.email,
            subscriber.c.name,
            subscriber.c.state,
            subscriber.c.consent,
            subscriber.c.added_at,
        )
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(subscriber.c.number))
            return tuple(Subscriber(**row._mapping) for row in rows)

    def count_active(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(_active()).scalar_one())

    def gone_between(self, start: datetime, end: datetime | None) -> dict[SubscriberState, int]:
        before = [subscriber.c.state_at < end] if end else []
        with self._database.reading() as connection:
            return _count(connection, subscriber.c.state.in_(_NO), subscriber.c.state_at >= start, *before)

    def count_active_since(self, moment: datetime) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(_active().where(subscriber.c.state_at > moment)).scalar_one())


def _count(connection: Connection, *where: ColumnElement[bool]) -> dict[SubscriberState, int]:
    rows = connection.execute(
        select(subscriber.c.state, func.count()).where(*where).group_by(subscriber.c.state)
    )
    return {row[0]: row[1] for row in rows}


def _active() -> Select[Any]:
    return select(func.count()).select_from(subscriber).where(subscriber.c.state == SubscriberState.ACTIVE)


def _states(connection: Connection, emails: Sequence[str]) -> dict[str, SubscriberState]:
    found: dict[str, SubscriberState] = {}
    remaining = iter(emails)
    while some := list(islice(remaining, _AT_ONCE)):
        rows = connection.execute(
            select(subscriber.c.email, subscriber.c.state).where(subscriber.c.email.in_(some))
        )
        found.update((row.email, row.state) for row in rows)
    return found
