"""Resend's webhooks (resend.com/docs/dashboard/webhooks): signed as Svix does it.

The signature is HMAC-SHA256 over id, time and the body to the byte; `svix-signature` may hold several,
while a secret is being changed (docs.svix.com/receiving/verifying-payloads/how-manual).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import SecretStr

from pipeline.deliver.webhooks.proof import forged, is_same
from pipeline.deliver.webhooks.reading import mapping, moment, require_size, text, told
from pipeline.model import Event, EventKind

TOLERANCE_S = 300
_LONGEST_HEADER = 2_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_WORD = re.compile(r"[A-Za-z]{1,40}")
_KINDS = {
    "email.delivered": EventKind.DELIVERED,
    "email.bounced": EventKind.BOUNCED,
    "email.suppressed": EventKind.BOUNCED,  # it keeps the address on its list, and did not mail it
    "email.failed": EventKind.BOUNCED,
    "email.complained": EventKind.COMPLAINED,
}


class ResendWebhook:
    """`secret` is the endpoint's, as shown: whsec_ and base64."""

    def __init__(self, *, secret: SecretStr) -> None:
        self._secret = secret

    def events(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> tuple[Event, ...]:
        require_size(body)
        named = self._require_signature(headers, body, now)
        said = told(body)
        event = _event(said, named, now) if isinstance(said, Mapping) else None
        return () if event is None else (event,)

    def _require_signature(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """The event's id, which is the same for a repeat. Raises Forged."""
        key = _key(self._secret)
        named, time = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
        signatures = headers.get("svix-signature", "")[:_LONGEST_HEADER].split(" ")
        if not key or not _ID.fullmatch(named) or not (time.isascii() and time.isdigit() and len(time) < 12):
            raise forged()
        signed = f"{named}.{time}.".encode("ascii") + body
        true = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
        if not any(is_same(one, true) for one in signatures):
            raise forged()
        if abs(now.astimezone(UTC).timestamp() - int(time)) > TOLERANCE_S:
            raise forged()
        return named


def _key(secret: SecretStr) -> bytes:
    """The signing key; empty where the secret is none, which signs nothing."""
    try:
        return base64.b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _event(said: Mapping[str, object], named: str, now: datetime) -> Event | None:
    kind = _KINDS.get(text(said.get("type")))
    if kind is None:
        return None
    data = mapping(said.get("data"))
    bounce = text(mapping(data.get("bounce")).get("type"))
    suppressed = text(said.get("type")) == "email.suppressed"
    reason = "suppressed" if suppressed else bounce
    return Event(
        id=named,
        kind=kind,
        key=_tag(data.get("tags"), "delivery"),
        provider_id=text(data.get("email_id")),
        at=moment(said.get("created_at")) or now,
        permanent=kind is EventKind.BOUNCED and (suppressed or bounce == "Permanent"),
        reason=reason if _WORD.fullmatch(reason) else "",
    )


def _tag(tags: object, name: str) -> str:
    """Our tag; they come as an object, in older events as a list."""
    if isinstance(tags, Mapping):
        return text(tags.get(name))
    listed = [one for one in tags if isinstance(one, Mapping)] if isinstance(tags, list) else []
    return next((text(one.get("value")) for one in listed if one.get("name") == name), "")
