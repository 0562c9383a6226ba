"""A letter about to go out, a service to send it through, and the verdict when all is over."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks import sending
from benchmarks.faults.sender import AGAIN, DONE, LATER, NOT_ALLOWED, URL, Task
from benchmarks.faults.service import TOMORROW_S, Wanted
from benchmarks.faults.zygote import ROOT, Run, Zygote
from pipeline.store import SqlStore, open_store

BATCH = 25
DATABASE = "letters.db"
_RUNS_AT_MOST = 400
_QUARTER_OF_AN_HOUR_S = 16 * 60.0
_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the journal and the ledger say of one letter."""

    readers: int
    twice: int  # addresses that were mailed more than once
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


class World:
    """The process that forks, and the service: made once, for any number of letters."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warmletter-faults-", dir=_roomy())
        self._numbers = count(1)

    @cached_property
    def zygote(self) -> Zygote:
        return Zygote()

    @cached_property
    def service(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.faults.service"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )

    @cached_property
    def port(self) -> int:
        assert self.service.stdout is not None
        return int(self.service.stdout.readline())

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self._folder.name) as folder:
            yield Path(folder)

    def frozen(self, readers: int) -> Path:
        """The database of a letter frozen for so many readers, empty for none: made once, and copied."""
        made = Path(self._folder.name) / f"{readers}.db"
        if not made.exists():
            with open_store(f"sqlite:///{made.name}", base=made.parent) as store:
                if readers:
                    # At the real moment: a service is believed only while it surely remembers.
                    sending.frozen(store, readers, batch=BATCH, now=datetime.now(UTC))
        return made

    def letter(self, wanted: Wanted) -> str:
        """Make the service know a letter; its endpoint."""
        name = f"letter{next(self._numbers)}"
        Path(wanted.journal).touch()
        self._ask(name, "POST", json.dumps(asdict(wanted)).encode())
        return f"http://127.0.0.1:{self.port}/{name}"

    def done(self, endpoint: str) -> dict[str, Any]:
        """What the service did with the letter's calls, once none is under way."""
        told: dict[str, Any] = self._ask(endpoint.rpartition("/")[2], "GET")
        return told

    def forget(self, endpoint: str) -> None:
        self._ask(endpoint.rpartition("/")[2], "DELETE")

    def _ask(self, name: str, method: str, body: bytes | None = None) -> Any:
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/-/{name}", body, method=method)
        with urllib.request.urlopen(asked) as answer:
            return json.loads(answer.read())

    def close(self) -> None:
        if "zygote" in vars(self):
            self.zygote.close()
        if "service" in vars(self):
            self.service.kill()
            self.service.wait()
            assert self.service.stdout is not None
            self.service.stdout.close()
        self._folder.cleanup()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@dataclass(slots=True, kw_only=True)
class Stage:
    """One letter. Its clock goes on where a run is to come again: nobody waits for the hour to come."""

    world: World
    task: Task
    journal: Path
    readers: int

    def start(self, **more: Any) -> Run:
        return self.world.zygote.start(
            "send", replace(self.task, **more).asked(), output=Path(self.task.folder) / "said"
        )

    def run(self, **more: Any) -> int:
        """One run to its end."""
        code = self.start(**more).wait()
        if code is None:
            raise AssertionError(f"{self.task.folder}: a run hangs")
        wait_s = {LATER: TOMORROW_S + 60, AGAIN: _QUARTER_OF_AN_HOUR_S}.get(code, 0)
        self.task = replace(self.task, ahead_s=self.task.ahead_s + wait_s)
        return code

    def finish(self) -> None:
        """Run until nothing is left that may be offered."""
        for _ in range(_RUNS_AT_MOST):
            code = self.run()
            if code == DONE:
                return
            if code in (1, NOT_ALLOWED):
                raise AssertionError(f"the sender ended with {code}: {self.words()}")
        raise AssertionError(f"it never came to an end: {self.words()}")

    def words(self) -> str:
        """The last of what the runs have said."""
        said = Path(self.task.folder) / "said"
        return said.read_text()[-2_000:] if said.exists() else ""

    def taken(self) -> list[list[str]]:
        """[key, address] of each mail in the journal, once no call is under way."""
        self.world.done(self.task.endpoint)
        return [line.split() for line in self.journal.read_text().splitlines()]

    def verdict(self) -> Verdict:
        taken = self.taken()
        keys = {key for key, _ in taken}
        mailed = Counter(address for _, address in taken)
        with open_store(URL, base=Path(self.task.folder)) as store:
            rows = _rows(store)
            totals = store.ledger.totals(sending.ISSUE)
            with store.database.reading() as connection:
                sound = connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        return Verdict(
            readers=self.readers,
            twice=sum(count > 1 for count in mailed.values()),
            lost=sum(state == "accepted" and key not in keys for key, state in rows.items()),
            hidden=sum(rows.get(key) not in ("accepted", "unknown") for key in keys),
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
    world: World,
    kind: str,
    *,
    readers: int,
    seed: int,
    share: float = 0.0,
    faults: Sequence[str] = (),
    deadline_s: float = 10.0,
    folder: Path | None = None,
) -> Iterator[Stage]:
    """A frozen letter, in `folder` where one is given, and a path of the service that takes it."""
    with world.scratch() as scratch:
        where, journal = folder or scratch / "letter", scratch / "journal"
        where.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(world.frozen(readers), where / DATABASE)
        (where / DATABASE).chmod(0o600)
        wanted = Wanted(
            kind=kind,
            journal=str(journal),
            seed=seed,
            share=share,
            faults=tuple(faults),
            slow_s=2 * deadline_s,
        )
        task = Task(folder=str(where), kind=kind, endpoint=world.letter(wanted), deadline_s=deadline_s)
        yield Stage(world=world, task=task, journal=journal, readers=readers)
        world.forget(task.endpoint)


def _roomy() -> str | None:
    """Memory, where there is some: a process that is killed loses nothing of what the kernel has."""
    return str(_MEMORY) if _MEMORY.is_dir() else None
