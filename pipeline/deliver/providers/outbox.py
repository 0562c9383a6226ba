"""The embedded provider: each letter becomes a file, `outbox/<issue>-<key>.eml`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from pipeline.deliver.mime import to_bytes
from pipeline.deliver.packing import by_mails, packed
from pipeline.errors import ProviderStop
from pipeline.model import Doubt, Limits, Message, Outcome, OutcomeKind, Parcel

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9-]+")
_LENGTH_BYTES = 8
INDEX = "index.html"


class Outbox:
    """Writes mail instead of sending it. The same key is the same file, so a repeat is harmless."""

    name = "outbox"
    limits = Limits(max_messages=100, max_bytes=64_000_000, replay_s=float("inf"), looks_up=True)

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wrote = False

    def close(self) -> None:
        """Bring the list of what lies in the folder up to date; without it the mails are no less there."""
        if self._wrote:
            self._wrote = False
            try:
                self._put(INDEX, _index(sorted(path.name for path in self._folder.glob("*.eml"))))
            except OSError:
                return

    def ready(self) -> None:
        """Raises ProviderStop where the folder cannot be written to."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
        except OSError as error:
            raise _unwritable(error) from error

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        """Mails one after the other, each behind its length; the tag stands in the call's key."""
        return packed(
            messages,
            most=min(most, self.limits.max_messages),
            most_bytes=self.limits.max_bytes,
            encode=_measured,
            join=b"".join,
            name=by_mails,
        )

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        self.ready()
        tag = parcel.key.rpartition("-")[0]
        mails = _mails(bytes(parcel.body))
        names = [_name(tag, envelope.key) for envelope in parcel.envelopes]
        try:
            for name, mail in zip(names, mails, strict=True):
                self._put(name, mail)
            _sync(self._folder)
        except OSError as error:
            raise _unwritable(error) from error
        self._wrote = True
        return tuple(Outcome(kind=OutcomeKind.ACCEPTED, provider_id=name) for name in names)

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:
        names = {doubt.key: _name(tag, doubt.key) for doubt in doubts}
        return {
            key: Outcome(kind=OutcomeKind.ACCEPTED, provider_id=name)
            for key, name in names.items()
            if (self._folder / name).exists()
        }

    def _put(self, name: str, content: bytes) -> None:
        # Written aside and renamed: whoever looks into the folder sees whole letters only.
        aside = self._folder / f".{name}.part"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._folder / name)


def _unwritable(error: OSError) -> ProviderStop:
    return ProviderStop(
        f"outbox: the mail cannot be written ({error.strerror})",
        hint="look at the disk and at the folder's owner, then repeat `warmletter send`",
    )


def _measured(message: Message) -> bytes:
    mail = to_bytes(message)
    return len(mail).to_bytes(_LENGTH_BYTES, "big") + mail


def _mails(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(body[at:start], "big")
        yield body[start:at]


def _index(names: Sequence[str]) -> bytes:
    rows = "".join(f'<li><a href="{escape(name)}">{escape(name)}</a></li>\n' for name in names)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Outbox</title>\n'
        f"<h1>{len(names)} mails, written instead of sent</h1>\n"
        f"<p>Each opens in a mail program.</p>\n<ul>\n{rows}</ul></html>\n"
    ).encode()


def _name(tag: str, key: str) -> str:
    return f"{_safe(tag)}-{_safe(key)}.eml"


def _safe(word: str) -> str:
    return _NOT_IN_A_NAME.sub("-", word)[:80].strip("-") or "letter"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
