"""Calls of a provider under way: written before their first byte, gone when they are answered."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import orjson
from sqlalchemy import (
    Connection,
    Integer,
    String,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from pipeline.errors import Busy, Halted
from pipeline.model import Call, Claim, DeliveryState, Envelope, IssueState, Parcel, Replay, SubscriberState
from pipeline.store.tables import BatchState, batch, delivery, intent, issue, subscriber, voyage

LEFT = "left the list before the letter was sent"
STOPPED = "the program was stopped while this was on its way"
# A repeat must arrive while the provider still knows the first call.
_MARGIN = timedelta(minutes=5)


# Put together once: for each batch of a long list anew they cost as much as what they do.
_ITS_CLAIM = (
    batch.c.issue == bindparam("its_issue"),
    batch.c.number == bindparam("its_batch"),
    batch.c.token == bindparam("its_token"),
)
_GOING = select(issue.c.state, issue.c.paused).where(issue.c.name == bindparam("its_issue"))
_GOING_AS_OURS = _GOING.add_columns(
    exists().where(*_ITS_CLAIM, batch.c.state == BatchState.SENDING).label("ours")
)
_ITS_ROWS = (delivery.c.issue == bindparam("its_issue"), delivery.c.batch == bindparam("its_batch"))
_ON_THE_LIST = and_(
    subscriber.c.number == delivery.c.subscriber, subscriber.c.state == SubscriberState.ACTIVE
)
_NOT_TO_BE_OFFERED = (
    select(delivery.c.key)
    .outerjoin(subscriber, _ON_THE_LIST)
    .where(*_ITS_ROWS, or_(delivery.c.state != DeliveryState.QUEUED, subscriber.c.number.is_(None)))
)
_SUPPRESS_LEFT = (
    update(delivery)
    .where(*_ITS_ROWS, delivery.c.state == DeliveryState.QUEUED, ~exists().where(_ON_THE_LIST))
    .values(state=DeliveryState.SUPPRESSED, reason=LEFT, changed_at=bindparam("at"))
    .returning(delivery.c.key)
)
_FORGET_INTENT = (
    delete(intent)
    .where(
        intent.c.issue == bindparam("its_issue"),
        intent.c.batch == bindparam("its_batch"),
        intent.c.key == bindparam("its_key"),
    )
    .returning(type_coerce(intent.c.members, String))
)
_SETTLED = update(batch).where(*_ITS_CLAIM).values(state=bindparam("becomes"))
_MADE_READY = (
    update(batch)
    .where(
        *_ITS_CLAIM,
        batch.c.state != BatchState.READY,  # one that is keeps its hour
        # A call that is written down yet may have been made: the batch stays in flight, for `recover`.
        ~exists().where(intent.c.issue == bindparam("its_issue"), intent.c.batch == bindparam("its_batch")),
    )
    .values(state=BatchState.READY, not_before=bindparam("hour"), attempt=bindparam("next"))
)
_GIVE_UP_CANCELLED = (
    update(delivery)
    .where(
        *_ITS_ROWS,
        delivery.c.state == DeliveryState.QUEUED,
        exists().where(issue.c.name == bindparam("its_issue"), issue.c.state == IssueState.CANCELLED),
    )
    .values(state=DeliveryState.ABANDONED, reason="the letter was cancelled")
)
_GIVEN = {column.name: bindparam(column.name, type_=column.type) for column in intent.columns} | {
    "members": bindparam("its_members", type_=String)
}
_INTENT = (
    upsert(intent)
    .values(_GIVEN)
    .on_conflict_do_update(
        index_elements=["issue", "batch", "key"],
        set_={name: _GIVEN[name] for name in ("members", "sender", "body", "started_at")},
    )
)
_NEXT_EPOCH = (
    upsert(voyage)
    .values(only=1, epoch=bindparam("above", type_=Integer) + 1)
    .on_conflict_do_update(
        index_elements=["only"],
        set_={"epoch": func.max(voyage.c.epoch, bindparam("above", type_=Integer)) + 1},
    )
    .returning(voyage.c.epoch)
)
_STATES_LEFT = select(delivery.c.state).where(*_ITS_ROWS).distinct()


def require_going(connection: Connection, claim: Claim) -> None:
    """Raises Halted where the letter was paused or cancelled, Busy where another took the batch."""
    state, paused, ours = connection.execute(_GOING_AS_OURS, _its_claim(claim)).one()
    if state is not IssueState.SENDING or paused:
        raise Halted(
            f"the letter {claim.issue} was {'paused' if state is IssueState.SENDING else state.value}",
            hint="`warmletter send --resume` goes on with a paused one",
        )
    if not ours:
        raise Busy("another process took this batch over", hint="let one `warmletter send` run at a time")


def _goes_on_as_ours(connection: Connection, claim: Claim) -> bool:
    try:
        require_going(connection, claim)
    except (Halted, Busy):
        return False
    return True


def is_going(connection: Connection, name: str) -> bool:
    row = connection.execute(_GOING, {"its_issue": name}).one_or_none()
    return row is not None and row.state is IssueState.SENDING and not row.paused


def suppress_left(connection: Connection, claim: Claim, now: datetime) -> frozenset[str]:
    """Readers of the batch who left since: suppressed; their keys."""
    its = {"its_issue": claim.issue, "its_batch": claim.batch, "at": now}
    gone = connection.execute(_SUPPRESS_LEFT, its)
    return frozenset(gone.scalars())


def not_to_be_offered(connection: Connection, claim: Claim, now: datetime) -> frozenset[str]:
    """Mails of the batch that may not go out, or not any more; their keys. Suppresses who left.

    Who left while an earlier call of the batch was written down was suppressed then, and her own
    call is yet to come.
    """
    its = {"its_issue": claim.issue, "its_batch": claim.batch}
    keys = frozenset(connection.execute(_NOT_TO_BE_OFFERED, its).scalars())
    # Nobody at a batch's first call, unless somebody left: mostly one look does for both.
    return keys | suppress_left(connection, claim, now) if keys else keys


def write_down(connection: Connection, call: Call, now: datetime) -> tuple[frozenset[str], int]:
    """Write that the call is about to be made: (nobody, its epoch).

    Or nothing, where some of its mails may not go out: (their keys, 0).
    """
    others = not_to_be_offered(connection, call.claim, now)
    if gone := others.intersection(call.parcel.keys):
        return gone, 0
    whole = not others and len(call.parcel.envelopes) == len(call.claim.recipients)
    return frozenset(), write_intent(connection, call, whole=whole, now=now)


def stands(connection: Connection, call: Call) -> bool:
    """Whether the call may still be made: the letter goes on, the batch is ours, nobody of it left."""
    if not _goes_on_as_ours(connection, call.claim):
        return False
    its = {"its_issue": call.claim.issue, "its_batch": call.claim.batch}
    others = frozenset(connection.execute(_NOT_TO_BE_OFFERED, its).scalars())
    return others.isdisjoint(call.parcel.keys)


def go_on(connection: Connection, call: Call, now: datetime) -> int | None:
    """The call's epoch, with the call written down; None where it may not be made as it is."""
    if not _goes_on_as_ours(connection, call.claim):
        return None
    gone, epoch = write_down(connection, call, now)
    return None if gone else epoch


def write_intent(connection: Connection, call: Call, *, whole: bool, now: datetime) -> int:
    """Write that the call, which may be the `whole` of its batch, is about to be made; its epoch."""
    # The ledger says who a batch is: 17 kB less to write and to wipe out again for each. A call that is
    # to be repeated as it was needs the order, too.
    members = () if whole and not call.keep_body else call.parcel.keys
    connection.execute(
        _INTENT,
        {
            "issue": call.claim.issue,
            "batch": call.claim.batch,
            "key": call.parcel.key,
            "its_members": orjson.dumps(members).decode(),  # as its column would, in a tenth
            "sender": call.parcel.sender,
            "body": bytes(call.parcel.body) if call.keep_body else b"",
            "started_at": now,
        },
    )
    return next_epoch(connection)


def next_epoch(connection: Connection, *, above: int = 0) -> int:
    epoch: int = connection.execute(_NEXT_EPOCH, {"above": above}).scalar_one()
    return epoch


def epoch_of(connection: Connection) -> int:
    return connection.execute(select(voyage.c.epoch)).scalar_one_or_none() or 0


def forget_intent(connection: Connection, claim: Claim, parcel: Parcel) -> bool:
    """Forget the call; whether it was written down as the whole of its batch."""
    its = {"its_issue": claim.issue, "its_batch": claim.batch, "its_key": parcel.key}
    return connection.execute(_FORGET_INTENT, its).scalar_one_or_none() == "[]"


def recover(
    connection: Connection, name: str, *, replay_s: float, now: datetime
) -> tuple[int, tuple[Replay, ...]]:
    """Settle the batches that a dead process left in flight: (readers now in doubt, calls to repeat).

    What no call held was never offered, and is queued as it was.
    """
    in_flight = connection.execute(
        select(batch.c.number, batch.c.token, batch.c.attempt).where(
            batch.c.issue == name, batch.c.state == BatchState.SENDING
        )
    ).all()
    doubted, replays, endless = 0, list[Replay](), math.isinf(replay_s)
    for number, token, attempt in in_flight:
        claim = Claim(issue=name, batch=number, token=token, attempt=attempt, recipients=())
        calls = connection.execute(
            select(intent).where(intent.c.issue == name, intent.c.batch == number).order_by(intent.c.key)
        ).all()
        addresses = _addresses(connection, name, number) if calls else {}
        for call in calls:
            until = call.started_at + timedelta(seconds=0 if endless else replay_s) - _MARGIN
            # Whoever was erased meanwhile has no address any more; the call is the bytes that it was.
            members = call.members or tuple(addresses)
            envelopes = tuple(Envelope(key=key, to=addresses.get(key, "")) for key in members)
            parcel = Parcel(key=call.key, body=call.body, sender=call.sender, envelopes=envelopes)
            if endless:
                forget_intent(connection, claim, parcel)  # offered again under the mails' own keys
            elif call.body and now < until:
                replays.append(Replay(claim=claim, parcel=parcel, until=until))
            else:
                doubted += _doubt(connection, claim, parcel, now)
        if not any(one.claim.batch == number for one in replays):
            settle(connection, claim, retry_at=now)
    return doubted, tuple(replays)


def _addresses(connection: Connection, name: str, number: int) -> dict[str, str]:
    rows = connection.execute(
        select(delivery.c.key, delivery.c.email).where(delivery.c.issue == name, delivery.c.batch == number)
    )
    return {row.key: row.email for row in rows}


def _doubt(connection: Connection, claim: Claim, parcel: Parcel, now: datetime) -> int:
    marked = connection.execute(
        update(delivery)
        .where(
            delivery.c.issue == claim.issue,
            delivery.c.batch == claim.batch,
            delivery.c.key.in_(parcel.keys),
            delivery.c.state == DeliveryState.QUEUED,
        )
        .values(state=DeliveryState.UNKNOWN, reason=STOPPED, changed_at=now)
    )
    forget_intent(connection, claim, parcel)
    return marked.rowcount


def settle(
    connection: Connection,
    claim: Claim,
    *,
    retry_at: datetime,
    left: frozenset[DeliveryState] = frozenset(),
) -> None:
    """Where the batch stands once all its calls are answered; nothing where another claim was made.

    One of which a call is open stays in flight. `left`: the states in which its mails are, where known.
    """
    its = _its_claim(claim)
    left = left or states_left(connection, claim.issue, claim.batch)
    if DeliveryState.QUEUED in left and _given_up(connection, claim):
        left = states_left(connection, claim.issue, claim.batch)
    if DeliveryState.QUEUED not in left:
        state = BatchState.UNKNOWN if DeliveryState.UNKNOWN in left else BatchState.DONE
        connection.execute(_SETTLED, its | {"becomes": state})
        return
    connection.execute(_MADE_READY, its | {"hour": retry_at, "next": claim.attempt + 1})


def _given_up(connection: Connection, claim: Claim) -> int:
    """Readers who are queued no more, since the letter was cancelled."""
    its = {"its_issue": claim.issue, "its_batch": claim.batch}
    return connection.execute(_GIVE_UP_CANCELLED, its).rowcount


def states_left(connection: Connection, name: str, number: int) -> frozenset[DeliveryState]:
    its = {"its_issue": name, "its_batch": number}
    return frozenset(connection.execute(_STATES_LEFT, its).scalars())


def _its_claim(claim: Claim) -> dict[str, object]:
    return {"its_issue": claim.issue, "its_batch": claim.batch, "its_token": claim.token}
