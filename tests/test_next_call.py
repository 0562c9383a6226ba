"""An answer and the call after it are written in one step; a call that is then not made is nobody's doubt."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.app.send import deliver
from pipeline.errors import Locked, StoreError
from pipeline.model import Call, Claim, Message, Outcome, Parcel, Totals
from pipeline.store import SqlStore
from tests.contracts import ISSUE, NOW, a_call, a_store, address, fill, freeze, leave, next_claim
from tests.fake_provider import DOUBT, LATER, SENT, FakeClock, FakeProvider


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with a_store(tmp_path) as store:
        yield store


class Watched:
    """A ledger that notes its steps; `before` is done as one of that name begins."""

    def __init__(self, store: SqlStore) -> None:
        self._ledger = store.ledger
        self.steps: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._ledger, name)
        if name not in ("intend", "record", "settle", "withdraw"):
            return inner

        def step(*values: Any, **named: Any) -> Any:
            both = " and go on" if named.get("then") else ""
            self.steps.append(name + both)
            self.before.get(name + both, lambda: None)()
            return inner(*values, **named)

        return step


def sending(store: SqlStore, provider: FakeProvider, **more: Any) -> Iterator[Totals]:
    given: dict[str, Any] = {
        "ledger": store.ledger,
        "clock": FakeClock(),
        "per_minute": 0,
        "stop": lambda: False,
    }
    return deliver(provider=provider, issue=ISSUE, fill=with_ways_out, **(given | more))


def with_ways_out(claim: Claim) -> list[Message]:
    """One message a recipient, with a way out that is new at each claim."""
    return [
        replace(message, values={**message.values, "leave": one.leave_token})
        for message, one in zip(fill(claim), claim.recipients, strict=True)
    ]


def rows(store: SqlStore, query: str) -> Sequence[object]:
    with store.database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def calls_written(store: SqlStore) -> Sequence[object]:
    return rows(store, "SELECT batch FROM intent")


def two_calls(store: SqlStore) -> tuple[Claim, Call]:
    """A claim whose call is under way, and the call after it."""
    freeze(store, 4, batch_size=2)
    first, second = store.ledger.claims(ISSUE, NOW, most=2)
    store.ledger.intend(first, a_call(first), keep_body=False, now=NOW)
    return first, Call(claim=second, parcel=a_call(second), keep_body=False)


def go_on(store: SqlStore, first: Claim, then: Call, now: datetime = NOW) -> bool:
    return store.ledger.record(first, a_call(first), (SENT, SENT), now=now, retry_at=now, then=then)


# --- the ledger


@pytest.mark.parametrize("keep_body", [False, True], ids=["its keys", "its body"])
def test_an_answer_and_the_next_call_are_one_step(store: SqlStore, keep_body: bool) -> None:
    first, then = two_calls(store)
    then = Call(claim=then.claim, parcel=then.parcel, keep_body=keep_body)
    assert go_on(store, first, then)
    assert rows(store, "SELECT batch, key, body FROM intent") == [
        (2, then.parcel.key, bytes(then.parcel.body) if keep_body else b"")
    ]
    assert rows(store, "SELECT state FROM batch ORDER BY number") == [("done",), ("sending",)]
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, accepted=2, queued=2)
    store.ledger.require_current()


@pytest.mark.parametrize("how", ["pause", "cancel", "taken over"])
def test_where_the_next_call_may_not_be_made_the_answer_is_written_all_the_same(
    store: SqlStore, how: str
) -> None:
    first, then = two_calls(store)
    if how == "pause":
        store.issues.pause(ISSUE, paused=True)
    elif how == "cancel":
        store.issues.cancel(ISSUE, "no", NOW)
    else:
        with store.database.writing() as connection:
            connection.exec_driver_sql("UPDATE batch SET token = 'other' WHERE number = 2")
    assert not go_on(store, first, then)
    assert calls_written(store) == []
    assert store.ledger.totals(ISSUE).accepted == 2


def test_who_left_before_the_next_call_is_suppressed_and_the_call_is_not_written(store: SqlStore) -> None:
    first, then = two_calls(store)
    leave(store, 3)
    assert not go_on(store, first, then)
    assert calls_written(store) == []
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, accepted=2, suppressed=1, queued=1)


def test_a_call_that_is_withdrawn_puts_nobody_in_doubt(store: SqlStore) -> None:
    first, then = two_calls(store)
    assert go_on(store, first, then)
    store.ledger.withdraw(then)
    store.ledger.withdraw(then)  # once more is harmless
    assert calls_written(store) == []
    assert store.ledger.recover(ISSUE, replay_s=0.0, now=NOW) == (0, ())
    again = next_claim(store, NOW)
    assert again is not None
    assert [one.email for one in again.recipients] == [address(3), address(4)]


def test_a_process_that_ends_after_the_step_leaves_the_next_call_in_doubt(store: SqlStore) -> None:
    first, then = two_calls(store)
    assert go_on(store, first, then)
    assert store.ledger.recover(ISSUE, replay_s=0.0, now=NOW) == (2, ())
    assert {doubt.to for doubt in store.ledger.doubts(ISSUE)} == {address(3), address(4)}


def test_a_next_call_that_cannot_be_noted_beside_the_database_is_not_begun(store: SqlStore) -> None:
    first, then = two_calls(store)
    (store.database.path.parent / f".{store.database.path.name}.epoch.part").mkdir()
    assert not go_on(store, first, then)
    assert calls_written(store) == []
    assert store.ledger.totals(ISSUE).accepted == 2


def test_a_copy_from_before_the_next_call_is_known_for_one(store: SqlStore) -> None:
    first, then = two_calls(store)
    before = store.database.path.read_bytes()
    assert go_on(store, first, then)
    store.database.path.write_bytes(before)
    assert store.ledger.forgotten() == (ISSUE,)


# --- sending


def test_on_the_way_each_answer_takes_the_next_call_with_it(store: SqlStore) -> None:
    freeze(store, 8, batch_size=2)
    ledger, provider = Watched(store), FakeProvider()
    assert [*sending(store, provider, ledger=ledger)][-1].accepted == 8
    assert ledger.steps == ["intend", *["record and go on"] * 3, "record"]
    assert provider.calls == [(address(n), address(n + 1)) for n in (1, 3, 5, 7)]


@pytest.mark.parametrize(
    "how",
    [{"per_minute": 600}, {"allowed": 8}],
    ids=["so many a minute", "so many today"],
)
def test_where_it_is_slow_or_soon_over_each_call_is_written_by_itself(
    store: SqlStore, how: dict[str, int]
) -> None:
    freeze(store, 8, batch_size=2)
    ledger, provider = Watched(store), FakeProvider()
    assert [*sending(store, provider, ledger=ledger, **how)][-1].accepted == 8
    assert ledger.steps == ["intend", "record"] * 4


@pytest.mark.parametrize("answer", [LATER, DOUBT], ids=["later", "no answer"])
def test_after_an_answer_that_took_nobody_the_next_call_waits_for_a_second_look(
    store: SqlStore, answer: Outcome
) -> None:
    freeze(store, 3, batch_size=1)
    ledger, provider = (
        Watched(store),
        FakeProvider().answering(address(1), SENT).answering(address(2), answer),
    )
    [*sending(store, provider, ledger=ledger)]
    assert ledger.steps[:5] == ["intend", "record and go on", "record", "intend", "record"]


def stopped_after(store: SqlStore, batches: int, provider: FakeProvider, *, how: str) -> None:
    """Told to stop, or simply left, when so many batches are out."""
    told = False
    totals = sending(store, provider, stop=lambda: told)
    for _ in range(batches):
        next(totals)
    told = how == "told to stop"
    if told:
        assert [one.queued for one in totals] == [8 - 2 * batches]
    else:
        totals.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", ["told to stop", "left"])
@pytest.mark.parametrize("replay_s", [0.0, 1800.0, math.inf], ids=["no keys", "of calls", "of mails"])
def test_stopped_between_the_step_and_the_call_nobody_is_in_doubt_and_the_call_is_made_later(
    store: SqlStore, how: str, replay_s: float
) -> None:
    freeze(store, 8, batch_size=2)
    provider = FakeProvider(replay_s=replay_s)
    stopped_after(store, 2, provider, how=how)
    assert calls_written(store) == []
    assert rows(store, "SELECT number, state FROM batch ORDER BY number") == [
        (1, "done"),
        (2, "done"),
        (3, "ready"),
        (4, "ready"),
    ]
    assert [*sending(store, provider)][-1] == Totals(issue=ISSUE, frozen=8, accepted=8)
    assert provider.took == [address(number) for number in range(1, 9)]


def test_told_to_stop_during_a_call_the_next_is_not_even_written_down(store: SqlStore) -> None:
    freeze(store, 8, batch_size=2)
    ledger, provider = Watched(store), FakeProvider()
    stop: list[bool] = []
    provider.before_send = lambda: stop.append(True)
    assert [*sending(store, provider, ledger=ledger, stop=lambda: bool(stop))][-1].queued == 6
    assert ledger.steps == ["intend", "record", *["settle"] * 3]


@pytest.mark.parametrize("how", ["pause", "cancel"])
def test_once_a_letter_is_stopped_no_further_call_is_made(store: SqlStore, how: str) -> None:
    """By whoever is given the totals, when the next call is written down already."""
    freeze(store, 6, batch_size=2)
    ledger, provider = Watched(store), FakeProvider()
    totals = sending(store, provider, ledger=ledger)
    next(totals)
    if how == "pause":
        store.issues.pause(ISSUE, paused=True)
    else:
        store.issues.cancel(ISSUE, "no", NOW)
    list(totals)
    assert provider.took == [address(1), address(2)]
    assert calls_written(store) == []
    assert ledger.steps[:4] == ["intend", "record and go on", "withdraw", "intend"]
    last = store.ledger.totals(ISSUE)
    assert (last.queued, last.abandoned) == ((4, 0) if how == "pause" else (0, 4))


def test_a_call_is_written_anew_without_who_left_since(store: SqlStore) -> None:
    freeze(store, 4, batch_size=2)
    ledger, provider = Watched(store), FakeProvider()
    totals = sending(store, provider, ledger=ledger)
    next(totals)
    leave(store, 4)
    assert [*totals][-1] == Totals(issue=ISSUE, frozen=4, accepted=3, suppressed=1)
    assert provider.took == [address(1), address(2), address(3)]
    assert ledger.steps == ["intend", "record and go on", "withdraw", "intend", "intend", "record"]


def test_a_stop_between_the_two_looks_takes_the_call_back(store: SqlStore) -> None:
    """`stop` turns true when the batch is in hand, before its call."""
    freeze(store, 6, batch_size=2)
    ledger, provider = Watched(store), FakeProvider()
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1 if ledger.steps[-1:] == ["record and go on"] else 0
        return asked > 1

    assert [*sending(store, provider, ledger=ledger, stop=stop)][-1].queued == 4
    assert ledger.steps == ["intend", "record and go on", "withdraw", *["settle"] * 2]
    assert calls_written(store) == []


# --- a call that cannot be taken back


def not_taken_back(store: SqlStore, provider: FakeProvider) -> None:
    """The database is held while the next call is to be taken back, and free again right after."""
    ledger, turns = Watched(store), iter(range(1))

    def busy() -> None:
        if next(turns, None) is not None:
            raise Locked("another program holds the database")

    ledger.before["withdraw"] = busy
    totals = sending(store, provider, ledger=ledger)
    next(totals)
    with pytest.raises(Locked):
        totals.close()  # type: ignore[attr-defined]


def test_a_batch_whose_call_could_not_be_taken_back_stays_in_flight(store: SqlStore) -> None:
    freeze(store, 6, batch_size=2)
    provider = FakeProvider()
    not_taken_back(store, provider)
    assert calls_written(store) == [(2,)]
    assert rows(store, "SELECT state FROM batch ORDER BY number") == [("done",), ("sending",), ("ready",)]
    assert [*sending(store, provider)][-1] == Totals(issue=ISSUE, frozen=6, accepted=4, unknown=2)
    assert provider.took == [address(number) for number in (1, 2, 5, 6)]


def test_a_call_that_could_not_be_taken_back_is_made_once_by_a_service_that_knows_calls(
    store: SqlStore,
) -> None:
    freeze(store, 6, batch_size=2)
    provider = FakeProvider(replay_s=24 * 3600.0)
    not_taken_back(store, provider)
    dying = Watched(store)  # its claims have new ways out, so another body under another key

    def die() -> None:
        raise SystemExit

    dying.before |= {"record": die, "record and go on": die}
    with pytest.raises(SystemExit):
        [*sending(store, provider, ledger=dying)]
    assert [*sending(store, provider)][-1] == Totals(issue=ISSUE, frozen=6, accepted=6)
    assert sorted(provider.took) == [address(number) for number in range(1, 7)]


def test_a_next_call_that_is_there_though_nobody_was_told_is_written_over(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither could it be noted beside the database, nor be taken back."""
    first, then = two_calls(store)

    def fails(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.store.epoch.EpochFile.write", fails)
        patched.setattr(store.ledger, "withdraw", fails)
        assert not go_on(store, first, then)
    assert calls_written(store) == [(2,)]
    assert store.ledger.intend(then.claim, then.parcel, keep_body=False, now=NOW) == frozenset()
    assert calls_written(store) == [(2,)]


def test_who_leaves_during_a_call_is_in_none_after_it(store: SqlStore) -> None:
    freeze(store, 6, batch_size=2)
    provider, ledger = FakeProvider(), Watched(store)
    ledger.before["record and go on"] = lambda: leave(store, 4)
    seen = [*sending(store, provider, ledger=ledger)]
    assert provider.took == [address(number) for number in (1, 2, 3, 5, 6)]
    assert all(totals.adds_up for totals in seen)
    assert seen[-1] == Totals(issue=ISSUE, frozen=6, accepted=5, suppressed=1)


def test_a_letter_paused_during_a_call_makes_no_other(store: SqlStore) -> None:
    freeze(store, 6, batch_size=2)
    provider = FakeProvider()
    provider.before_send = lambda: store.issues.pause(ISSUE, paused=True)
    assert [*sending(store, provider)][-1] == Totals(issue=ISSUE, frozen=6, accepted=2, queued=4)
    assert calls_written(store) == []


def test_an_answer_finds_room_where_the_next_call_finds_none(store: SqlStore) -> None:
    freeze(store, 4, batch_size=2)
    ledger, provider = Watched(store), FakeProvider()

    def full() -> None:
        raise StoreError("the disk is full")

    ledger.before["record and go on"] = full
    assert [*sending(store, provider, ledger=ledger)][-1].accepted == 4
    assert ledger.steps == ["intend", "record and go on", "record", "intend", "record"]


def test_both_are_offered_again_while_another_program_holds_the_database(store: SqlStore) -> None:
    freeze(store, 4, batch_size=2)
    ledger, held = Watched(store), iter(range(2))

    def busy() -> None:
        if next(held, None) is not None:
            raise Locked("another program holds the database")

    ledger.before["record and go on"] = busy
    assert [*sending(store, FakeProvider(), ledger=ledger)][-1].accepted == 4
    assert ledger.steps == ["intend", *["record and go on"] * 3, "record"]


def test_a_call_of_a_batch_in_several_is_the_only_one_written_ahead(store: SqlStore) -> None:
    """Two batches of two calls each: only the last answer of the first takes a call with it."""
    freeze(store, 8, batch_size=4)
    ledger, provider = Watched(store), FakeProvider(max_messages=2)
    assert [*sending(store, provider, ledger=ledger)][-1].accepted == 8
    assert ledger.steps == ["intend", "record", "intend", "record and go on", "record", "intend", "record"]


def test_the_next_call_is_kept_whole_where_it_may_be_repeated(store: SqlStore) -> None:
    freeze(store, 4, batch_size=2)
    provider = FakeProvider(replay_s=1800.0)
    seen: list[bytes] = []

    def look(parcel: Parcel) -> tuple[Outcome, ...]:
        assert rows(store, "SELECT body FROM intent") == [(parcel.body,)]
        seen.append(bytes(parcel.body))
        return FakeProvider.offer(provider, parcel)

    provider.offer = look  # type: ignore[method-assign]
    assert [*sending(store, provider)][-1].accepted == 4
    assert len(seen) == 2
