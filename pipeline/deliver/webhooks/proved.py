"""What the readings of all providers' webhooks share: bounds, ages, and words that hold no address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import orjson

from pipeline.errors import Forged

# Batches of events are some hundred kilobytes at most.
LARGEST = 2_000_000
# They come again for hours where we did not answer, some with the first signature. An event that comes
# twice has the same id, so an old one is a nuisance at most.
OLDEST = timedelta(hours=26)
EARLY = timedelta(minutes=10)  # for clocks that do not agree

_WORD = re.compile(r"[A-Za-z0-9._-]{1,40}")


def parsed(body: bytes) -> object:
    """The body as JSON. Raises Forged for one that is too long, or none."""
    require_short(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Forged("a webhook that is not JSON") from None


def require_short(body: bytes) -> None:
    if len(body) > LARGEST:
        raise Forged(f"a webhook of {len(body)} bytes, longer than any true one")


def require_recent(at: datetime, now: datetime) -> None:
    if not -EARLY <= now - at <= OLDEST:
        raise Forged("a webhook of another time", hint="if it is a true one, look at the computer's clock")


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
