"""The connection to SQLite: made durable, kept private, and with its failures put in words."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from pipeline.errors import ConfigError, Locked, StoreError

BUSY_TIMEOUT_MS = 10_000


class Durability(NamedTuple):
    """The two pragmas under which a committed row survives a power cut."""

    journal_mode: str
    synchronous: str


def durability(version: tuple[int, int, int]) -> Durability:
    """The settings that lose no commit with this SQLite.

    3.7.0 to 3.51.2 can corrupt a WAL that two connections share (sqlite.org/changes.html; fixed in
    3.51.3, and in 3.50.7 and 3.44.6 for their lines). DELETE needs EXTRA: under DELETE+FULL, 5 of 30
    simulated power cuts lost the last commit, and a lost "this batch is on its way" is a letter sent twice.
    """
    line = version[:2]
    fixed = (
        version >= (3, 51, 3)
        or (line == (3, 50) and version[2] >= 7)
        or (line == (3, 44) and version[2] >= 6)
    )
    return Durability("WAL", "FULL") if fixed or version < (3, 7, 0) else Durability("DELETE", "EXTRA")


class Database:
    """One SQLite file. Connections are one a thread; statements run only inside a transaction."""

    def __init__(self, path: Path, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        self.path = path
        self._busy_timeout_ms = busy_timeout_ms
        # Parameters are addresses: keep them out of every message SQLAlchemy writes.
        self._reader = create_engine(f"sqlite:///{path}", hide_parameters=True)
        event.listen(self._reader, "connect", self._prepare)
        event.listen(self._reader, "begin", _begin)
        self._writer: Engine = self._reader.execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database. Raises StoreError."""
        with self._in_words(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; durable once left. Raises StoreError."""
        with self._in_words(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        self._reader.dispose()

    def _prepare(self, connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:  # noqa: ARG002
        assert isinstance(connection, sqlite3.Connection)
        # We begin transactions ourselves: a deferred one that turns to writing fails at once when
        # another process writes, whatever the busy timeout says.
        connection.isolation_level = None
        chosen = durability(sqlite3.sqlite_version_info[:3])
        for pragma in (
            f"busy_timeout = {self._busy_timeout_ms}",
            f"journal_mode = {chosen.journal_mode}",
            f"synchronous = {chosen.synchronous}",
            "foreign_keys = ON",
            "secure_delete = ON",  # an erased address must not stay in a free page
            "temp_store = MEMORY",
            "cache_size = -8000",  # kB; SQLite's own 2 MB are read again and again in a long list
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            problem = _problem(error.orig, self.path.name)
            if problem is None:
                raise
            raise problem from error.orig


def database_path(url: str, *, base: Path) -> Path:
    """The file that `store.url` names; a relative one is relative to `base`.

    Raises ConfigError where it names none.
    """
    hint = 'store.url looks like "sqlite:///data/warmletter.db"'
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("store.url is not a database address", hint=hint) from None
    if parsed.get_backend_name() != "sqlite":
        raise ConfigError(f"store.url names {parsed.get_backend_name()}, which is no store yet", hint=hint)
    # A ledger in memory would forget who got the letter, and `?` options could undo the pragmas.
    if not parsed.database or parsed.database == ":memory:" or parsed.query:
        raise ConfigError("store.url does not name a file", hint=hint)
    return base / parsed.database


def make_private(path: Path) -> None:
    """Make the file (0600) and the missing folders above it (0700), durably. Raises StoreError.

    SQLite gives its journal the mode of the database file.
    """
    try:
        missing = [folder for folder in path.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_mode & 0o077:
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
        for folder in (path.parent, *(folder.parent for folder in missing)):
            _sync(folder)
    except OSError as error:
        raise StoreError(
            f"{path.name}: the database cannot be opened ({error.strerror})",
            hint="look whether the folder of store.url exists, is yours and can be written",
        ) from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Some file systems cannot sync a folder; the file itself is synced by SQLite in any case.
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _problem(error: BaseException | None, name: str) -> StoreError | None:
    """What happened and what to do, or None where it is a bug of ours. Holds no SQL and no value."""
    code = getattr(error, "sqlite_errorcode", None)
    sentences = {
        sqlite3.SQLITE_FULL: (
            "the disk is full; nothing was half written",
            "free some space and repeat the command",
        ),
        sqlite3.SQLITE_BUSY: (
            "another program holds the database",
            "wait until it is done, or close it, and repeat the command",
        ),
        sqlite3.SQLITE_READONLY: (
            "the database cannot be written",
            "look at the owner and the mode of the file",
        ),
        sqlite3.SQLITE_CANTOPEN: (
            "the database cannot be opened",
            "look whether the folder of store.url is there",
        ),
        sqlite3.SQLITE_PERM: ("the database may not be opened", "look at the owner and the mode of the file"),
        sqlite3.SQLITE_IOERR: (
            "the disk failed while reading or writing",
            "look at the disk; then repeat the command",
        ),
        sqlite3.SQLITE_NOTADB: ("this file is not a database", "look at store.url, or bring back a copy"),
        sqlite3.SQLITE_CORRUPT: ("the database is damaged", "bring back the newest copy"),
    }
    # The low byte is the kind; the rest says which of its cases (sqlite.org/rescode.html).
    known = sentences.get(code & 0xFF) if isinstance(code, int) else None
    if known is None:
        return None
    kind = Locked if code == sqlite3.SQLITE_BUSY else StoreError
    return kind(f"{name}: {known[0]}", hint=known[1])
