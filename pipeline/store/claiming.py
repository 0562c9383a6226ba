"""A batch taken for sending: its readers as they are now, each with a new way out."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import orjson
from sqlalchemy import Connection, Row, String, bindparam, func, insert, select, type_coerce, update

from pipeline.model import Claim, DeliveryState, Recipient, SubscriberState
from pipeline.store import calls
from pipeline.store.tables import BatchState, batch, delivery, subscriber, token

_LEAVE = "leave"
_HASH_BYTES = 32
_SECRET_BYTES = 33  # 44 letters of base64 and no padding, so that many are drawn as one
_SECRET_LETTERS = 44
# Put together once: for each batch of a long list anew they cost as much as what they do.
_TAKE = (
    update(batch)
    .where(
        batch.c.issue == bindparam("its_issue"),
        batch.c.state == BatchState.READY,  # looked at again by a database where two may come at once
        batch.c.number
        == select(func.min(batch.c.number))
        .where(
            batch.c.issue == bindparam("its_issue"),
            batch.c.state == BatchState.READY,
            batch.c.not_before <= bindparam("at"),
        )
        .scalar_subquery(),
    )
    .values(state=BatchState.SENDING, token=bindparam("fence"), claimed_at=bindparam("at"))
    .returning(batch.c.number, batch.c.attempt)
)
# With those who left, of whom there are nearly never any: one look instead of two.
_READERS = (
    select(
        delivery.c.key,
        delivery.c.email,
        subscriber.c.name,
        delivery.c.subscriber,
        type_coerce(subscriber.c.state, String),
    )
    .outerjoin(subscriber, subscriber.c.number == delivery.c.subscriber)
    .where(
        delivery.c.issue == bindparam("its_issue"),
        delivery.c.batch == bindparam("its_batch"),
        delivery.c.state == DeliveryState.QUEUED,
    )
    .order_by(delivery.c.subscriber)
)
_NEWEST_TOKENS = select(token.c.first, func.length(token.c.hashes)).order_by(token.c.first.desc()).limit(1)
_TOKENS = insert(token).values(
    first=bindparam("first"),
    purpose=_LEAVE,
    hashes=bindparam("hashes"),
    subscribers=bindparam("subscribers", type_=String),
    created=bindparam("created"),
)


def take(connection: Connection, name: str, now: datetime) -> Claim | None:
    """The first ready batch, in flight, with those still on the list; done where nobody is left of it."""
    fence = secrets.token_hex(16)
    taken = connection.execute(_TAKE, {"its_issue": name, "fence": fence, "at": now}).one_or_none()
    if taken is None:
        return None
    number, attempt = taken
    claim = Claim(issue=name, batch=number, token=fence, attempt=attempt, recipients=())
    rows = connection.execute(_READERS, {"its_issue": name, "its_batch": number}).all()
    gone: frozenset[str] = frozenset()
    if any(state != SubscriberState.ACTIVE for *_, state in rows):
        gone = calls.suppress_left(connection, claim, now)
        rows = [row for row in rows if row[0] not in gone]
    claim = replace(claim, recipients=readers_of(connection, rows, now), left=len(gone))
    if not claim.recipients:
        calls.settle(connection, claim, retry_at=now)
    return claim


def readers_of(
    connection: Connection, rows: Sequence[Row[str, str, str, int, str]], now: datetime
) -> tuple[Recipient, ...]:
    """The readers of these rows of `_READERS`, each with a new way out."""
    first = _next_number(connection)
    # New ones at each claim: the old cannot be read back, and stay good for the letters they are in.
    tokens = [f"{number}.{secret}" for number, secret in enumerate(_secrets(len(rows)), first)]
    if tokens:
        made = {
            "first": first,
            "hashes": b"".join([hashlib.sha256(token.encode()).digest() for token in tokens]),
            "subscribers": orjson.dumps([whose for _, _, _, whose, _ in rows]).decode(),
            "created": now,
        }
        connection.execute(_TOKENS, made)
    return tuple(
        Recipient(key=key, email=email, name=called, leave_token=token)
        for token, (key, email, called, _, _) in zip(tokens, rows, strict=True)
    )


def _next_number(connection: Connection) -> int:
    """The number after the last one given; where two ask at once the row's key lets one of them through."""
    newest = connection.execute(_NEWEST_TOKENS).one_or_none()
    return 1 if newest is None else newest[0] + newest[1] // _HASH_BYTES


def _secrets(count: int) -> Iterator[str]:
    """So many of 33 random bytes, URL-safe: asked of the system at once, since each time costs 2 µs."""
    drawn = urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES * count)).decode("ascii")
    for start in range(0, len(drawn), _SECRET_LETTERS):
        yield drawn[start : start + _SECRET_LETTERS]
