"""Column types: what SQLite has no word for, stored so that it reads back exactly."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Dialect, String, Text, TypeDecorator

StateT = TypeVar("StateT", bound=StrEnum)
ValueT = TypeVar("ValueT")


def moment_text(value: datetime) -> str:
    """How a moment is stored. Raises ValueError for one without a zone."""
    if value.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def storable(theirs: str) -> str:
    """What another's program says, without what no database holds (half a character) or cuts off at (NUL)."""
    return theirs.replace("\0", "").encode("utf-8", "ignore").decode()


class Moment(TypeDecorator[datetime]):
    """An aware moment as ISO text in UTC, always 27 characters, so that text order is time order."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


class State(TypeDecorator[StateT], Generic[StateT]):
    """A member of a StrEnum as its value."""

    impl = String(16)
    cache_ok = True

    def __init__(self, states: type[StateT]) -> None:
        super().__init__()
        self.states = states

    def process_bind_param(self, value: StateT | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self.states(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StateT | None:  # noqa: ARG002
        return None if value is None else self.states(value)


class Frozen(TypeDecorator[ValueT], Generic[ValueT]):
    """A frozen dataclass of `model.py` as JSON. A field added later needs a default to read old rows."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[ValueT]) -> None:
        super().__init__()
        self.kind = kind
        self._adapter: TypeAdapter[ValueT] | None = None

    def process_bind_param(self, value: ValueT | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self.adapter.dump_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> ValueT | None:  # noqa: ARG002
        return None if value is None else self.adapter.validate_json(value)

    @property
    def adapter(self) -> TypeAdapter[ValueT]:
        # Made on first use: building the validators costs what a command that reads no draft would pay.
        if self._adapter is None:
            self._adapter = TypeAdapter(self.kind)
        return self._adapter
