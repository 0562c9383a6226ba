"""A provider that keeps a journal of what it took, fails as told, and a clock that stands still."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.errors import ProviderStop
from pipeline.model import Limits, Message, Outcome, OutcomeKind

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


class FakeProvider:
    """Takes everything, unless `answers` (address → answers in turn) says otherwise.

    `took` is the oracle: the addresses in the order in which their letter was really taken. An
    exception among the answers is raised as the message's turn comes, so that those before it
    were taken and nobody was told. `replay_s` is 0 or endless; the endless one forgets repeats.
    """

    name = "fake"

    def __init__(self, *, max_messages: int = 3, replayable: bool = False) -> None:
        self.limits = Limits(
            max_messages=max_messages, max_bytes=10_000_000, replay_s=float("inf") if replayable else 0.0
        )
        self.answers: dict[str, list[Answer]] = {}
        self.calls: list[tuple[str, ...]] = []
        self.took: list[str] = []
        self.before_send: Callable[[], None] = lambda: None
        self._keys: set[str] = set()

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

    def close(self) -> None:
        pass

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        assert 0 < len(messages) <= self.limits.max_messages
        self.before_send()
        self.calls.append(tuple(message.to for message in messages))
        return tuple(self._one(message) for message in messages)

    def _one(self, message: Message) -> Outcome:
        left = self.answers.get(message.to)
        answer = left.pop(0) if left else SENT
        if isinstance(answer, BaseException):
            raise answer
        if answer.kind in (OutcomeKind.ACCEPTED, OutcomeKind.UNKNOWN):
            self._take(message)
        return answer

    def _take(self, message: Message) -> None:
        if self.limits.replay_s and message.key in self._keys:
            return
        self._keys.add(message.key)
        self.took.append(message.to)


class JournalProvider:
    """Writes each taken key to a file at once, so that the oracle outlives a killed process."""

    name = "journal"
    limits = Limits(max_messages=4, max_bytes=10_000_000)

    def __init__(self, journal: Path) -> None:
        self._journal = journal

    def close(self) -> None:
        pass

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        for message in messages:
            descriptor = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(descriptor, f"{message.key}\n".encode())
            os.close(descriptor)
        return (SENT,) * len(messages)
