"""Much as one parameter: each database has its own word for a list, or a mapping, given as JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import Select, TableValuedAlias


class _Listed(FunctionElement[str]):
    name = "listed"
    inherit_cache = True


class _Mapped(FunctionElement[str]):
    name = "mapped"
    inherit_cache = True


@compiles(_Listed)
def _list_in_postgresql(element: _Listed, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **more)} AS json))"


@compiles(_Mapped)
def _mapping_in_postgresql(element: _Mapped, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_each_text(CAST({compiler.process(element.clauses, **more)} AS json))"


@compiles(_Listed, "sqlite")
@compiles(_Mapped, "sqlite")
def _in_sqlite(element: _Listed | _Mapped, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **more)})"


def listed(name: str) -> Select[tuple[str]]:
    """What stands in the JSON list that is given as the parameter `name`."""
    return select(_Listed(bindparam(name, type_=String)).table_valued("value").c.value)


def mapped(name: str) -> TableValuedAlias:
    """Columns `key` and `value`, both text, of the JSON object that is given as the parameter `name`."""
    return _Mapped(bindparam(name, type_=String)).table_valued("key", "value", name=name)
