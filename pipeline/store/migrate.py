"""Brings a database to the tables of this program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from pipeline.errors import StoreError
from pipeline.store.database import Database

# All that this program knows, oldest first. Listed here so that an up-to-date database is opened
# without importing Alembic, which takes longer than most commands.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")


def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction. Raises StoreError for one we must not touch."""
    with database.reading() as connection:
        stored = revision(connection, name=database.path.name)
    if stored == REVISIONS[-1]:
        return
    with database.writing() as connection:
        # Asked again under the lock: another process may have been first.
        if revision(connection, name=database.path.name) != REVISIONS[-1]:
            upgrade(connection)


def revision(connection: Connection, *, name: str) -> str | None:
    """The database's revision; None for an empty one. Raises StoreError for one that is not ours."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    stored = (
        connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if "alembic_version" in tables
        else None
    )
    if stored is None:
        raise StoreError(
            f"{name}: this is another program's database",
            hint="give store.url in config.toml a name of its own",
        )
    if stored not in REVISIONS:
        raise StoreError(
            f"{name}: the database was made by a newer Warmletter",
            hint="install the newer version again, or bring back a copy from before",
        )
    return str(stored)


def upgrade(connection: Connection, *, to: str = "head") -> None:
    """Bring the database to a revision, in the transaction that is open."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(Path(__file__).parent / "migrations")

    def steps(current: Any, context: Any) -> Any:  # noqa: ARG001
        return script._upgrade_revs(to, current)

    with EnvironmentContext(Config(), script, fn=steps, destination_rev=to) as environment:
        # Our transaction is open already: SQLite rolls DDL back with the rest.
        environment.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
        with environment.begin_transaction():
            environment.run_migrations()
