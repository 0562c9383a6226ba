"""The disk under a letter that goes out: full, or cut off from power. Both need root and Linux."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.faults.leaving import address
from benchmarks.faults.stage import BATCH, DATABASE, Stage, World, stage
from benchmarks.faults.zygote import Run

READERS = 300
_FICLONE = 0x40049409  # ioctl_ficlone(2)
_CANNOT = "left out: it needs root and mkfs.xfs (Debian: xfsprogs)"


def full(world: World, times: int) -> Iterator[str]:
    """B6: no room is left at some moment; afterwards there is, and nothing was half done."""
    if os.geteuid() != 0:
        yield "left out: a file system of its own needs root"
        return
    faults, unknown, stopped, chance = [], 0, 0, random.Random(6)
    for turn in range(times):
        with (
            _mounted("-t", "tmpfs", "-o", "size=3m", "tmpfs") as disk,
            stage(world, "postmark", readers=READERS, seed=turn, folder=disk / "letter") as on,
        ):
            filler = disk / "filler"
            room = shutil.disk_usage(disk).free
            filler.write_bytes(b"\0" * max(0, room - chance.randrange(2_000, 120_000)))
            stopped += on.run() != 0
            filler.unlink()
            on.finish()
            verdict = on.verdict()
        unknown += verdict.unknown
        if not verdict.good or verdict.unknown > BATCH:
            faults.append(f"FAULT {verdict}")
    yield (
        f"{times} letters to {READERS} on a disk that filled up, {stopped} of them stopped by it: "
        f"in doubt {unknown}, faults {len(faults)}"
    )
    yield from faults


def power_cuts(world: World, times: int) -> Iterator[str]:
    """B3: what had reached the device at a random instant is all that is left of a letter going out.

    A file system in a file on XFS: a clone of that file is what a power cut leaves. The service goes on
    as a real one would; the copy may know of what it took last only as doubt.
    """
    if not _can():
        yield _CANNOT
        return
    faults, unknown, told, chance = list[str](), 0, 0, random.Random(3)
    with _xfs() as xfs:
        for turn in range(times):
            found, doubted, kept = _cut_sending(world, xfs, turn, chance.uniform(0.005, 0.4))
            faults += found
            unknown += doubted
            told += kept
    yield (
        f"{times} cuts while letters to {READERS} went out: in doubt {unknown}, "
        f"mails told of as recorded before the cut {told}, faults {len(faults)}"
    )
    yield from faults


def power_cuts_of_the_list(world: World, times: int, synchronous: str = "") -> Iterator[str]:
    """B3: readers join and leave; who was told that it is done is, after the cut, on the list or off it."""
    if not _can():
        yield _CANNOT
        return
    lost, told, broken, chance = 0, 0, 0, random.Random(33)
    with _xfs() as xfs:
        for _ in range(times):
            gone, known, sound = _cut_list(world, xfs, chance.uniform(0.02, 0.3), synchronous)
            lost, told, broken = lost + gone, told + known, broken + (not sound)
    found = f"{times} cuts while readers joined and left: {told} told of, {lost} lost, {broken} not sound"
    if synchronous:  # a control: with less than what the program asks for, this must see a loss
        yield f"{'' if lost or broken else 'FAULT '}control, synchronous={synchronous}: {found}"
    else:
        yield f"FAULT {found}" if lost or broken else found


def _cut_sending(world: World, xfs: Path, turn: int, after_s: float) -> tuple[list[str], int, int]:
    with (
        _device(xfs) as (device, disk),
        stage(world, "postmark", readers=READERS, seed=turn, folder=disk / "letter") as on,
    ):
        os.sync()
        told = on.journal.with_name("told")
        child = on.start(told=str(told))
        child.wait(after_s)
        kept = _cut(child, device, told)
        with _copy(xfs) as after:
            # The lock, the epoch's file and the database as they are found after the cut.
            again = Stage(
                world=world,
                task=replace(on.task, folder=str(after / "letter")),
                journal=on.journal,
                readers=READERS,
            )
            forgotten = _forgotten(after / "letter", kept)
            again.finish()
            verdict = again.verdict()
    faults = [] if verdict.good and verdict.unknown <= BATCH else [f"FAULT {verdict}"]
    if forgotten:
        faults.append(f"FAULT {forgotten} mails were recorded durably, and are not in the copy")
    return faults, verdict.unknown, len(kept)


def _cut_list(world: World, xfs: Path, after_s: float, synchronous: str) -> tuple[int, int, bool]:
    """(told of and lost, told of, whether the database is sound)."""
    with _device(xfs) as (device, disk), world.scratch() as aside:
        (disk / "list").mkdir()
        shutil.copyfile(world.frozen(0), disk / "list" / DATABASE)
        os.sync()
        told = aside / "told"
        arguments = {"folder": str(disk / "list"), "told": str(told), "synchronous": synchronous}
        child = world.zygote.start("leave and join", arguments)
        child.wait(after_s)
        kept = _cut(child, device, told)
        with _copy(xfs) as after:
            states, sound = _list(after / "list")
    wanted = {int(number): "active" for word, number in (line.split() for line in kept) if word == "joined"}
    wanted |= {int(number): "unsubscribed" for word, number in map(str.split, kept) if word == "left"}
    lost = sum(states.get(address(number)) not in (state, "unsubscribed") for number, state in wanted.items())
    return lost, len(kept), sound


def _cut(child: Run, device: Path, told: Path) -> list[str]:
    """Stop the child, clone what its device has, end it; what it had told before the clone was made.

    Stopped first, so that it begins nothing after what it was told was read. A sync that is under way is
    the kernel's, and goes on while the clone is made.
    """
    child.signal(signal.SIGSTOP)
    kept = told.read_text().splitlines(keepends=True) if told.exists() else []
    with device.open("rb") as source, device.with_name("copy").open("wb") as clone:
        fcntl.ioctl(clone.fileno(), _FICLONE, source.fileno())
    child.signal(signal.SIGKILL)
    child.wait()
    return [line.strip() for line in kept if line.endswith("\n")]


def _forgotten(folder: Path, keys: list[str]) -> int:
    with sqlite3.connect(folder / DATABASE) as connection:
        accepted = {key for (key,) in connection.execute("SELECT key FROM delivery WHERE state = 'accepted'")}
    connection.close()
    return len(set(keys) - accepted)


def _list(folder: Path) -> tuple[dict[str, str], bool]:
    try:
        with sqlite3.connect(folder / DATABASE) as connection:
            states = dict(connection.execute("SELECT email, state FROM subscriber").fetchall())
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    except sqlite3.DatabaseError:
        return {}, False
    finally:
        with suppress(UnboundLocalError):
            connection.close()
    return states, sound


def _can() -> bool:
    return os.geteuid() == 0 and shutil.which("mkfs.xfs") is not None


@contextmanager
def _xfs() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as scratch:
        big = Path(scratch) / "big"
        _empty(big, 1_200)
        subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", str(big)], check=True)
        with _mounted("-o", "loop", str(big)) as xfs:
            _empty(xfs / "formatted", 48)
            subprocess.run(["mkfs.ext4", "-q", "-F", str(xfs / "formatted")], check=True)
            yield xfs


@contextmanager
def _device(xfs: Path) -> Iterator[tuple[Path, Path]]:
    """(a device as a file, where it is mounted)."""
    device = xfs / "device"
    subprocess.run(["cp", "--reflink=always", str(xfs / "formatted"), str(device)], check=True)
    with _mounted("-o", "loop", str(device)) as disk:
        yield device, disk
    device.unlink()


@contextmanager
def _copy(xfs: Path) -> Iterator[Path]:
    copy = xfs / "copy"
    with _mounted("-o", "loop", str(copy)) as after:
        yield after
    copy.unlink()


def _empty(path: Path, megabytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(megabytes * 1_000_000)


@contextmanager
def _mounted(*what: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", *what, folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
