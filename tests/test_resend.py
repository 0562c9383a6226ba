"""Resend against a server on loopback that answers, or fails, as scripted."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from pydantic import SecretStr

from pipeline.deliver.providers.resend import Resend
from pipeline.errors import ProviderStop
from pipeline.model import Attachment, Outcome, OutcomeKind
from pipeline.ports import Provider
from tests.contracts import SENDER, ProviderContract, a_message, address, offered, rendered
from tests.fake_api import Call, FakeApi, Script, hang_up, reply, serving
from tests.vendor_specs import validated

KEY = SecretStr("sesame-0000")
PICTURE = Attachment(cid="p1@letter", name="p1.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff")


def domains(*items: dict[str, object], has_more: bool = False) -> Script:
    return reply(200, {"object": "list", "has_more": has_more, "data": list(items)})


def domain(**changes: object) -> dict[str, object]:
    well = {"id": "d1", "name": "example.org", "status": "verified"}
    return well | {"open_tracking": False, "click_tracking": False} | changes


def take_all(handler: BaseHTTPRequestHandler, call: Call) -> None:
    if call.method == "GET":
        domains(domain())(handler, call)
    elif call.path == "/emails":
        reply(200, {"id": "id-1"})(handler, call)
    else:
        reply(200, {"data": [{"id": f"id-{n}"} for n in range(1, len(call.body) + 1)]})(handler, call)


def error(status: int, name: str, **headers: str) -> Script:
    text = "words with reader1@example.org in them"
    return reply(status, {"statusCode": status, "name": name, "message": text}, **headers)


@pytest.fixture
def server() -> Iterator[FakeApi]:
    with serving(FakeApi(take_all)) as fake:
        yield fake


def at(server: FakeApi, deadline_s: float = 30.0) -> Resend:
    return Resend(key=KEY, sender=SENDER.address, endpoint=server.url, deadline_s=deadline_s)


def send(server: FakeApi, count: int, *script: Script, deadline_s: float = 30.0) -> list[Outcome]:
    server.script = list(script)
    return offered(at(server, deadline_s), *(a_message(number) for number in range(1, count + 1)))


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [outcome.kind.value for outcome in outcomes]


class TestResend(ProviderContract):
    @pytest.fixture
    def provider(self, server: FakeApi) -> Resend:
        self.server = server
        return at(server)

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        mail = self.server.calls[-1].body[-1]  # into `html` and `text` Resend fills nothing
        return mail["subject"], mail["text"], rendered(mail["html"])


def test_the_request_is_what_the_manual_asks_for(server: FakeApi) -> None:
    message = a_message(1, headers=(*a_message().headers, ("Date", "Tue, 03 Nov 2026 09:00:00 +0000")))
    (parcel,) = at(server).parcels([message, a_message(2)], most=100)
    assert at(server).offer(parcel) == (
        Outcome(kind=OutcomeKind.ACCEPTED, provider_id="id-1"),
        Outcome(kind=OutcomeKind.ACCEPTED, provider_id="id-2"),
    )
    (call,) = server.calls
    assert (call.method, call.path) == ("POST", "/emails/batch")
    assert {
        name: call.headers[name] for name in ("authorization", "idempotency-key", "x-batch-validation")
    } == {
        "authorization": "Bearer sesame-0000",
        "idempotency-key": parcel.key,
        "x-batch-validation": "permissive",
    }
    validated("resend.yaml", ("/emails/batch", "post"), call.body)
    assert call.body[0] == {
        "from": '"The Quiet Room" <letters@example.org>',
        "to": ["reader1@example.org"],
        "reply_to": "miriam@example.org",
        "subject": "The room after the storm",
        "html": message.html,
        "text": message.text,
        "headers": {
            "Message-ID": f"<{message.key}@example.org>",
            "List-Unsubscribe": message.headers[1][1],
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "tags": [{"name": "issue", "value": "2026-11"}, {"name": "delivery", "value": message.key}],
    }


def test_a_full_batch_is_what_the_description_takes(server: FakeApi) -> None:
    assert len(send(server, 150)) == 150
    assert [len(call.body) for call in server.calls] == [100, 50]
    for call in server.calls:
        validated("resend.yaml", ("/emails/batch", "post"), call.body)


def test_letters_with_pictures_go_one_by_one(server: FakeApi) -> None:
    mails = [a_message(number, attachments=(PICTURE,)) for number in (1, 2)]
    assert kinds(offered(at(server), *mails)) == ["accepted", "accepted"]
    assert [call.path for call in server.calls] == ["/emails", "/emails"]
    assert len({call.headers["idempotency-key"] for call in server.calls}) == 2
    (attached,) = server.calls[0].body["attachments"]
    assert b64decode(attached.pop("content")) == PICTURE.content
    assert attached == {"filename": "p1.jpg", "content_type": "image/jpeg", "content_id": "p1@letter"}
    assert "x-batch-validation" not in server.calls[0].headers
    validated("resend.yaml", ("/emails", "post"), server.calls[0].body)


@pytest.mark.parametrize("tag", ["ausgabe-ü/„11“", "a\r\nX: y", ""], ids=["signs", "two lines", "nothing"])
def test_an_odd_tag_becomes_one_that_is_taken(server: FakeApi, tag: str) -> None:
    assert kinds(offered(at(server), a_message(1, tag=tag))) == ["accepted"]
    validated("resend.yaml", ("/emails/batch", "post"), server.calls[0].body)


def some(*errors: tuple[int, str], ids: tuple[str, ...] = ()) -> Script:
    listed = [{"index": place, "message": text} for place, text in errors]
    return reply(200, {"data": [{"id": one} for one in ids], "errors": listed})


BAD_TO = "Invalid `to` field. reader@example.org is none"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(
            some((1, BAD_TO), ids=("a", "c")),
            ["accepted a", "refused no mail", "accepted c"],
            id="an address",
        ),
        pytest.param(
            some((0, "x"), ids=("b", "c")),
            ["refused refused the letter", "accepted b", "accepted c"],
            id="first",
        ),
        pytest.param(
            some((0, BAD_TO), (1, BAD_TO), (2, BAD_TO)), ["refused no mail"] * 3, id="all addresses"
        ),
        pytest.param(some((0, "x"), (1, BAD_TO), (2, "x")), ["refused! refused the letter"] * 3, id="all"),
        pytest.param(some((0, "x"), (0, "x"), ids=("a", "b")), ["unknown could not be read"] * 3, id="twice"),
        pytest.param(some((7, "x"), ids=("a", "b")), ["unknown could not be read"] * 3, id="out of range"),
        pytest.param(some((3, "x"), ids=("a", "b")), ["unknown could not be read"] * 3, id="one too far"),
        pytest.param(
            reply(200, {"data": [{"id": one} for one in "abc"], "errors": ["x", {"index": "0"}, None]}),
            ["accepted a", "accepted b", "accepted c"],
            id="errors of nobody",
        ),
        pytest.param(some(ids=("a", "b")), ["unknown could not be read"] * 3, id="too few"),
        pytest.param(some(ids=("a", "b", "c", "d")), ["unknown could not be read"] * 3, id="too many"),
        pytest.param(reply(200, {"data": [{}] * 3}), ["unknown could not be read"] * 3, id="no ids"),
        pytest.param(reply(200, {"data": 3}), ["unknown could not be read"] * 3, id="no list"),
        pytest.param(reply(200, b"[{"), ["unknown could not be read"] * 3, id="broken JSON"),
    ],
)
def test_each_mail_has_its_own_answer(server: FakeApi, script: Script, expected: list[str]) -> None:
    outcomes = send(server, 3, script)
    for outcome, words in zip(outcomes, expected, strict=True):
        kind, _, reason = words.partition(" ")
        assert outcome.kind.value + ("!" if outcome.whole else "") == kind
        assert reason in (outcome.provider_id or outcome.reason)
        assert "@" not in outcome.reason


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(error(422, "validation_error"), ("refused", True, None), id="422"),
        pytest.param(error(422, "missing_required_field"), ("refused", True, None), id="422 missing"),
        pytest.param(error(400, "validation_error"), ("refused", True, None), id="400"),
        pytest.param(reply(413, b"<html>"), ("refused", True, None), id="413"),
        pytest.param(error(429, "rate_limit_exceeded", Retry_After="2"), ("retry", False, 2.0), id="429"),
        pytest.param(reply(429, b""), ("retry", False, None), id="429 bare"),
        pytest.param(
            error(409, "concurrent_idempotent_requests"), ("unknown", False, None), id="still at it"
        ),
        pytest.param(
            error(409, "concurrent_idempotent_requests", Retry_After="3"),
            ("unknown", False, 3.0),
            id="still at it for a while",
        ),
        pytest.param(error(500, "application_error"), ("unknown", False, None), id="500"),
        pytest.param(error(503, "x", Retry_After="120"), ("unknown", False, 120.0), id="503 with a time"),
        pytest.param(reply(502, b"bad gateway"), ("unknown", False, None), id="502"),
        pytest.param(hang_up, ("unknown", False, None), id="hangs up"),
    ],
)
def test_only_a_clear_no_is_offered_again(
    server: FakeApi, script: Script, expected: tuple[str, bool, float | None]
) -> None:
    outcomes = send(server, 2, script)
    assert [(one.kind.value, one.whole, one.retry_after_s) for one in outcomes] == [expected] * 2
    assert not any(one.final or "@" in one.reason for one in outcomes)
    assert len(server.calls) == 1


def test_a_key_with_other_words_under_it_is_doubt_that_no_repeat_settles(server: FakeApi) -> None:
    (outcome,) = send(server, 1, error(409, "invalid_idempotent_request"))
    assert outcome == Outcome(
        kind=OutcomeKind.UNKNOWN, reason="the provider knows this call with other words in it", final=True
    )


def test_a_repeat_is_the_same_call_to_the_byte(server: FakeApi) -> None:
    (parcel,) = at(server).parcels([a_message(1)], most=100)
    server.script = [hang_up]
    provider = at(server)
    assert [kinds(list(provider.offer(parcel))) for _ in "12"] == [["unknown"], ["accepted"]]
    first, second = server.calls
    assert (first.headers["idempotency-key"], first.body) == (second.headers["idempotency-key"], second.body)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param(error(401, "missing_api_key"), "key is missing", id="no key"),
        pytest.param(error(403, "invalid_api_key"), "key was not accepted", id="bad key"),
        pytest.param(error(403, "validation_error"), "from this sender", id="not verified"),
        pytest.param(error(451, "security_error"), "security check", id="451"),
        pytest.param(error(429, "daily_quota_exceeded"), "today's quota", id="day"),
        pytest.param(error(429, "monthly_quota_exceeded"), "this month's quota", id="month"),
        pytest.param(error(400, "invalid_idempotency_key"), "HTTP 400", id="key of the call"),
        pytest.param(reply(404, b""), "HTTP 404", id="404"),
        pytest.param(reply(302, b"", Location="http://127.0.0.1:9/"), "HTTP 302", id="302"),
    ],
)
def test_what_concerns_the_account_stops_the_run_and_marks_nobody(
    server: FakeApi, script: Script, words: str
) -> None:
    with pytest.raises(ProviderStop, match=r"resend: .*\n  \w") as caught:
        send(server, 2, script)
    assert words in str(caught.value)
    assert "@" not in str(caught.value)


def test_a_server_that_drips_is_left_at_the_deadline(server: FakeApi) -> None:
    assert kinds(send(server, 2, server.stall, deadline_s=0.1)) == ["unknown", "unknown"]


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        pytest.param(domains(domain(open_tracking=True)), "tracks readers", id="opens"),
        pytest.param(domains(domain(click_tracking=True)), "tracks readers", id="clicks"),
        pytest.param(domains(domain(status="pending")), "not verified", id="pending"),
        pytest.param(domains(domain(name="other.example")), "does not know", id="another's"),
        pytest.param(domains(), "does not know", id="none"),
        pytest.param(error(403, "invalid_api_key"), "key was not accepted", id="bad key"),
        pytest.param(reply(500, b""), "could not be asked", id="500"),
        pytest.param(hang_up, "could not be asked", id="hangs up"),
    ],
)
def test_a_domain_that_is_not_in_order_stops_the_run(server: FakeApi, script: Script, problem: str) -> None:
    server.script = [script]
    with pytest.raises(ProviderStop, match=problem):
        at(server).ready()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(error(401, "restricted_api_key"), id="may only send"),
        pytest.param(error(403, "forbidden"), id="forbidden"),
        pytest.param(domains(domain(name="Example.org", status="partially_verified")), id="for sending"),
    ],
)
def test_a_key_that_may_only_send_is_taken_as_it_is(server: FakeApi, script: Script) -> None:
    server.script = [script]
    at(server).ready()


def test_the_domain_is_looked_for_on_every_page(server: FakeApi) -> None:
    server.script = [domains(domain(name="a.example", id="d0"), has_more=True), domains(domain())]
    at(server).ready()
    assert [call.path for call in server.calls] == ["/domains?limit=100", "/domains?limit=100&after=d0"]


def test_it_says_nothing_of_mails_in_doubt(server: FakeApi) -> None:
    assert at(server).look_up(address(1), []) == {}
    assert not at(server).limits.looks_up
