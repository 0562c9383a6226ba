"""Visit the feeds: what is new goes to the store, what went wrong is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline import ports
from pipeline.collect.merge import Merged, merge
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
) -> Iterator[FeedReport]:
    """One report a feed, in order, each feed once; a failing feed does not stop the others.

    Everything that a visit changes is committed in one step, before its report. Raises
    StoreError where the store does not take it.
    """
    for url in dict.fromkeys(feeds):
        yield _visit(url, posts=posts, fetcher=fetcher, parser=parser, now=clock.now(), zone=zone)


def _visit(
    url: str,
    *,
    posts: ports.Posts,
    fetcher: ports.Fetcher,
    parser: ports.Parser,
    now: datetime,
    zone: ZoneInfo,
) -> FeedReport:
    state, known = posts.feed(url), posts.known(url)
    if state.retry_at is not None and state.retry_at > now:
        message = f"not asked: the site wants to be left alone until {_moment(state.retry_at, zone)}"
        return FeedReport(feed=url, outcome=FeedOutcome.THROTTLED, known=len(known), message=message)
    result = fetcher.fetch(url, state.validators)
    if isinstance(result, Fetched) and not _is_same(result, state):
        parsed = parser(result, zone=zone, now=now)
        if isinstance(parsed, ParsedFeed):
            return _take(result, parsed, state=state, known=known, posts=posts, now=now)
        result = _not_fetched(url, parsed)
    if isinstance(result, NotFetched):
        return _fail(result, state=state, known=known, posts=posts, now=now)
    return _unchanged(result, state=state, known=known, posts=posts, now=now)


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
) -> FeedReport:
    if known and not parsed.entries:
        # Nearly always a mistake in the site's settings. Nothing is stored of it, not even the
        # validators: else the next answer would be 304, and all would look well.
        text = f"the feed is empty, though it had {_count(len(known), 'post')}; nothing was changed"
        message = f"{text}; see whether the blog still shows its posts"
        broken = NotFetched(url=state.url, outcome=FeedOutcome.BROKEN, message=message)
        return _fail(broken, state=state, known=known, posts=posts, now=now)
    merged = merge(state=state, known=known, parsed=parsed, now=now)
    outcome = FeedOutcome.CHANGED if merged.new or merged.changed else FeedOutcome.UNCHANGED
    message = _summary(merged)
    if fetched.moved:
        outcome = FeedOutcome.MOVED
        message = f"{message}; the feed has moved for good: put {fetched.final_url} under [feeds]"
    after = _succeeded(state, fetched.validators, outcome, message, now)
    after = replace(after, title=parsed.title or state.title, body_sha256=_sha256(fetched.body))
    posts.commit(after, merged.to_store)
    return FeedReport(
        feed=state.url,
        outcome=outcome,
        new=merged.new,
        changed=merged.changed,
        known=merged.known,
        message=message,
    )


def _unchanged(
    result: Fetched | NotModified,
    *,
    state: FeedState,
    known: Sequence[Post],
    posts: ports.Posts,
    now: datetime,
) -> FeedReport:
    outcome, message = FeedOutcome.UNCHANGED, f"nothing new, {len(known)} known"
    if isinstance(result, Fetched) and result.moved:
        outcome = FeedOutcome.MOVED
        message = f"{message}; the feed has moved for good: put {result.final_url} under [feeds]"
    # The body is the one that was parsed and committed, so its validators are good to keep.
    posts.commit(_succeeded(state, result.validators, outcome, message, now), ())
    return FeedReport(feed=state.url, outcome=outcome, known=len(known), message=message)


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
    )
    posts.commit(after, ())
    return FeedReport(feed=state.url, outcome=failure.outcome, known=len(known), message=failure.message)


def _succeeded(
    state: FeedState, validators: Validators, outcome: FeedOutcome, message: str, now: datetime
) -> FeedState:
    return replace(
        state,
        validators=validators,
        last_try=now,
        last_success=now,
        outcome=outcome,
        message=message,
        failures=0,
        retry_at=None,
    )


def _summary(merged: Merged) -> str:
    parts = [_count(len(merged.new), "new post")]
    if merged.changed:
        parts.append(f"{len(merged.changed)} changed")
    parts.append(f"{merged.known} known")
    return ", ".join(parts)


def _not_fetched(url: str, parsed: NotParsed) -> NotFetched:
    return NotFetched(url=url, outcome=parsed.outcome, message=parsed.message)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d %B, %H:%M}"


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
