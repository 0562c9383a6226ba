"""What stands in a webhook: read within bounds, and kept only where it holds no address."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pipeline.errors import Forged

# The largest true ones are batches of events, some hundred kilobytes.
LARGEST = 2_000_000

_WORD = re.compile(r"[A-Za-z0-9._-]{1,40}")


def told(body: bytes) -> object:
    """The body as JSON.

    Raises Forged for one that no provider writes: too large, not UTF-8, not JSON, a name twice (of two
    values another program may have looked at the other one), NaN, half a character.
    """
    require_size(body)
    try:
        said = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
        json.dumps(said, ensure_ascii=False).encode("utf-8")  # no database takes half a surrogate pair
    except (ValueError, RecursionError):
        raise Forged("a webhook: the body is not JSON as the provider writes it") from None
    return said


def require_size(body: bytes) -> None:
    if len(body) > LARGEST:
        raise Forged(f"a webhook: the body is too large ({len(body)} bytes)")


def moment(value: object) -> datetime | None:
    """Unix time, or an ISO date with its zone; None for what is neither."""
    try:
        if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,11}", value):
            at = datetime.fromisoformat(value)
            return None if at.tzinfo is None else at.astimezone(UTC)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def mapping(value: object) -> Mapping[str, object]:
    """The value where it is an object, else an empty one: what is missing is "" to whoever asks."""
    return value if isinstance(value, Mapping) else {}


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def word(value: object) -> str:
    """A code or a name of theirs, such as 5.1.1; "" for anything longer: it may hold an address."""
    said = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return said if _WORD.fullmatch(said) else ""


def reason(*words: object) -> str:
    return " ".join(filter(None, map(word, words)))


def event_id(*parts: object) -> str:
    """One for providers that give none: the same for a repeat of the same event."""
    return hashlib.sha256("\n".join(str(part) for part in parts).encode("utf-8", "replace")).hexdigest()[:40]


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice")
    return fields


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number of JSON")
