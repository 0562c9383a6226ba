"""One run of sending, in a process that may be killed.

Its clock runs a thousand times faster while it waits, so that a pause of half a minute is not one.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from pydantic import SecretStr

from benchmarks.faults import points
from benchmarks.sending import ISSUE, filling
from pipeline.app import resolve as resolving
from pipeline.app.context import App
from pipeline.app.send import LONGEST_WAIT_S, deliver
from pipeline.deliver.providers.postmark import Postmark
from pipeline.deliver.providers.resend import Resend
from pipeline.errors import Busy, NotAllowed, ProviderStop, StoreError
from pipeline.model import Claim, Message, Outcome, OutcomeKind, Parcel
from pipeline.ports import Ledger, Provider
from pipeline.store import database, open_store

URL = "sqlite:///letters.db"
BODY_BYTES = 3_000  # of a letter: here it is steps that count, and not bytes
FASTER = 1000

# How a run ends.
DONE, AGAIN, LATER, NOT_ALLOWED = 0, 3, 4, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a run is told."""

    folder: str
    kind: str
    endpoint: str
    ahead_s: float = 0.0  # how far its clock is ahead
    deadline_s: float = 10.0
    point: str = ""  # where it ends, and exactly how
    after: bool = False
    turn: int = 1
    told: str = ""  # a file that gets each mail's key once it is recorded as accepted
    peak: str = ""  # a file that gets the run's peak memory, in MiB
    synchronous: str = ""  # SQLite's, where it is not to be the program's own

    def asked(self) -> dict[str, Any]:
        return asdict(self)


class QuickClock:
    """The machine's, but for waiting."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead = timedelta(seconds=ahead_s)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / FASTER)
        self._ahead += timedelta(seconds=seconds)


class Telling:
    """A ledger that says, outside of the disk that is cut off, whom it has durably called accepted."""

    def __init__(self, ledger: Any, told: str) -> None:
        self._ledger = ledger
        self._told = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def record(self, claim: Claim, parcel: Parcel, outcomes: Sequence[Outcome], **more: Any) -> bool:
        begun: bool = self._ledger.record(claim, parcel, outcomes, **more)
        taken = (
            f"{envelope.key}\n"
            for envelope, outcome in zip(parcel.envelopes, outcomes, strict=True)
            if outcome.kind is OutcomeKind.ACCEPTED
        )
        os.write(self._told, "".join(taken).encode())
        return begun


def provider(task: Task) -> Provider:
    if task.kind == "postmark":
        return Postmark(token=SecretStr("token"), endpoint=task.endpoint, deadline_s=task.deadline_s)
    return Resend(
        key=SecretStr("key"),
        sender="letters@example.org",
        endpoint=task.endpoint,
        deadline_s=task.deadline_s,
    )


def send(arguments: Mapping[str, Any]) -> int:
    task = Task(**arguments)
    if task.point:
        points.end_at(task.point, after=task.after, turn=task.turn)
    if task.synchronous:
        database.durability = lambda version: database.Durability("DELETE", task.synchronous)  # noqa: ARG005
    try:
        return _send(task)
    except (ProviderStop, Busy, StoreError) as problem:
        print(problem, file=sys.stderr)
        return AGAIN
    except NotAllowed as problem:
        print(problem, file=sys.stderr)
        return NOT_ALLOWED
    finally:
        if task.peak:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            Path(task.peak).write_text(f"{peak:.0f}")


def _send(task: Task) -> int:
    common = filling(BODY_BYTES)
    clock = QuickClock(task.ahead_s)

    def fill(claim: Claim) -> Sequence[Message]:
        return common.messages(claim.recipients)

    with open_store(URL, base=Path(task.folder)) as store:
        ledger = Telling(store.ledger, task.told) if task.told else store.ledger
        *_, totals = deliver(
            ledger=cast(Ledger, ledger),
            provider=provider(task),
            clock=clock,
            issue=ISSUE,
            fill=fill,
            per_minute=0,
            stop=lambda: False,
        )
        if not totals.queued:
            return DONE
        ready = store.ledger.next_ready_at(ISSUE)
    far = ready is not None and (ready - clock.now()).total_seconds() > LONGEST_WAIT_S / 2
    return LATER if far else AGAIN


def resolve(arguments: Mapping[str, Any]) -> int:
    """`warmletter resolve`, of the same letter."""
    task = Task(**arguments)
    with open_store(URL, base=Path(task.folder)) as store:
        app = SimpleNamespace(store=store, clock=QuickClock(task.ahead_s), provider=lambda: provider(task))
        print(resolving.resolve(cast(App, app), ISSUE))
    return DONE
