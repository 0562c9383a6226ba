"""Whose a webhook is: the secret that we share with a provider, and the age of what it signed."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import SecretStr

from pipeline.errors import Forged

# The custom header that a provider without signatures can be told to send.
SECRET_HEADER = "x-warmletter-secret"  # noqa: S105
# They come again for hours where we did not answer, some with the first signature. An event that comes
# twice has the same id, so an old one is a nuisance at most.
OLDEST = timedelta(hours=26)
EARLY = timedelta(minutes=10)  # for clocks that do not agree

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


def require_recent(at: datetime, now: datetime) -> None:
    if not -EARLY <= now - at <= OLDEST:
        raise Forged("a webhook of another time", hint="if it is a true one, look at the computer's clock")


def is_same(one: str, other: str) -> bool:
    """Compared in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def forged() -> Forged:
    return Forged(_FORGED, hint="compare the secret at the provider with ours; nothing was believed")


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
