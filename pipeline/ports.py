"""All that a use case needs from the world."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from pipeline.model import (
    Alias,
    Approval,
    Bound,
    Call,
    Choices,
    Claim,
    Copy,
    DeliveryState,
    Doubt,
    Event,
    FeedState,
    Fetched,
    FetchResult,
    Issue,
    IssueRecord,
    KeptPicture,
    Letter,
    Limits,
    Mailing,
    Message,
    NewReader,
    NoCopy,
    NotParsed,
    Outcome,
    Parcel,
    ParsedFeed,
    Post,
    Replay,
    Subscriber,
    SubscriberState,
    Totals,
    Validators,
)


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def sleep(self, seconds: float) -> None: ...


class Fetcher(Protocol):
    def fetch(self, source: str, validators: Validators) -> FetchResult:
        """What stands at `source`, an http(s) address or a file; the far end's faults are values."""


class Parser(Protocol):
    def __call__(self, fetched: Fetched, *, zone: ZoneInfo, now: datetime) -> ParsedFeed | NotParsed:
        """What the document holds. `zone` is for dates without one; later than `now` + 1 day is no date."""


class Copier(Protocol):
    def __call__(self, received: bytes) -> Copy | NoCopy:
        """Our own copy of a picture. Nothing a file holds can do more than make it a NoCopy."""


class Provider(Protocol):
    name: str
    limits: Limits

    def ready(self) -> None:
        """Ask, at the start of a run, what can be asked of the account.

        Raises ProviderStop where it would track readers, or takes nothing from us.
        """

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:
        """The messages of one letter, in order, as calls of at most `most` mails; no more than its limits.

        The same messages are the same bytes. Raises ValueError for a message that no mail can be.
        """

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        """Make the call; one outcome for each of its mails, in order.

        Raises ProviderStop where the provider will take nothing from us at all.
        """

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:
        """What became of mails in doubt, by key; one that it does not know of is not in it.

        Raises ProviderStop where it cannot be asked now.
        """

    def close(self) -> None:
        """Let go of connections; may be called more than once."""


class Webhook(Protocol):
    """What a provider posts to us: believed only once it is proved to be the provider's."""

    def events(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> tuple[Event, ...]:
        """What it tells, in its order; header names in lower case. Kinds that we do not act on are left out.

        Raises Forged where the signature, the secret or its age is not right.
        """


class Posts(Protocol):
    def feed(self, url: str) -> FeedState:
        """What we remember of a feed; a fresh state for one never tried."""

    def feeds(self) -> tuple[FeedState, ...]: ...

    def known(self, feed: str) -> tuple[Post, ...]:
        """Every post ever seen in a feed."""

    def others(self, feed: str) -> tuple[Post, ...]:
        """Every post ever seen in the other feeds."""

    def aliases(self, feed: str) -> tuple[Alias, ...]:
        """Every name that means something in this feed, in order; names for all feeds among them."""

    def commit(self, state: FeedState, posts: Sequence[Post], aliases: Sequence[Alias] = ()) -> None:
        """Insert or replace the posts and the feed's state, add the aliases, in one transaction.

        An alias that is there stays; so does what a person said of a post.
        """

    def held(self) -> tuple[Post, ...]:
        """Posts that wait for a person's word and were not mailed as they are, oldest first."""

    def release(self, post_id: str, now: datetime) -> None:
        """A person said that the post may be in a letter."""

    def drop(self, post_id: str) -> None:
        """A person said that the post is for no letter."""

    def undecide(self, before: Post) -> None:
        """What a person said of the post is what it was `before`: held, released, dropped, corrected."""

    def get(self, post_id: str) -> Post | None: ...

    def dated_between(self, start: datetime, end: datetime) -> tuple[Post, ...]:
        """Posts with start <= dated < end, oldest first."""

    def late(self, *, seen_after: datetime, before: datetime) -> tuple[Post, ...]:
        """Posts dated before `before` that came, not as backlog, or were released, after `seen_after`.

        Oldest first.
        """

    def newest(self) -> Post | None:
        """The post with the latest date of all that are neither held nor dropped nor withdrawn."""

    def correct(self, post_id: str, issue: str, now: datetime) -> None:
        """A person said that the post is to be mailed again as it is now.

        `issue` is the letter that it corrects; "" where it is another post altogether.
        """

    def leave_as_mailed(self, post_id: str) -> None:
        """Take `correct` back."""

    def mailings(self) -> tuple[Mailing, ...]:
        """Each mailed post's last time, the latest first, in issues being sent or sent."""

    def mailed(self, *, except_issue: str) -> frozenset[str]:
        """Ids of posts whose present edition went into another issue which is being sent or was sent."""


class Pictures(Protocol):
    def kept(self, posts: Sequence[str]) -> tuple[KeptPicture, ...]:
        """What is known of these posts' pictures."""

    def keep(self, picture: KeptPicture, jpeg: bytes) -> None:
        """Keep a copy, or why there is none. A copy that is there already is never replaced."""

    def jpeg(self, sha256: str) -> bytes:
        """The copy with this hash. Raises StoreError where it is not there or not whole."""


class Issues(Protocol):
    def get(self, name: str) -> IssueRecord | None: ...

    def all(self) -> tuple[IssueRecord, ...]:
        """Newest name first."""

    def save_choices(self, name: str, choices: Choices) -> None:
        """Keep the author's choices; makes the issue (as a draft without content) if need be."""

    def save_draft(self, name: str, draft: Issue, now: datetime) -> None:
        """Replace the draft; an approval is void. Raises NotAllowed once sending began."""

    def approve(self, name: str, approval: Approval) -> None:
        """draft → approved. Raises NotAllowed from any other state."""

    def unapprove(self, name: str) -> None:
        """approved → draft. Raises NotAllowed from any other state."""

    def skip(self, name: str, reason: str, now: datetime) -> None:
        """draft or nothing → skipped, with the reason."""

    def pause(self, name: str, *, paused: bool) -> None:
        """Hold a letter that is being sent, or let it go on. Raises NotAllowed from any other state."""

    def cancel(self, name: str, reason: str, now: datetime) -> int:
        """sending → cancelled: who is still queued gets nothing; how many. Raises NotAllowed otherwise."""


class Readers(Protocol):
    def add(self, readers: Sequence[NewReader], now: datetime) -> tuple[int, int, int]:
        """(added, already there, not added because they said no or their mail bounced); one transaction.

        One who left or complained is never brought back by this.
        """

    def take_back(self, emails: Sequence[str], *, added_at: datetime) -> int:
        """Forget readers who were added by mistake at that moment; how many.

        Who was mailed meanwhile, or left, stays as she is: neither is forgotten by an undo.
        """

    def remove(self, email: str, now: datetime) -> bool:
        """Take a reader off the list, for good: she is never added again. False where she is not on it."""

    def all(self) -> tuple[Subscriber, ...]: ...

    def count_active(self) -> int: ...

    def gone_between(self, start: datetime, end: datetime | None) -> Mapping[SubscriberState, int]:
        """Readers who left, bounced or complained from `start` on and before `end`, counted by state."""

    def count_active_since(self, moment: datetime) -> int:
        """Active readers who became so after `moment`."""


class Ledger(Protocol):
    """One row a reader an issue. Every step is durable before the next begins."""

    def freeze(self, letter: Letter, posts: Sequence[Bound], *, batch_size: int, now: datetime) -> int:
        """approved → sending; the audience and the letter fixed, in one transaction; how many readers.

        The audience is every active reader who was so when the issue was approved.
        Raises NotAllowed where the issue is not approved (another process was first, say).
        """

    def letter(self, issue: str) -> Letter:
        """The letter as frozen."""

    def recover(self, issue: str, *, replay_s: float, now: datetime) -> tuple[int, tuple[Replay, ...]]:
        """Settle what a dead process left in flight: (readers in doubt by it, calls to repeat).

        To be called only under `exclusive`. What no call held goes back to the queue. A call whose
        repeat is harmless (`replay_s`, see Limits) is to be offered again as it is; where that is
        so for ever, its readers are queued under their keys; else they become `unknown`.
        """

    def claims(self, issue: str, now: datetime, *, most: int) -> tuple[Claim, ...]:
        """The next batches that are ready, at most so many, now in flight; () where none is ready.

        Readers who left meanwhile become `suppressed` in the same transaction. What of them is not
        offered is to be settled again.
        """

    def next_ready_at(self, issue: str) -> datetime | None:
        """When the earliest postponed batch may be offered again; None where nothing is queued."""

    def intend(self, claim: Claim, parcel: Parcel, *, keep_body: bool, now: datetime) -> frozenset[str]:
        """Write, durably, that the call is about to be made; to be called before its first byte.

        Keys of mails in it that are not queued any more, since their readers left after the claim:
        then nothing is written but that, and the parcel must be made without them. Raises Halted
        where the letter was paused or cancelled, Busy where the batch is another's by now.
        """

    def record(
        self,
        claim: Claim,
        parcel: Parcel,
        outcomes: Sequence[Outcome],
        *,
        now: datetime,
        retry_at: datetime | None = None,
        then: Call | None = None,
    ) -> bool:
        """Write the outcome of each mail of a call; those to be retried stay in the queue.

        With `retry_at` it was the claim's last call, and the claim is settled in the same step; with
        `then` the next call is written down in it too, so that both wait for the disk once. Whether it
        was; where not (its reader left, the letter is paused, the disk is full), `intend` says why.
        """

    def stands(self, call: Call) -> bool:
        """Whether a call that `record` wrote down may be made now, as `intend` would say of it."""

    def withdraw(self, call: Call) -> None:
        """Forget a call that was written down and surely not made; nothing where it is not there."""

    def settle(self, claim: Claim, *, retry_at: datetime) -> None:
        """All calls of the claim are answered; who is still queued is offered again from `retry_at` on."""

    def totals(self, issue: str) -> Totals: ...

    def reasons(self, issue: str) -> tuple[tuple[DeliveryState, str, int], ...]:
        """(state, reason, how many) of those refused, suppressed or in doubt; most frequent first."""

    def finish(self, issue: str, now: datetime) -> Totals:
        """sending → sent where nothing is queued or unknown; the totals in any case."""

    def is_going(self, issue: str) -> bool:
        """Whether the letter is being sent, and neither paused nor cancelled."""

    def accepted_since(self, moment: datetime) -> int:
        """Mails of all letters that were accepted since then."""

    def doubts(self, issue: str) -> tuple[Doubt, ...]:
        """The mails of which nobody knows whether they were taken, the oldest first."""

    def clear(self, issue: str, answers: Mapping[str, Outcome], *, now: datetime) -> int:
        """Settle doubts, by key: accepted, refused, suppressed, or RETRY for "surely not taken".

        How many were in doubt until now. Raises NotAllowed for an issue that is not being sent.
        """

    def abandon(self, issue: str, keys: Collection[str], *, reason: str, now: datetime) -> int:
        """Give up mails in doubt, by a person's decision; how many."""

    def forgotten(self) -> tuple[str, ...]:
        """Letters of which something went out after this copy of the database was made."""

    def adopt(self, *, now: datetime) -> int:
        """Take this copy for the true one, after a person asked for it; how many are in doubt by it.

        Whoever is queued in a letter that went on elsewhere is in doubt; a letter that this copy has
        not even begun is cancelled: it went out, and to whom is forgotten.
        """

    def require_current(self) -> None:
        """Raises NotAllowed where this database is a copy that has forgotten whom it mailed."""

    def exclusive(self, issue: str) -> AbstractContextManager[None]:
        """Hold the sending of this issue alone. Raises Busy where another process holds it."""


class Store(Protocol):
    @property
    def posts(self) -> Posts: ...
    @property
    def pictures(self) -> Pictures: ...
    @property
    def issues(self) -> Issues: ...
    @property
    def readers(self) -> Readers: ...
    @property
    def ledger(self) -> Ledger: ...
