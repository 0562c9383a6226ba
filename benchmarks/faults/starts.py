"""B5: the same letter, started by several at one moment. B11: told to stop, politely or not."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.faults.gate import gate
from benchmarks.faults.service import Wanted
from benchmarks.faults.stage import World
from tests.contracts import ISSUE, NOW
from tests.practice import WORDS, approved, configure, item, practice, write_feed

_BUSY = 1
_KEY = {"FAULTS_KEY": "token"}
_POLITE = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def together(world: World, *, starts: int, processes: int, readers: int) -> Iterator[str]:
    """One yes, one hour, several schedulers: one freezes the letter and sends it, the others stand back."""
    faults, codes = list[str](), Counter[int]()
    with _practice(world, readers) as (model, _):
        for _turn in range(starts):
            with world.scratch() as scratch:
                folder, journal = scratch / "practice", scratch / "journal"
                shutil.copytree(model, folder)
                endpoint = world.letter(Wanted(kind="postmark", journal=str(journal), seed=_turn))
                _pointed_at(folder, endpoint)
                with gate(scratch / "gate"):
                    runs = [
                        world.zygote.start(
                            "command",
                            {
                                "words": ["--config", str(folder / "config.toml"), "send", "--issue", ISSUE],
                                "environment": _KEY,
                                "gate": str(scratch / "gate"),
                            },
                            output=scratch / "said",
                        )
                        for _ in range(processes)
                    ]
                ended = [run.wait() for run in runs]
                world.done(endpoint)
                mailed = Counter(line.split()[1] for line in journal.read_text().splitlines())
                world.forget(endpoint)
                codes.update(-1 if code is None else code for code in ended)
                if len(mailed) != readers or set(mailed.values()) != {1} or 0 not in ended:
                    counts = sorted(Counter(mailed.values()).items())
                    said = (scratch / "said").read_text()[-1_000:]
                    faults.append(f"FAULT start {_turn}: {counts}, exits {ended}, {said}")
    told = ", ".join(f"{number} ended with {code}" for code, number in sorted(codes.items()))
    yield f"{starts} × {processes} at once, letters to {readers}: {told}; faults {len(faults)}"
    yield from faults


def signals(world: World, times: int, *, readers: int = 150) -> Iterator[str]:
    """`warmletter send` is told to stop at any moment, and goes on at the next call."""
    chance, faults, stopped, longest = random.Random(11), list[str](), 0, 0.0
    with _practice(world, readers) as (model, _):
        for turn in range(times):
            with world.scratch() as scratch:
                folder = scratch / "practice"
                shutil.copytree(model, folder)
                words = ["--config", str(folder / "config.toml"), "send", "--issue", ISSUE]
                child = world.zygote.start("command", {"words": words}, output=scratch / "said")
                child.wait(chance.uniform(0.005, 0.5))
                sent = chance.choice(_POLITE)
                child.signal(sent)
                told = time.monotonic()
                code = child.wait()
                longest = max(longest, took := time.monotonic() - told)
                stopped += code != 0
                done = world.zygote.start("command", {"words": words}, output=scratch / "said").wait()
                mails = len(list((folder / "outbox").glob("*.eml")))
                if mails != readers or done != 0 or took > 10:
                    said = (scratch / "said").read_text()[-1_000:]
                    faults.append(f"FAULT {turn}: {sent.name}, {mails} mails, {took:.1f} s, {said}")
    yield (
        f"{times} signals, {stopped} of them in the middle, the longest obeyed after {longest:.1f} s: "
        f"every reader once, faults {len(faults)}"
    )
    yield from faults


@contextmanager
def _practice(world: World, readers: int) -> Iterator[tuple[Path, Path]]:
    """(a practice in a folder with a letter that is approved, its config.toml)."""
    with world.scratch() as scratch:
        folder = scratch / "model"
        folder.mkdir()
        write_feed(folder, item("Keeping company", WORDS * 3, "03 Nov 2026"))
        with practice(folder, NOW + timedelta(days=7), send__batch=5) as app:
            approved(app, ISSUE, readers)
        yield folder, folder / "config.toml"


def _pointed_at(folder: Path, endpoint: str) -> None:
    """The practice's config.toml, with the mail going to a service."""
    configure(
        folder,
        send__batch=5,
        send__provider="postmark",
        send__endpoint=endpoint,
        send__api_key_env=next(iter(_KEY)),
    )
