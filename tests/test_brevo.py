"""Brevo against a server on loopback that answers, or fails, as scripted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from uuid import UUID

import pytest
from pydantic import SecretStr

from pipeline.deliver.providers.brevo import Brevo
from pipeline.errors import ProviderStop
from pipeline.model import Attachment, Outcome, OutcomeKind
from pipeline.ports import Provider
from tests.contracts import ProviderContract, a_message, offered, rendered
from tests.fake_api import Call, FakeApi, Script, hang_up, reply, serving
from tests.vendor_specs import validated

KEY = SecretStr("sesame-0000")
PICTURE = Attachment(cid="p1@letter", name="p1.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff")


def take_all(handler: BaseHTTPRequestHandler, call: Call) -> None:
    if call.method == "GET":
        reply(200, {"email": "account@example.org"})(handler, call)
    else:
        ids = [f"<{n}@relay.example>" for n in range(1, len(call.body["messageVersions"]) + 1)]
        reply(201, {"messageIds": ids})(handler, call)


def error(status: int, code: str, **headers: str) -> Script:
    return reply(status, {"code": code, "message": "reader1@example.org is not valid"}, **headers)


@pytest.fixture
def server() -> Iterator[FakeApi]:
    with serving(FakeApi(take_all)) as fake:
        yield fake


def at(server: FakeApi, deadline_s: float = 30.0) -> Brevo:
    return Brevo(key=KEY, endpoint=server.url, deadline_s=deadline_s)


def send(server: FakeApi, count: int, *script: Script, deadline_s: float = 30.0) -> list[Outcome]:
    server.script = list(script)
    return offered(at(server, deadline_s), *(a_message(number) for number in range(1, count + 1)))


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [outcome.kind.value for outcome in outcomes]


def filled_in(content: str) -> str:
    """What Brevo's template language makes of subject and bodies."""
    without = re.sub(r"\{%.*?%\}|\{#.*?#\}", "", content, flags=re.DOTALL)
    return re.sub(r"\{\{.*?\}\}", "reader1@example.org", without, flags=re.DOTALL)


class TestBrevo(ProviderContract):
    @pytest.fixture
    def provider(self, server: FakeApi) -> Brevo:
        self.server = server
        return at(server)

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        body = self.server.calls[-1].body
        mail = body["messageVersions"][-1]
        html = rendered(filled_in(mail["htmlContent"]))
        return filled_in(body["subject"]), filled_in(mail["textContent"]), html


def test_the_request_is_what_the_manual_asks_for(server: FakeApi) -> None:
    messages = [a_message(number) for number in (1, 2)]
    (parcel,) = at(server).parcels(messages, most=1000)
    assert at(server).offer(parcel) == (
        Outcome(kind=OutcomeKind.ACCEPTED, provider_id="<1@relay.example>"),
        Outcome(kind=OutcomeKind.ACCEPTED, provider_id="<2@relay.example>"),
    )
    (call,) = server.calls
    assert (call.method, call.path) == ("POST", "/smtp/email")
    assert call.headers["api-key"] == "sesame-0000"
    validated("brevo_swagger.yaml", ("/smtp/email", "post"), call.body)
    assert UUID(parcel.key).version == 4
    assert call.body == {
        "headers": {"idempotencyKey": parcel.key},
        "sender": {"name": "The Quiet Room", "email": "letters@example.org"},
        "replyTo": {"email": "miriam@example.org"},
        "subject": "The room after the storm",
        "htmlContent": "<p></p>",
        "tags": ["2026-11"],
        "messageVersions": [
            {
                "to": [{"email": message.to}],
                "htmlContent": message.html,
                "textContent": message.text,
                "headers": {
                    "List-Unsubscribe": message.headers[1][1],
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                    "X-Mailin-custom": message.key,
                },
            }
            for message in messages
        ],
    }


def test_a_call_is_bounded_by_its_bytes(server: FakeApi) -> None:
    long = a_message(1, html="x" * 6_000_000)
    assert kinds(offered(at(server), long, long)) == ["accepted", "accepted"]
    assert [len(call.body["messageVersions"]) for call in server.calls] == [1, 1]


def test_headers_are_ascii(server: FakeApi) -> None:
    offered(at(server), a_message(1, headers=(("List-Id", "Stille Räume <letter.example.org>"),)))
    (version,) = server.calls[0].body["messageVersions"]
    assert version["headers"]["List-Id"].isascii()
    assert "\n" not in version["headers"]["List-Id"]


def test_pictures_inside_the_letter_are_said_before_anything_is_sent(server: FakeApi) -> None:
    with pytest.raises(ProviderStop, match='pictures = "link"'):
        offered(at(server), a_message(1, attachments=(PICTURE,)))
    assert server.calls == []


@pytest.mark.parametrize("code", ["duplicate_parameter", "duplicate_request"])
@pytest.mark.parametrize(
    "first", [hang_up, error(429, "too_many"), error(500, "x"), error(400, "invalid_parameter")]
)
def test_that_a_call_is_known_proves_nothing_and_is_not_asked_again(
    server: FakeApi, first: Script, code: str
) -> None:
    provider = at(server)
    (parcel,) = provider.parcels([a_message(1)], most=10)
    server.script = [first, error(400, code)]
    provider.offer(parcel)
    (outcome,) = provider.offer(parcel)
    assert (outcome.kind, outcome.final) == (OutcomeKind.UNKNOWN, True)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(error(400, "invalid_parameter"), ("refused", True, None), id="400"),
        pytest.param(error(400, "missing_parameter"), ("refused", True, None), id="400 missing"),
        pytest.param(error(422, "out_of_range"), ("refused", True, None), id="422"),
        pytest.param(reply(413, b"<html>"), ("refused", True, None), id="413"),
        pytest.param(error(429, "x", Retry_After="7"), ("retry", False, 7.0), id="429"),
        pytest.param(error(429, "x", x_sib_ratelimit_reset="42"), ("retry", False, 42.0), id="429 reset"),
        pytest.param(error(429, "x", x_sib_ratelimit_reset="soon"), ("retry", False, None), id="429 odd"),
        pytest.param(error(500, "x"), ("unknown", False, None), id="500"),
        pytest.param(error(503, "x", Retry_After="120"), ("unknown", False, 120.0), id="503 with a time"),
        pytest.param(reply(502, b"bad gateway"), ("unknown", False, None), id="502"),
        pytest.param(hang_up, ("unknown", False, None), id="hangs up"),
        pytest.param(reply(201, b"[{"), ("unknown", False, None), id="broken JSON"),
        pytest.param(reply(201, {"messageId": "<1@x>"}), ("unknown", False, None), id="one id for two"),
        pytest.param(reply(201, {"messageIds": ["a"]}), ("unknown", False, None), id="too few"),
        pytest.param(reply(201, {"messageIds": ["a", "b", "c"]}), ("unknown", False, None), id="too many"),
        pytest.param(reply(201, {"messageIds": ["a", 2]}), ("unknown", False, None), id="no id"),
    ],
)
def test_only_a_clear_no_is_offered_again(
    server: FakeApi, script: Script, expected: tuple[str, bool, float | None]
) -> None:
    outcomes = send(server, 2, script)
    assert [(one.kind.value, one.whole, one.retry_after_s) for one in outcomes] == [expected] * 2
    assert not any("@" in one.reason or one.final for one in outcomes)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_mail_that_goes_alone_has_its_one_id(server: FakeApi, status: int) -> None:
    (outcome,) = send(server, 1, reply(status, {"messageId": "<1@x.example>"}))
    assert outcome == Outcome(kind=OutcomeKind.ACCEPTED, provider_id="<1@x.example>")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param(error(401, "unauthorized"), "key was not accepted", id="401"),
        pytest.param(error(402, "not_enough_credits"), "out of credit", id="402"),
        pytest.param(error(400, "not_enough_credits"), "out of credit", id="400 credits"),
        pytest.param(error(403, "permission_denied"), "may not send", id="403"),
        pytest.param(error(403, "account_under_validation"), "validation", id="validation"),
        pytest.param(reply(404, b""), "HTTP 404", id="404"),
        pytest.param(reply(302, b"", Location="http://127.0.0.1:9/"), "HTTP 302", id="302"),
    ],
)
def test_what_concerns_the_account_stops_the_run_and_marks_nobody(
    server: FakeApi, script: Script, words: str
) -> None:
    with pytest.raises(ProviderStop, match=r"brevo: .*\n  \w") as caught:
        send(server, 2, script)
    assert words in str(caught.value)
    assert "@" not in str(caught.value)


def test_a_server_that_drips_is_left_at_the_deadline(server: FakeApi) -> None:
    assert kinds(send(server, 2, server.stall, deadline_s=0.1)) == ["unknown", "unknown"]


def test_a_key_that_is_none_is_said_at_the_start(server: FakeApi) -> None:
    server.script = [error(401, "unauthorized"), reply(503, b"")]
    with pytest.raises(ProviderStop, match="key was not accepted"):
        at(server).ready()
    at(server).ready()  # whoever cannot say so now says it to the first call


def test_it_says_nothing_of_mails_in_doubt(server: FakeApi) -> None:
    assert at(server).look_up("2026-11", []) == {}
    assert not at(server).limits.looks_up
