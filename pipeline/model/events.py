"""What a provider tells of mails after it took them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    LEFT = "left"  # by the provider's own unsubscribe


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one mail. `reason` holds no address."""

    id: str  # the same for a repeat of the same event
    kind: EventKind
    key: str  # ours, of the mail; "" where the provider does not say it
    provider_id: str  # as it was when the mail was accepted; "" where it is not said
    at: datetime  # aware, UTC
    permanent: bool = False  # of a bounce: the address is not to be mailed again
    reason: str = ""
