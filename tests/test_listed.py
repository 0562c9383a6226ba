"""What each database calls a list, or a mapping, that it is given as one parameter."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.store.listed import listed, mapped


def test_a_list_is_one_parameter_in_either_database() -> None:
    words = listed("keys").compile
    assert "json_each(?)" in str(words(dialect=sqlite.dialect()))
    elsewhere = str(words(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert "json_array_elements_text(CAST(%(keys)s" in elsewhere


def test_a_mapping_is_one_parameter_in_either_database() -> None:
    ids = mapped("ids")
    words = select(ids.c.key, ids.c.value).compile
    assert "json_each(?)" in str(words(dialect=sqlite.dialect()))
    elsewhere = str(words(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert "json_each_text(CAST(%(ids)s" in elsewhere
