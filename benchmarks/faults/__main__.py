"""`python -m benchmarks.faults [short] [NAME …]`: every experiment, or those named; exit 1 if one fails."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faults import disk, inside
from benchmarks.faults.stage import BATCH, Verdict, stage

KINDS = ("postmark", "resend")  # one that knows no repeats, one that knows a call by its key
CALLS_IN_DOUBT = 2 * BATCH  # a crash and a broken answer may fall on one run


def kills(kind: str, *, count: int, readers: int) -> Iterator[str]:
    """B1: killed at any moment, again and again."""
    chance, killed, letters = random.Random(1), 0, 0
    worst = Worst()
    while killed < count:
        letters += 1
        with scratch() as folder, stage(folder, kind, readers=readers, seed=letters) as on:
            here = 0
            while killed < count and on.killed_after(chance.uniform(0.25, 0.9)):
                killed, here = killed + 1, here + 1
            on.finish()
            worst.add(on.verdict(), allowed_in_doubt=0 if kind == "resend" else BATCH * here)
    yield f"{kind}: {killed} kills, {letters} letters to {readers}: {worst}"
    yield from worst.faults


def crashes(kind: str, *, rounds: int, steps: int) -> Iterator[str]:
    """B2: the process ends exactly before, and exactly after, each of its steps."""
    worst, ended = Worst(), 0
    for round_ in range(rounds):
        for step in range(1, steps + 1):
            for when in ("before", "after"):
                with scratch() as folder, stage(folder, kind, readers=100, seed=round_) as on:
                    ended += on.start(str(step), when).wait() == 137
                    on.finish()
                    worst.add(on.verdict(), allowed_in_doubt=0 if kind == "resend" else BATCH)
    yield f"{kind}: {ended} ends at {steps} steps, before and after, {rounds} rounds: {worst}"
    yield from worst.faults


def answers(kind: str, *, letters: int, readers: int) -> Iterator[str]:
    """B4: a third of all answers are of the kinds that services give on their bad days."""
    worst = Worst()
    for seed in range(letters):
        with scratch() as folder, stage(folder, kind, readers=readers, seed=seed, misbehaves=True) as on:
            on.finish()
            # Without keys whatever was not answered stays in doubt: listed, never guessed.
            worst.add(on.verdict(), allowed_in_doubt=readers)
    yield f"{kind}: {letters} letters to {readers} through a service that misbehaves: {worst}"
    yield from worst.faults


class Worst:
    """The verdicts of many letters together."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._sum = {
            "readers": 0,
            "accepted": 0,
            "refused": 0,
            "unknown": 0,
            "twice": 0,
            "lost": 0,
            "hidden": 0,
        }

    def add(self, verdict: Verdict, *, allowed_in_doubt: int) -> None:
        for name in self._sum:
            self._sum[name] += getattr(verdict, name)
        if not verdict.good or verdict.unknown > allowed_in_doubt:
            self.faults.append(f"FAULT {verdict} (in doubt at most {allowed_in_doubt})")

    def __str__(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in self._sum.items())


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="warmletter-faults-") as folder:
        yield Path(folder)


Experiment = Callable[[bool], Iterator[str]]


def _of_both(run: Callable[..., Iterator[str]], whole: dict[str, int], part: dict[str, int]) -> Experiment:
    def both(short: bool) -> Iterator[str]:
        for kind in KINDS:
            yield from run(kind, **(part if short else whole))

    return both


EXPERIMENTS: dict[str, Experiment] = {
    "kills": _of_both(kills, {"count": 500, "readers": 2_000}, {"count": 12, "readers": 1_000}),
    "crashes": _of_both(crashes, {"rounds": 4, "steps": 25}, {"rounds": 1, "steps": 12}),
    "answers": _of_both(answers, {"letters": 60, "readers": 2_000}, {"letters": 1, "readers": 1_500}),
    "disk full": lambda short: disk.full(5 if short else 50),
    "power cuts": lambda short: disk.power_cuts(3 if short else 200),
    "locked": lambda short: inside.locked((1,) if short else (1, 5, 30)),
    "events": lambda short: inside.events(100 if short else 2_000, 50),
    "races": lambda short: inside.races(100 if short else 2_000),
    "signals": lambda short: inside.signals(4 if short else 200),
}


def main(arguments: Sequence[str]) -> int:
    short = "short" in arguments
    names = [name for name in arguments if name != "short"] or list(EXPERIMENTS)
    failed = False
    for name in names:
        began = time.monotonic()
        for said in EXPERIMENTS[name](short):
            failed |= said.startswith("FAULT")
            print(f"{name:<12} {said}", flush=True)
        print(f"{name:<12} {time.monotonic() - began:.0f} s", flush=True)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
