"""What every webhook asks before it believes a word."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import SecretStr

from pipeline.errors import Forged

LARGEST = 1_000_000  # bytes; the largest true event is a bounce with its headers, some 100 kB
# The custom header that a provider without signatures can be told to send.
SECRET_HEADER = "x-warmletter-secret"  # noqa: S105

_FORGED = "a webhook: the secret or the signature is missing or wrong"


def require_secret(headers: Mapping[str, str], secret: SecretStr) -> None:
    """Raises Forged unless the secret stands in our own header, or in Authorization.

    There as basic auth's password, with any user, or as a bearer token. An empty secret lets nobody in.
    """
    kind, _, rest = headers.get("authorization", "").partition(" ")
    offered = [headers.get(SECRET_HEADER, "")]
    if kind.lower() == "basic":
        offered.append(_password(rest))
    if kind.lower() == "bearer":
        offered.append(rest.strip())
    known = secret.get_secret_value()
    if not known or not any(is_same(one, known) for one in offered):
        raise forged()


def is_same(one: str, other: str) -> bool:
    """Compared in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def believed(body: bytes) -> object:
    """The body of a request that is proved to be the provider's.

    Raises Forged for one that no provider writes: too large, not UTF-8, not JSON, a name twice (of two
    values another program may have looked at the other one), NaN.
    """
    require_size(body)
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Forged("a webhook: the body is not JSON as the provider writes it") from None


def require_size(body: bytes) -> None:
    if len(body) > LARGEST:
        raise Forged(f"a webhook: the body is too large ({len(body)} bytes)")


def forged() -> Forged:
    return Forged(_FORGED, hint="compare the secret at the provider with ours; nothing was believed")


def moment(value: object, *, otherwise: datetime) -> datetime:
    """An ISO date, or seconds since 1970; `otherwise` where it is neither."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return otherwise


def text(fields: Mapping[str, object], name: str) -> str:
    """The text of that name; "" where there is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def inner(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def event_id(*parts: object) -> str:
    """One for providers that give none: the same for a repeat of the same event."""
    return hashlib.sha256("\n".join(str(part) for part in parts).encode("utf-8", "replace")).hexdigest()[:40]


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice")
    return fields


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number of JSON")
