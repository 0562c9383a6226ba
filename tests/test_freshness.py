"""How long a feed asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.collect.freshness import fresh_for_s, update_pause_s

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
DATE = "Tue, 03 Nov 2026 08:00:00 GMT"  # the server's clock is an hour behind ours
DAY_S = 24 * 3600

HEADERS = {
    "nothing": ({}, 0),
    "max-age": ({"Cache-Control": "public, max-age=3600"}, 3600),
    "quoted": ({"Cache-Control": 'max-age="600"'}, 600),
    "old in a cache": ({"Cache-Control": "max-age=3600", "Age": "600"}, 3000),
    "older than it holds": ({"Cache-Control": "max-age=60", "Age": "600"}, 0),
    "a year": ({"Cache-Control": "max-age=31536000"}, DAY_S),
    "another directive that ends so": ({"Cache-Control": "s-max-age=600, x-max-age=700"}, 0),
    "not to be kept": ({"Cache-Control": "no-cache, max-age=600"}, 0),
    "not to be stored": ({"Cache-Control": "no-store", "Expires": "Tue, 03 Nov 2026 12:00:00 GMT"}, 0),
    "no number": ({"Cache-Control": "max-age=soon"}, 0),
    "expires by its own clock": ({"Date": DATE, "Expires": "Tue, 03 Nov 2026 08:30:00 GMT"}, 1800),
    "expires by ours": ({"Expires": "Tue, 03 Nov 2026 09:30:00 GMT"}, 1800),
    "expired": ({"Date": DATE, "Expires": "Thu, 19 Nov 1981 08:52:00 GMT"}, 0),
    "expires at nothing": ({"Expires": "0"}, 0),
    "max-age before expires": (
        {"Cache-Control": "max-age=60", "Date": DATE, "Expires": "Tue, 03 Nov 2026 12:00:00 GMT"},
        60,
    ),
    "an odd age": ({"Cache-Control": "max-age=60", "Age": "-5"}, 60),
}


@pytest.mark.parametrize(("headers", "seconds"), HEADERS.values(), ids=HEADERS.keys())
def test_an_answer_holds_as_long_as_it_says(headers: dict[str, str], seconds: int) -> None:
    assert fresh_for_s(headers, NOW) == seconds


DOCUMENTS = {
    "nothing": (("", "", ""), 0),
    "ttl in minutes": (("180", "", ""), 3 * 3600),
    "ttl of a year": (("525600", "", ""), DAY_S),
    "no number": (("often", "", ""), 0),
    "hourly": (("", "hourly", "1"), 3600),
    "twice a day": (("", " Daily ", "2"), 12 * 3600),
    "weekly": (("", "weekly", ""), DAY_S),
    "never": (("", "never", "1"), 0),
    "none times a day": (("", "daily", "0"), DAY_S),
    "the longer of both": (("30", "daily", "4"), 6 * 3600),
}


@pytest.mark.parametrize(("said", "seconds"), DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_document_asks_for_a_pause(said: tuple[str, str, str], seconds: int) -> None:
    assert update_pause_s(*said) == seconds
