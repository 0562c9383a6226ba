"""What leaves, and what came of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pipeline.model.mails import Parcel


class DeliveryState(StrEnum):
    QUEUED = "queued"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    ABANDONED = "abandoned"


class OutcomeKind(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    RETRY = "retry"  # surely not taken: may be offered again
    UNKNOWN = "unknown"  # it may or may not have been taken: never offered again unasked


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a provider did with one message. `reason` holds no address.

    `whole`: it was said of the whole call, which one message of it may have spoilt.
    `final`: a repeat of the call under its key would be told the same, so none is made.
    """

    kind: OutcomeKind
    provider_id: str = ""
    reason: str = ""
    retry_after_s: float | None = None  # None: the provider named no time
    whole: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a provider can take, and what it can be asked.

    `replay_s`: for how long a repeat of the same call is harmless. 0: never, so that what may have
    arrived is in doubt; endless: any mail may be offered again under its key.
    """

    max_messages: int
    max_bytes: int
    replay_s: float = 0.0
    pictures: bool = True  # can carry them inside a letter
    looks_up: bool = False  # can say later which mails it took
    indexed_s: float = 300.0  # how long after a call it may not know of it yet
    remembers_s: float = math.inf  # how long after a call it surely still knows of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of the provider that is about to be made; `keep_body` where it may be repeated as it was."""

    claim: Claim
    parcel: Parcel
    keep_body: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A call that a dead process may have made, and that is harmless to make again until `until`."""

    claim: Claim
    parcel: Parcel
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A mail of which nobody knows whether it was taken: offered, if at all, between the two moments."""

    key: str
    to: str
    since: datetime  # when it came to be in doubt
    offered_after: datetime

    def __repr__(self) -> str:
        return f"Doubt(key={self.key!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One reader in a claimed batch. `leave_token` exists only here: the store keeps its hash."""

    key: str
    email: str
    name: str
    leave_token: str

    def __repr__(self) -> str:
        return f"Recipient(key={self.key!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A batch that this process, and no other, may offer to the provider."""

    issue: str
    batch: int
    token: str
    attempt: int
    recipients: tuple[Recipient, ...]
    left: int = 0  # readers passed over on the way to it, since they left the list


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The frozen audience, split exactly: the parts add up to `frozen`."""

    issue: str
    frozen: int = 0
    accepted: int = 0
    refused: int = 0
    suppressed: int = 0
    unknown: int = 0
    queued: int = 0
    abandoned: int = 0

    @property
    def adds_up(self) -> bool:
        return self.frozen == sum(self.parts())

    def after(self, outcomes: Iterable[Outcome], *, left: int) -> Totals:
        """The totals once these outcomes are written, and so many readers were passed over."""
        kinds = Counter(outcome.kind for outcome in outcomes)
        split = replace(
            self,
            accepted=self.accepted + kinds[OutcomeKind.ACCEPTED],
            refused=self.refused + kinds[OutcomeKind.REFUSED],
            suppressed=self.suppressed + kinds[OutcomeKind.SUPPRESSED] + left,
            unknown=self.unknown + kinds[OutcomeKind.UNKNOWN],
            queued=0,
        )
        return replace(split, queued=self.frozen - sum(split.parts()))

    def parts(self) -> Sequence[int]:
        return (
            self.accepted,
            self.refused,
            self.suppressed,
            self.unknown,
            self.queued,
            self.abandoned,
        )
