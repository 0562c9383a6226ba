"""A short part of `make faults`: killed, lied to, out of room, out of power; the far end is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from benchmarks.faults import answers, changes, copies, disk, inside, kills, starts
from benchmarks.faults.points import POINTS
from benchmarks.faults.stage import World

SOME_POINTS = ("intend", "record", "commit", "the epoch's file", "call: a piece on the wire", "offer")
SOME_ANSWERS = (
    "429: come tomorrow",
    "401: key not known",
    "422: not to be processed",
    "longer than it says",
    "a body byte by byte",
    "a gzip bomb",
    "409: another body",
)

EXPERIMENTS: dict[str, Callable[[World], Iterator[str]]] = {
    "killed, without keys": lambda world: kills.kills(world, "postmark", count=6, readers=600),
    "killed, with keys": lambda world: kills.kills(world, "resend", count=6, readers=600),
    "ended at a step": lambda world: kills.crashes(world, "postmark", rounds=1, points=SOME_POINTS),
    "bad answers, without keys": lambda world: answers.mixed(world, "postmark", count=25, readers=300),
    "bad answers, with keys": lambda world: answers.mixed(world, "resend", count=25, readers=300),
    "one kind of answer": lambda world: answers.alone(
        world, "resend", count=2, readers=150, names=SOME_ANSWERS
    ),
    "started together": lambda world: starts.together(world, starts=2, processes=8, readers=20),
    "a full disk": lambda world: disk.full(world, 2),
    "power cuts": lambda world: disk.power_cuts(world, 2),
    "power cuts of the list": lambda world: disk.power_cuts_of_the_list(world, 2),
    "a cut that would be seen": lambda world: disk.power_cuts_of_the_list(world, 4, synchronous="OFF"),
    "a locked database": lambda world: inside.locked(world, (1,)),
    "old copies": lambda world: copies.restored(world, "postmark", count=2, readers=600),
    "changes after the yes": lambda world: changes.mutations(world, 1),
    "races of leaving": lambda world: inside.races(world, 30),
    "signals": lambda world: starts.signals(world, 2),
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.mark.timeout(180)
@pytest.mark.parametrize("run", EXPERIMENTS.values(), ids=EXPERIMENTS.keys())
def test_nobody_is_mailed_twice_and_nobody_lost(world: World, run: Callable[[World], Iterator[str]]) -> None:
    said = list(run(world))
    assert said
    assert [line for line in said if "FAULT" in line] == []


def test_every_step_that_is_named_is_there() -> None:
    assert all(callable(getattr(holder, name)) for there in POINTS.values() for holder, name in there)
