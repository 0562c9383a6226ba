"""What leaves, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.model.letters import Sender


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
    """What a provider did with one message. `reason` holds no address."""

    kind: OutcomeKind
    provider_id: str = ""
    reason: str = ""
    retry_after_s: float | None = None  # None: the provider named no time


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A picture that travels inside the mail; the HTML names it as `cid:` and its id."""

    cid: str
    name: str  # of the file, for programs that list what is attached
    media_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"Attachment(cid={self.cid!r}, {len(self.content)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One mail to one address. `key` is stable over retries and says nothing of the reader."""

    key: str
    to: str
    to_name: str
    sender: Sender
    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]  # all but From, To, Subject, Reply-To and MIME's own
    tag: str
    attachments: tuple[Attachment, ...] = ()

    def __repr__(self) -> str:
        return f"Message(key={self.key!r}, tag={self.tag!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a provider can take. `replay_s`: for how long a repeat of the same key is harmless."""

    max_messages: int
    max_bytes: int
    replay_s: float = 0.0  # 0: never


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

    def parts(self) -> Sequence[int]:
        return (
            self.accepted,
            self.refused,
            self.suppressed,
            self.unknown,
            self.queued,
            self.abandoned,
        )
