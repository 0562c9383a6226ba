"""What `collect` brings: how a visit ended, what a feed held, the posts as stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
    fresh_s: int = 0  # how long the server says that this answer holds; 0: it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server says that nothing changed since the validators we sent."""

    url: str
    validators: Validators = Validators()
    fresh_s: int = 0  # as in Fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFetched:
    """No usable body. `message` is a sentence the author understands, with what she can do."""

    url: str
    outcome: FeedOutcome
    message: str
    retry_at: datetime | None = None  # None: the server named no time
    lasting: bool = False  # waiting will not mend it: somebody has to act


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
    picture: str = ""  # the address of a picture that stands for it, beside those in its body
    recording: str = ""  # the address of what can be listened to
    due: datetime | None = None  # its date where that is still to come (then `published` is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document that was read to its end."""

    title: str
    site: str
    language: str
    entries: tuple[Entry, ...]
    too_long: int = 0  # items passed over since no post is that long
    pause_s: int = 0  # how long it asks to be left alone between two visits; 0: it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class NotParsed:
    """A body that is no whole feed, and why."""

    outcome: FeedOutcome
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A blog post as stored. Its id stays, whatever else changes, its guid and address included."""

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
    changed_at: datetime  # when title or body last became what they are, or a new guid was learnt
    backlog: bool  # came with the first contact with its feed
    held: str = ""  # why it waits for a person's word, in a sentence; "": it does not
    released_at: datetime | None = None  # when a person said that it may be in a letter; None: never asked
    dropped: bool = False  # a person said that it is for no letter
    withdrawn: bool = False  # gone from its feed, though older posts still stand there
    picture: str = ""  # as in Entry
    recording: str = ""
    edition: int = 0  # how often the author said that it is to be mailed once more
    corrects: str = ""  # the letter that this edition corrects; "": none

    @property
    def dated(self) -> datetime:
        """When it counts as published: its own date, else when we first saw it."""
        return self.published or self.first_seen

    @property
    def waits(self) -> bool:
        """Whether a person is still to be asked."""
        return bool(self.held) and not self.dropped and not self.withdrawn


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Alias:
    """A name under which a post was once seen; never forgotten."""

    scope: str  # the feed in which the name means something; "": in all feeds of the practice
    name: str  # its kind, a space, the name: "guid 7", "path /a", "link example.org/a"
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """What is known of a post's last time in a letter that is going out or went."""

    post: str
    issue: str
    at: datetime  # when the letter's audience was fixed
    edition: int
    words_sha256: str  # of the words that were mailed; "": not known


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
    moved_to: str = ""  # where permanent redirects led at the last visit
    moved_since: datetime | None = None  # since when they lead there
    pause_s: int = 0  # what the last document asked for between two visits
    fresh_s: int = 0  # how long the last answer was to hold
    lasting: bool = False  # the last failure needs somebody to act


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What one visit to one feed did."""

    feed: str
    outcome: FeedOutcome
    new: tuple[Post, ...] = ()
    changed: tuple[Post, ...] = ()
    known: int = 0
    held: int = 0  # posts that since this visit wait for a person's word
    message: str = ""
