"""Faults that need no second process, or a whole `warmletter send`: locks, races, events, signals."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from benchmarks.faults.stage import stage
from pipeline.app.send import deliver
from pipeline.model import Claim, Parcel
from pipeline.ports import Ledger
from tests.contracts import ISSUE, NOW, a_store, address, fill, freeze
from tests.fake_provider import FakeClock, FakeProvider
from tests.practice import WORDS, approved, item, practice, write_feed
from tests.test_ledger import AnyOrderOfEvents

ROOT = Path(__file__).parents[2]


def locked(seconds: tuple[int, ...]) -> Iterator[str]:
    """B7: another program holds the database while a letter goes out."""
    for held_s in seconds:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "letter"
            with stage(folder, "postmark", readers=500, seed=7) as on:
                child = on.start()
                time.sleep(0.5)
                holder = sqlite3.connect(folder / "letters.db", isolation_level=None, timeout=10)
                holder.execute("BEGIN EXCLUSIVE")
                time.sleep(held_s)
                holder.execute("ROLLBACK")
                holder.close()
                child.wait()
                on.finish()
                verdict = on.verdict()
        good = verdict.good and verdict.unknown <= 25
        yield f"{'' if good else 'FAULT '}held for {held_s} s: {verdict}"


def events(examples: int, steps: int) -> Iterator[str]:
    """B12: claims, calls, answers, crashes, leaving, in any order, against what a service would take."""
    thorough = settings(max_examples=examples, stateful_step_count=steps, deadline=None, database=None)
    run_state_machine_as_test(AnyOrderOfEvents, settings=thorough)
    yield f"{examples} runs of {steps} events: sums exact, nobody offered twice without proof"


def races(trials: int) -> Iterator[str]:
    """B13: a reader leaves at a random moment of the sending."""
    chance, late, faults = random.Random(13), 0, 0
    for _ in range(trials):
        got, wrong = _race(chance.uniform(0, 0.05))
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
            self.written_at |= {envelope.to: began for envelope in parcel.envelopes}
        return gone


def _race(pause_s: float) -> tuple[bool, bool]:
    """(whether she got the letter, whether that was wrong)."""
    with tempfile.TemporaryDirectory() as folder, a_store(Path(folder)) as store:
        freeze(store, 6, batch_size=2)
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


def signals(times: int) -> Iterator[str]:
    """B11: `warmletter send` is told to stop politely, or not, and goes on at the next call."""
    chance, faults, stopped = random.Random(11), [], 0
    for turn in range(times):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            write_feed(folder, item("Keeping company", WORDS * 3, "03 Nov 2026"))
            with practice(folder, NOW + timedelta(days=7), send__batch=5) as app:
                approved(app, ISSUE, 150)
            command = [sys.executable, "-m", "pipeline", "send", "--issue", ISSUE, "--config"]
            command.append(str(folder / "config.toml"))
            child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.4, 1.1))
            sent = chance.choice((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
            child.send_signal(sent)
            told = time.monotonic()
            child.wait()
            took = time.monotonic() - told
            stopped += child.returncode != 0
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
            mails = len(list((folder / "outbox").glob("*.eml")))
            if mails != 150 or done.returncode != 0 or took > 10:
                faults.append(f"FAULT {turn}: {sent.name}, {mails} mails, {took:.1f} s, {done.stderr!r}")
    yield f"{times} signals, {stopped} of them in the middle: every reader once, faults {len(faults)}"
    yield from faults
