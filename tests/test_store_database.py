"""The database file: durable, private, brought up to date, and clear about what is wrong."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

import pipeline.store.migrate as migration
from pipeline.errors import ConfigError, StoreError
from pipeline.model import Envelope, Parcel
from pipeline.store import SqlStore, open_store
from pipeline.store.database import Database, Durability, database_path, durability
from pipeline.store.migrate import REVISIONS, upgrade
from pipeline.store.tables import METADATA
from tests.contracts import NOW, a_store, freeze, leave, next_claim, some_readers

URL = "sqlite:///data/warmletter.db"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with a_store(tmp_path) as store:
        yield store


def in_a_child(code: str, folder: Path) -> str:
    """What `code` prints in a process of its own, which has `folder` as its argument."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(folder)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 7, 0), Durability("DELETE", "EXTRA")),
        ((3, 40, 1), Durability("DELETE", "EXTRA")),
        ((3, 44, 5), Durability("DELETE", "EXTRA")),
        ((3, 44, 6), Durability("WAL", "FULL")),
        ((3, 45, 9), Durability("DELETE", "EXTRA")),
        ((3, 50, 6), Durability("DELETE", "EXTRA")),
        ((3, 50, 7), Durability("WAL", "FULL")),
        ((3, 51, 2), Durability("DELETE", "EXTRA")),
        ((3, 51, 3), Durability("WAL", "FULL")),
        ((4, 0, 0), Durability("WAL", "FULL")),
    ],
    ids=lambda value: ".".join(map(str, value)),
)
def test_wal_is_used_only_where_its_bug_is_fixed(version: tuple[int, int, int], expected: Durability) -> None:
    assert durability(version) == expected


def test_every_connection_has_the_pragmas(store: SqlStore) -> None:
    chosen = durability(sqlite3.sqlite_version_info[:3])
    with store.database.reading() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in (
                "journal_mode",
                "synchronous",
                "busy_timeout",
                "foreign_keys",
                "secure_delete",
                "temp_store",
            )
        }
    assert values == {
        "journal_mode": chosen.journal_mode.lower(),
        "synchronous": {"EXTRA": 3, "FULL": 2}[chosen.synchronous],
        "busy_timeout": 10_000,
        "foreign_keys": 1,
        "secure_delete": 1,
        "temp_store": 2,
    }


def test_folder_file_and_journal_are_private(store: SqlStore, tmp_path: Path) -> None:
    def modes() -> dict[str, str]:
        return {
            path.name: oct(stat.S_IMODE(path.stat().st_mode))
            for path in (tmp_path / "data", *(tmp_path / "data").iterdir())
        }

    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE subscriber SET name = 'x'")
        connection.exec_driver_sql(
            "INSERT INTO feed (url,title,etag,last_modified,body_sha256,message,failures)"
            " VALUES ('u','','','','','',0)"
        )
        during = modes()
    assert during.pop("data") == "0o700"
    assert len(during) >= 2
    assert set(during.values()) == {"0o600"}


def test_a_file_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    a_store(tmp_path).close()
    path = tmp_path / "data" / "warmletter.db"
    path.chmod(0o644)
    a_store(tmp_path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_migrations_make_exactly_the_tables_of_the_program(store: SqlStore) -> None:
    with store.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        wanted = {
            (table.name, str(constraint.name))
            for table in METADATA.tables.values()
            for constraint in table.constraints
            # SQLite's AUTOINCREMENT is written at the column, where a constraint has no name.
            if constraint.name and constraint is not METADATA.tables["subscriber"].primary_key
        }
        sql = " ".join(
            connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").scalars()
        )
    assert [name for _, name in wanted if name not in sql] == []


def test_the_program_knows_every_migration(store: SqlStore) -> None:
    script = ScriptDirectory(Path(migration.__file__).parent / "migrations")
    known = [revision.revision for revision in script.walk_revisions()]
    assert tuple(reversed(known)) == migration.REVISIONS


def test_an_up_to_date_database_is_opened_without_alembic(tmp_path: Path) -> None:
    a_store(tmp_path).close()
    code = (
        "import sys; from pathlib import Path; from pipeline.store import open_store\n"
        f"open_store({URL!r}, base=Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    assert in_a_child(code, tmp_path) == "False"


def test_two_that_open_a_new_database_at_once_both_get_it(tmp_path: Path) -> None:
    gate = threading.Barrier(4)
    problems: list[BaseException] = []

    def open_it() -> None:
        gate.wait()
        try:
            a_store(tmp_path).close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


# Rows as the first version wrote them: a letter that is going out, one reader queued, one accepted.
FIRST_ROWS = """
INSERT INTO feed VALUES ('https://quiet.example/feed','','"e"','','','2026-10-01T08:00:00.000000Z',
    '2026-10-01T08:00:00.000000Z','unchanged','nothing new',0,NULL);
INSERT INTO post VALUES ('p1','https://quiet.example/feed','g1','','One','Miriam',NULL,'<p>Words</p>','',
    'en',0,'2026-10-01T08:00:00.000000Z','2026-10-01T08:00:00.000000Z',0);
INSERT INTO issue (name,state,choices,reason,frozen) VALUES ('2026-11','sending','{}','',2);
INSERT INTO issue_post VALUES ('p1','2026-11',0);
INSERT INTO subscriber VALUES (1,'a@example.org','','active','2026-10-01T08:00:00.000000Z','asked',
    '2026-10-01T08:00:00.000000Z');
INSERT INTO batch VALUES ('2026-11',1,'ready',1,'','2026-11-03T09:00:00.000000Z',NULL);
INSERT INTO delivery VALUES ('2026-11',1,1,'k1','a@example.org','queued','','','2026-11-03T09:00:00.000000Z');
INSERT INTO delivery VALUES ('2026-11',1,2,'k2','b@example.org','accepted','x','',
    '2026-11-03T09:00:00.000000Z');
"""


@contextmanager
def made_by(tmp_path: Path, revision: str) -> Iterator[Connection]:
    """A database as an earlier version left it, open for more to be written."""
    path = tmp_path / "data" / "warmletter.db"
    a_store(tmp_path).close()
    path.unlink()
    with closing(Database(path)) as database, database.writing() as connection:
        upgrade(connection, to="0001")
        for statement in FIRST_ROWS.strip().split(";\n"):
            connection.exec_driver_sql(statement)
        upgrade(connection, to=revision)
        yield connection


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_database_of_every_earlier_version_goes_on(tmp_path: Path, revision: str) -> None:
    with made_by(tmp_path, revision):
        pass
    with a_store(tmp_path) as store:
        totals = store.ledger.totals("2026-11")
        assert (totals.queued, totals.accepted, totals.frozen) == (1, 1, 2)
        assert store.posts.mailed(except_issue="") == {"p1"}
        assert store.posts.feed("https://quiet.example/feed").validators.etag == '"e"'
        assert [post.title for post in store.posts.known("https://quiet.example/feed")] == ["One"]
        assert store.pictures.kept(["p1"]) == ()


def test_a_call_that_an_earlier_version_had_under_way_is_made_again_as_it_was(tmp_path: Path) -> None:
    members = '[{"key":"k2","to":"b@example.org"},{"key":"k1","to":"a@example.org"}]'
    with made_by(tmp_path, "0008") as connection:
        connection.exec_driver_sql("UPDATE batch SET state = 'sending', token = 't'")
        connection.exec_driver_sql(
            "INSERT INTO intent VALUES ('2026-11', 1, 'call', ?, 'letters@example.org', x'01', ?)",
            (members, "2026-11-03T09:00:00.000000Z"),
        )
    with a_store(tmp_path) as store:
        _, (replay,) = store.ledger.recover("2026-11", replay_s=3600.0, now=NOW)
        assert replay.parcel == Parcel(
            key="call",
            body=b"\x01",
            sender="letters@example.org",
            envelopes=(Envelope(key="k2", to="b@example.org"), Envelope(key="k1", to="a@example.org")),
        )
        with store.database.reading() as connection:
            kept = connection.exec_driver_sql("SELECT members FROM intent").scalar_one()
    assert kept == '["k2","k1"]'


def test_what_was_stored_is_there_after_reopening(tmp_path: Path) -> None:
    with a_store(tmp_path) as store:
        freeze(store, 5)
    with a_store(tmp_path) as store:
        assert store.ledger.totals("2026-11").queued == 5


@pytest.mark.parametrize("version", ["9999", "ffff"])
def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path, version: str) -> None:
    a_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "data" / "warmletter.db")) as raw:
        raw.execute("UPDATE alembic_version SET version_num = ?", (version,))
        raw.commit()
    with pytest.raises(StoreError, match=r"newer Warmletter\n.*install"):
        a_store(tmp_path)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as raw:
        raw.execute("CREATE TABLE photos (id)")
    with pytest.raises(StoreError, match="another program's database"):
        open_store("sqlite:///theirs.db", base=tmp_path)


def test_a_failed_migration_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alembic.op.create_index", lambda *names: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        a_store(tmp_path)
    monkeypatch.undo()
    with a_store(tmp_path) as store:
        assert store.readers.count_active() == 0


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("dear diary, " * 500)
    with pytest.raises(StoreError, match=r"^notes\.db: this file is not a database\n"):
        open_store("sqlite:///notes.db", base=tmp_path)


def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        a_store(tmp_path)


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    with a_store(tmp_path) as store:
        freeze(store, 300)
    path = tmp_path / "data" / "warmletter.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), a_store(tmp_path) as store:
        store.readers.all()


def test_a_lock_held_by_another_is_said_so(tmp_path: Path) -> None:
    a_store(tmp_path).close()
    path = tmp_path / "data" / "warmletter.db"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        open_store(URL, base=tmp_path, busy_timeout_ms=1) as store,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program holds the database") as caught:
            store.readers.add(some_readers(1), NOW)
        assert "INSERT" not in str(caught.value)
        other.execute("ROLLBACK")
        other.execute("BEGIN EXCLUSIVE")
        if durability(sqlite3.sqlite_version_info[:3]).journal_mode == "DELETE":
            with pytest.raises(StoreError, match="another program holds the database"):
                open_store(URL, base=tmp_path, busy_timeout_ms=1)


def test_a_database_that_cannot_be_written_says_so(store: SqlStore) -> None:
    with store.database.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="cannot be written"):
        store.readers.add(some_readers(1), NOW)


def test_a_full_disk_is_said_and_nothing_is_half_written(store: SqlStore) -> None:
    store.readers.add(some_readers(10), NOW)
    with store.database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match=r"the disk is full.*\n.*free some space") as caught:
        store.readers.add(some_readers(2000), NOW)
    assert "example.org" not in str(caught.value)
    assert "example.org" not in str(caught.value.__cause__)
    assert store.readers.count_active() == 10


def test_a_file_that_may_not_grow_loses_no_row(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from pathlib import Path
from pipeline.errors import StoreError
from pipeline.store import open_store
from tests.contracts import a_store, freeze, some_readers, NOW
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with a_store(Path(sys.argv[1])) as store:
    freeze(store, 20)
    size = store.database.path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 8192, size + 8192))
    try:
        store.readers.add(some_readers(3000), NOW)
    except StoreError as error:
        print(error)
    print(store.readers.count_active(), store.ledger.totals("2026-11").adds_up)
"""
    said = in_a_child(code, tmp_path)
    assert said.startswith("warmletter.db: the disk ")
    assert said.endswith("20 True")
    with a_store(tmp_path) as store, store.database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert store.readers.count_active() == 20


def test_a_bug_keeps_its_own_exception(store: SqlStore) -> None:
    with pytest.raises(DBAPIError) as caught, store.database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO feed (url) VALUES (?)", ("secret@example.org",))
    assert "secret" not in str(caught.value)
    with pytest.raises(DBAPIError), store.database.reading() as connection:
        connection.exec_driver_sql("SELEKT 1")


def test_a_bug_in_the_pragmas_keeps_its_own_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(tmp_path / "x.db")
    monkeypatch.setattr("pipeline.store.database.durability", lambda version: Durability("'", "'"))
    with pytest.raises(DBAPIError), database.reading():
        pass
    database.close()


def test_a_time_without_a_zone_is_not_stored(store: SqlStore) -> None:
    with pytest.raises(Exception, match="without a time zone"):
        store.readers.add(some_readers(1), datetime(2026, 11, 3))  # noqa: DTZ001
    assert store.readers.count_active() == 0


def test_an_erased_readers_tokens_are_nobodys_and_the_sums_stay(store: SqlStore) -> None:
    freeze(store, 3)
    claim = next_claim(store, NOW, "2026-11")
    assert claim is not None
    tokens = [one.leave_token for one in claim.recipients]
    assert [whose(store, token) for token in tokens] == [1, 2, 3]
    with store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM subscriber WHERE number = 3")
    store.readers.add(some_readers(4), NOW)  # her number is not given again, and her address is new here
    assert [whose(store, token) for token in tokens] == [1, 2, None]
    assert store.ledger.totals("2026-11").adds_up
    leave(store, 1)


def whose(store: SqlStore, token: str) -> int | None:
    """The reader whom a token stands for; None where there is none (any more)."""
    number = int(token.partition(".")[0])
    with store.database.reading() as connection:
        first, hashes, subscribers = connection.exec_driver_sql(
            "SELECT first, hashes, subscribers FROM token WHERE first <= ? ORDER BY first DESC LIMIT 1",
            (number,),
        ).one()
        place = number - first
        assert hashes[32 * place : 32 * (place + 1)] == hashlib.sha256(token.encode()).digest()
        found: int | None = connection.exec_driver_sql(
            "SELECT number FROM subscriber WHERE number = ?", (json.loads(subscribers)[place],)
        ).scalar_one_or_none()
    return found


def test_tokens_that_an_earlier_version_gave_out_stay_good(tmp_path: Path) -> None:
    early, later = "2026-10-06T09:00:00.000000Z", "2026-11-03T09:00:00.000000Z"
    given = [(1, 1, early), (2, 2, early), (3, 1, later), (5, 2, later), (6, 1, later)]
    with made_by(tmp_path, "0009") as connection:
        connection.exec_driver_sql(
            "INSERT INTO subscriber VALUES (2, 'b@example.org', '', 'active', ?, 'asked', ?)", (early, early)
        )
        connection.exec_driver_sql(
            "INSERT INTO token VALUES (?, ?, 'leave', ?, ?)",
            [
                (number, hashlib.sha256(f"{number}.secret".encode()).hexdigest(), reader, created)
                for number, reader, created in given
            ],
        )
    with a_store(tmp_path) as store:
        assert [whose(store, f"{number}.secret") for number, _, _ in given] == [1, 2, 1, 2, 1]
        with store.database.reading() as connection:
            runs = connection.exec_driver_sql("SELECT first, subscribers, created FROM token").all()
        assert [tuple(run) for run in runs] == [
            (1, "[1,2]", early),
            (3, "[1]", later),
            (5, "[2,1]", later),
        ]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///x.db?mode=ro",
        "postgresql://db/x",
        "warmletter.db",
        "",
    ],
)
def test_an_address_that_names_no_file_is_a_mistake_in_the_config(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"store\.url"):
        database_path(url, base=tmp_path)


def test_an_absolute_path_stays_where_it_is(tmp_path: Path) -> None:
    assert database_path(f"sqlite:///{tmp_path}/x.db", base=Path("elsewhere")) == tmp_path / "x.db"
    assert database_path("sqlite:///x.db", base=tmp_path) == tmp_path / "x.db"
