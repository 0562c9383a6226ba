"""The file beside the database: which of two copies sent last, and on which machine."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from pipeline.errors import NotAllowed, StoreError
from pipeline.store import epoch as module
from pipeline.store.epoch import EpochFile, Mark

RESOLVE = "`warmletter resolve` looks what went out meanwhile, and makes sending possible again"


@pytest.fixture(autouse=True)
def machine_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "machine-id"
    path.write_text("0123456789abcdef\n")
    monkeypatch.setattr(module, "_MACHINE_ID", path)
    return path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "letters.db"


def said(database: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((database.parent / "letters.db.epoch").read_bytes())
    return content


def refused(database: Path, epoch: int) -> str:
    with pytest.raises(NotAllowed) as caught:
        EpochFile(database).require_current(epoch)
    return str(caught.value)


def test_each_call_is_marked_with_its_letter_and_the_machine(database: Path) -> None:
    file = EpochFile(database)
    assert file.read() is None
    (database.parent / ".letters.db.epoch.part").write_bytes(b"x" * 999)  # left by a process that died
    file.write(1, "2026-10")
    file.write(2, "2026-11")
    file.write(3, "2026-11")
    machine = hashlib.sha256(b"warmletter 0123456789abcdef").hexdigest()[:16]
    assert said(database) == {"epoch": 3, "issues": {"2026-10": 1, "2026-11": 3}, "machine": machine}
    mark = EpochFile(database).read()
    assert mark == Mark(epoch=3, issues={"2026-10": 1, "2026-11": 3}, machine=machine)
    assert [mark.since(epoch) for epoch in range(4)] == [
        ("2026-10", "2026-11"),
        ("2026-11",),
        ("2026-11",),
        (),
    ]
    file.write(9, "")
    assert said(database) == {"epoch": 9, "issues": {"2026-10": 1, "2026-11": 3}, "machine": machine}
    assert [path.name for path in database.parent.iterdir() if "part" in path.name] == []
    assert (database.parent / "letters.db.epoch").stat().st_mode & 0o777 == 0o600


def test_what_another_process_marked_is_kept(database: Path) -> None:
    EpochFile(database).write(1, "2026-10")
    EpochFile(database).write(2, "2026-11")
    assert said(database)["issues"] == {"2026-10": 1, "2026-11": 2}
    looked = EpochFile(database)
    looked.require_current(2)
    looked.write(3, "2026-12")
    assert said(database)["issues"] == {"2026-10": 1, "2026-11": 2, "2026-12": 3}


def test_a_database_that_never_sent_needs_no_file(database: Path) -> None:
    EpochFile(database).require_current(0)


def test_a_database_that_sent_and_lies_without_its_file_is_a_copy(database: Path) -> None:
    assert refused(database, 1) == (
        "the database lies here without its .epoch file, as a copy does: it may have forgotten whom it mailed"
        f"\n  {RESOLVE}"
    )


def test_a_database_behind_its_file_is_an_old_copy_and_says_of_which_letters(database: Path) -> None:
    file = EpochFile(database)
    for epoch, issue in ((1, "2026-09"), (2, "2026-10"), (3, "2026-11")):
        file.write(epoch, issue)
    file.require_current(3)
    file.require_current(4)  # the file is written after the database
    assert refused(database, 1) == (
        "the database is older than what was sent last (2026-10, 2026-11): it has forgotten whom it mailed"
        f"\n  {RESOLVE}"
    )
    file.write(5, "")  # adopted elsewhere
    assert refused(database, 3).startswith("the database is older than what was sent last (a letter): ")


def test_a_database_that_was_used_on_another_machine_may_be_sending_there(
    database: Path, machine_id: Path
) -> None:
    EpochFile(database).write(1, "2026-11")
    machine_id.write_text("another\n")
    assert refused(database, 1) == (
        "the database was last used for sending on another machine, which may be sending still"
        f"\n  stop it there; then {RESOLVE}"
    )
    EpochFile(database).write(2, "2026-11")
    EpochFile(database).require_current(2)


@pytest.mark.parametrize("name", ["\n", None], ids=["empty", "none"])
def test_machines_without_a_name_are_not_told_apart(
    database: Path, machine_id: Path, name: str | None
) -> None:
    EpochFile(database).write(1, "2026-11")
    if name is None:
        machine_id.unlink()
    else:
        machine_id.write_text(name)
    nameless = EpochFile(database)
    nameless.require_current(1)
    nameless.write(2, "2026-11")
    assert said(database)["machine"] == ""
    machine_id.write_text("another\n")
    EpochFile(database).require_current(2)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "JSONDecodeError"),
        (b"{}", "KeyError"),
        (b"[]", "TypeError"),
        (b'{"epoch": "x", "issues": {}, "machine": ""}', "ValueError"),
        (b'{"epoch": 1, "issues": 3, "machine": ""}', "TypeError"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(database: Path, content: bytes, kind: str) -> None:
    (database.parent / "letters.db.epoch").write_bytes(content)
    with pytest.raises(StoreError) as caught:
        EpochFile(database).read()
    assert str(caught.value) == (
        f"letters.db.epoch: it cannot be read ({kind})\n  give it another name; then {RESOLVE}"
    )


def test_a_file_that_cannot_be_written_says_why(database: Path) -> None:
    (database.parent / ".letters.db.epoch.part").mkdir()
    with pytest.raises(StoreError) as caught:
        EpochFile(database).write(1, "2026-11")
    assert str(caught.value) == (
        "letters.db.epoch: it cannot be written (Is a directory)\n"
        "  look at the room on the disk and the folder's owner; nothing was sent"
    )


def test_the_first_file_is_made_durable_with_its_folder_and_later_ones_by_themselves(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    file = EpochFile(database)
    file.write(1, "2026-11")
    assert synced == [".letters.db.epoch.part", database.parent.name]
    file.write(2, "2026-11")
    assert synced[2:] == [".letters.db.epoch.part"]
