"""SendGrid's events: many a call, signed as they are (twilio.com/docs/sendgrid, Event Webhook security).

Needs `cryptography` (the extra `webhooks`): the signature is of an elliptic curve.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from pipeline.deliver.webhooks.proof import require_recent
from pipeline.deliver.webhooks.reading import moment, reason, require_size, text, told, word
from pipeline.errors import ConfigError, Forged
from pipeline.model import Event, EventKind

_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_KINDS = {
    "delivered": EventKind.DELIVERED,
    "bounce": EventKind.BOUNCED,
    "dropped": EventKind.BOUNCED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.LEFT,
    "group_unsubscribe": EventKind.LEFT,
}
# Why it did not even try.
_DROPPED = {
    "Bounced Address": (EventKind.BOUNCED, True),
    "Invalid": (EventKind.BOUNCED, True),
    "Unsubscribed Address": (EventKind.LEFT, False),
    "Spam Reporting Address": (EventKind.COMPLAINED, False),
}


class SendGridWebhook:
    """`public_key` is the verification key that SendGrid shows, in base64.

    Raises ConfigError for one that is none, or where `cryptography` is not installed.
    """

    def __init__(self, *, public_key: str) -> None:
        try:
            from cryptography.hazmat.primitives.asymmetric import ec
            from cryptography.hazmat.primitives.serialization import load_der_public_key
        except ImportError as problem:
            raise ConfigError(
                "sendgrid: its webhook needs cryptography, which is not installed",
                hint="pip install 'warmletter[webhooks]'",
            ) from problem
        try:
            key = load_der_public_key(base64.b64decode(public_key, validate=True))
        except ValueError as problem:
            raise _no_key() from problem
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise _no_key()
        self._key = key

    def __repr__(self) -> str:
        return "SendGridWebhook()"

    def events(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> tuple[Event, ...]:
        require_size(body)
        timestamp = headers.get(_TIMESTAMP, "")
        at = moment(timestamp)
        if at is None or not self._is_proved(timestamp.encode("utf-8", "replace") + body, headers):
            raise Forged("sendgrid: a webhook whose signature is not right")
        require_recent(at, now)
        events = told(body)
        return tuple(_events(events)) if isinstance(events, list) else ()

    def _is_proved(self, signed: bytes, headers: Mapping[str, str]) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        try:
            signature = base64.b64decode(headers.get(_SIGNATURE, ""), validate=True)
            self._key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def _no_key() -> ConfigError:
    return ConfigError(
        "sendgrid: the webhook's verification key is none",
        hint="copy it from SendGrid's Mail Settings, Event Webhook, Signature Verification",
    )


def _events(listed: list[object]) -> Iterator[Event]:
    """In their order; what we do not act on (opened, clicked, tried again) is left out."""
    for one in listed:
        if not isinstance(one, Mapping):
            continue
        said, at = text(one.get("event")), moment(one.get("timestamp"))
        if said not in _KINDS or at is None:
            continue
        kind, permanent = _kind(said, one)
        yield Event(
            id=text(one.get("sg_event_id")),
            kind=kind,
            key=text(one.get("delivery")),  # our custom argument, among their own fields
            # A mail's id is its call's, as we were given it, and more.
            provider_id=re.split(r"\.(?:recvd|filter)", text(one.get("sg_message_id")))[0],
            at=at,
            permanent=permanent,
            reason=_reason(said, one) if kind is EventKind.BOUNCED else "",
        )


def _kind(said: str, one: Mapping[str, object]) -> tuple[EventKind, bool]:
    if said == "dropped":
        return _DROPPED.get(text(one.get("reason")), (EventKind.BOUNCED, False))
    # "blocked" is a bounce for the sake of the letter or of who sends it.
    return _KINDS[said], said == "bounce" and one.get("type") == "bounce"


def _reason(said: str, one: Mapping[str, object]) -> str:
    known = one.get("reason") if text(one.get("reason")) in _DROPPED else ""
    return " ".join(filter(None, (reason(said, one.get("status")), text(known), word(one.get("type")))))
