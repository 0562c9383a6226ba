"""Mailgun's events: one a call, with a signature of its own (documentation.mailgun.com, Webhooks).

The signature is of a moment and a token, not of what is told: whoever has seen one could tell anything
under it. So each token is remembered with its first body, and with another it is forged.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import SecretStr

from pipeline.deliver.webhooks.proof import require_recent
from pipeline.deliver.webhooks.reading import mapping, moment, reason, text, told, word
from pipeline.errors import ConfigError, Forged
from pipeline.model import Event, EventKind

_REMEMBERED = 100_000
_SUPPRESSED = {
    "suppress-bounce": EventKind.BOUNCED,
    "suppress-unsubscribe": EventKind.LEFT,
    "suppress-complaint": EventKind.COMPLAINED,
}
_KINDS = {
    "delivered": EventKind.DELIVERED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.LEFT,
    "rejected": EventKind.BOUNCED,
    "failed": EventKind.BOUNCED,
}


class Tokens:
    """Remembers the newest tokens, in this process: with what body each came first."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._first: OrderedDict[str, bytes] = OrderedDict()

    def __call__(self, token: str, digest: bytes) -> bool:
        """Whether the token is new, or came with the same body before."""
        first = self._first.setdefault(token, digest)
        while len(self._first) > self._most:
            self._first.popitem(last=False)
        return first == digest


class MailgunWebhook:
    """`key` is the account's webhook signing key, which is not the one for sending."""

    def __init__(self, *, key: SecretStr, same: Callable[[str, bytes], bool] | None = None) -> None:
        """`same`: remembers a token and its body's hash, and says whether it had no other before."""
        if not key.get_secret_value():
            raise ConfigError(
                "mailgun: the webhook signing key is empty", hint="copy it from Mailgun's settings"
            )
        self._key = key
        self._same = same or Tokens()

    def __repr__(self) -> str:
        return "MailgunWebhook()"

    def events(
        self,
        headers: Mapping[str, str],  # noqa: ARG002
        body: bytes,
        *,
        now: datetime,
    ) -> tuple[Event, ...]:
        said = mapping(told(body))
        self._require_proof(mapping(said.get("signature")), body, now)
        event = _event(mapping(said.get("event-data")))
        return () if event is None else (event,)

    def _require_proof(self, signature: Mapping[str, object], body: bytes, now: datetime) -> None:
        timestamp, token = word(signature.get("timestamp")), text(signature.get("token"))
        expected = hmac.new(
            self._key.get_secret_value().encode(), f"{timestamp}{token}".encode(), hashlib.sha256
        ).hexdigest()
        given = text(signature.get("signature")).encode("utf-8", "replace")
        at = moment(timestamp)
        if not hmac.compare_digest(expected.encode(), given) or at is None or not token:
            raise Forged("mailgun: a webhook whose signature is not right")
        require_recent(at, now)
        if not self._same(token, hashlib.sha256(body).digest()):
            raise Forged("mailgun: a webhook that bears the signature of another")


def _event(said: Mapping[str, object]) -> Event | None:
    """None for what we do not act on: opened mails, clicked links, and what is tried again."""
    what, at = text(said.get("event")), moment(said.get("timestamp"))
    if what not in _KINDS or at is None or (what == "failed" and said.get("severity") != "permanent"):
        return None
    why = text(said.get("reason"))
    kind = _SUPPRESSED.get(why, _KINDS[what]) if what == "failed" else _KINDS[what]
    status = mapping(said.get("delivery-status"))
    bounced = kind is EventKind.BOUNCED
    return Event(
        id=text(said.get("id")),
        kind=kind,
        key=text(mapping(said.get("user-variables")).get("delivery")),
        provider_id=text(mapping(mapping(said.get("message")).get("headers")).get("message-id")).strip("<>"),
        at=at,
        permanent=bounced and what == "failed" and _is_the_address(why, status),
        reason=reason(status.get("code"), status.get("enhanced-code"), why) if bounced else "",
    )


def _is_the_address(why: str, status: Mapping[str, object]) -> bool:
    """Whether it is for the address's sake: neither a policy of theirs (5.7.x) nor days without an answer."""
    return why != "old" and not text(status.get("enhanced-code")).startswith("5.7.")
