"""The outbox: one file a letter, whole or not at all, and the same key is the same file."""

from __future__ import annotations

import errno
import os
import stat
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from pipeline.deliver.providers.outbox import Outbox
from pipeline.errors import ProviderStop
from pipeline.ports import Provider
from tests.contracts import ProviderContract, a_message, offered, read_mail


class TestOutbox(ProviderContract):
    @pytest.fixture
    def provider(self, tmp_path: Path) -> Outbox:
        self.folder = tmp_path / "outbox"
        return Outbox(self.folder)

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        (file,) = self.folder.glob("*.eml")
        return read_mail(file.read_bytes())


def test_a_letter_becomes_a_file_that_a_mail_program_opens(tmp_path: Path) -> None:
    message = a_message(7)
    (outcome,) = offered(Outbox(tmp_path / "outbox"), message)
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.name == outcome.provider_id == f"2026-11-{message.key}.eml"
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["To"] == "Reader 7 <reader7@example.org>"


def test_files_and_folder_are_private_and_named_without_the_address(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "outbox"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    offered(Outbox(folder), a_message(1), a_message(2))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert not any("reader" in file.name for file in folder.iterdir())


def test_the_same_key_again_is_the_same_file(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    offered(outbox, a_message(1))
    offered(outbox, a_message(1, text="newer\n"))
    (file,) = tmp_path.iterdir()
    assert b"newer" in file.read_bytes()


@pytest.mark.parametrize(("tag", "key"), [("../../etc", "a/../b"), ("", ""), (".", "..")])
def test_a_name_never_leads_out_of_the_folder(tmp_path: Path, tag: str, key: str) -> None:
    folder = tmp_path / "outbox"
    offered(Outbox(folder), a_message(1, tag=tag, key=key))
    (file,) = folder.iterdir()
    assert file.suffix == ".eml"
    assert not file.name.startswith(".")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_full_disk_stops_the_run_and_leaves_no_half_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProviderStop, match="No space left on device"):
        offered(Outbox(tmp_path), a_message(1))
    assert list(tmp_path.glob("*.eml")) == []
    monkeypatch.undo()
    offered(Outbox(tmp_path), a_message(1))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_where_the_folder_should_be_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("")
    with pytest.raises(ProviderStop, match="cannot be written"):
        offered(Outbox(tmp_path / "outbox"), a_message(1))
