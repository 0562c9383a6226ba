"""A letter about to go out, a service to send it through, and the verdict when all is over."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import sending
from pipeline.store import SqlStore, open_store

URL = "sqlite:///letters.db"
BATCH = 25
_RUNS_AT_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the journal and the ledger say of one letter."""

    readers: int
    twice: int  # mails that were taken more than once
    lost: int  # called accepted, and never taken
    hidden: int  # taken, and called neither accepted nor in doubt
    unknown: int
    accepted: int
    refused: int
    adds_up: bool
    sound: bool  # the database's own check

    @property
    def good(self) -> bool:
        return not (self.twice or self.lost or self.hidden) and self.adds_up and self.sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    folder: Path
    kind: str
    port: int
    journal: Path
    readers: int

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "benchmarks.faults.sender", str(self.folder), self.kind]
        return subprocess.Popen(
            [*command, str(self.port), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def killed_after(self, seconds: float) -> bool:
        """Start a run and kill it then; False where it had ended by itself, with nothing left."""
        child = self.start()
        try:
            return child.wait(seconds) != 0
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            return True

    def finish(self) -> None:
        """Run until nothing is left that may be offered."""
        for _ in range(_RUNS_AT_MOST):
            code = self.start().wait()
            if code == 0:
                return
            if code == 1:
                raise AssertionError(f"{self.folder}: the sender has a fault of its own: run it by hand")
            time.sleep(0.01)
        raise AssertionError(f"{self.folder}: it never came to an end")

    def verdict(self) -> Verdict:
        taken = Counter(self.journal.read_text().split()) if self.journal.exists() else Counter[str]()
        with open_store(URL, base=self.folder) as store:
            rows = _rows(store)
            totals = store.ledger.totals(sending.ISSUE)
            with store.database.reading() as connection:
                sound = connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        return Verdict(
            readers=self.readers,
            twice=sum(count > 1 for count in taken.values()),
            lost=sum(state == "accepted" and key not in taken for key, state in rows.items()),
            hidden=sum(rows.get(key) not in ("accepted", "unknown") for key in taken),
            unknown=totals.unknown,
            accepted=totals.accepted,
            refused=totals.refused + totals.suppressed,
            adds_up=totals.adds_up and totals.frozen == self.readers and not totals.queued,
            sound=sound,
        )


def _rows(store: SqlStore) -> dict[str, str]:
    with store.database.reading() as connection:
        return {
            str(key): str(state)
            for key, state in connection.exec_driver_sql("SELECT key, state FROM delivery").all()
        }


@contextmanager
def stage(
    folder: Path, kind: str, *, readers: int, seed: int, misbehaves: bool = False, journal: Path | None = None
) -> Iterator[Stage]:
    """A frozen letter in `folder`, which is made, and the service that takes it."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_store(URL, base=folder) as store:
        sending.frozen(store, readers, batch=BATCH)
    kept = journal or folder / "journal"
    service = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "benchmarks.faults.service",
            kind,
            str(kept),
            str(seed),
            "yes" if misbehaves else "no",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert service.stdout is not None
    try:
        port = int(service.stdout.readline())
        yield Stage(folder=folder, kind=kind, port=port, journal=kept, readers=readers)
    finally:
        service.kill()
        service.wait()
        service.stdout.close()
