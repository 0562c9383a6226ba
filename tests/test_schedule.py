"""The clockwork, on a clock that moves only when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from pipeline import schedule, wiring
from pipeline.app.context import App
from pipeline.app.draft import compose_issue
from pipeline.app.mail import send
from pipeline.app.yes import approve
from pipeline.errors import StoreError
from pipeline.model import IssueState
from pipeline.schedule import run, tick
from tests.practice import (
    FEED_FILE,
    WORDS,
    clock_of,
    collected,
    configure,
    item,
    never,
    practice,
    with_readers,
    write_feed,
)

DUE = datetime(2026, 12, 1, 9, tzinfo=UTC)  # the first Tuesday of December, for November
BEFORE = DUE - timedelta(days=10)
MINUTE = timedelta(minutes=1)


def state(app: App, name: str = "2026-11") -> str | None:
    record = app.store.issues.get(name)
    return record.state.value if record else None


def ticked(app: App, at: datetime) -> list[str]:
    clock_of(app).time = at
    return list(tick(app, stop=never))


def sent(app: App) -> int:
    return len(list(app.settings.outbox_folder.glob("*.eml")))


@pytest.fixture
def november(tmp_path: Path) -> Path:
    write_feed(tmp_path, item("Keeping company", WORDS * 3, "03 Nov 2026"))
    return tmp_path


def test_a_month_goes_by_itself_but_for_the_yes(november: Path) -> None:
    with practice(november, DUE - timedelta(days=10)) as app:
        assert "1 new post" in ticked(app, DUE - timedelta(days=10))[0]
        assert state(app) is None, "too early for a draft"
        (said,) = ticked(app, DUE - timedelta(days=3))
        assert "the draft “Keeping company” is ready" in said
        with_readers(app)
        assert ticked(app, DUE - timedelta(days=2)) == []
        approve(app, "2026-11", 3)
        assert ticked(app, DUE - MINUTE) == []
        assert sent(app) == 0
        assert ticked(app, DUE) == ["2026-11: 3 of 3 accepted, 0 to go, 0 in doubt"]
        assert (sent(app), state(app)) == (3, "sent")
        assert ticked(app, DUE + MINUTE) == []
        assert sent(app) == 3


def test_without_a_yes_nothing_leaves(november: Path) -> None:
    with practice(november, BEFORE) as app:
        with_readers(app)
        ticked(app, DUE - timedelta(days=3))
        ticked(app, DUE)
        assert "nobody has said yes" in ticked(app, DUE + timedelta(hours=1))[-1]
        assert (sent(app), state(app)) == (0, "draft")


def test_with_approval_auto_the_letter_goes_at_its_hour(november: Path) -> None:
    with practice(november, BEFORE, schedule__approval="auto") as app:
        with_readers(app)
        ticked(app, DUE - timedelta(days=3))
        assert sent(app) == 0
        ticked(app, DUE)
        assert (sent(app), state(app)) == (3, "sent")


def test_with_approval_auto_a_letter_that_fails_a_check_stays(november: Path) -> None:
    with practice(november, BEFORE, schedule__approval="auto", practice__address="") as app:
        with_readers(app)
        ticked(app, DUE - timedelta(days=3))
        ticked(app, DUE)
        assert (sent(app), state(app)) == (0, "draft")


def test_after_downtime_an_approved_letter_is_caught_up_once(november: Path) -> None:
    with practice(november, BEFORE) as app:
        with_readers(app)
        ticked(app, DUE - timedelta(days=3))
        approve(app, "2026-11", 3)
        assert "3 of 3 accepted" in ticked(app, DUE + timedelta(hours=47))[-1]
        ticked(app, DUE + timedelta(hours=47, minutes=1))
        assert sent(app) == 3


def test_later_than_late_after_nothing_leaves_by_itself(november: Path) -> None:
    with practice(november, BEFORE) as app:
        with_readers(app)
        ticked(app, DUE - timedelta(days=3))
        approve(app, "2026-11", 3)
        assert "too late to leave by itself" in ticked(app, DUE + timedelta(hours=49))[-1]
        assert (sent(app), state(app)) == (0, "approved"), "the author can still send it by hand"


def test_a_letter_that_was_begun_is_finished_however_late(november: Path) -> None:
    with practice(november, BEFORE) as app:
        with_readers(app)
        ticked(app, DUE - timedelta(days=3))
        approve(app, "2026-11", 3)
        next(iter(send(app, "2026-11", stop=lambda: True)))
        assert "3 of 3 accepted" in ticked(app, DUE + timedelta(days=5))[-1]


def test_a_draft_missed_in_sleep_is_made_at_waking(november: Path) -> None:
    with practice(november, DUE) as app:
        assert "is ready, late" in ticked(app, DUE + timedelta(hours=3))[-1]
        assert state(app) == "draft"


def test_a_new_post_refreshes_a_draft_until_the_yes(november: Path) -> None:
    with practice(november, BEFORE) as app:
        with_readers(app)
        ticked(app, DUE - timedelta(days=3))
        write_feed(
            november,
            item("Keeping company", WORDS * 3, "03 Nov 2026"),
            item("Another", WORDS * 2, "28 Nov 2026"),
        )
        assert any("is ready" in said for said in ticked(app, DUE - timedelta(days=2)))
        record = app.store.issues.get("2026-11")
        assert record is not None
        assert record.draft is not None
        assert len(record.draft.posts) == 2
        approve(app, "2026-11", 3)
        write_feed(november, item("A third", WORDS * 2, "29 Nov 2026"))
        ticked(app, DUE - timedelta(days=1))
        assert state(app) == "approved"


def test_a_quiet_month_is_skipped_with_its_reason(november: Path) -> None:
    with practice(november, DUE) as app:
        ticked(app, DUE - timedelta(days=3))
        january = datetime(2027, 1, 5, 9, tzinfo=UTC)
        assert all("2026-11" in said for said in ticked(app, january - timedelta(days=3)))
        assert "skipped" in ticked(app, january)[-1]
        record = app.store.issues.get("2026-12")
        assert record is not None
        assert (record.state, record.reason) == (IssueState.SKIPPED, "no post this month")
        assert ticked(app, january + MINUTE) == []


def test_a_quiet_month_may_wait_instead(november: Path) -> None:
    with practice(november, DUE, letter__quiet="wait") as app:
        collected(app)
        assert "waits for one" in ticked(app, datetime(2027, 1, 5, 9, tzinfo=UTC))[-1]
        assert state(app, "2026-12") is None


def test_a_month_the_computer_slept_through_is_said_and_not_made_up(november: Path) -> None:
    with practice(november, DUE) as app:
        collected(app)
        compose_issue(app, "2026-11")
        later = datetime(2027, 1, 10, 9, tzinfo=UTC)
        assert "skipped: the computer was off" in ticked(app, later)[-1]
        assert state(app, "2026-12") == "skipped"
        assert ticked(app, later + MINUTE) == []


def test_a_first_start_skips_nothing(november: Path) -> None:
    with practice(november, DUE) as app:
        ticked(app, datetime(2026, 11, 23, 9, tzinfo=UTC))
        assert app.store.issues.all() == ()


def test_feeds_are_asked_once_an_hour_and_trouble_is_said(november: Path) -> None:
    with practice(november, DUE - timedelta(days=10)) as app:
        start = DUE - timedelta(days=10)
        assert len(ticked(app, start)) == 1
        (november / FEED_FILE).unlink()
        assert ticked(app, start + timedelta(minutes=54)) == []
        assert FEED_FILE in ticked(app, start + timedelta(minutes=66))[0]


def test_a_letter_that_changed_since_the_yes_is_said_and_not_sent(november: Path) -> None:
    with practice(november, BEFORE) as app:
        with_readers(app)
        ticked(app, DUE - timedelta(days=3))
        approve(app, "2026-11", 3)
        write_feed(november, item("Keeping company", WORDS * 4, "03 Nov 2026"))
        assert any("not sent" in said for said in ticked(app, DUE))
        assert sent(app) == 0


def test_the_scheduler_ticks_at_once_and_goes_on_until_told(
    november: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    # The real scheduler, thread and clock; only the work is replaced, and the minute shortened.
    monkeypatch.setattr(schedule, "TICK_S", 0.01)
    ticks = count()
    monkeypatch.setattr(schedule, "tick", lambda *_, **__: iter([f"tick {next(ticks)}"]))
    with wiring.opened(configure(november)) as app:
        run(app, say=heard.append, stop=lambda: len(heard) >= 3)
    assert heard[:3] == ["tick 0", "tick 1", "tick 2"]


def test_what_holds_from_minute_to_minute_is_said_once(
    november: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    ticks = count()
    monkeypatch.setattr(schedule, "TICK_S", 0.01)
    monkeypatch.setattr(schedule, "tick", lambda *_, **__: iter(["waits", "new"][: 1 + next(ticks) // 3]))
    with wiring.opened(configure(november)) as app:
        run(app, say=heard.append, stop=lambda: next(ticks) > 12)
    assert heard == ["waits", "new"]


def test_what_goes_wrong_in_one_tick_is_said_and_the_next_comes(
    november: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    ticks = count()

    def broken(*_: object, **__: object) -> None:
        raise StoreError(f"the disk is full, {next(ticks)}")

    monkeypatch.setattr(schedule, "TICK_S", 0.01)
    monkeypatch.setattr(schedule, "tick", broken)
    with wiring.opened(configure(november)) as app:
        run(app, say=heard.append, stop=lambda: len(heard) >= 2)
    assert heard[:2] == ["the disk is full, 0", "the disk is full, 1"]
