"""The store as one thing."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from pipeline.store.database import BUSY_TIMEOUT_MS, Database, database_path, make_private
from pipeline.store.issues import SqlIssues
from pipeline.store.ledger import SqlLedger
from pipeline.store.migrate import migrate
from pipeline.store.pictures import SqlPictures
from pipeline.store.posts import SqlPosts
from pipeline.store.readers import SqlReaders


class SqlStore:
    """Everything under one database. Close it, or use it in a `with`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.posts = SqlPosts(database)
        self.pictures = SqlPictures(database)
        self.issues = SqlIssues(database)
        self.readers = SqlReaders(database)
        self.ledger = SqlLedger(database)

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> SqlStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(url: str, *, base: Path, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> SqlStore:
    """The store at `url`, made or brought up to date if need be; a relative path starts at `base`.

    Raises ConfigError for an address that is none, StoreError where the database cannot be used.
    """
    path = database_path(url, base=base)
    make_private(path)
    database = Database(path, busy_timeout_ms=busy_timeout_ms)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return SqlStore(database)
