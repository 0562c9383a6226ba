"""A lock between processes that ends with the process that holds it, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import Busy, StoreError


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock file alone. Raises Busy where another holds it; never waits.

    The file stays behind: removing it would let two processes hold two files of one name.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"{path.name}: the lock file cannot be written ({error.strerror})",
            hint="look at the owner and the mode of the database's folder",
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                "another `warmletter send` is under way",
                hint="it goes on by itself; `warmletter status` shows how far it is",
            ) from None
        yield
    finally:
        os.close(descriptor)
