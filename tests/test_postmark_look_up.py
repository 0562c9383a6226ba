"""What Postmark says that it took: by page, by name beyond its last page, and no guess otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from pipeline.deliver.providers.postmark import Postmark
from pipeline.errors import ProviderStop
from pipeline.model import Doubt, Outcome, OutcomeKind
from tests.contracts import a_doubt
from tests.fake_api import Call, FakeApi, Script, hang_up, reply, serving

TAG = "issue-2026-11"


class Outbound:
    """`GET /messages/outbound` as its manual has it, the newest first."""

    def __init__(self) -> None:
        self.took: list[int] = []

    def answer(self, handler: BaseHTTPRequestHandler, call: Call) -> None:
        query = dict(parse_qsl(urlsplit(call.path).query))
        count, offset = int(query["count"]), int(query["offset"])
        if count > 500 or count + offset > 10_000 or query["tag"] != TAG:
            reply(422, {"ErrorCode": 300, "Message": "out of bounds"})(handler, call)
            return
        key = query.get("metadata_delivery")
        messages = [mail(n) for n in reversed(self.took) if key in (None, f"{n:032x}")]
        body = {"TotalCount": len(messages), "Messages": messages[offset : offset + count]}
        reply(200, body)(handler, call)


def mail(number: int) -> dict[str, object]:
    return {"MessageID": f"id-{number}", "Tag": TAG, "Metadata": {"delivery": f"{number:032x}"}}


def doubts(*numbers: int) -> list[Doubt]:
    return [a_doubt(number) for number in numbers]


@pytest.fixture
def outbound() -> Outbound:
    return Outbound()


@pytest.fixture
def server(outbound: Outbound) -> Iterator[FakeApi]:
    with serving(FakeApi(outbound.answer)) as fake:
        yield fake


def asked(server: FakeApi, *numbers: int) -> dict[int, str]:
    """The id of each mail that it says it took, by its number."""
    found = Postmark(token=SecretStr("sesame"), endpoint=server.url).look_up(TAG, doubts(*numbers))
    assert {outcome.kind for outcome in found.values()} <= {OutcomeKind.ACCEPTED}
    return {int(key, 16): outcome.provider_id for key, outcome in found.items()}


def test_a_few_are_asked_for_by_name(server: FakeApi, outbound: Outbound) -> None:
    outbound.took = [2, 9]
    assert asked(server, 1, 2) == {2: "id-2"}
    assert [call.path for call in server.calls] == [
        f"/messages/outbound?count=500&offset=0&tag={TAG}&metadata_delivery={number:032x}"
        for number in (1, 2)
    ]
    assert asked(server) == {}


def test_twenty_are_a_few_and_one_more_are_many(server: FakeApi, outbound: Outbound) -> None:
    outbound.took = list(range(1, 41))
    assert len(asked(server, *range(1, 21))) == len(server.calls) == 20
    assert len(asked(server, *range(1, 22))) == 21
    assert len(server.calls) == 21, "all in one page"


def test_many_are_looked_for_in_pages_until_all_are_found(server: FakeApi, outbound: Outbound) -> None:
    outbound.took = list(range(1, 1301))
    assert asked(server, *range(701, 801)) == {n: f"id-{n}" for n in range(701, 801)}
    assert [call.path.partition("?")[2] for call in server.calls] == [
        f"count=500&offset={offset}&tag={TAG}" for offset in (0, 500)
    ]


def test_whoever_is_in_none_of_all_the_pages_was_not_taken(server: FakeApi, outbound: Outbound) -> None:
    outbound.took = list(range(1, 1301))
    assert asked(server, *range(1291, 1321)) == {n: f"id-{n}" for n in range(1291, 1301)}
    assert len(server.calls) == 3, "the third page was the last"


def test_whoever_is_beyond_the_last_page_it_gives_is_asked_for_by_name(
    server: FakeApi, outbound: Outbound
) -> None:
    outbound.took = list(range(1, 10_004))
    assert asked(server, *range(1, 4), *range(10_001, 10_026)) == {
        **{n: f"id-{n}" for n in range(1, 4)},
        **{n: f"id-{n}" for n in range(10_001, 10_004)},
    }
    by_name = [call.path for call in server.calls if "metadata" in call.path]
    assert (len(server.calls) - len(by_name), len(by_name)) == (20, 25)


def test_a_page_shorter_than_asked_for_is_not_the_last_by_that_alone(
    server: FakeApi, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound.took = list(range(1, 131))
    short = {"TotalCount": 130, "Messages": [mail(n) for n in range(130, 30, -1)]}
    server.script = [reply(200, short)]
    assert asked(server, *range(21, 51)) == {n: f"id-{n}" for n in range(21, 51)}
    assert len(server.calls) == 1 + 10


def test_an_answer_to_another_question_settles_nothing(server: FakeApi) -> None:
    server.script = [reply(200, {"TotalCount": 2, "Messages": [mail(8), {"MessageID": "x"}, "?"]})]
    with pytest.raises(ProviderStop, match="could not be asked"):
        asked(server, 1)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(reply(500, {}), id="500"),
        pytest.param(reply(401, {"ErrorCode": 10}), id="401"),
        pytest.param(reply(200, []), id="a list"),
        pytest.param(reply(200, {"TotalCount": 0}), id="no messages"),
        pytest.param(reply(200, b"[{"), id="broken JSON"),
        pytest.param(hang_up, id="hangs up"),
    ],
)
def test_where_it_cannot_be_asked_nothing_is_settled(
    server: FakeApi, outbound: Outbound, script: Script
) -> None:
    outbound.took = list(range(1, 600))
    server.script = [outbound.answer, script]
    with pytest.raises(ProviderStop, match=r"could not be asked.*\n.*nothing was changed"):
        asked(server, *range(1, 50))


def test_it_says_for_how_long_it_knows() -> None:
    assert Postmark.limits.remembers_s == 7 * 86_400, "the shortest time that an account can choose"


def test_what_it_names_without_an_id_was_taken_all_the_same(server: FakeApi) -> None:
    nameless = {"Metadata": {"delivery": f"{1:032x}"}}
    server.script = [reply(200, {"TotalCount": 1, "Messages": [nameless]})]
    found = Postmark(token=SecretStr("sesame"), endpoint=server.url).look_up(TAG, doubts(1))
    assert list(found.values()) == [Outcome(kind=OutcomeKind.ACCEPTED)]
