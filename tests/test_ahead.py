"""The next batch is made ready while the last call is on its way, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from pipeline.app.ahead import Line, Ready
from pipeline.model import Claim, Message, Parcel
from tests.contracts import ISSUE, a_message


class Told:
    """What a line is given to work with, and what it did with it."""

    def __init__(self, *steps: Sequence[int]) -> None:
        """`steps`: the batches of each claiming."""
        self._steps = [tuple(map(a_claim, step)) for step in steps]
        self.filled: list[int] = []
        self.packed: list[int] = []
        self.given_back: list[int] = []
        self.problem: Exception | None = None
        self.line = Line(
            self._claim, self._fill, self._pack, lambda claim: self.given_back.append(claim.batch)
        )

    def _claim(self) -> Sequence[Claim]:
        return self._steps.pop(0) if self._steps else ()

    def _fill(self, claim: Claim) -> Sequence[Message]:
        if self.problem is not None:
            raise self.problem
        self.filled.append(claim.batch)
        return (mail(claim.batch),)

    def _pack(self, messages: Sequence[Message], most: int) -> Sequence[Parcel]:
        self.packed.append(most)
        return (a_parcel(messages),)


mail = cache(a_message)


def a_claim(batch: int) -> Claim:
    return Claim(issue=ISSUE, batch=batch, token="t", attempt=1, recipients=())


def a_parcel(messages: Sequence[Message]) -> Parcel:
    return Parcel(key="k", body=b"all", sender="letters@example.org", envelopes=tuple(messages))


def a_ready(batch: int, *, most: int) -> Ready:
    messages = (mail(batch),)
    parcels = (a_parcel(messages),) if most else ()
    return Ready(claim=a_claim(batch), messages=messages, parcels=parcels, most=most)


def test_what_was_looked_ahead_for_is_filled_and_packed_and_comes_next() -> None:
    told = Told([1, 2])
    told.line.look_ahead(7)
    told.line.look_ahead(7)
    assert (told.filled, told.packed) == ([1], [7]), "one batch ahead, and no further"
    assert told.line.next() == a_ready(1, most=7)
    assert (told.filled, told.packed) == ([1], [7])


def test_without_a_look_ahead_a_batch_is_packed_when_it_is_offered() -> None:
    told = Told([1], [2])
    assert [told.line.next(), told.line.next()] == [a_ready(1, most=0), a_ready(2, most=0)]
    assert told.line.next() is None
    assert told.packed == []


def test_where_no_more_may_go_out_nothing_is_made_ready() -> None:
    told = Told([1])
    told.line.look_ahead(0)
    assert told.filled == []


@pytest.mark.parametrize("problem", [ValueError("two"), LookupError("two")], ids=["value", "lookup"])
def test_what_goes_wrong_ahead_is_said_when_its_turn_comes(problem: Exception) -> None:
    told = Told([1], [2])
    told.problem = problem
    told.line.look_ahead(7)
    assert told.given_back == [1]
    with pytest.raises(type(problem), match="two"):
        told.line.next()
    assert told.given_back == [1, 2]


def test_what_is_claimed_and_not_offered_is_given_back_in_order() -> None:
    told = Told([1, 2, 3])
    told.line.look_ahead(7)
    told.line.close()
    assert told.given_back == [1, 2, 3]
    assert told.line.next() is None
