"""`python -m benchmarks.faults [short] [NAME …]`: every experiment, or those named; exit 1 if one fails."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.faults import answers, changes, copies, disk, inside, kills, starts
from benchmarks.faults.stage import World

KINDS = ("postmark", "resend")  # one that knows no repeats, one that knows a call by its key

Experiment = Callable[[World, bool], Iterator[str]]


def _of_both(run: Callable[..., Iterator[str]], whole: dict[str, int], part: dict[str, int]) -> Experiment:
    def both(world: World, short: bool) -> Iterator[str]:
        for kind in KINDS:
            yield from run(world, kind, **(part if short else whole))

    return both


def _cuts(world: World, short: bool) -> Iterator[str]:
    yield from disk.power_cuts(world, 3 if short else 200)
    yield from disk.power_cuts_of_the_list(world, 3 if short else 100)
    yield from disk.power_cuts_of_the_list(world, 10 if short else 30, synchronous="OFF")


EXPERIMENTS: dict[str, Experiment] = {
    "kills": _of_both(kills.kills, {"count": 500, "readers": 2_000}, {"count": 12, "readers": 1_000}),
    "crashes": _of_both(kills.crashes, {"rounds": 20}, {"rounds": 1}),
    "power cuts": _cuts,
    "each answer": _of_both(answers.alone, {"count": 100, "readers": 1_500}, {"count": 4, "readers": 250}),
    "answers": _of_both(answers.mixed, {"count": 5_000, "readers": 2_000}, {"count": 60, "readers": 500}),
    "together": lambda world, short: starts.together(
        world, starts=4 if short else 200, processes=8, readers=40
    ),
    "disk full": lambda world, short: disk.full(world, 5 if short else 50),
    "locked": lambda world, short: inside.locked(world, (1,) if short else (1, 5, 30)),
    "copies": lambda world, short: copies.restored(
        world, "postmark", count=4 if short else 50, readers=2_000
    ),
    "changes": lambda world, short: changes.mutations(world, 1 if short else 20),
    "signals": lambda world, short: starts.signals(world, 6 if short else 200),
    "events": lambda _, short: inside.events(100 if short else 2_000, 50),
    "races": lambda world, short: inside.races(world, 100 if short else 2_000),
}


def main(arguments: Sequence[str]) -> int:
    short = "short" in arguments
    names = [name for name in arguments if name != "short"]
    began = time.monotonic()
    failed = run(names, short=short) if names or short else _two_at_a_time()
    print(f"in all {time.monotonic() - began:.0f} s: {'FAULTS' if failed else 'no fault'}", flush=True)
    return int(failed)


def run(names: Sequence[str], *, short: bool) -> bool:
    """Whether one failed."""
    failed = False
    with World() as world:
        for name in names or EXPERIMENTS:
            began = time.monotonic()
            for said in EXPERIMENTS[name](world, short):
                failed |= "FAULT" in said
                print(f"{name:<12} {said}", flush=True)
            print(f"{name:<12} {time.monotonic() - began:.0f} s", flush=True)
    return failed


def _two_at_a_time() -> bool:
    """All of them, each in a process with a world of its own: most wait for something half of the time."""

    def one(name: str) -> bool:
        child = subprocess.Popen(
            [sys.executable, "-u", "-m", "benchmarks.faults", name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert child.stdout is not None
        with child.stdout:
            for line in child.stdout:
                print(line, end="", flush=True)
        return child.wait() != 0

    with ThreadPoolExecutor(2) as both:
        return any(list(both.map(one, EXPERIMENTS)))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
