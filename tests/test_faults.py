"""A short part of `make faults`: killed, lied to, out of room, out of power; the far end is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from benchmarks.faults import __main__ as faults
from benchmarks.faults import disk, inside

EXPERIMENTS: dict[str, Callable[[], Iterator[str]]] = {
    "killed, without keys": lambda: faults.kills("postmark", count=4, readers=600),
    "killed, with keys": lambda: faults.kills("resend", count=4, readers=600),
    "bad answers, without keys": lambda: faults.answers("postmark", letters=1, readers=600),
    "bad answers, with keys": lambda: faults.answers("resend", letters=1, readers=600),
    "a full disk": lambda: disk.full(2),
    "power cuts": lambda: disk.power_cuts(2),
    "a locked database": lambda: inside.locked((1,)),
    "races of leaving": lambda: inside.races(30),
    "signals": lambda: inside.signals(1),
}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("run", EXPERIMENTS.values(), ids=EXPERIMENTS.keys())
def test_nobody_is_mailed_twice_and_nobody_lost(run: Callable[[], Iterator[str]]) -> None:
    said = list(run())
    assert said
    assert [line for line in said if "FAULT" in line] == []
