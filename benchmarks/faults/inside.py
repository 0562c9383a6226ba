"""A locked database (B7), events in any order (B12), and readers who leave as the letter goes out (B13)."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from benchmarks.faults.sender import DONE
from benchmarks.faults.stage import DATABASE, World, stage
from pipeline.app.send import deliver
from pipeline.model import Call, Claim, Parcel
from pipeline.ports import Ledger
from tests.contracts import ISSUE, NOW, a_store, address, fill, freeze
from tests.fake_provider import FakeClock, FakeProvider
from tests.test_ledger import AnyOrderOfEvents


def locked(world: World, seconds: tuple[int, ...]) -> Iterator[str]:
    """B7: another program holds the database while a letter goes out."""
    for held_s in seconds:
        with stage(world, "postmark", readers=2_000, seed=7) as on:
            child = on.start()
            child.wait(0.1)
            holder = sqlite3.connect(Path(on.task.folder) / DATABASE, isolation_level=None, timeout=10)
            holder.execute("BEGIN EXCLUSIVE")
            time.sleep(held_s)
            meanwhile = child.wait(0.0)
            holder.execute("ROLLBACK")
            holder.close()
            code = child.wait()
            on.finish()
            verdict = on.verdict()
        good = verdict.good and not verdict.unknown and meanwhile != DONE
        yield f"{'' if good else 'FAULT '}held for {held_s} s, the run ended with {code}: {verdict}"


def events(examples: int, steps: int) -> Iterator[str]:
    """B12: claims, calls, answers, crashes, leaving, in any order, against what a service would take."""
    thorough = settings(max_examples=examples, stateful_step_count=steps, deadline=None, database=None)
    run_state_machine_as_test(AnyOrderOfEvents, settings=thorough)
    yield f"{examples} runs of {steps} events: sums exact, nobody offered twice without proof"


def races(world: World, trials: int) -> Iterator[str]:
    """B13: a reader leaves at a random moment of the sending."""
    chance, late, faults = random.Random(13), 0, 0
    with world.scratch() as scratch:
        with a_store(scratch / "model") as store:
            freeze(store, 6, batch_size=2)
        for _ in range(trials):
            got, wrong = _race(world, scratch / "model", chance.uniform(0, 0.03))
            late += got
            faults += wrong
    found = f"{trials} races: {trials - late} left in time, {late} too late, {faults} faults"
    yield f"FAULT {found}" if faults else found


class _Watched:
    """A ledger that notes when the call with somebody's mail began to be written down."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.written_at: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def intend(self, claim: Claim, parcel: Parcel, *, keep_body: bool, now: datetime) -> frozenset[str]:
        began = time.perf_counter()
        gone: frozenset[str] = self._ledger.intend(claim, parcel, keep_body=keep_body, now=now)
        if not gone:
            self._written(parcel, began)
        return gone

    def record(self, *values: Any, then: Call | None = None, **more: Any) -> bool:
        began = time.perf_counter()
        begun: bool = self._ledger.record(*values, then=then, **more)
        if then is not None and begun:
            self._written(then.parcel, began)
        return begun

    def _written(self, parcel: Parcel, began: float) -> None:
        self.written_at |= {envelope.to: began for envelope in parcel.envelopes}


def _race(world: World, model: Path, pause_s: float) -> tuple[bool, bool]:
    """(whether she got the letter, whether that was wrong)."""
    with world.scratch() as scratch:
        folder = Path(shutil.copytree(model, scratch / "copy"))
        got, wrong = _raced(folder, pause_s)
    return got, wrong


def _raced(folder: Path, pause_s: float) -> tuple[bool, bool]:
    with a_store(folder) as store:
        provider, ledger, left_at = FakeProvider(max_messages=2), _Watched(store.ledger), [0.0]

        def leaves() -> None:
            time.sleep(pause_s)
            store.readers.remove(address(4), NOW + timedelta(seconds=1))
            left_at[0] = time.perf_counter()

        thread = threading.Thread(target=leaves)
        thread.start()
        *_, totals = deliver(
            ledger=cast(Ledger, ledger),
            provider=provider,
            clock=FakeClock(),
            issue=ISSUE,
            fill=fill,
            per_minute=0,
            stop=lambda: False,
        )
        thread.join()
    times = provider.took.count(address(4))
    told_first = address(4) in ledger.written_at and left_at[0] < ledger.written_at[address(4)]
    return bool(times), times > 1 or bool(times and told_first) or not totals.adds_up
