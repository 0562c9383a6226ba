"""Visit the feeds: what is new goes to the store, what went wrong is told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline import ports
from pipeline.collect.merge import Merged, merge
from pipeline.collect.polite import has_moved, is_silent, wants_it_whole, where_it_moved
from pipeline.model import (
    FeedOutcome,
    FeedReport,
    FeedState,
    Fetched,
    NotFetched,
    NotModified,
    NotParsed,
    ParsedFeed,
    Post,
    Validators,
)


def collect(
    *,
    posts: ports.Posts,
    fetcher: ports.Fetcher,
    parser: ports.Parser,
    clock: ports.Clock,
    feeds: Sequence[str],
    zone: ZoneInfo,
    followed: Sequence[str] = (),
) -> Iterator[FeedReport]:
    """One report a feed, in order, each feed once; a failing feed does not stop the others.

    `followed` are all feeds of the practice where `feeds` are only some. One that is not followed
    any more tells nothing more of its posts: those that carry them too do.
    Everything that a visit changes is committed in one step, before its report. Raises
    StoreError where the store does not take it.
    """
    for url in dict.fromkeys(feeds):
        yield _visit(
            url,
            posts=posts,
            fetcher=fetcher,
            parser=parser,
            now=clock.now(),
            zone=zone,
            followed=frozenset((*feeds, *followed)),
        )


def _visit(
    url: str,
    *,
    posts: ports.Posts,
    fetcher: ports.Fetcher,
    parser: ports.Parser,
    now: datetime,
    zone: ZoneInfo,
    followed: frozenset[str],
) -> FeedReport:
    state = posts.feed(url)
    if state.retry_at is not None and state.retry_at > now:
        message = f"not asked: the site wants to be left alone until {_moment(state.retry_at, zone)}"
        known = len(posts.known(url))
        return FeedReport(feed=url, outcome=FeedOutcome.THROTTLED, known=known, message=message)
    result = fetcher.fetch(url, Validators() if wants_it_whole(state, now) else state.validators)
    # Read after the fetch: what a person said in the meantime, of a held post say, is in it.
    known_posts = posts.known(url)
    if isinstance(result, Fetched) and not _is_same(result, state):
        parsed = parser(result, zone=zone, now=now)
        if isinstance(parsed, ParsedFeed):
            return _take(
                result, parsed, state=state, known=known_posts, posts=posts, now=now, followed=followed
            )
        result = _not_fetched(url, parsed)
    if isinstance(result, NotFetched):
        return _fail(result, state=state, known=known_posts, posts=posts, now=now)
    return _unchanged(result, state=state, known=known_posts, posts=posts, now=now)


def _is_same(fetched: Fetched, state: FeedState) -> bool:
    return bool(state.body_sha256) and state.body_sha256 == _sha256(fetched.body)


def _take(
    fetched: Fetched,
    parsed: ParsedFeed,
    *,
    state: FeedState,
    known: Sequence[Post],
    posts: ports.Posts,
    now: datetime,
    followed: frozenset[str],
) -> FeedReport:
    if known and not parsed.entries:
        # Nearly always a mistake in the site's settings. Nothing is stored of it, not even the
        # validators: else the next answer would be 304, and all would look well.
        text = f"the feed is empty, though it had {_count(len(known), 'post')}; nothing was changed"
        message = f"{text}; see whether the blog still shows its posts"
        broken = NotFetched(url=state.url, outcome=FeedOutcome.BROKEN, message=message)
        return _fail(broken, state=state, known=known, posts=posts, now=now)
    merged = merge(
        state=state,
        known=known,
        parsed=parsed,
        now=now,
        aliases=posts.aliases(state.url),
        others=posts.others(state.url),
        mailed=posts.mailed(except_issue=""),
        silent={
            feed.url
            for feed in posts.feeds()
            if feed.url != state.url and (feed.url not in followed or is_silent(feed, now))
        },
    )
    other = merged.new or merged.changed or merged.withdrawn
    after = _succeeded(
        replace(
            state,
            title=parsed.title or state.title,
            body_sha256=_sha256(fetched.body),
            pause_s=parsed.pause_s,
        ),
        fetched,
        outcome=FeedOutcome.CHANGED if other else FeedOutcome.UNCHANGED,
        message=_summary(merged, parsed.too_long),
        now=now,
    )
    posts.commit(after, merged.to_store, merged.learnt)
    return FeedReport(
        feed=state.url,
        outcome=after.outcome or FeedOutcome.CHANGED,
        new=merged.new,
        changed=merged.changed,
        known=merged.known,
        held=len(merged.held),
        message=after.message,
    )


def _unchanged(
    result: Fetched | NotModified,
    *,
    state: FeedState,
    known: Sequence[Post],
    posts: ports.Posts,
    now: datetime,
) -> FeedReport:
    # The body is the one that was parsed and committed, so its validators are good to keep.
    message = f"nothing new, {len(known)} known"
    after = _succeeded(state, result, outcome=FeedOutcome.UNCHANGED, message=message, now=now)
    posts.commit(after, ())
    return FeedReport(
        feed=state.url,
        outcome=after.outcome or FeedOutcome.UNCHANGED,
        known=len(known),
        message=after.message,
    )


def _fail(
    failure: NotFetched,
    *,
    state: FeedState,
    known: Sequence[Post],
    posts: ports.Posts,
    now: datetime,
) -> FeedReport:
    after = replace(
        state,
        last_try=now,
        outcome=failure.outcome,
        message=failure.message,
        failures=state.failures + 1,
        retry_at=failure.retry_at,
        lasting=failure.lasting,
    )
    posts.commit(after, ())
    return FeedReport(feed=state.url, outcome=failure.outcome, known=len(known), message=failure.message)


def _succeeded(
    state: FeedState, result: Fetched | NotModified, *, outcome: FeedOutcome, message: str, now: datetime
) -> FeedState:
    to, since = where_it_moved(state, result, now)
    if has_moved(since, now):
        outcome = FeedOutcome.MOVED
        message = f"{message}; the feed has moved for good: put {to} under [feeds]"
    return replace(
        state,
        validators=result.validators,
        last_try=now,
        last_success=now,
        outcome=outcome,
        message=message,
        failures=0,
        retry_at=None,
        fresh_s=result.fresh_s,
        lasting=False,
        moved_to=to,
        moved_since=since,
    )


def _summary(merged: Merged, too_long: int) -> str:
    parts = [_count(len(merged.new), "new post")]
    if merged.changed:
        parts.append(f"{len(merged.changed)} changed")
    if merged.withdrawn:
        parts.append(f"{len(merged.withdrawn)} taken off the blog")
    parts.append(f"{merged.known} known")
    if too_long:
        parts.append(f"{too_long} passed over (longer than any post)")
    if merged.held:
        reasons = Counter(post.held for post in merged.held).most_common(2)
        why = "; ".join(reason for reason, _ in reasons)
        parts.append(f"{len(merged.held)} held for your word ({why}): `warmletter held`")
    return ", ".join(parts)


def _not_fetched(url: str, parsed: NotParsed) -> NotFetched:
    return NotFetched(url=url, outcome=parsed.outcome, message=parsed.message)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d %B, %H:%M}"


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
