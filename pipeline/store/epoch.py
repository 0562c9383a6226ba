"""A copy of the database from before the last call, or on another machine, is known for one.

A restored backup has forgotten whom it mailed since. So a number grows with every call, in the
database and in a small file beside it; a database that is behind its file may not send.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import NotAllowed, StoreError

_MACHINE_ID = Path("/etc/machine-id")  # systemd's; where there is none, machines are not told apart
_RESOLVE = "`warmletter resolve` looks what went out meanwhile, and makes sending possible again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the file says: the last call's number, each letter's last one, and the machine."""

    epoch: int = 0
    issues: Mapping[str, int] = field(default_factory=dict)
    machine: str = ""

    def since(self, epoch: int) -> tuple[str, ...]:
        """The letters of which something went out after `epoch`."""
        return tuple(sorted(name for name, last in self.issues.items() if last > epoch))


class EpochFile:
    """The file, `<database>.epoch`."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.epoch")
        self._machine = _this_machine()
        self._known: Mark | None = None

    def read(self) -> Mark | None:
        """What it says; None where it is not there. Raises StoreError where it cannot be read."""
        try:
            said = json.loads(self._path.read_bytes())
            return Mark(epoch=int(said["epoch"]), issues=dict(said["issues"]), machine=str(said["machine"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"{self._path.name}: it cannot be read ({type(error).__name__})",
                hint=f"give it another name; then {_RESOLVE}",
            ) from error

    def begin(self) -> None:
        """Make it where there is none, before the first call of all.

        A process that ends between that call's commit and the file would leave what looks like a copy.
        """
        if self._known is None and self.read() is None:
            self.write(0, "")

    def write(self, epoch: int, issue: str) -> None:
        """Durable before it returns. Raises StoreError where the disk does not take it."""
        before = self._known or self.read() or Mark()
        issues = {**before.issues, issue: epoch} if issue else dict(before.issues)
        mark = Mark(epoch=epoch, issues=issues, machine=self._machine)
        content = {"epoch": mark.epoch, "issues": dict(mark.issues), "machine": mark.machine}
        aside = self._path.with_name(f".{self._path.name}.part")
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(content).encode())
                file.flush()
                os.fsync(file.fileno())
            new = not self._path.exists()
            aside.replace(self._path)
            if new:  # an old one that a power cut leaves is behind, which is no harm; none would be
                self._sync_folder()
        except OSError as error:
            raise StoreError(
                f"{self._path.name}: it cannot be written ({error.strerror})",
                hint="look at the room on the disk and the folder's owner; nothing was sent",
            ) from error
        self._known = mark

    def _sync_folder(self) -> None:
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def require_current(self, epoch: int) -> None:
        """Raises NotAllowed where the database, at `epoch`, is not the one that sent last."""
        mark = self.read()
        if mark is None and epoch > 0:
            raise NotAllowed(
                "the database lies here without its .epoch file, as a copy does: "
                "it may have forgotten whom it mailed",
                hint=_RESOLVE,
            )
        if mark is not None and mark.epoch > epoch:
            names = ", ".join(mark.since(epoch)) or "a letter"
            raise NotAllowed(
                f"the database is older than what was sent last ({names}): it has forgotten whom it mailed",
                hint=_RESOLVE,
            )
        if mark is not None and mark.machine and self._machine and mark.machine != self._machine:
            raise NotAllowed(
                "the database was last used for sending on another machine, which may be sending still",
                hint=f"stop it there; then {_RESOLVE}",
            )
        self._known = mark


def _this_machine() -> str:
    try:
        name = _MACHINE_ID.read_bytes().strip()
    except OSError:
        return ""
    return hashlib.sha256(b"warmletter " + name).hexdigest()[:16] if name else ""
