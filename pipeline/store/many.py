"""One statement for many rows, at the driver's own speed."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from sqlalchemy import Connection
from sqlalchemy.sql import Executable
from sqlalchemy.sql.compiler import SQLCompiler


class Many:
    """A statement with named parameters, put into words once for each kind of database.

    SQLAlchemy's own way makes a mapping of each row and converts each value of it: 8 µs, and a long
    list is many rows. So values are given as the driver takes them: a state as its text, a moment by
    `moment_text`; and no address comes into an error, since parameters are hidden there.
    """

    def __init__(self, statement: Executable, *names: str) -> None:
        """`names`: the parameters in the order in which each row gives them."""
        self._statement = statement
        self._names = names
        self._words: dict[str, tuple[str, tuple[int, ...] | None]] = {}

    def run(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        words, places = self._words.get(connection.dialect.name) or self._worded(connection)
        if places is None:  # a driver that wants names
            connection.exec_driver_sql(words, [dict(zip(self._names, row, strict=True)) for row in rows])
        elif places == tuple(range(len(self._names))):
            connection.exec_driver_sql(words, list(rows))
        else:
            connection.exec_driver_sql(words, list(map(itemgetter(*places), rows)))

    def _worded(self, connection: Connection) -> tuple[str, tuple[int, ...] | None]:
        compiled = self._statement.compile(dialect=connection.dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        order = compiled.positiontup
        places = None if order is None else tuple(self._names.index(name) for name in order)
        self._words[connection.dialect.name] = words = (str(compiled), places)
        return words
