"""When a feed is asked again, and what is believed of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from pipeline.collect.polite import (
    has_moved,
    is_alarming,
    is_news,
    is_silent,
    next_visit,
    pause_after,
    wants_it_whole,
    where_it_moved,
)
from pipeline.model import FeedOutcome, FeedState, Fetched, NotModified

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
URL = "https://quiet.example/feed"
NEW = "https://new.example/feed"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
READ = FeedState(url=URL, last_try=NOW, last_success=NOW, outcome=FeedOutcome.UNCHANGED)


def failed(times: int, *, after: timedelta = HOUR) -> FeedState:
    return replace(READ, last_try=NOW + after, failures=times, outcome=FeedOutcome.BROKEN)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 15), (2, 30), (5, 240), (7, 960)])
def test_the_pause_doubles_give_or_take_a_tenth(failures: int, minutes: int) -> None:
    pauses = {pause_after(failures, f"{URL}{number}") / timedelta(minutes=1) for number in range(20)}
    assert len(pauses) > 10
    assert all(minutes * 0.9 <= pause <= minutes * 1.1 for pause in pauses)


def test_no_pause_is_longer_than_a_day() -> None:
    assert DAY * 0.9 <= pause_after(10_000, URL) <= DAY


def test_a_feed_that_was_never_tried_is_asked_at_once() -> None:
    visit = next_visit(FeedState(url=URL))
    assert visit is not None
    assert visit < NOW


def test_a_feed_that_failed_is_asked_after_its_pause() -> None:
    assert next_visit(failed(3)) == NOW + HOUR + pause_after(3, URL)


@pytest.mark.parametrize(
    ("document_s", "answer_s", "hours"),
    [
        (0, 0, 1),
        (60, 0, 1),
        (4 * 3600, 0, 4),
        (0, 6 * 3600, 6),
        (4 * 3600, 6 * 3600, 6),
        (14 * 24 * 3600, 0, 24),
    ],
    ids=["nothing", "too often", "document", "answer", "the longer of both", "a fortnight"],
)
def test_an_hour_or_what_the_feed_asks_for_give_or_take_a_tenth(
    document_s: int, answer_s: int, hours: int
) -> None:
    asks = replace(READ, pause_s=document_s, fresh_s=answer_s)
    states = [replace(asks, last_try=NOW + timedelta(minutes=number)) for number in range(20)]
    pauses = [visit - state.last_try for state in states if (visit := next_visit(state)) and state.last_try]
    assert len(set(pauses)) > 10
    assert all(hours * 0.9 <= pause / HOUR <= hours * 1.1 for pause in pauses)


def test_the_time_a_busy_site_named_is_kept_or_a_little_later() -> None:
    busy = replace(failed(1), outcome=FeedOutcome.THROTTLED)
    for wait in (HOUR, 2 * HOUR, DAY):
        visit = next_visit(replace(busy, retry_at=NOW + HOUR + wait))
        assert visit is not None
        assert NOW + HOUR + wait <= visit <= NOW + HOUR + wait * 1.1


def test_what_was_taken_down_on_purpose_is_asked_no_more_and_what_is_not_found_daily() -> None:
    not_found = replace(failed(2), outcome=FeedOutcome.GONE)
    assert next_visit(not_found) == NOW + HOUR + DAY
    assert next_visit(replace(not_found, lasting=True)) is None


def test_once_in_seven_days_the_whole_feed_is_asked_for() -> None:
    assert not wants_it_whole(FeedState(url=URL), NOW)
    for number in range(20):
        state = replace(READ, url=f"{URL}{number}")
        days = [
            wants_it_whole(replace(state, last_success=NOW + day * DAY), NOW + (day + 1) * DAY)
            for day in range(7)
        ]
        assert days.count(True) == 1


def test_a_move_is_believed_when_it_was_seen_a_day_apart() -> None:
    moved = Fetched(url=URL, final_url=NEW, body=b"", moved=True)
    first = where_it_moved(READ, moved, NOW)
    known = replace(READ, moved_to=first[0], moved_since=first[1])
    assert first == (NEW, NOW)
    assert where_it_moved(known, moved, NOW + DAY) == first
    assert where_it_moved(known, NotModified(url=URL), NOW + DAY) == first
    assert where_it_moved(known, replace(moved, moved=False), NOW + DAY) == ("", None)
    elsewhere = replace(moved, final_url="https://third.example/feed")
    assert where_it_moved(known, elsewhere, NOW + DAY) == ("https://third.example/feed", NOW + DAY)
    assert [has_moved(since, NOW + DAY) for since in (None, NOW, NOW + HOUR)] == [False, True, False]


@pytest.mark.parametrize(
    ("state", "alarming"),
    [
        (READ, False),
        (failed(2), False),
        (failed(3), True),
        (failed(1, after=DAY), True),
        (replace(failed(2), last_success=None), False),
        (replace(failed(1), lasting=True), True),
    ],
    ids=["read", "twice", "three times", "a day", "never read", "it lasts"],
)
def test_somebody_should_look_after_three_failures_or_a_day(state: FeedState, alarming: bool) -> None:
    assert is_alarming(state) is alarming


def test_a_feed_unread_for_a_week_is_silent() -> None:
    assert is_silent(FeedState(url=URL), NOW)
    assert [is_silent(READ, NOW + days * DAY) for days in (7, 8)] == [False, True]


def test_a_failure_is_said_at_first_and_when_it_is_serious() -> None:
    states = [READ, *(failed(times) for times in range(1, 6))]
    said = [is_news(before, after) for before, after in pairwise(states)]
    assert said == [True, False, True, False, False]


def test_a_failure_that_came_to_last_is_said_again() -> None:
    assert is_news(failed(4), replace(failed(5), lasting=True))
    assert not is_news(replace(failed(5), lasting=True), replace(failed(6), lasting=True))


def test_a_move_is_said_once_and_a_change_always() -> None:
    moved, changed = (replace(READ, outcome=outcome) for outcome in (FeedOutcome.MOVED, FeedOutcome.CHANGED))
    throttled = replace(failed(1), outcome=FeedOutcome.THROTTLED)
    assert [
        is_news(READ, moved),
        is_news(moved, moved),
        is_news(changed, changed),
        is_news(READ, throttled),
    ] == [
        True,
        False,
        True,
        False,
    ]
