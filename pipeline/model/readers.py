"""Who gets the letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SubscriberState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReader:
    """Somebody to be added: a validated, normalised address, and how she agreed."""

    email: str
    name: str
    consent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    number: int
    email: str
    name: str
    state: SubscriberState
    consent: str
    added_at: datetime

    def __repr__(self) -> str:  # an address has no place in a log or a traceback
        return f"Subscriber(number={self.number}, state={self.state.value!r})"
