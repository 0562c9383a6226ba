"""The nouns: one frozen type for each arrow between the stages.

Times are aware and in UTC unless a name says otherwise. Text is `str` without C0 controls
once it has passed `collect`; HTML is kept as received in `Post.body` and is trusted nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

# --- collect ---------------------------------------------------------------------------------


class FeedOutcome(StrEnum):
    """How one try at one feed ended (a closed set)."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    MOVED = "moved"
    GONE = "gone"
    BLOCKED = "blocked"
    THROTTLED = "throttled"
    BROKEN = "broken"
    NOT_A_FEED = "not-a-feed"
    TRUNCATED = "truncated"

    @property
    def ok(self) -> bool:
        return self in (FeedOutcome.UNCHANGED, FeedOutcome.CHANGED, FeedOutcome.MOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What the server gave us to ask "has it changed?" with, verbatim (RFC 9110 §13.1)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body that came whole. `url` is the address asked for, `final_url` where it came from."""

    url: str
    final_url: str
    body: bytes
    content_type: str = ""
    validators: Validators = Validators()
    moved: bool = False  # every hop was permanent (301, 308)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server says that nothing changed since the validators we sent."""

    url: str
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFetched:
    """No usable body. `message` is a sentence the author understands, with what she can do."""

    url: str
    outcome: FeedOutcome
    message: str
    retry_at: datetime | None = None  # None: the server named no time


FetchResult = Fetched | NotModified | NotFetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed document, decoded but not cleaned."""

    guid: str  # never empty: the id, else the link, else a hash of title and date
    url: str  # "" where the item has no link
    title: str  # text; "" where it has none
    author: str
    published: datetime | None  # None: no date, or none that can be believed
    body: str  # HTML as received
    base: str  # what relative addresses in the body are relative to
    summary_only: bool = False  # the feed gives a teaser, not the post
    published_raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document that was read to its end."""

    title: str
    site: str
    language: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotParsed:
    """A body that is no whole feed, and why."""

    outcome: FeedOutcome
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A blog post as stored. The same (feed, guid) is the same post, whatever else changes."""

    id: str  # 12 hex digits of SHA-256(feed, guid)
    feed: str
    guid: str
    url: str
    title: str
    author: str
    published: datetime | None
    body: str  # HTML as received
    base: str
    language: str
    summary_only: bool
    first_seen: datetime
    changed_at: datetime  # when title or body last became what they are
    backlog: bool  # came with the first contact with its feed

    @property
    def dated(self) -> datetime:
        """When it counts as published: its own date, else when we first saw it."""
        return self.published or self.first_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What we remember of a feed between two visits."""

    url: str
    title: str = ""
    validators: Validators = Validators()
    body_sha256: str = ""
    last_try: datetime | None = None  # None: never tried
    last_success: datetime | None = None  # None: never read
    outcome: FeedOutcome | None = None  # None: never tried
    message: str = ""
    failures: int = 0  # in a row
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What one visit to one feed did."""

    feed: str
    outcome: FeedOutcome
    new: tuple[Post, ...] = ()
    changed: tuple[Post, ...] = ()
    known: int = 0
    held: int = 0
    message: str = ""


# --- read ------------------------------------------------------------------------------------


class BlockKind(StrEnum):
    HEADING = "heading"
    PROSE = "prose"
    ITEM = "item"
    QUOTE = "quote"
    PICTURE = "picture"
    OTHER = "other"


class UnitKind(StrEnum):
    CHECKLIST = "checklist"
    NARRATIVE = "narrative"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of text set one way. A line break is a run whose text is a newline."""

    text: str
    em: bool = False
    strong: bool = False
    href: str = ""  # absolute http(s), mailto or tel; "": no link


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, heading, list item, quotation or picture of a post.

    `text == "".join(run.text for run in runs)` and `text == reading.text[start:end]`.
    A picture's text is its caption ("" without one); its description stands in `alt`.
    """

    kind: BlockKind
    text: str
    start: int
    end: int
    runs: tuple[Run, ...] = ()
    level: int = 0  # heading: 1 is the post's highest; item: depth of nesting, from 0
    list_id: int | None = None  # items of one list share it; None: not in a list
    number: int | None = None  # an ordered item's number; None: a bullet, or no item
    unit: str | None = None  # id of the unit it belongs to; None: to none
    score: float = 0.0  # -1 checklist … 1 connection
    sentences: tuple[tuple[int, int], ...] = ()  # (start, end) in reading.text
    src: str = ""  # a picture's absolute address
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A list, or a run of sibling headings with what stands under them, that acts as one."""

    id: str
    kind: UnitKind
    items: int
    first: int  # index of its first block
    last: int  # index of its last block
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Where a post stands between connection (1) and checklist (-1)."""

    score: float
    label: Literal["connection", "mixed", "checklist"]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotable:
    """One whole sentence that could be the pull quote."""

    text: str
    score: float
    block: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTopic:
    """A topic that asks for care, and where it stands."""

    topic: str
    level: Literal["about", "mention"]
    evidence: str
    block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Something the author's code of ethics would ask about; put as a question."""

    kind: str
    evidence: str
    advice: str
    block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a post is. `text` is its blocks' texts joined by a blank line."""

    title: str
    language: str
    words: int
    text: str
    voice: Voice
    blocks: tuple[Block, ...]
    units: tuple[Unit, ...]
    quotes: tuple[Quotable, ...]  # best first
    care: tuple[CareTopic, ...]
    concerns: tuple[Concern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPost:
    """A post together with how it was read."""

    post: Post
    reading: Reading


# --- compose ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The calendar month a letter is named after, as `2026-11`."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def parse(cls, name: str) -> Period:
        """The period called `name`. Raises ValueError with the form expected."""
        head, dash, tail = name.partition("-")
        digits = len(head) == 4 and len(tail) == 2 and (head + tail).isascii() and (head + tail).isdigit()
        if not (dash and digits and 1 <= int(tail) <= 12 and int(head) >= 1):
            raise ValueError(f"{name!r} is not a month; write it like 2026-11")
        return cls(int(head), int(tail))

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> Period:
        local = moment.astimezone(zone)
        return cls(local.year, local.month)

    @property
    def next(self) -> Period:
        return Period(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> Period:
        return Period(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    def start(self, zone: ZoneInfo) -> datetime:
        """Local midnight of the first day (aware, in `zone`)."""
        return datetime(self.year, self.month, 1, tzinfo=zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the author decided for one issue. None and () mean "as the program proposes"."""

    lead: str | None = None  # a post's id
    quote: str | None = None  # a verbatim sentence; "" means no quote
    subject: str | None = None
    preheader: str | None = None
    note: str | None = None  # opening note, Markdown
    leave_out: tuple[str, ...] = ()  # posts' ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A post's place in the letter: its first `shown` blocks, whole when it is all of them."""

    post: str
    title: str
    url: str
    shown: int
    whole: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PullQuote:
    """A sentence set large. It stands after block `after` of the post placed first."""

    text: str
    post: str
    after: int
    where: str  # in words: "after the fourth paragraph of the lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    post: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareNote:
    """A quiet line before a post, and whether the letter shows crisis lines for it."""

    post: str
    topics: tuple[str, ...]
    crisis: bool
    about: bool  # the post is about a topic; False: it only mentions them


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """The month's letter as composed: which words stand where, and why."""

    name: str
    subject: str
    preheader: str
    lead: str
    posts: tuple[Placed, ...]  # in order, the lead first
    quote: PullQuote | None  # None: no sentence was good enough, or the author wants none
    note: str  # Markdown; "" without one
    care: tuple[CareNote, ...]
    left_out: tuple[LeftOut, ...]
    reasons: tuple[tuple[str, str], ...]  # (what, why)


# --- render ----------------------------------------------------------------------------------


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


# --- check and approve -----------------------------------------------------------------------


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


# --- subscribers -----------------------------------------------------------------------------


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


# --- deliver ---------------------------------------------------------------------------------


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
