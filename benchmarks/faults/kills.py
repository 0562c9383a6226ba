"""A sender that is killed: at any moment (B1), and exactly before and after each of its steps (B2)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import product

from benchmarks.faults.points import POINTS
from benchmarks.faults.stage import BATCH, World, stage
from benchmarks.faults.worst import Worst

CRASHED = 137
# Faults after which a service without keys leaves nothing in doubt: all doubt is the crash's own.
_CERTAIN = ("429: come in a second", "429: no word when", "one mail refused")
_COMES_WITH = {"settle a batch": ("401: key not known",)}  # in no run that goes well
_TURNS = 3
_LETTERS_A_ROUND = 6


def kills(world: World, kind: str, *, count: int, readers: int) -> Iterator[str]:
    """B1: killed 5 to 400 ms after its start, again and again, until the letter is out."""
    chance, killed, letters, worst = random.Random(1), 0, 0, Worst()
    while killed < count:
        letters += 1
        with stage(world, kind, readers=readers, seed=letters) as on:
            here = 0
            while killed < count and on.start().killed_after(chance.uniform(0.005, 0.4)):
                killed, here = killed + 1, here + 1
            on.finish()
            worst.add(on.verdict(), allowed_in_doubt=0 if kind == "resend" else BATCH * here)
    yield f"{kind}: {killed} kills, {letters} letters to {readers}: {worst}"
    yield from worst.faults


def crashes(world: World, kind: str, *, rounds: int, points: Sequence[str] = tuple(POINTS)) -> Iterator[str]:
    """B2: the process ends exactly before, and exactly after, each of its steps, so many times each."""
    worst, ended, faults = Worst(), 0, list[str]()
    for point, after in product(points, (False, True)):
        here, letters = 0, 0
        while here < rounds and letters < _LETTERS_A_ROUND * rounds:
            # The first, second, third time that it comes there; some steps come once a run, some not in each.
            turn, letters = letters % _TURNS + 1, letters + 1
            bad = _COMES_WITH.get(point, _CERTAIN)
            with stage(world, kind, readers=4 * BATCH, seed=letters, share=0.3, faults=bad) as on:
                here += on.run(point=point, after=after, turn=turn) == CRASHED
                on.finish()
                worst.add(on.verdict(), allowed_in_doubt=0 if kind == "resend" else BATCH)
        ended += here
        if here < rounds:
            faults.append(f"FAULT it came only {here} times to {'after' if after else 'before'} “{point}”")
    yield f"{kind}: ended {ended} times, before and after {len(points)} steps {rounds} times each: {worst}"
    yield from (*worst.faults, *faults)
