"""When to ask a feed again, and what to believe of it; after feeds.md F3 to F7."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from pipeline.model import FeedOutcome, FeedState, Fetched, NotModified

EVERY = timedelta(hours=1)
FIRST_PAUSE = timedelta(minutes=15)  # after one failure; doubled by each more
LONGEST_PAUSE = timedelta(hours=24)
JITTER = 0.1  # so that many programs do not ask one host in step
WHOLE_EVERY_DAYS = 7
MOVE_AFTER = timedelta(hours=24)
SILENT_AFTER = timedelta(days=7)
ALARM_FAILURES = 3
ALARM_AFTER = timedelta(hours=24)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_visit(state: FeedState) -> datetime | None:
    """When the schedule should ask again; None: never by itself. A person's own word is not bound by it.

    A feed that was taken down on purpose (410) is asked no more; one that is not found (404), daily.
    """
    if state.last_try is None:
        return _EPOCH
    if not state.failures:
        return state.last_try + _between(state)
    if state.outcome is FeedOutcome.GONE:
        return None if state.lasting else state.last_try + LONGEST_PAUSE
    again = state.last_try + pause_after(state.failures, state.url)
    return max(again, _late(state.retry_at, state)) if state.retry_at else again


def _between(state: FeedState) -> timedelta:
    """From one visit that went well to the next: an hour, or what the feed asks for up to a day.

    Give or take a tenth, another each time, so that no host is asked on the hour by everybody.
    """
    asked = timedelta(seconds=max(state.pause_s, state.fresh_s))
    pause: timedelta = min(max(EVERY, asked), LONGEST_PAUSE)
    return pause * (1 + JITTER * _lot(f"{state.last_try} {state.url}"))


def _late(retry_at: datetime, state: FeedState) -> datetime:
    """A tenth of the wait after the time the server named, at most, and never before it."""
    wait = max(retry_at - (state.last_try or retry_at), timedelta(0))
    return retry_at + wait * JITTER * (_lot(f"{retry_at} {state.url}") + 1) / 2


def pause_after(failures: int, url: str) -> timedelta:
    """15 minutes, doubled by each failure in a row, a day at most; give or take a tenth."""
    doubled: timedelta = min(FIRST_PAUSE * (1 << min(failures - 1, 10)), LONGEST_PAUSE)
    return min(doubled * (1 + JITTER * _lot(f"{failures} {url}")), LONGEST_PAUSE)


def _lot(of: str) -> float:
    """A number from -1 to 1 that looks like chance and is always the same."""
    return int.from_bytes(hashlib.sha256(of.encode("utf-8", "replace")).digest()[:4], "big") / (1 << 31) - 1


def wants_it_whole(state: FeedState, now: datetime) -> bool:
    """Whether to ask without validators: every seventh day, should a server's "unchanged" be wrong.

    Feeds have different days; nothing need be remembered for it.
    """
    return state.last_success is not None and _week(state.last_success, state.url) != _week(now, state.url)


def _week(moment: datetime, url: str) -> int:
    offset = int((_lot(url) + 1) / 2 * WHOLE_EVERY_DAYS)
    return ((moment - _EPOCH).days + offset) // WHOLE_EVERY_DAYS


def where_it_moved(
    state: FeedState, result: Fetched | NotModified, now: datetime
) -> tuple[str, datetime | None]:
    """(where permanent redirects lead, since when), ("", None) where they lead nowhere.

    "Unchanged" says nothing of the way it came: what was known stays.
    """
    if isinstance(result, NotModified):
        return state.moved_to, state.moved_since
    if not result.moved:
        return "", None
    if state.moved_to == result.final_url and state.moved_since:
        return state.moved_to, state.moved_since
    return result.final_url, now


def has_moved(since: datetime | None, now: datetime) -> bool:
    """Whether to believe it: two visits a day apart. A mistake in a site's settings is shorter."""
    return since is not None and now - since >= MOVE_AFTER


def is_silent(state: FeedState, now: datetime) -> bool:
    """Whether the feed is told of by nobody any more: taken out of config.toml, or dead."""
    return state.last_success is None or now - state.last_success > SILENT_AFTER


def is_alarming(state: FeedState) -> bool:
    """Whether somebody should look: three failures in a row, a day without an answer, or one that lasts."""
    if not state.failures or state.last_try is None:
        return False
    if state.lasting:
        return True
    silent = state.last_success is not None and state.last_try - state.last_success >= ALARM_AFTER
    return state.failures >= ALARM_FAILURES or silent


def is_news(before: FeedState, after: FeedState) -> bool:
    """Whether how it went is to be said by itself; `status` always says it.

    A failure: the first, and when it becomes alarming. A move: when it is believed. A change: always.
    """
    if after.outcome in (FeedOutcome.CHANGED, FeedOutcome.MOVED):
        return after.outcome is FeedOutcome.CHANGED or before.outcome is not FeedOutcome.MOVED
    if after.outcome is FeedOutcome.THROTTLED or not after.failures:
        return False
    return (
        after.failures == 1 or (is_alarming(after) and not is_alarming(before)) or _got_worse(before, after)
    )


def _got_worse(before: FeedState, after: FeedState) -> bool:
    """It failed for three days, say, and now needs somebody: that is another sentence."""
    return after.lasting and not before.lasting
