"""Postmark's webhooks (postmarkapp.com/developer/webhooks): one event a request, not signed.

The webhook is set up with our secret: as basic auth in its address, or as a custom header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from pipeline.deliver.webhooks.proof import require_secret
from pipeline.deliver.webhooks.reading import event_id, mapping, moment, text, told
from pipeline.model import Event, EventKind

_WORD = re.compile(r"[A-Za-z]{1,40}")
_TIMES = {
    "Delivery": "DeliveredAt",
    "Bounce": "BouncedAt",
    "SpamComplaint": "BouncedAt",
    "SubscriptionChange": "ChangedAt",
}
_FOR_GOOD = ("HardBounce", "BadEmailAddress", "ManuallyDeactivated")
# Types of "bounce" that say something else of the mail than that it came back.
_OTHER_BOUNCES = {
    "SpamNotification": EventKind.COMPLAINED,
    "SpamComplaint": EventKind.COMPLAINED,
    "Unsubscribe": EventKind.LEFT,
}
_NO_BOUNCES = ("AutoResponder", "AddressChange", "Subscribe", "OpenRelayTest", "ChallengeVerification")
_CHANGES = {
    "HardBounce": EventKind.BOUNCED,
    "SpamComplaint": EventKind.COMPLAINED,
    "ManualSuppression": EventKind.LEFT,
}


class PostmarkWebhook:
    def __init__(self, *, secret: SecretStr) -> None:
        self._secret = secret

    def events(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> tuple[Event, ...]:
        require_secret(headers, self._secret)
        said = told(body)
        event = _event(said, now) if isinstance(said, Mapping) else None
        return () if event is None else (event,)


def _event(said: Mapping[str, object], now: datetime) -> Event | None:
    record = text(said.get("RecordType"))
    kind = _kind(record, said)
    if kind is None:
        return None
    time = said.get(_TIMES[record])
    named = _WORD.fullmatch(text(said.get("Type")) or text(said.get("SuppressionReason")))
    return Event(
        id=event_id("postmark", record, said.get("ID", ""), text(said.get("MessageID")), time),
        kind=kind,
        key=text(mapping(said.get("Metadata")).get("delivery")),
        provider_id=text(said.get("MessageID")),
        at=moment(time) or now,
        permanent=kind is EventKind.BOUNCED and _is_permanent(record, said),
        reason=named[0] if named else "",
    )


def _kind(record: str, said: Mapping[str, object]) -> EventKind | None:
    kind = text(said.get("Type"))
    match record:
        case "Delivery":
            return EventKind.DELIVERED
        case "SpamComplaint":
            return EventKind.COMPLAINED
        case "Bounce":
            return None if kind in _NO_BOUNCES else _OTHER_BOUNCES.get(kind, EventKind.BOUNCED)
        case "SubscriptionChange" if said.get("SuppressSending") is True:
            return _CHANGES.get(text(said.get("SuppressionReason")))
    return None


def _is_permanent(record: str, said: Mapping[str, object]) -> bool:
    # Whatever its type: Postmark itself mails the address no more.
    inactive = said.get("Inactive") is True
    return inactive or record == "SubscriptionChange" or text(said.get("Type")) in _FOR_GOOD
