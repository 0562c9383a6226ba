"""The embedded provider: each letter becomes a file, `outbox/<issue>-<key>.eml`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.deliver.mime import to_bytes
from pipeline.errors import ProviderStop
from pipeline.model import Limits, Message, Outcome, OutcomeKind

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9-]+")


class Outbox:
    """Writes mail instead of sending it. The same key is the same file, so a repeat is harmless."""

    name = "outbox"
    limits = Limits(max_messages=100, max_bytes=64_000_000, replay_s=float("inf"))

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def close(self) -> None:
        """Nothing is kept open between two calls."""

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            names = [self._write(message) for message in messages]
            _sync(self._folder)
        except OSError as error:
            raise ProviderStop(
                f"outbox: the mail cannot be written ({error.strerror})",
                hint="look at the disk and at the folder's owner, then repeat `warmletter send`",
            ) from error
        return tuple(Outcome(kind=OutcomeKind.ACCEPTED, provider_id=name) for name in names)

    def _write(self, message: Message) -> str:
        name = f"{_safe(message.tag)}-{_safe(message.key)}.eml"
        # Written aside and renamed: whoever looks into the folder sees whole letters only.
        aside = self._folder / f".{name}.part"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(to_bytes(message))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._folder / name)
        return name


def _safe(word: str) -> str:
    return _NOT_IN_A_NAME.sub("-", word)[:80].strip("-") or "letter"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
