"""What may be in a letter now, what waits, and the two answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.app.context import App
from pipeline.app.draft import compose_issue, eligible, passed_over
from pipeline.app.fit import settles_at, unfit
from pipeline.app.held import drop, held, release
from pipeline.app.mail import send
from pipeline.app.reports import standing
from pipeline.app.yes import approve
from pipeline.errors import NotAllowed, NothingToSay, UsageError
from pipeline.schedule import tick
from tests.contracts import a_post
from tests.practice import (
    WORDS,
    approved,
    clock_of,
    collected,
    item,
    never,
    practice,
    with_readers,
    write_feed,
)

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
DUE = datetime(2026, 12, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REAL = item("Keeping company", WORDS * 3, "03 Nov 2026")
HELLO = item("Hello world!", "<p>Welcome to your blog.</p>", "04 Nov 2026")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    write_feed(tmp_path, HELLO, REAL)
    with practice(tmp_path, NOW, schedule__approval="auto") as app:
        yield app


def titles(app: App) -> list[str]:
    return [post.title for post in eligible(app, "2026-11")]


def ticked(app: App, at: datetime) -> list[str]:
    clock_of(app).time = at
    return list(tick(app, stop=never))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"held": "it looks odd"}, "it waits for your word (`warmletter held`): it looks odd"),
        ({"held": "it looks odd", "dropped": True}, "you said that it is for no letter"),
        ({"withdrawn": True}, "it was taken off the blog"),
        ({"published": NOW + timedelta(days=1)}, "it is dated 2026-11-29, and waits until then"),
    ],
)
def test_why_a_post_may_be_in_no_letter(change: dict[str, object], reason: str) -> None:
    assert unfit(a_post(1, **change), NOW) == reason


def test_a_post_settles_after_its_last_change_and_a_backlog_at_once() -> None:
    hour = timedelta(hours=1)
    assert settles_at(a_post(1, changed_at=NOW), hour) == NOW + hour
    assert settles_at(a_post(1, first_seen=NOW, changed_at=NOW, backlog=True), hour) == NOW
    assert settles_at(a_post(1, first_seen=NOW - hour, changed_at=NOW, backlog=True), hour) == NOW + hour


def test_a_held_post_is_in_no_letter_until_it_is_released(app: App) -> None:
    (report,) = collected(app)
    (waiting,) = held(app)
    assert (report.held, waiting.title, titles(app)) == (1, "Hello world!", ["Keeping company"])
    assert "held for your word" in report.message
    assert standing(app).held == (waiting,)
    assert [reason for _, reason in passed_over(app, "2026-11")] == [
        f"it waits for your word (`warmletter held`): {waiting.held}"
    ]
    release(app, waiting.id)
    assert (held(app), titles(app)) == ((), ["Keeping company", "Hello world!"])
    with pytest.raises(NotAllowed, match="does not wait"):
        release(app, waiting.id)


def test_a_dropped_post_is_for_no_letter_and_can_be_taken_back(app: App) -> None:
    collected(app)
    (waiting,) = held(app)
    drop(app, waiting.id)
    assert (held(app), titles(app), passed_over(app, "2026-11")) == ((), ["Keeping company"], ())
    release(app, waiting.id)
    assert len(titles(app)) == 2


def test_only_a_post_that_is_there_and_was_not_mailed_is_decided(app: App) -> None:
    approved(app)
    list(send(app, "2026-11", stop=never))
    (mailed,) = (post for post in app.store.posts.known(app.settings.feed_sources[0]) if not post.held)
    with pytest.raises(UsageError, match="no post's id"):
        release(app, "nothing")
    with pytest.raises(NotAllowed, match="mailed already"):
        drop(app, mailed.id)


def test_a_month_of_held_posts_says_why_there_is_no_letter(tmp_path: Path) -> None:
    write_feed(tmp_path, HELLO)
    with practice(tmp_path, NOW) as app:
        collected(app)
        with pytest.raises(NothingToSay, match="waits for your word"):
            compose_issue(app, "2026-11")


def test_a_post_taken_off_the_blog_voids_what_holds_it(tmp_path: Path) -> None:
    older = item("Rain", WORDS * 2, "02 Nov 2026")
    write_feed(tmp_path, REAL, older)
    with practice(tmp_path, NOW) as app:
        approved(app)
        write_feed(tmp_path, older)
        assert "1 taken off the blog" in collected(app)[0].message
        with pytest.raises(NotAllowed, match=r"may not be in it:\n.*taken off the blog"):
            list(send(app, "2026-11", stop=never))
        compose_issue(app, "2026-11")
        approve(app, "2026-11", 3)
        write_feed(tmp_path, REAL, older)
        collected(app)
        assert titles(app) == ["Rain", "Keeping company"]


def test_the_schedule_waits_until_a_post_has_settled(app: App, tmp_path: Path) -> None:
    with_readers(app)
    ticked(app, NOW)
    write_feed(tmp_path, HELLO, item("Keeping company", WORDS * 4, "03 Nov 2026"))
    said = ticked(app, DUE)
    assert "2026-11: not sent yet: “Keeping company” changed less than 60 minutes ago" in said
    assert ticked(app, DUE + 2 * MINUTE) == []
    assert "3 of 3 accepted" in ticked(app, DUE + 61 * MINUTE)[-1]


def test_the_schedule_takes_a_withdrawn_post_out_before_it_sends(tmp_path: Path) -> None:
    older = item("Rain", WORDS * 2, "02 Nov 2026")
    write_feed(tmp_path, REAL, older)
    with practice(tmp_path, NOW, schedule__approval="auto") as app:
        with_readers(app)
        ticked(app, NOW)
        ticked(app, DUE - MINUTE)
        write_feed(tmp_path, older)
        assert any("1 taken off the blog" in said for said in ticked(app, DUE)), "one fresh look at the hour"
        record = app.store.issues.get("2026-11")
        assert record is not None
        assert record.draft is not None
        assert [placed.title for placed in record.draft.posts] == ["Rain"]
