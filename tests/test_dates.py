"""Dates: read right, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.dates import parse_date

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def read(raw: str, zone: ZoneInfo = LONDON) -> str:
    moment = parse_date(raw, zone=zone, now=NOW)
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")


READ = {
    "Mon, 02 Nov 2026 09:12:41 +0000": "2026-11-02T09:12:41Z",
    "Mon, 2 Nov 2026 09:12 GMT": "2026-11-02T09:12:00Z",
    "Tue,19 Feb 2019 14:08:19 GMT": "2019-02-19T14:08:19Z",
    "Sun, 02 Nov 2026 09:12:41 +0000": "2026-11-02T09:12:41Z",  # the wrong weekday
    "02 Nov 26 09:12:41 UT": "2026-11-02T09:12:41Z",
    "02 Nov 99 09:12:41 Z": "1999-11-02T09:12:41Z",
    "Thu, 18-Apr-2019 10:11:12 EST": "2019-04-18T15:11:12Z",
    "Mon, 02 Nov 2026 09:12:41 -0530": "2026-11-02T14:42:41Z",
    "Mon, 02 Nov 2026 09:12:41 +05:30": "2026-11-02T03:42:41Z",
    "Mon, 06 Jul 2026 09:12:41 BST": "2026-07-06T08:12:41Z",
    "Mon, 06 Jul 2026 09:12:41 cest": "2026-07-06T07:12:41Z",
    "Mon, 02 Nov 2026 09:12:41 CET": "2026-11-02T08:12:41Z",
    "Mon, 02 Nov 2026 09:12:41 PDT": "2026-11-02T16:12:41Z",
    "Mon, 02 Nov 2026 09:12:41 ACST": "2026-11-01T23:42:41Z",
    "Mon, 02 Nov 2026 09:12:41 IST": "2026-11-02T03:42:41Z",
    "Mon, 02 Nov 2026 09:12:41": "2026-11-02T09:12:41Z",
    "Mon, 06 Jul 2026 09:12:41": "2026-07-06T08:12:41Z",  # London's summer
    "Mon, 02 Nov 2026": "2026-11-02T00:00:00Z",
    "2nd November 2026": "2026-11-02T00:00:00Z",
    "Thursday, 2 January 2020 - 14:30": "2020-01-02T14:30:00Z",
    "November 2, 2026 at 9:12 pm": "2026-11-02T21:12:00Z",
    "Sept 2, 2026 12:05 a.m.": "2026-09-01T23:05:00Z",
    "Mon, 02 Nov 2026 15:04:05 PM -0700": "2026-11-02T22:04:05Z",
    "Mon Nov 02 2026 09:12:41 GMT+0100 (CET)": "2026-11-02T08:12:41Z",
    "Mon Nov  2 09:12:41 2026": "2026-11-02T09:12:41Z",
    "Mon Nov  2 09:12:41 EST 2026": "2026-11-02T14:12:41Z",
    "2026-11-02T09:12:41Z": "2026-11-02T09:12:41Z",
    "2026-11-02T09:12:41.123+01:00": "2026-11-02T08:12:41Z",
    "2026-11-02 09:12:41 +0000 UTC": "2026-11-02T09:12:41Z",
    "2026-11-02t09:12z": "2026-11-02T09:12:00Z",
    "2026-11-02T09:12+01": "2026-11-02T08:12:00Z",
    "2026-11-02": "2026-11-02T00:00:00Z",
    "2026-07-06": "2026-07-05T23:00:00Z",
    "2020/1/10 14:33": "2020-01-10T14:33:00Z",
    "2016/6/29": "2016-06-28T23:00:00Z",
    "20261102T091241Z": "2026-11-02T09:12:41Z",
    "20261102": "2026-11-02T00:00:00Z",
    "25.12.2025 18:00": "2025-12-25T18:00:00Z",
    "1709547072": "2024-03-04T10:11:12Z",
    "1709547072123": "2024-03-04T10:11:12Z",
    "2016-12-31T23:59:60Z": "2016-12-31T23:59:59Z",  # a leap second
    "  2026-11-02T09:12:41Z\n": "2026-11-02T09:12:41Z",
}


@pytest.mark.parametrize(("raw", "expected"), READ.items(), ids=READ.keys())
def test_what_feeds_write_is_read(raw: str, expected: str) -> None:
    assert read(raw) == expected


NONSENSE = [
    "",
    "   ",
    "yesterday",
    "0000-00-00",
    "0000-00-00 00:00:00",
    "2026-02-30",
    "2026-13-01",
    "2026-11-02T25:00:00Z",
    "2026-11-02T09:61:00Z",
    "2026-11-02T09:12:61Z",
    "2026-11",
    "2026",
    "10/11/2026",
    "11/10/26",
    "17095470721",
    "Mon, 02 Brumaire 2026 09:12:41 GMT",
    "Mon, 02 Nov 2026 09:12:41 XYZ",
    "Mon, 02 Nov 2026 09:12:41 A",
    "Mon, 02 Nov 2026 09:12:41 +9999",
    "Mon, 02 Nov 2026 09:12:41 +0175",
    "2026-11/02",
    "2026-11-02 or so",
    "٢٠٢٦-١١-٠٢x",
    "1" * 200,
    "9" * 10,
]


@pytest.mark.parametrize("raw", NONSENSE)
def test_what_cannot_be_believed_is_no_date(raw: str) -> None:
    assert read(raw) == ""


def test_dates_before_blogs_or_after_tomorrow_are_no_dates() -> None:
    edge = NOW + timedelta(hours=24)
    assert read("1994-12-31T23:59:59Z") == ""
    assert read("1995-01-01T00:00:00Z") == "1995-01-01T00:00:00Z"
    assert read(edge.isoformat()) == "2026-11-24T12:00:00Z"
    assert read((edge + timedelta(seconds=1)).isoformat()) == ""


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Kolkata", "2026-11-02T03:42:41Z"),
        ("Asia/Jerusalem", "2026-11-02T07:12:41Z"),
    ],
)
def test_a_zones_name_is_taken_as_the_blogs_own_zone_has_it(zone: str, expected: str) -> None:
    assert read("Mon, 02 Nov 2026 09:12:41 IST", ZoneInfo(zone)) == expected


@given(st.text(alphabet="0123456789-/:.,+TZ GMTNovNMonam()", max_size=40))
def test_nothing_that_is_written_raises_or_leaves_the_window(raw: str) -> None:
    moment = parse_date(raw, zone=LONDON, now=NOW)
    assert moment is None or (1995 <= moment.year <= 2026 and moment.tzinfo is UTC)


@given(
    st.datetimes(min_value=datetime(1995, 1, 2), max_value=datetime(2026, 11, 22)),  # noqa: DTZ001
    st.sampled_from(
        [
            "%a, %d %b %Y %H:%M:%S +0000",
            "%Y-%m-%dT%H:%M:%SZ",
            "%Y/%m/%d %H:%M:%S GMT",
            "%B %d, %Y %H:%M:%S UTC",
        ]
    ),
)
def test_every_moment_survives_being_written(moment: datetime, form: str) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert parse_date(moment.strftime(form), zone=LONDON, now=NOW) == (
        moment if "%S" in form else moment.replace(second=0)
    )
