"""When, how much, and when again."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from pipeline.deliver.plan import pause_s, retry_at, split, weight
from pipeline.deliver.providers.postmark import _fields
from pipeline.model import Limits, Outcome, OutcomeKind
from tests.contracts import NOW, a_message
from tests.fake_provider import LATER, SENT


def asking(seconds: float) -> Outcome:
    return Outcome(kind=OutcomeKind.RETRY, retry_after_s=seconds)


@pytest.mark.parametrize(
    ("outcomes", "attempt", "seconds"),
    [
        pytest.param([LATER], 1, 30, id="first"),
        pytest.param([LATER], 0, 30, id="never less"),
        pytest.param([LATER], 3, 120, id="doubled"),
        pytest.param([LATER], 10_000, 900, id="capped"),
        pytest.param([asking(100)], 1, 100, id="asked for later"),
        pytest.param([asking(5)], 1, 30, id="asked for sooner"),
        pytest.param([asking(-5)], 1, 30, id="asked for the past"),
        pytest.param([asking(float("nan"))], 1, 30, id="asked for nonsense"),
        pytest.param([asking(1e12)], 1, 86_400, id="asked for ever"),
        pytest.param([asking(40), asking(50)], 1, 50, id="the latest counts"),
        pytest.param(
            [Outcome(kind=OutcomeKind.ACCEPTED, retry_after_s=500)], 1, 30, id="only of those put off"
        ),
    ],
)
def test_a_batch_is_offered_again_later_each_time(
    outcomes: list[Outcome], attempt: int, seconds: float
) -> None:
    assert retry_at(outcomes, attempt=attempt, now=NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("sent", "per_minute", "seconds"), [(10, 0, 0), (10, 60, 10), (1, 600, 0.1), (0, 5, 0)]
)
def test_letters_are_paced(sent: int, per_minute: int, seconds: float) -> None:
    assert pause_s(sent, per_minute) == seconds


@pytest.mark.parametrize(
    ("most", "most_bytes", "per_minute", "sizes"),
    [
        pytest.param(10, 1_000_000, 0, [5], id="one part"),
        pytest.param(2, 1_000_000, 0, [2, 2, 1], id="by count"),
        pytest.param(10, 100, 0, [1, 1, 1, 1, 1], id="each too big alone"),
        pytest.param(10, 1_000_000, 3, [3, 2], id="no more than a minute's worth"),
    ],
)
def test_a_batch_is_cut_to_what_the_provider_takes(
    most: int, most_bytes: int, per_minute: int, sizes: list[int]
) -> None:
    messages = [a_message(number) for number in range(5)]
    parts = list(split(messages, Limits(max_messages=most, max_bytes=most_bytes), per_minute=per_minute))
    assert [len(part) for part in parts] == sizes
    assert [message for part in parts for message in part] == messages


def test_no_part_is_heavier_than_the_limit() -> None:
    messages = [a_message(number, html='"' * 3000 + "\n\\é" * 500) for number in range(20)]
    limit = 3 * weight(messages[0])
    for part in split(messages, Limits(max_messages=500, max_bytes=limit)):
        assert len(part) <= 3
        assert len(orjson.dumps([_fields(message) for message in part])) <= limit


def test_nothing_is_cut_into_nothing() -> None:
    assert list(split([], Limits(max_messages=1, max_bytes=1))) == []
    assert SENT.kind is OutcomeKind.ACCEPTED
