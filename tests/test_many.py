"""Statements for many rows, in the words of each database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.store.listed import listed
from pipeline.store.many import Many
from pipeline.store.tables import alias
from tests.contracts import a_store

PUT = Many(
    insert(alias).values(post=bindparam("p"), scope=bindparam("s"), name=bindparam("n")), "n", "p", "s"
)


def test_rows_are_given_in_the_order_of_the_names_whatever_the_statement_s(tmp_path: Path) -> None:
    with a_store(tmp_path) as store:
        with store.database.writing() as connection:
            PUT.run(connection, [(f"name{n}", f"post{n}", "scope") for n in range(3)])
            PUT.run(connection, [("alone", "post9", "scope")])
            PUT.run(connection, [])
        with store.database.reading() as connection:
            rows = connection.execute(select(alias.c.scope, alias.c.name, alias.c.post)).all()
    assert sorted(map(tuple, rows)) == sorted(
        [("scope", "alone", "post9"), *(("scope", f"name{n}", f"post{n}") for n in range(3))]
    )


def test_a_list_is_one_parameter_in_either_database() -> None:
    words = listed("keys").compile
    assert "json_each(?)" in str(words(dialect=sqlite.dialect()))
    elsewhere = str(words(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert "json_array_elements_text(CAST(%(keys)s" in elsewhere
