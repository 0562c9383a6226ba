"""Postmark against a real server on loopback that answers, or fails, as scripted."""

from __future__ import annotations

import json
import re
import socket
import ssl
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr

from pipeline.deliver.providers import http
from pipeline.deliver.providers.postmark import Postmark, _fields
from pipeline.errors import ConfigError, ProviderStop
from pipeline.model import Outcome, OutcomeKind
from pipeline.ports import Provider
from tests.contracts import ProviderContract, a_certificate, a_message, address, offered, rendered
from tests.fake_api import Call, FakeApi, Script, hang_up, reply, serving

TOKEN = SecretStr("sesame-0000")


def ok(number: int = 1) -> dict[str, object]:
    return {"To": address(number), "MessageID": f"id-{number}", "ErrorCode": 0, "Message": "OK"}


def error(code: int, text: str = "words with reader1@example.org in them") -> dict[str, object]:
    return {"ErrorCode": code, "Message": text}


def take_all(handler: BaseHTTPRequestHandler, call: Call) -> None:
    reply(200, [ok(number) for number in range(1, len(call.body) + 1)])(handler, call)


@pytest.fixture
def own_certificate(tmp_path: Path) -> ssl.SSLContext:
    return a_certificate(tmp_path)


@pytest.fixture
def server() -> Iterator[FakeApi]:
    with serving(FakeApi(take_all)) as fake:
        yield fake


def send(server: FakeApi, count: int = 1, *script: Script, deadline_s: float = 30.0) -> tuple[Outcome, ...]:
    server.script = list(script)
    provider = Postmark(token=TOKEN, endpoint=server.url, deadline_s=deadline_s)
    return tuple(offered(provider, *(a_message(number) for number in range(1, count + 1))))


def kinds(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [outcome.kind.value for outcome in outcomes]


class TestPostmark(ProviderContract):
    @pytest.fixture
    def provider(self, server: FakeApi) -> Postmark:
        self.server = server
        return Postmark(token=TOKEN, endpoint=server.url)

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        mail = {name: _filled_in(str(value)) for name, value in self.server.calls[-1].body[-1].items()}
        return mail["Subject"], mail["TextBody"], rendered(mail["HtmlBody"])


def _filled_in(content: str) -> str:
    """What Postmark makes of a body on a broadcast stream."""
    return re.sub(r"\{\{\{?\s*pm:unsubscribe(_url)?\s*\}?\}\}", "https://unsubscribe.example.org", content)


def test_five_hundred_letters_are_no_larger_than_one_until_they_are_sent(server: FakeApi) -> None:
    provider = Postmark(token=TOKEN, endpoint=server.url)
    one = a_message(1, html="<p>Some words of a letter.</p>" * 1_500)
    messages = [replace(own, common=one.common) for own in (a_message(number) for number in range(500))]
    tracemalloc.start()
    try:
        (parcel,) = provider.parcels(messages, most=500)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(parcel.body) > 20_000_000
    assert peak < 2_000_000
    provider.offer(parcel)
    assert server.calls[0].body == [json.loads(orjson.dumps(_fields(message))) for message in messages]


def test_the_request_is_what_the_manual_asks_for(server: FakeApi) -> None:
    message = a_message(
        1,
        subject="“One”\r\nBcc: x",
        headers=(*a_message().headers, ("Date", "Tue, 03 Nov 2026 09:00:00 +0000")),
    )
    provider = Postmark(token=TOKEN, endpoint=server.url + "/")
    assert tuple(offered(provider, message, a_message(2))) == (
        Outcome(kind=OutcomeKind.ACCEPTED, provider_id="id-1"),
        Outcome(kind=OutcomeKind.ACCEPTED, provider_id="id-2"),
    )
    (call,) = server.calls
    headers, items = call.headers, call.body
    assert (call.method, call.path) == ("POST", "/email/batch")
    assert headers["x-postmark-server-token"] == "sesame-0000"
    assert headers["content-type"] == headers["accept"] == "application/json"
    assert "transfer-encoding" not in headers
    assert len(items) == 2
    assert items[0] == {
        "From": '"The Quiet Room" <letters@example.org>',
        "To": "reader1@example.org",
        "ReplyTo": "miriam@example.org",
        "Subject": "“One” Bcc: x",
        "HtmlBody": message.html,
        "TextBody": message.text,
        "MessageStream": "broadcast",
        "Tag": "2026-11",
        "Metadata": {"delivery": message.key},
        "TrackOpens": False,
        "TrackLinks": "None",
        "Headers": [
            {"Name": "Message-ID", "Value": f"<{message.key}@example.org>"},
            {"Name": "List-Unsubscribe", "Value": message.headers[1][1]},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            {"Name": "X-PM-KeepID", "Value": "true"},
        ],
    }


def test_without_a_message_id_none_is_to_be_kept(server: FakeApi) -> None:
    offered(Postmark(token=TOKEN, endpoint=server.url), a_message(1, headers=()))
    assert server.calls[0].body[0]["Headers"] == []


@pytest.mark.parametrize(
    ("item", "kind", "reason"),
    [
        (error(406), "suppressed", "inactive"),
        (
            error(0, "Message OK, but will not deliver to these inactive addresses: a@example.org."),
            "suppressed",
            "inactive",
        ),
        (error(300, "Invalid 'To' address: 'reader1@example.org'."), "refused", "no mail address"),
        (error(300, "Error parsing 'To': x"), "refused", "no mail address"),
        (error(300, "Invalid 'Tag'"), "refused", "code 300"),
        (error(99_999), "refused", "code 99999"),
        (error(100), "retry", "maintained"),
        (error(429), "retry", "wait"),
        (error(405), "retry", "credit"),
        ({"Message": "?"}, "unknown", "could not be read"),
        ("?", "unknown", "could not be read"),
    ],
    ids=lambda value: None if not isinstance(value, dict) else str(value.get("ErrorCode", "none")),
)
def test_each_message_has_its_own_answer(server: FakeApi, item: object, kind: str, reason: str) -> None:
    outcomes = send(server, 3, reply(200, [ok(1), item, ok(3)]))
    assert kinds(outcomes) == ["accepted", kind, "accepted"]
    assert reason in outcomes[1].reason
    assert "@" not in outcomes[1].reason


@pytest.mark.parametrize("code", [10, 400, 401, 405, 412, 413, 402, 1235])
def test_what_concerns_the_account_stops_the_run_and_marks_nobody(server: FakeApi, code: int) -> None:
    with pytest.raises(ProviderStop, match=r"postmark: .*\n  \w") as caught:
        send(server, 2, reply(200, [error(100), error(code)]))
    assert "@" not in str(caught.value)
    with pytest.raises(ProviderStop):
        send(server, 2, reply(422, error(code)))


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 413, 415, 422])
def test_a_call_that_is_turned_away_stops_the_run(server: FakeApi, status: int) -> None:
    with pytest.raises(ProviderStop, match=str(status)) as caught:
        send(server, 2, reply(status, b"<html>no</html>", Location="http://127.0.0.1:9/"))
    assert len(server.calls) == 1
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(reply(429, error(429), Retry_After="70"), ("retry", 70.0), id="429"),
        pytest.param(
            reply(429, b"", Retry_After="Tue, 03 Nov 2026 09:00:00 GMT"), ("retry", 0.0), id="429 date"
        ),
        pytest.param(reply(429, b"", Retry_After="-5"), ("retry", None), id="429 negative"),
        pytest.param(reply(503, error(100)), ("retry", None), id="maintenance"),
        pytest.param(reply(422, error(100)), ("retry", None), id="422 maintenance"),
        pytest.param(reply(500, b"<html>"), ("unknown", None), id="500"),
        pytest.param(reply(502, b"bad gateway"), ("unknown", None), id="502"),
        pytest.param(reply(503, b""), ("unknown", None), id="503"),
        pytest.param(reply(504, error(405)), ("unknown", None), id="504"),
        pytest.param(hang_up, ("unknown", None), id="hangs up"),
        pytest.param(reply(200, b"[{"), ("unknown", None), id="broken JSON"),
        pytest.param(reply(200, {"ErrorCode": 0}), ("unknown", None), id="no list"),
        pytest.param(reply(200, [ok()]), ("unknown", None), id="too few answers"),
        pytest.param(reply(200, [ok()] * 3), ("unknown", None), id="too many answers"),
        pytest.param(reply(200, [ok()] * 2, Content_Length="9999"), ("unknown", None), id="cut short"),
        pytest.param(
            reply(200, b"\x1f\x8b not gzip", Content_Encoding="gzip"), ("unknown", None), id="bad gzip"
        ),
    ],
)
def test_only_a_clear_no_is_offered_again(
    server: FakeApi, script: Script, expected: tuple[str, float | None]
) -> None:
    outcomes = send(server, 2, script)
    assert [(outcome.kind.value, outcome.retry_after_s) for outcome in outcomes] == [expected] * 2
    assert len(server.calls) == 1


def test_an_answer_without_end_is_not_read_to_its_end(
    server: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_LARGEST_ANSWER", 1000)
    assert kinds(send(server, 1, reply(200, [ok() | {"Message": "x" * 200_000}]))) == ["unknown"]


def test_a_server_that_drips_is_left_at_the_deadline(server: FakeApi) -> None:
    assert kinds(send(server, 2, server.stall, deadline_s=0.1)) == ["unknown", "unknown"]


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        provider = Postmark(token=TOKEN, endpoint=url)
        assert kinds(tuple(offered(provider, a_message(1)))) == ["retry"]


def test_a_server_without_tls_behind_https_was_sent_nothing(server: FakeApi) -> None:
    provider = Postmark(token=TOKEN, endpoint=server.url.replace("http:", "https:"))
    assert kinds(tuple(offered(provider, a_message(1)))) == ["retry"]
    assert server.calls == []


def test_a_certificate_that_is_not_trusted_stops_the_run(own_certificate: ssl.SSLContext) -> None:
    with (
        serving(FakeApi(take_all), own_certificate) as server,
        pytest.raises(ProviderStop, match="certificate"),
    ):
        offered(Postmark(token=TOKEN, endpoint=server.url), a_message(1))
    assert server.calls == []


def test_a_proxy_of_the_environment_is_not_used(server: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert kinds(send(server)) == ["accepted"]


@pytest.mark.parametrize(
    "token",
    ["", "sesame\r\nX: y", "sesame open", "sésame"],
    ids=["nothing", "two lines", "two words", "accent"],
)
def test_a_token_that_is_none_is_said_before_anything_is_sent(token: str) -> None:
    with pytest.raises(ConfigError, match="the key is empty or holds") as caught:
        Postmark(token=SecretStr(token))
    assert "sesame" not in str(caught.value)
