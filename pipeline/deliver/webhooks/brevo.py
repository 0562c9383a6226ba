"""Brevo's webhooks (developers.brevo.com/docs/transactional-webhooks): not signed, without an id.

The webhook is set up with our secret, as basic auth, as a bearer token or as a custom header. Our key
comes back as X-Mailin-custom. With "batched" set, several events come in a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from pipeline.deliver.webhooks.proof import require_secret
from pipeline.deliver.webhooks.reading import event_id, moment, text, told
from pipeline.model import Event, EventKind

_KINDS = {
    "delivered": EventKind.DELIVERED,
    "hard_bounce": EventKind.BOUNCED,
    "invalid_email": EventKind.BOUNCED,
    "soft_bounce": EventKind.BOUNCED,
    "blocked": EventKind.BOUNCED,
    "error": EventKind.BOUNCED,
    "spam": EventKind.COMPLAINED,
    "complaint": EventKind.COMPLAINED,
    "unsubscribed": EventKind.LEFT,
}
# "blocked" may be the reader's own mail service for a day, as well as Brevo's list.
_LATEST_MS = 4e12  # in the year 2096
_FOR_GOOD = ("hard_bounce", "invalid_email")


class BrevoWebhook:
    def __init__(self, *, secret: SecretStr) -> None:
        self._secret = secret

    def events(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> tuple[Event, ...]:
        require_secret(headers, self._secret)
        said = told(body)
        listed = said if isinstance(said, list) else [said]
        events = (_event(one, now) for one in listed if isinstance(one, Mapping))
        return tuple(event for event in events if event is not None)


def _event(said: Mapping[str, object], now: datetime) -> Event | None:
    word = text(said.get("event"))
    kind = _KINDS.get(word)
    if kind is None:
        return None
    mail = text(said.get("message-id"))
    time = said.get("ts_epoch", said.get("ts_event"))
    return Event(
        id=event_id("brevo", word, mail, time),
        kind=kind,
        key=text(said.get("X-Mailin-custom")),
        provider_id=mail,
        at=_at(said, now),
        permanent=word in _FOR_GOOD,
        reason=word if kind is EventKind.BOUNCED else "",
    )


def _at(said: Mapping[str, object], now: datetime) -> datetime:
    """`ts_epoch` is in milliseconds and the only one surely in UTC."""
    milliseconds = said.get("ts_epoch")
    if isinstance(milliseconds, int | float) and 1 < milliseconds < _LATEST_MS:
        return moment(milliseconds / 1000) or now
    return moment(said.get("ts_event")) or now
