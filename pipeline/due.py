"""When the monthly letter is due, and which month it is named after. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.model import Period

ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LOOKS_BACK_UNTIL_DAY = 10  # a letter sent on the 1st to 10th is named after the month before


@dataclass(frozen=True, slots=True)
class Rule:
    """The day of the month: "first tuesday", "last friday", "15", or "last" (its last day)."""

    ordinal: int  # 1 to 4, -1 for last; with no weekday the day of the month, 1 to 28, or -1
    weekday: int | None  # 0 is Monday; None: a day of the month

    @classmethod
    def parse(cls, text: str) -> Rule:
        """The rule written as `text`. Raises ValueError that says how to write one.

        Days 29 to 31 are refused, since some months have none; "last" is meant by them.
        """
        words = text.lower().split()
        if len(words) == 2 and words[0] in ORDINALS and words[1] in WEEKDAYS:
            return cls(ORDINALS[words[0]], WEEKDAYS.index(words[1]))
        if words == ["last"]:
            return cls(-1, None)
        if len(words) == 1 and words[0].isascii() and words[0].isdigit() and 1 <= int(words[0]) <= 28:
            return cls(int(words[0]), None)
        raise ValueError(
            f"{text!r} is not a day of the month; "
            'write "first tuesday", "last friday", "15" (1 to 28) or "last"'
        )

    def day_in(self, month: Period) -> date:
        length = calendar.monthrange(month.year, month.month)[1]
        if self.weekday is None:
            return date(month.year, month.month, length if self.ordinal == -1 else self.ordinal)
        days = [
            d for d in range(1, length + 1) if calendar.weekday(month.year, month.month, d) == self.weekday
        ]
        return date(month.year, month.month, days[self.ordinal if self.ordinal == -1 else self.ordinal - 1])


@dataclass(frozen=True, slots=True)
class Due:
    """One letter's hour."""

    at: datetime  # aware, UTC
    period: Period


def due_in(month: Period, rule: Rule, clock: str, zone: ZoneInfo) -> Due:
    """The letter that goes out in `month`.

    One that goes out in the first ten days tells of the month before and is named after
    it; a later one is named after its own month.
    """
    day = rule.day_in(month)
    local = datetime.combine(day, time.fromisoformat(clock), tzinfo=zone)
    return Due(local.astimezone(UTC), month.previous if day.day <= LOOKS_BACK_UNTIL_DAY else month)


def next_due(now: datetime, rule: Rule, clock: str, zone: ZoneInfo) -> Due:
    """The first letter due after `now`."""
    month = Period.of(now, zone)
    due = due_in(month, rule, clock, zone)
    while due.at <= now:
        month = month.next
        due = due_in(month, rule, clock, zone)
    return due


def last_due(now: datetime, rule: Rule, clock: str, zone: ZoneInfo) -> Due:
    """The latest letter due at or before `now`."""
    month = Period.of(now, zone)
    due = due_in(month, rule, clock, zone)
    return due if due.at <= now else due_in(month.previous, rule, clock, zone)


def draft_at(due: Due, draft_days: int, zone: ZoneInfo) -> datetime:
    """When the draft of a letter is to be made: the same hour, `draft_days` days before (UTC)."""
    # Step in local days, so that the hour on the wall stays when the clocks change in between.
    local = due.at.astimezone(zone).replace(tzinfo=None) - timedelta(days=draft_days)
    return local.replace(tzinfo=zone).astimezone(UTC)
