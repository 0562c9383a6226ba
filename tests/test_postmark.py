"""Postmark against a real server on loopback that answers, or fails, as scripted."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.deliver.providers import http
from pipeline.deliver.providers.postmark import Postmark
from pipeline.errors import ConfigError, ProviderStop
from pipeline.model import Outcome, OutcomeKind
from tests.contracts import ProviderContract, a_certificate, a_message, address, offered

TOKEN = SecretStr("sesame-0000")
Script = Callable[[BaseHTTPRequestHandler, list[dict[str, object]]], None]


def ok(number: int = 1) -> dict[str, object]:
    return {"To": address(number), "MessageID": f"id-{number}", "ErrorCode": 0, "Message": "OK"}


def error(code: int, text: str = "words with reader1@example.org in them") -> dict[str, object]:
    return {"ErrorCode": code, "Message": text}


def reply(status: int, body: object, **headers: str) -> Script:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler, items: list[dict[str, object]]) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def take_all(handler: BaseHTTPRequestHandler, items: list[dict[str, object]]) -> None:
    reply(200, [ok(number) for number in range(1, len(items) + 1)])(handler, items)


def hang_up(handler: BaseHTTPRequestHandler, items: list[dict[str, object]]) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@dataclass
class FakePostmark:
    """`script` answers the next calls; `calls` is what they were asked."""

    url: str = ""
    script: list[Script] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], list[dict[str, object]]]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def stall(self, handler: BaseHTTPRequestHandler, items: list[dict[str, object]]) -> None:
        """Drip a header at a time, for as long as the test takes."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.release.wait(0.02):
            handler.wfile.write(b"X-Wait: 1\r\n")


@contextmanager
def serving(fake: FakePostmark, context: ssl.SSLContext | None = None) -> Iterator[FakePostmark]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            items = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.calls.append((self.path, {k.lower(): v for k, v in self.headers.items()}, items))
            script = fake.script.pop(0) if fake.script else take_all
            script(self, items)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # hanging up is part of the script

    with Server(("127.0.0.1", 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        fake.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield fake
        finally:
            fake.release.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def own_certificate(tmp_path: Path) -> ssl.SSLContext:
    return a_certificate(tmp_path)


@pytest.fixture
def server() -> Iterator[FakePostmark]:
    with serving(FakePostmark()) as fake:
        yield fake


def send(
    server: FakePostmark, count: int = 1, *script: Script, deadline_s: float = 30.0
) -> tuple[Outcome, ...]:
    server.script = list(script)
    provider = Postmark(token=TOKEN, endpoint=server.url, deadline_s=deadline_s)
    return tuple(offered(provider, *(a_message(number) for number in range(1, count + 1))))


def kinds(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [outcome.kind.value for outcome in outcomes]


class TestPostmark(ProviderContract):
    @pytest.fixture
    def provider(self, server: FakePostmark) -> Postmark:
        return Postmark(token=TOKEN, endpoint=server.url)


def test_the_request_is_what_the_manual_asks_for(server: FakePostmark) -> None:
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
    ((path, headers, items),) = server.calls
    assert path == "/email/batch"
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


def test_without_a_message_id_none_is_to_be_kept(server: FakePostmark) -> None:
    offered(Postmark(token=TOKEN, endpoint=server.url), a_message(1, headers=()))
    assert server.calls[0][2][0]["Headers"] == []


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
def test_each_message_has_its_own_answer(server: FakePostmark, item: object, kind: str, reason: str) -> None:
    outcomes = send(server, 3, reply(200, [ok(1), item, ok(3)]))
    assert kinds(outcomes) == ["accepted", kind, "accepted"]
    assert reason in outcomes[1].reason
    assert "@" not in outcomes[1].reason


@pytest.mark.parametrize("code", [10, 400, 401, 405, 412, 413, 402, 1235])
def test_what_concerns_the_account_stops_the_run_and_marks_nobody(server: FakePostmark, code: int) -> None:
    with pytest.raises(ProviderStop, match=r"postmark: .*\n  \w") as caught:
        send(server, 2, reply(200, [error(100), error(code)]))
    assert "@" not in str(caught.value)
    with pytest.raises(ProviderStop):
        send(server, 2, reply(422, error(code)))


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 413, 415, 422])
def test_a_call_that_is_turned_away_stops_the_run(server: FakePostmark, status: int) -> None:
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
    server: FakePostmark, script: Script, expected: tuple[str, float | None]
) -> None:
    outcomes = send(server, 2, script)
    assert [(outcome.kind.value, outcome.retry_after_s) for outcome in outcomes] == [expected] * 2
    assert len(server.calls) == 1


def test_an_answer_without_end_is_not_read_to_its_end(
    server: FakePostmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_LARGEST_ANSWER", 1000)
    assert kinds(send(server, 1, reply(200, [ok() | {"Message": "x" * 200_000}]))) == ["unknown"]


def test_a_server_that_drips_is_left_at_the_deadline(server: FakePostmark) -> None:
    assert kinds(send(server, 2, server.stall, deadline_s=0.1)) == ["unknown", "unknown"]


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        provider = Postmark(token=TOKEN, endpoint=url)
        assert kinds(tuple(offered(provider, a_message(1)))) == ["retry"]


def test_a_server_without_tls_behind_https_was_sent_nothing(server: FakePostmark) -> None:
    provider = Postmark(token=TOKEN, endpoint=server.url.replace("http:", "https:"))
    assert kinds(tuple(offered(provider, a_message(1)))) == ["retry"]
    assert server.calls == []


def test_a_certificate_that_is_not_trusted_stops_the_run(own_certificate: ssl.SSLContext) -> None:
    with (
        serving(FakePostmark(), own_certificate) as server,
        pytest.raises(ProviderStop, match="certificate"),
    ):
        offered(Postmark(token=TOKEN, endpoint=server.url), a_message(1))
    assert server.calls == []


def test_a_proxy_of_the_environment_is_not_used(
    server: FakePostmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert kinds(send(server)) == ["accepted"]


@pytest.mark.parametrize("token", ["", "sesame\r\nX: y", "sesame open", "sésame"], ids=ascii)
def test_a_token_that_is_none_is_said_before_anything_is_sent(token: str) -> None:
    with pytest.raises(ConfigError, match="the key is empty or holds") as caught:
        Postmark(token=SecretStr(token))
    assert "sesame" not in str(caught.value)
