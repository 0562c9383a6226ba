"""The disk under a letter that goes out: full, or cut off from power. Both need root and Linux."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.faults.stage import BATCH, Stage, stage

READERS = 300


def full(times: int) -> Iterator[str]:
    """B6: no room is left at some moment; afterwards there is, and nothing was half done."""
    if os.geteuid() != 0:
        yield "left out: a file system of its own needs root"
        return
    faults, unknown, chance = [], 0, random.Random(6)
    for turn in range(times):
        with (
            _mounted("-t", "tmpfs", "-o", "size=3m", "tmpfs") as disk,
            _journal() as journal,
            stage(disk / "letter", "postmark", readers=READERS, seed=turn, journal=journal) as on,
        ):
            filler = disk / "filler"
            room = shutil.disk_usage(disk).free
            filler.write_bytes(b"\0" * max(0, room - chance.randrange(2_000, 120_000)))
            on.start().wait()
            filler.unlink()
            on.finish()
            verdict = on.verdict()
        unknown += verdict.unknown
        if not verdict.good or verdict.unknown > BATCH:
            faults.append(f"FAULT {verdict}")
    yield f"{times} letters to {READERS} on a disk that filled up: in doubt {unknown}, faults {len(faults)}"
    yield from faults


def power_cuts(times: int) -> Iterator[str]:
    """B3: what had reached the device at a random instant is all that is left; then it goes on.

    A file system in a file on XFS: a reflink copy of that file is what a power cut leaves. Mails
    that the service took before the cut may be unknown to the copy's ledger only as doubt.
    """
    if os.geteuid() != 0 or not shutil.which("mkfs.xfs"):
        yield "left out: it needs root and mkfs.xfs (Debian: xfsprogs)"
        return
    faults, unknown, chance = [], 0, random.Random(3)
    with tempfile.TemporaryDirectory() as scratch:
        big = Path(scratch) / "big"
        _empty(big, 1_200)
        subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", str(big)], check=True)
        with _mounted("-o", "loop", str(big)) as xfs:
            for turn in range(times):
                found, doubted = _cut(xfs, turn, chance)
                faults += found
                unknown += doubted
    yield f"{times} cuts, letters to {READERS}: in doubt {unknown}, faults {len(faults)}"
    yield from faults


def _cut(xfs: Path, turn: int, chance: random.Random) -> tuple[list[str], int]:
    device, copy = xfs / "device", xfs / "copy"
    _empty(device, 48)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(device)], check=True)
    with (
        _journal() as journal,
        _mounted("-o", "loop", str(device)) as disk,
        stage(disk / "letter", "postmark", readers=READERS, seed=turn, journal=journal) as on,
    ):
        os.sync()
        child = on.start()
        with suppress(subprocess.TimeoutExpired):
            child.wait(chance.uniform(0.3, 0.9))
        subprocess.run(["cp", "--reflink=always", str(device), str(copy)], check=True)
        # What the service took after the copy was made is not the copy's to know.
        taken_at_the_cut = journal.read_text() if journal.exists() else ""
        child.kill()
        child.wait()
        journal.write_text(taken_at_the_cut)
        with _mounted("-o", "loop", str(copy)) as after:
            again = Stage(
                folder=after / "letter", kind=on.kind, port=on.port, journal=journal, readers=READERS
            )
            again.finish()
            verdict = again.verdict()
    copy.unlink()
    device.unlink()
    bad = not verdict.good or verdict.unknown > 2 * BATCH
    return ([f"FAULT {verdict}"] if bad else []), verdict.unknown


def _empty(path: Path, megabytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(megabytes * 1_000_000)


@contextmanager
def _journal() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "journal"


@contextmanager
def _mounted(*what: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", *what, folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
