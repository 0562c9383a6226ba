"""Sending: whatever fails and wherever it is cut off, nobody twice, nobody lost."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.app.send import DOUBTS_IN_A_ROW, deliver
from pipeline.errors import Busy, ProviderStop
from pipeline.model import Claim, DeliveryState, IssueState, Message, Outcome, OutcomeKind, Parcel, Totals
from pipeline.ports import Provider
from pipeline.store import SqlStore, open_store
from tests.contracts import (
    ISSUE,
    NOW,
    ProviderContract,
    a_store,
    address,
    fill,
    freeze,
    leave,
    read_mail,
)
from tests.fake_provider import DOUBT, LATER, REFUSED, UNREACHED, FakeClock, FakeProvider, JournalProvider

ROOT = Path(__file__).parents[1]


class Killed(BaseException):
    """The process ends here, as far as the program can tell."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with a_store(tmp_path) as store:
        yield store


class TestFake(ProviderContract):
    @pytest.fixture
    def provider(self) -> FakeProvider:
        return FakeProvider()

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        assert isinstance(provider, FakeProvider)
        return read_mail(provider.last)


class TestJournal(ProviderContract):
    @pytest.fixture
    def provider(self, tmp_path: Path) -> JournalProvider:
        return JournalProvider(tmp_path / "journal")

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        assert isinstance(provider, JournalProvider)
        return read_mail(provider.last)


def run(
    store: SqlStore,
    provider: Any,
    *,
    clock: FakeClock | None = None,
    ledger: Any = None,
    fill: Callable[[Claim], Sequence[Message]] = fill,
    per_minute: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> list[Totals]:
    return list(
        deliver(
            ledger=ledger or store.ledger,
            provider=provider,
            clock=clock or FakeClock(),
            issue=ISSUE,
            fill=fill,
            per_minute=per_minute,
            stop=stop,
        )
    )


def state(store: SqlStore) -> IssueState:
    record = store.issues.get(ISSUE)
    assert record is not None
    return record.state


def test_everybody_gets_the_letter_once(store: SqlStore) -> None:
    freeze(store, 7)
    provider = FakeProvider()
    totals = run(store, provider)
    assert provider.took == [address(number) for number in range(1, 8)]
    assert [one.accepted for one in totals] == [3, 6, 7, 7]
    assert totals[-1] == Totals(issue=ISSUE, frozen=7, accepted=7)
    assert state(store) is IssueState.SENT


def test_sending_again_sends_nothing(store: SqlStore) -> None:
    freeze(store, 4)
    provider = FakeProvider()
    run(store, provider)
    assert run(store, provider) == [Totals(issue=ISSUE, frozen=4, accepted=4)]
    assert len(provider.took) == 4


def test_one_refused_address_does_not_stop_the_others(store: SqlStore) -> None:
    freeze(store, 4)
    provider = FakeProvider().answering(address(2), REFUSED)
    assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=4, accepted=3, refused=1)


def test_only_who_was_put_off_is_offered_again_after_a_while(store: SqlStore) -> None:
    freeze(store, 4)
    provider = FakeProvider().answering(address(1), LATER, LATER)
    clock = FakeClock()
    assert run(store, provider, clock=clock)[-1].accepted == 4
    assert provider.calls[2:] == [(address(1),), (address(1),)]
    assert clock.time == NOW + timedelta(seconds=30 + 60)
    assert max(clock.slept) <= 1.0


def test_a_provider_that_is_always_busy_is_left_after_an_hour_and_nobody_is_lost(store: SqlStore) -> None:
    freeze(store, 2)
    provider = FakeProvider().answering(address(1), *[LATER] * 99).answering(address(2), *[LATER] * 99)
    clock = FakeClock()
    totals = run(store, provider, clock=clock)
    assert totals[-1] == Totals(issue=ISSUE, frozen=2, queued=2)
    assert clock.time - NOW <= timedelta(hours=1)
    assert state(store) is IssueState.SENDING
    provider.answers.clear()
    clock.time += timedelta(hours=1)
    assert run(store, provider, clock=clock)[-1].accepted == 2


def test_a_wait_longer_than_we_have_is_not_begun(store: SqlStore) -> None:
    freeze(store, 1)
    tomorrow = Outcome(kind=OutcomeKind.RETRY, retry_after_s=86_400)
    clock = FakeClock()
    assert run(store, FakeProvider().answering(address(1), tomorrow), clock=clock)[-1].queued == 1
    assert clock.slept == []


def test_readers_in_doubt_stay_unknown_and_the_issue_open(store: SqlStore) -> None:
    freeze(store, 4)
    provider = FakeProvider().answering(address(2), DOUBT)
    assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=4, accepted=3, unknown=1)
    run(store, provider)
    assert provider.took.count(address(2)) == 1
    assert state(store) is IssueState.SENDING


def test_doubts_that_are_not_in_a_row_stop_nothing(store: SqlStore) -> None:
    freeze(store, 7, batch_size=1)
    provider = FakeProvider()
    for number in (1, 2, 4, 5):
        provider.answering(address(number), DOUBT)
    assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=7, accepted=3, unknown=4)


def test_waits_add_up_only_where_nobody_gets_the_letter_in_between(store: SqlStore) -> None:
    """Longer than an hour in all, but within it somebody got hers."""
    freeze(store, 2, batch_size=1)
    later = Outcome(kind=OutcomeKind.RETRY, reason="busy", retry_after_s=2400.0)
    provider = FakeProvider().answering(address(1), later).answering(address(2), later, later)
    clock = FakeClock()
    assert run(store, provider, clock=clock)[-1] == Totals(issue=ISSUE, frozen=2, accepted=2)
    assert clock.time - NOW == timedelta(seconds=4800)


def test_a_provider_that_never_answers_does_not_put_the_whole_list_in_doubt(store: SqlStore) -> None:
    freeze(store, 30)
    provider = FakeProvider()
    for number in range(1, 31):
        provider.answering(address(number), DOUBT)
    last = run(store, provider)[-1]
    assert (last.unknown, last.queued) == (3 * DOUBTS_IN_A_ROW, 30 - 3 * DOUBTS_IN_A_ROW)


def test_a_provider_that_takes_nothing_stops_the_run_and_marks_nobody(store: SqlStore) -> None:
    freeze(store, 7)
    provider = FakeProvider().stopping()
    with pytest.raises(ProviderStop, match="out of credit"):
        run(store, provider)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=7, queued=7)
    assert run(store, provider)[-1].accepted == 7
    assert Counter(provider.took) == Counter(address(number) for number in range(1, 8))


def test_what_was_taken_before_the_provider_stopped_is_kept(store: SqlStore) -> None:
    freeze(store, 6, batch_size=6)
    provider = FakeProvider(max_messages=2).answering(address(3), ProviderStop("fake: key revoked"))
    with pytest.raises(ProviderStop):
        run(store, provider)
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=6, accepted=2, queued=4)
    assert run(store, provider)[-1].accepted == 6
    assert len(provider.took) == 6


def test_who_leaves_while_it_is_being_sent_gets_nothing(store: SqlStore) -> None:
    freeze(store, 6)
    provider = FakeProvider()
    provider.before_send = lambda: leave(store, 5)
    assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=6, accepted=5, suppressed=1)
    assert address(5) not in provider.took


def test_it_stops_between_two_batches_when_asked(store: SqlStore) -> None:
    freeze(store, 9)
    provider = FakeProvider()
    assert run(store, provider, stop=lambda: len(provider.calls) >= 1)[-1].queued == 6
    assert run(store, provider)[-1].accepted == 9


def test_batches_claimed_ahead_are_given_back_when_it_stops(store: SqlStore) -> None:
    freeze(store, 18)
    provider = FakeProvider()
    run(store, provider, stop=lambda: len(provider.calls) >= 2)
    with store.database.reading() as connection:
        states = connection.exec_driver_sql("SELECT state FROM batch ORDER BY number").scalars().all()
    assert states == ["done"] * 2 + ["ready"] * 4
    assert store.ledger.next_ready_at(ISSUE) == NOW
    assert run(store, provider)[-1].accepted == 18
    assert len(provider.took) == 18


def test_an_answer_is_kept_while_another_program_holds_the_database(tmp_path: Path) -> None:
    with a_store(tmp_path) as store:
        freeze(store, 3)
    path = tmp_path / "data" / "warmletter.db"
    with open_store("sqlite:///data/warmletter.db", base=tmp_path, busy_timeout_ms=50) as store:
        provider = FakeProvider()
        holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        freed = threading.Timer(0.4, lambda: holder.execute("ROLLBACK"))

        def hold() -> None:  # as the call is on its way, and for longer than one wait
            holder.execute("BEGIN EXCLUSIVE")
            freed.start()

        provider.before_send = hold
        assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=3, accepted=3)
        freed.join()
        holder.close()
    assert len(provider.took) == 3


def test_it_stops_inside_a_large_batch_and_gives_the_rest_back_at_once(store: SqlStore) -> None:
    freeze(store, 9, batch_size=9)
    provider = FakeProvider()
    assert run(store, provider, stop=lambda: len(provider.calls) >= 2)[-1].queued == 3
    assert store.ledger.next_ready_at(ISSUE) == NOW
    assert run(store, provider)[-1].accepted == 9
    assert len(provider.took) == 9


def test_a_provider_nobody_can_reach_ends_the_run_at_once_with_the_reason(store: SqlStore) -> None:
    freeze(store, 4)
    provider = FakeProvider()
    for number in range(1, 5):
        provider.answering(address(number), UNREACHED)
    clock = FakeClock()
    with pytest.raises(ProviderStop) as caught:
        run(store, provider, clock=clock)
    assert str(caught.value) == (
        f"nothing could be sent: {UNREACHED.reason}\n  look at the connection and at send.endpoint, "
        "then `warmletter send` again; nobody was marked"
    )
    assert clock.slept == []
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=4, queued=4)
    clock.time += timedelta(minutes=1)
    provider.answers.clear()
    assert run(store, provider, clock=clock)[-1].accepted == 4


def test_a_connection_lost_on_the_way_is_waited_for(store: SqlStore) -> None:
    freeze(store, 4)
    provider = FakeProvider().answering(address(4), UNREACHED)
    assert run(store, provider)[-1].accepted == 4


def test_it_stops_within_a_second_of_waiting(store: SqlStore) -> None:
    freeze(store, 1)
    clock = FakeClock()
    provider = FakeProvider().answering(address(1), LATER)
    run(store, provider, clock=clock, stop=lambda: len(clock.slept) >= 2)
    assert clock.slept == [1.0, 1.0]


def test_letters_are_paced_between_calls_and_not_after_the_last(store: SqlStore) -> None:
    freeze(store, 6, batch_size=6)
    clock = FakeClock()
    provider = FakeProvider()
    run(store, provider, clock=clock, per_minute=2)
    assert [len(call) for call in provider.calls] == [2, 2, 2]
    assert clock.time - NOW == timedelta(seconds=120)


def test_two_at_once_do_not_mix(store: SqlStore, tmp_path: Path) -> None:
    freeze(store, 6)
    provider = FakeProvider()
    first = deliver(
        ledger=store.ledger,
        provider=provider,
        clock=FakeClock(),
        issue=ISSUE,
        fill=fill,
        per_minute=0,
        stop=lambda: False,
    )
    next(first)
    with a_store(tmp_path) as other, pytest.raises(Busy):
        run(other, provider)
    assert list(first)[-1].accepted == 6
    assert len(provider.took) == 6


def test_a_letter_that_cannot_be_filled_puts_nobody_in_doubt(store: SqlStore) -> None:
    freeze(store, 3)

    def broken(claim: Claim) -> list[Message]:
        raise KeyError("name")

    with pytest.raises(KeyError):
        run(store, FakeProvider(), fill=broken)
    with pytest.raises(ValueError, match="not those of the batch's recipients"):
        run(store, FakeProvider(), fill=lambda claim: fill(claim)[::-1])
    assert run(store, FakeProvider())[-1].accepted == 3


# --- calls that are spoilt, repeated, or made again


def spoiling(provider: FakeProvider, *bad: int) -> FakeProvider:
    """The whole call is refused while one of these readers is in it."""
    real = provider.offer

    def offer(parcel: Parcel) -> tuple[Outcome, ...]:
        if any(envelope.to in map(address, bad) for envelope in parcel.envelopes):
            provider.calls.append(tuple(envelope.to for envelope in parcel.envelopes))
            return (SPOILT,) * len(parcel.envelopes)
        return real(parcel)

    provider.offer = offer  # type: ignore[method-assign]
    return provider


SPOILT = Outcome(kind=OutcomeKind.REFUSED, reason="bad request", whole=True)


@pytest.mark.parametrize("bad", [(1,), (5,), (9,), (4, 5), (1, 9)], ids=str)
def test_one_bad_address_is_found_by_halving_and_spoils_nobody_elses(
    store: SqlStore, bad: tuple[int, ...]
) -> None:
    freeze(store, 9, batch_size=9)
    provider = spoiling(FakeProvider(max_messages=9), *bad)
    last = run(store, provider)[-1]
    assert last == Totals(issue=ISSUE, frozen=9, accepted=9 - len(bad), refused=len(bad))
    assert sorted(provider.took) == sorted(address(n) for n in range(1, 10) if n not in bad)
    assert len(provider.calls) <= 2 * 4 * len(bad) + 1


@pytest.mark.parametrize("readers", [3, 9])
def test_a_letter_that_is_refused_for_everybody_is_not_the_readers_fault(
    store: SqlStore, readers: int
) -> None:
    freeze(store, readers, batch_size=9)
    provider = spoiling(FakeProvider(max_messages=9), *range(1, readers + 1))
    with pytest.raises(ProviderStop, match="refuses the letter itself: bad request") as caught:
        run(store, provider)
    assert caught.value.hint == "look at send.from and at the provider's own log; nobody was marked"
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=readers, queued=readers)
    assert provider.took == []


def test_an_audience_of_one_with_a_bad_address_is_refused(store: SqlStore) -> None:
    freeze(store, 1)
    assert run(store, spoiling(FakeProvider(), 1))[-1].refused == 1


def test_a_call_without_an_answer_is_repeated_under_its_key_until_it_has_one(store: SqlStore) -> None:
    freeze(store, 3)
    provider = FakeProvider(replay_s=1800.0).answering(address(2), DOUBT, LATER, DOUBT)
    clock = FakeClock()
    assert run(store, provider, clock=clock)[-1] == Totals(issue=ISSUE, frozen=3, accepted=3)
    assert len(provider.calls) == 4
    assert len(set(provider.calls)) == 1
    assert Counter(provider.took).most_common(1)[0][1] == 1
    assert clock.time - NOW == timedelta(seconds=2 + 4 + 8)


def test_a_call_that_is_never_answered_is_in_doubt_when_repeats_are_no_longer_harmless(
    store: SqlStore,
) -> None:
    freeze(store, 3)
    provider = FakeProvider(replay_s=900.0)
    for number in (1, 2, 3):
        provider.answering(address(number), *[DOUBT] * 99)
    clock = FakeClock()
    assert run(store, provider, clock=clock)[-1].unknown == 3
    assert clock.time - NOW <= timedelta(seconds=900)


def test_a_repeat_waits_for_as_long_as_the_provider_asks(store: SqlStore) -> None:
    freeze(store, 3)
    wait = Outcome(kind=OutcomeKind.RETRY, reason="busy", retry_after_s=100.0)
    provider = FakeProvider(replay_s=1800.0).answering(address(2), DOUBT, wait, DOUBT)
    clock = FakeClock()
    assert run(store, provider, clock=clock)[-1] == Totals(issue=ISSUE, frozen=3, accepted=3)
    assert clock.time - NOW == timedelta(seconds=2 + 100 + 8)
    assert len(provider.took) == 3


def test_a_wait_until_the_call_is_forgotten_leaves_it_in_doubt_at_once(store: SqlStore) -> None:
    freeze(store, 3)
    wait = Outcome(kind=OutcomeKind.RETRY, reason="busy", retry_after_s=900.0)
    provider = FakeProvider(replay_s=900.0).answering(address(2), DOUBT, wait)
    clock = FakeClock()
    totals = run(store, provider, clock=clock)[-1]
    assert (totals.accepted, totals.unknown) == (2, 1)
    assert clock.time - NOW == timedelta(seconds=2)


def test_of_a_call_that_is_never_answered_whole_the_answered_part_counts(store: SqlStore) -> None:
    freeze(store, 3)
    provider = FakeProvider(replay_s=900.0).answering(address(2), *[DOUBT] * 99)
    provider.answering(address(3), *[REFUSED] * 99)
    assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=3, accepted=1, refused=1, unknown=1)
    assert store.ledger.reasons(ISSUE) == (
        (DeliveryState.UNKNOWN, DOUBT.reason, 1),
        (DeliveryState.REFUSED, REFUSED.reason, 1),
    )


def test_a_dead_process_s_call_that_is_too_late_to_repeat_is_in_doubt(store: SqlStore) -> None:
    freeze(store, 2)
    provider = FakeProvider(replay_s=900.0)
    provider.before_send = lambda: (_ for _ in ()).throw(Killed())
    clock = FakeClock()
    with pytest.raises(Killed):
        run(store, provider, clock=clock)
    provider.before_send = lambda: None
    clock.time = NOW + timedelta(seconds=900 - 300 - 1)  # less its margin, and less than a repeat waits
    assert run(store, provider, clock=clock)[-1].unknown == 2
    assert store.ledger.reasons(ISSUE) == ((DeliveryState.UNKNOWN, "the provider did not answer in time", 2),)
    assert provider.took == []


def test_a_repeat_that_is_interrupted_is_made_by_the_next_run(store: SqlStore) -> None:
    freeze(store, 3)
    provider = FakeProvider(replay_s=1800.0).answering(address(2), DOUBT, DOUBT)
    clock = FakeClock()
    run(store, provider, clock=clock, stop=lambda: len(clock.slept) >= 1)
    assert store.ledger.totals(ISSUE).queued == 3
    whole = Totals(issue=ISSUE, frozen=3, accepted=3)
    assert run(store, provider, clock=clock) == [whole, whole], "after the repeat, and at the end"
    assert len(provider.took) == 3
    assert len(set(provider.calls)) == 1


def test_a_paused_letter_repeats_no_call_and_makes_none(store: SqlStore) -> None:
    freeze(store, 3)
    provider = FakeProvider(replay_s=1800.0)
    provider.before_send = lambda: (_ for _ in ()).throw(Killed())
    with pytest.raises(Killed):
        run(store, provider)
    provider.before_send = lambda: None
    store.issues.pause(ISSUE, paused=True)
    assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=3, queued=3)
    assert provider.took == []
    store.issues.pause(ISSUE, paused=False)
    assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=3, accepted=3)


def test_a_letter_paused_while_it_waits_stops_within_a_second(store: SqlStore) -> None:
    freeze(store, 6, batch_size=6)

    class Pausing(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            store.issues.pause(ISSUE, paused=True)

    clock = Pausing()
    assert run(store, FakeProvider(), clock=clock, per_minute=2)[-1].queued == 4
    assert clock.slept == [1.0]


def test_a_letter_paused_while_all_is_put_off_is_not_asked_for_again_and_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(store, 1)
    asked: list[str] = []
    real = store.ledger.next_ready_at

    def next_ready_at(issue: str) -> datetime | None:
        asked.append(issue)
        return real(issue)

    monkeypatch.setattr(store.ledger, "next_ready_at", next_ready_at)

    class Pausing(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            store.issues.pause(ISSUE, paused=True)

    clock = Pausing()
    assert run(store, FakeProvider().answering(address(1), LATER), clock=clock)[-1].queued == 1
    assert (clock.slept, asked) == ([1.0], [ISSUE])


def test_of_mails_that_know_their_keys_no_call_is_kept(store: SqlStore) -> None:
    freeze(store, 2)
    provider = FakeProvider(replay_s=math.inf).answering(address(2), DOUBT)
    bodies: list[bytes] = []

    def look() -> None:
        with store.database.reading() as connection:
            bodies.extend(connection.exec_driver_sql("SELECT body FROM intent").scalars())

    provider.before_send = look
    assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=2, accepted=1, unknown=1)
    assert bodies == [b""] * len(bodies) != []


def test_who_leaves_between_claim_and_call_gets_nothing(store: SqlStore) -> None:
    freeze(store, 3)
    provider = FakeProvider()

    def leaving(claim: Claim) -> list[Message]:
        leave(store, 2)
        return fill(claim)

    assert run(store, provider, fill=leaving)[-1] == Totals(issue=ISSUE, frozen=3, accepted=2, suppressed=1)
    assert provider.calls == [(address(1), address(3))]


# --- cut off at every step


class Countdown:
    """Every step of the ledger and the provider counts one down; at zero the process ends.

    With `after` it ends when the step is done, else before it begins.
    """

    def __init__(self, target: object, steps: list[int], *, after: bool, end: Callable[[], None]) -> None:
        self._target = target
        self._steps = steps
        self._after = after
        self._end = end

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._target, name)
        if name not in (
            "recover",
            "claims",
            "intend",
            "record",
            "stands",
            "withdraw",
            "settle",
            "totals",
            "finish",
            "offer",
        ):
            return inner

        def step(*values: Any, **named: Any) -> Any:
            self._steps[0] -= 1
            if self._steps[0] == 0 and not self._after:
                self._end()
            result = inner(*values, **named)
            if self._steps[0] == 0 and self._after:
                self._end()
            return result

        return step


def end_here() -> None:
    raise Killed


@pytest.mark.parametrize("replay_s", [0.0, 1800.0, math.inf], ids=["no keys", "of calls", "of mails"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 28))
def test_killed_at_any_step_nobody_is_twice_and_nobody_lost(
    store: SqlStore, step: int, after: bool, replay_s: float
) -> None:
    freeze(store, 8)
    provider = FakeProvider(replay_s=replay_s).answering(address(4), LATER)
    steps = [step]
    with suppress(Killed):
        run(
            store,
            Countdown(provider, steps, after=after, end=end_here),
            ledger=Countdown(store.ledger, steps, after=after, end=end_here),
        )
    last = run(store, provider)[-1]
    assert last.adds_up
    assert last.queued == 0
    assert max(Counter(provider.took).values()) == 1
    assert last.accepted + last.unknown == 8
    assert last.unknown <= (0 if replay_s else 3)
    # Whoever is called accepted was; whoever was not taken is among those in doubt.
    assert last.accepted <= len(provider.took) <= last.accepted + last.unknown


def test_killed_inside_a_call_the_batch_is_in_doubt_and_the_rest_is_sent(store: SqlStore) -> None:
    freeze(store, 8)
    provider = FakeProvider().answering(address(5), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run(store, provider)
    assert provider.took == [address(number) for number in range(1, 5)]
    assert run(store, provider)[-1] == Totals(issue=ISSUE, frozen=8, accepted=5, unknown=3)
    assert Counter(provider.took).most_common(1)[0][1] == 1


CHILD = """
import os, signal, sys
from pathlib import Path
from pipeline.deliver.providers.outbox import Outbox
from tests.contracts import a_store
from tests.fake_provider import JournalProvider
from tests.test_send import Countdown, run

folder, kind, step = Path(sys.argv[1]), sys.argv[2], [int(sys.argv[3])]
after = step[0] % 2 == 0
def end(): os.kill(os.getpid(), signal.SIGKILL)
provider = Outbox(folder / "outbox") if kind == "outbox" else JournalProvider(folder / "journal")
with a_store(folder) as store:
    run(
        store,
        Countdown(provider, step, after=after, end=end),
        ledger=Countdown(store.ledger, step, after=after, end=end),
    )
"""


@pytest.mark.parametrize("kind", ["outbox", "journal"])
def test_a_process_killed_again_and_again_loses_and_repeats_nothing(
    store: SqlStore, tmp_path: Path, kind: str
) -> None:
    readers, kills = 120, 8
    freeze(store, readers, batch_size=4)
    for step in range(2, 2 + kills):
        ended = subprocess.run(
            [sys.executable, "-c", CHILD, str(tmp_path), kind, str(step)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        assert store.ledger.totals(ISSUE).adds_up
    journal = tmp_path / "journal"
    if kind == "outbox":
        from pipeline.deliver.providers.outbox import Outbox

        last = run(store, Outbox(tmp_path / "outbox"))[-1]
        assert last == Totals(issue=ISSUE, frozen=readers, accepted=readers)
        assert len(list((tmp_path / "outbox").glob("*.eml"))) == readers
        return
    last = run(store, JournalProvider(journal))[-1]
    keys = journal.read_text().split()
    assert len(keys) == len(set(keys))
    assert last.accepted + last.unknown == readers
    assert last.accepted <= len(keys) <= readers
    assert 0 < last.unknown <= 4 * kills


def test_a_doubt_that_no_repeat_would_settle_is_not_repeated(store: SqlStore) -> None:
    freeze(store, 1)
    final = Outcome(kind=OutcomeKind.UNKNOWN, reason="other words under this key", final=True)
    provider = FakeProvider(replay_s=3600.0).answering(address(1), final)
    *_, totals = run(store, provider)
    assert (totals.unknown, len(provider.calls)) == (1, 1)


def claimed_at_once(store: SqlStore, **how: Any) -> int:
    """The most batches that were claimed and not yet settled at any call."""
    most = 0

    class Counting(FakeProvider):
        def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
            nonlocal most
            with store.database.reading() as connection:
                rows = connection.exec_driver_sql("SELECT count(*) FROM batch WHERE state = 'sending'")
                most = max(most, int(rows.scalar_one()))
            return super().offer(parcel)

    run(store, Counting(max_messages=2), **how)
    return most


def test_where_it_goes_slowly_no_more_is_claimed_than_the_next_batch(store: SqlStore) -> None:
    freeze(store, 20, batch_size=2)
    assert claimed_at_once(store, per_minute=60) <= 2


def test_a_fast_letter_has_a_few_batches_claimed_in_one_step(store: SqlStore) -> None:
    freeze(store, 20, batch_size=2)
    assert 3 <= claimed_at_once(store) <= 6


def test_a_letter_that_is_out_says_when_it_was(store: SqlStore) -> None:
    freeze(store, 2)
    clock = FakeClock(NOW + timedelta(hours=1))
    run(store, FakeProvider(), clock=clock)
    record = store.issues.get(ISSUE)
    assert record
    assert (record.state, record.finished_at) == (IssueState.SENT, clock.now())


def test_the_totals_on_the_way_count_who_left_between_claim_and_call(store: SqlStore) -> None:
    freeze(store, 4, batch_size=2)

    class Leaving:
        """A ledger whose second reader leaves as the first call is about to be written."""

        def __getattr__(self, name: str) -> Any:
            return getattr(store.ledger, name)

        def intend(self, claim: Claim, parcel: Parcel, **more: Any) -> frozenset[str]:
            if claim.batch == 1:
                leave(store, 2)
            return store.ledger.intend(claim, parcel, **more)

    seen = run(store, FakeProvider(max_messages=2), ledger=Leaving())
    assert all(totals.adds_up for totals in seen)
    assert [(totals.accepted, totals.suppressed, totals.queued) for totals in seen[:2]] == [
        (1, 1, 2),
        (3, 1, 0),
    ]


def test_who_leaves_before_any_of_a_batch_s_calls_gets_nothing_and_is_counted(store: SqlStore) -> None:
    freeze(store, 6, batch_size=6)
    leaving = iter((2, 5))

    class Leaving:
        """A ledger of whose readers one leaves as each new call is about to be written."""

        def __getattr__(self, name: str) -> Any:
            return getattr(store.ledger, name)

        def intend(self, claim: Claim, parcel: Parcel, **more: Any) -> frozenset[str]:
            if (number := next(leaving, None)) is not None:
                leave(store, number)
            return store.ledger.intend(claim, parcel, **more)

    provider = FakeProvider(max_messages=3)
    on_the_way = run(store, provider, ledger=Leaving())[0]
    assert on_the_way == Totals(issue=ISSUE, frozen=6, accepted=4, suppressed=2)
    assert provider.took == [address(number) for number in (1, 3, 4, 6)]
