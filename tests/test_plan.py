"""When, how much, and when again."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.json_mails import JsonMails
from pipeline.deliver.literal import literal_value
from pipeline.deliver.packing import as_json_list, packed
from pipeline.deliver.plan import is_poisoned, pause_s, repeat_at, retry_at, warm_up_cap
from pipeline.deliver.providers.postmark import _fields
from pipeline.model import Message, Outcome, OutcomeKind, Pieces
from tests.contracts import NOW, a_message
from tests.fake_provider import DOUBT, LATER, REFUSED, SENT


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
    ("sent", "per_minute", "seconds"), [(10, 0, 0), (10, 60, 10), (1, 600, 0.1), (0, 5, 0), (1, 1, 60)]
)
def test_letters_are_paced(sent: int, per_minute: int, seconds: float) -> None:
    assert pause_s(sent, per_minute) == seconds


@pytest.mark.parametrize(
    ("attempt", "left_s", "pause_s"),
    [(0, 600, 2), (1, 600, 4), (20, 600, 300), (20, 300, None), (0, 2, None), (10_000, 1e6, 300)],
)
def test_a_call_is_repeated_soon_then_seldom_and_never_too_late(
    attempt: int, left_s: float, pause_s: float | None
) -> None:
    at = repeat_at([DOUBT], attempt=attempt, now=NOW, until=NOW + timedelta(seconds=left_s))
    assert at == (None if pause_s is None else NOW + timedelta(seconds=pause_s))


@pytest.mark.parametrize(
    ("outcomes", "pause_s"),
    [
        pytest.param([], 2, id="nothing said yet"),
        pytest.param([asking(90)], 90, id="asked for later"),
        pytest.param([asking(1)], 2, id="asked for sooner"),
        pytest.param([asking(-5)], 2, id="asked for the past"),
        pytest.param([asking(float("nan"))], 2, id="asked for nonsense"),
        pytest.param([asking(3), DOUBT, asking(7)], 7, id="the latest counts"),
        pytest.param([replace(DOUBT, retry_after_s=20.0)], 20, id="of what is in doubt"),
        pytest.param([asking(899)], 899, id="just in time"),
        pytest.param([asking(900)], None, id="not in time"),
        pytest.param([asking(float("inf"))], None, id="asked for ever"),
    ],
)
def test_a_repeat_waits_for_as_long_as_the_provider_asks_and_no_longer_than_it_knows_the_call(
    outcomes: list[Outcome], pause_s: float | None
) -> None:
    at = repeat_at(outcomes, attempt=0, now=NOW, until=NOW + timedelta(seconds=900))
    assert at == (None if pause_s is None else NOW + timedelta(seconds=pause_s))


@pytest.mark.parametrize(
    ("asked_s", "pause_s"),
    [(1.0, 2.0), (90.0, 90.0), (86_400.0, 3600.0), (math.nan, 2.0)],
    ids=["sooner", "later", "tomorrow", "never"],
)
def test_a_repeat_waits_as_long_as_the_provider_asks_but_an_hour_at_most(
    asked_s: float, pause_s: float
) -> None:
    at = repeat_at([DOUBT, asking(asked_s)], attempt=0, now=NOW, until=NOW + timedelta(days=1))
    assert at == NOW + timedelta(seconds=pause_s)


SPOILT = Outcome(kind=OutcomeKind.REFUSED, whole=True)


@pytest.mark.parametrize(
    ("outcomes", "poisoned"),
    [
        ([SPOILT], True),
        ([SPOILT, SPOILT], True),
        ([SPOILT, SENT], False),
        ([REFUSED, REFUSED], False),
        ([], False),
    ],
)
def test_a_call_is_poisoned_where_all_of_it_is_refused_at_once(
    outcomes: list[Outcome], poisoned: bool
) -> None:
    assert is_poisoned(outcomes) is poisoned


def test_a_new_sender_warms_up() -> None:
    caps = [warm_up_cap(day) for day in range(11)]
    assert caps == [50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, None, None]
    assert warm_up_cap(-3) == 50


# --- packing


def encode(message: Message) -> bytes:
    return orjson.dumps({"to": message.to, "html": message.html})


@pytest.mark.parametrize(
    ("most", "most_bytes", "sizes"),
    [
        pytest.param(10, 1_000_000, [5], id="one call"),
        pytest.param(2, 1_000_000, [2, 2, 1], id="by count"),
        pytest.param(10, 50, [1, 1, 1, 1, 1], id="each too big alone"),
    ],
)
def test_mails_are_packed_into_what_the_provider_takes(most: int, most_bytes: int, sizes: list[int]) -> None:
    messages = [a_message(number) for number in range(5)]
    parcels = list(packed(messages, most=most, most_bytes=most_bytes, encode=encode, join=as_json_list))
    assert [len(parcel.envelopes) for parcel in parcels] == sizes
    assert [e.to for parcel in parcels for e in parcel.envelopes] == [m.to for m in messages]
    assert [item for p in parcels for item in orjson.loads(bytes(p.body))] == [
        {"to": message.to, "html": message.html} for message in messages
    ]


@pytest.mark.parametrize(("over", "sizes"), [(0, [3, 2]), (-1, [2, 2, 1])], ids=["just fits", "a byte more"])
def test_a_call_may_be_as_heavy_as_the_limit_and_no_heavier(over: int, sizes: list[int]) -> None:
    messages = [a_message(number) for number in range(5)]
    limit = len(as_json_list([encode(message) for message in messages[:3]])) + over
    parcels = list(packed(messages, most=500, most_bytes=limit, encode=encode, join=as_json_list))
    assert [len(parcel.envelopes) for parcel in parcels] == sizes
    assert max(len(parcel.body) for parcel in parcels) <= limit


def test_no_call_is_heavier_than_the_limit() -> None:
    messages = [a_message(number, html='"' * 3000 + "\n\\é" * 500) for number in range(20)]
    limit = 3 * len(encode(messages[0])) + 40
    for parcel in packed(messages, most=500, most_bytes=limit, encode=encode, join=as_json_list):
        assert len(parcel.envelopes) <= 3
        assert len(parcel.body) <= limit + 2


def test_mails_encoded_from_a_cut_are_those_encoded_one_by_one() -> None:
    mails = JsonMails(_fields, literal_value)
    letters = [
        [a_message(number, html='<p>"\\ é\n', headers=a_message().headers) for number in (1, 2)],
        [a_message(number, to_name='"Q" \\') for number in range(1, 30)],
        [a_message(1, html="mails of another letter"), a_message(2)],
        [
            a_message(
                1,
                html="<p>{{ a }}</p>" + "{% b %}",
                text="{{{ pm:unsubscribe }}}",
                values={"name": "{{ x }}", "name_html": "{{ x }}", "key": f"{1:032x}", "leave": "t"},
            )
        ],
    ]
    for message in (message for letter in letters for message in letter):
        assert b"".join(mails.pieces(message)) == orjson.dumps(_fields(message))


def test_a_letter_is_cut_once_for_all_its_readers() -> None:
    made: list[Message] = []

    def fields(message: Message) -> object:
        made.append(message)
        return _fields(message)

    mails = JsonMails(fields, literal_value)
    one, other = a_message(1), a_message(1, html="another letter")
    readers = [replace(own, common=one.common) for own in (a_message(number) for number in range(1, 6))]
    for message in (*readers, other, *readers[:2]):
        assert b"".join(mails.pieces(message)) == orjson.dumps(_fields(message))
    assert [message.common for message in made] == [one.common, other.common, one.common]


def test_a_letter_that_holds_its_own_mark_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    real = hashlib.sha256
    message = a_message(1, html=f"m{'0' * 20}leave@m{'0' * 20} and m0000")
    with monkeypatch.context() as patched:
        marks = iter(["0" * 64, "0" * 64])  # of the letter, and of its mark
        patched.setattr(
            "pipeline.deliver.json_mails.hashlib.sha256",
            lambda words: SimpleNamespace(hexdigest=lambda: next(marks, None) or real(words).hexdigest()),
        )
        assert b"".join(JsonMails(_fields).pieces(message)) == orjson.dumps(_fields(message))


def test_a_mail_to_no_address_is_not_encoded() -> None:
    with pytest.raises(ValueError, match="an address that is none"):
        JsonMails(_fields).pieces(a_message(1, to='x"}, {"To": "y@example.org'))


@given(st.lists(st.binary(max_size=12), max_size=30), st.integers(1, 20))
def test_a_body_in_pieces_is_sent_in_runs_that_are_all_of_it(pieces: list[bytes], most: int) -> None:
    body, whole = Pieces(pieces), b"".join(pieces)
    runs = list(body.runs(most))
    assert (bytes(body), len(body), b"".join(runs)) == (whole, len(whole), whole)
    assert all(len(run) <= most or run in pieces for run in runs)


def test_bodies_in_pieces_are_compared_by_what_they_say() -> None:
    assert Pieces([b"ab", b"c"]) == Pieces([b"a", b"bc"])
    assert Pieces([b"ab"]) != Pieces([b"ac"])
    assert repr(Pieces([b"reader@example.org"])) == "Pieces(18 bytes)"
