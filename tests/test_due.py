"""When a letter is due, and what it is named after."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.due import Due, Rule, draft_at, due_in, last_due, next_due
from pipeline.model import Period

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("text", "month", "day"),
    [
        ("first tuesday", "2026-12", 1),
        ("First Tuesday", "2027-06", 1),
        ("second monday", "2026-11", 9),
        ("fourth sunday", "2026-11", 22),
        ("last friday", "2026-11", 27),
        ("last saturday", "2027-02", 27),
        ("15", "2026-11", 15),
        ("28", "2027-02", 28),
        ("last", "2027-02", 28),
        ("last", "2028-02", 29),
    ],
)
def test_a_rule_names_one_day_of_a_month(text: str, month: str, day: int) -> None:
    period = Period.parse(month)
    assert Rule.parse(text).day_in(period) == date(period.year, period.month, day)


@pytest.mark.parametrize("text", ["", "31", "29", "0", "fifth tuesday", "first", "tuesday", "first tue", "²"])
def test_what_is_no_day_of_every_month_is_refused_with_the_way_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="first tuesday"):
        Rule.parse(text)


@pytest.mark.parametrize(("month", "hour_utc"), [("2026-11", 9), ("2027-07", 8)], ids=["winter", "summer"])
def test_the_hour_is_the_wall_clocks_all_year(month: str, hour_utc: int) -> None:
    due = due_in(Period.parse(month), Rule.parse("first tuesday"), "09:00", LONDON)
    assert (due.at.tzinfo, due.at.hour) == (UTC, hour_utc)


@pytest.mark.parametrize(
    ("rule", "name"),
    [("first tuesday", "2026-11"), ("10", "2026-11"), ("11", "2026-12"), ("last", "2026-12")],
)
def test_a_letter_early_in_the_month_is_named_after_the_month_before(rule: str, name: str) -> None:
    assert str(due_in(Period.parse("2026-12"), Rule.parse(rule), "09:00", LONDON).period) == name


def test_the_next_and_the_last_due_meet_at_the_hour_itself() -> None:
    rule = Rule.parse("first tuesday")
    december = Due(datetime(2026, 12, 1, 9, tzinfo=UTC), Period(2026, 11))
    january = Due(datetime(2027, 1, 5, 9, tzinfo=UTC), Period(2026, 12))
    before = datetime(2026, 12, 1, 8, 59, 59, tzinfo=UTC)
    assert next_due(before, rule, "09:00", LONDON) == december
    assert next_due(december.at, rule, "09:00", LONDON) == january
    assert last_due(december.at, rule, "09:00", LONDON) == december
    assert last_due(before, rule, "09:00", LONDON).period == Period(2026, 10)


def test_the_draft_keeps_its_hour_on_the_wall_when_the_clocks_change() -> None:
    # The clocks go back on 25 October 2026; three days before the 27th is still summer time.
    due = Due(datetime(2026, 10, 27, 9, tzinfo=UTC), Period(2026, 10))
    assert draft_at(due, 3, LONDON) == datetime(2026, 10, 24, 8, tzinfo=UTC)


@given(
    st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from(["first tuesday", "last friday", "15", "last", "1"]),
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_every_moment_lies_between_two_neighbouring_letters(now: datetime, rule: str, zone: str) -> None:
    last = last_due(now, Rule.parse(rule), "09:00", ZoneInfo(zone))
    coming = next_due(now, Rule.parse(rule), "09:00", ZoneInfo(zone))
    assert last.at <= now < coming.at
    assert last.period.next == coming.period


@pytest.mark.parametrize(
    "name", ["2026-1", "2026-13", "2026-00", "26-11", "2026/11", "２０２６-11", "0000-01", ""]
)
def test_what_is_no_month_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="2026-11"):
        Period.parse(name)


def test_months_follow_each_other_over_the_year() -> None:
    assert Period(2026, 12).next == Period(2027, 1)
    assert Period(2027, 1).previous == Period(2026, 12)
    assert Period.of(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), ZoneInfo("Europe/Paris")) == Period(2026, 11)
