"""B4: what mail services answer on their bad days, each kind by itself and all of them mixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.faults.bad_days import FAULTS
from benchmarks.faults.stage import World, stage
from benchmarks.faults.worst import Worst

# So short that a service that drips a byte now and then is left soon; it may also hit a good call.
DEADLINE_S = 0.15
_MOST_MIB = 40.0  # above what a run has without a fault


def mixed(
    world: World, kind: str, *, count: int, readers: int, share: float = 0.6, names: Sequence[str] = ()
) -> Iterator[str]:
    """So many bad answers, `share` of all, in letters to `readers` each."""
    worst, given, letters = Worst(), Counter[str](), 0
    while given.total() < count:
        letters += 1
        with stage(
            world,
            kind,
            readers=readers,
            seed=letters,
            share=share,
            faults=tuple(names or FAULTS),
            deadline_s=DEADLINE_S,
        ) as on:
            on.finish()
            # Without keys whatever was not answered stays in doubt: listed, never guessed.
            worst.add(on.verdict(), allowed_in_doubt=readers)
            given.update(filter(None, world.done(on.task.endpoint)["calls"]))
    yield f"{kind}: {given.total()} bad answers of {len(given)} kinds, {letters} letters: {worst}"
    yield from worst.faults


def alone(
    world: World, kind: str, *, count: int, readers: int, names: Sequence[str] = tuple(FAULTS)
) -> Iterator[str]:
    """Each kind of bad answer so many times, every second call."""
    for name in names:
        yield from _alone(world, kind, name, count=count, readers=readers)


def _alone(world: World, kind: str, name: str, *, count: int, readers: int) -> Iterator[str]:
    fault, worst, given, letters, faults, peak = FAULTS[name], Worst(), 0, 0, list[str](), 0.0
    keyless = kind == "postmark"
    doubts = fault.doubts or (keyless and (fault.takes or name[:3].isdigit() or "reset" in name))
    while given < count:
        letters += 1
        with (
            world.scratch() as aside,
            stage(
                world,
                kind,
                readers=readers,
                seed=letters,
                share=0.5,
                faults=(name,),
                deadline_s=DEADLINE_S if fault.slow else 10.0,
            ) as on,
        ):
            on.task = replace(on.task, peak=str(aside / "peak"))
            runs, known, code = 0, 0, -1
            while code != 0 and runs < 400:
                code, runs = on.run(), runs + 1
                calls = world.done(on.task.endpoint)["calls"]
                peak = max(peak, float(Path(on.task.peak).read_text()))
                if fault.stops and name in calls[known:-1]:
                    faults.append(f"FAULT {kind}, {name}: the run went on after it")
                known = len(calls)
            if code:
                faults.append(f"FAULT {kind}, {name}: ends with {code} after {runs} runs: {on.words()}")
            done = world.done(on.task.endpoint)
            given += done["calls"].count(name)
            if done["elsewhere"]:
                faults.append(f"FAULT {kind}, {name}: it was followed {done['elsewhere']} times")
            if not done["calls"].count(name):
                faults.append(f"FAULT {kind}, {name}: never given")
                given = count
            worst.add(on.verdict(), allowed_in_doubt=readers if doubts else 0)
    if peak - _bare_mib(world, kind) > _MOST_MIB:
        faults.append(f"FAULT {kind}, {name}: {peak:.0f} MiB")
    yield f"{kind}, {name}: {given} times, {letters} letters, {peak:.0f} MiB: {worst}"
    yield from (*worst.faults, *faults)


_bare: dict[str, float] = {}


def _bare_mib(world: World, kind: str) -> float:
    """The peak of a run in which all goes well."""
    if kind not in _bare:
        with world.scratch() as aside, stage(world, kind, readers=100, seed=0) as on:
            on.run(peak=str(aside / "peak"))
            _bare[kind] = float((aside / "peak").read_text())
    return _bare[kind]
