"""The letter, its checks, the yes, and the issue as stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model.issues import Choices, Issue
from pipeline.model.pictures import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who the letter is from, and where answers go."""

    name: str
    address: str
    reply_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One rendering for all readers. What differs by reader stands as a placeholder.

    `mark` makes the placeholders of this letter: f"{mark}-greeting-", f"{mark}-leave-". It is
    derived from the content, so that no post can hold one.
    """

    issue: str
    sender: Sender
    subject: str
    preheader: str
    html: str
    text: str
    mark: str
    pictures: tuple[Picture, ...] = ()  # each once; their bytes lie in the store, by hash


class Status(StrEnum):
    OK = "ok"
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    status: Status
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Somebody's yes to exactly this letter for exactly this many readers."""

    fingerprint: str
    readers: int
    at: datetime


class IssueState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRecord:
    """An issue as stored."""

    name: str
    state: IssueState
    choices: Choices
    draft: Issue | None  # None: not composed yet, or skipped
    approval: Approval | None  # None: nobody said yes, or the yes was taken back
    composed_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""  # why it was skipped or cancelled
    paused: bool = False  # held by a person while it goes out
