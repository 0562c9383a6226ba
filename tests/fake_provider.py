"""A provider that keeps a journal of what it took, fails as told, and a clock that stands still."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.app.send import Fill, deliver
from pipeline.deliver.mime import to_bytes
from pipeline.deliver.packing import packed
from pipeline.errors import ProviderStop
from pipeline.model import Doubt, Envelope, Limits, Message, Outcome, OutcomeKind, Parcel, Totals
from pipeline.ports import Provider
from pipeline.store import SqlStore

START = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
SENT = Outcome(kind=OutcomeKind.ACCEPTED, provider_id="id")
REFUSED = Outcome(kind=OutcomeKind.REFUSED, reason="no such mailbox")
LATER = Outcome(kind=OutcomeKind.RETRY, reason="busy", retry_after_s=1.0)
UNREACHED = Outcome(kind=OutcomeKind.RETRY, reason="the provider could not be reached")
DOUBT = Outcome(kind=OutcomeKind.UNKNOWN, reason="no answer")

Answer = Outcome | BaseException


class FakeClock:
    """Moves only by sleeping."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


def one_call(messages: Sequence[Message], most: int) -> Iterator[Parcel]:
    """Calls whose body is the mails themselves, which a fake needs no wire for."""
    return packed(messages, most=most, most_bytes=10_000_000, encode=to_bytes, join=b"".join)


class FakeProvider:
    """Takes everything, unless `answers` (address → answers in turn) says otherwise.

    `took` is the oracle: the addresses in the order in which their letter was really taken. An
    exception among the answers is raised as the mail's turn comes, so that those before it were
    taken and nobody was told. With `replay_s` it knows repeats: endless, by the mails' keys; else
    by the call's, and then another body under a known key is a fault of ours.
    """

    name = "fake"

    def __init__(self, *, max_messages: int = 3, replay_s: float = 0.0, looks_up: bool = False) -> None:
        self.limits = Limits(
            max_messages=max_messages, max_bytes=10_000_000, replay_s=replay_s, looks_up=looks_up
        )
        self.answers: dict[str, list[Answer]] = {}
        self.calls: list[tuple[str, ...]] = []
        self.took: list[str] = []
        self.before_send: Callable[[], None] = lambda: None
        self.asked_ready = 0
        self._keys: set[str] = set()
        self._known: set[tuple[str, str]] = set()
        self._call = ""
        self._bodies: dict[str, bytes] = {}
        self.last = b""  # the mails of the last call, one after the other

    def answering(self, address: str, *answers: Answer) -> FakeProvider:
        self.answers[address] = list(answers)
        return self

    def stopping(self, problem: str = "fake: out of credit") -> FakeProvider:
        """The whole next call is turned away."""

        def turn_away() -> None:
            self.before_send = lambda: None
            raise ProviderStop(problem)

        self.before_send = turn_away
        return self

    def forget(self) -> FakeProvider:
        """What was taken is out of its memory: it says of no mail that it had it."""
        self._keys.clear()
        self._known.clear()
        return self

    def close(self) -> None:
        pass

    def ready(self) -> None:
        self.asked_ready += 1

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        return one_call(messages, min(most, self.limits.max_messages))

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        assert 0 < len(parcel.envelopes) <= self.limits.max_messages
        assert self._bodies.setdefault(parcel.key, bytes(parcel.body)) == parcel.body
        self.last = bytes(parcel.body)
        self._call = parcel.key
        self.before_send()
        self.calls.append(tuple(envelope.to for envelope in parcel.envelopes))
        return tuple(self._one(envelope) for envelope in parcel.envelopes)

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:
        return {doubt.key: SENT for doubt in doubts if doubt.key in self._keys}

    def _one(self, envelope: Envelope) -> Outcome:
        left = self.answers.get(envelope.to)
        answer = left.pop(0) if left else SENT
        if isinstance(answer, BaseException):
            raise answer
        if answer.kind in (OutcomeKind.ACCEPTED, OutcomeKind.UNKNOWN):
            self._take(envelope)
        return answer

    def _take(self, envelope: Envelope) -> None:
        call = "" if math.isinf(self.limits.replay_s) else self._call  # under which the mail is known
        if self.limits.replay_s and (call, envelope.key) in self._known:
            return
        self._known.add((call, envelope.key))
        self._keys.add(envelope.key)
        self.took.append(envelope.to)


class JournalProvider:
    """Writes each taken key to a file at once, so that the oracle outlives a killed process."""

    name = "journal"
    limits = Limits(max_messages=4, max_bytes=10_000_000)

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self.last = b""

    def close(self) -> None:
        pass

    def ready(self) -> None:
        pass

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        return one_call(messages, min(most, self.limits.max_messages))

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        self.last = bytes(parcel.body)
        for envelope in parcel.envelopes:
            descriptor = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(descriptor, f"{envelope.key}\n".encode())
            os.close(descriptor)
        return (SENT,) * len(parcel.envelopes)

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:
        return {}


def all_sent(store: SqlStore, provider: Provider, fill: Fill, *, issue: str) -> Totals:
    """All of a frozen issue offered to the provider; the totals at the end."""
    *_, totals = deliver(
        ledger=store.ledger,
        provider=provider,
        clock=FakeClock(),
        issue=issue,
        fill=fill,
        per_minute=0,
        stop=lambda: False,
    )
    return totals
