"""SMTP against a real server on loopback that refuses and hangs up as told."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from pydantic import SecretStr

from pipeline.deliver.providers import smtp as module
from pipeline.deliver.providers.http import is_loopback
from pipeline.deliver.providers.smtp import Smtp
from pipeline.errors import ConfigError, ProviderStop
from pipeline.model import Claim, Message, Outcome, OutcomeKind, Totals
from pipeline.ports import Provider
from tests.contracts import (
    ISSUE,
    SENDER,
    ProviderContract,
    a_certificate,
    a_message,
    a_store,
    address,
    freeze,
    offered,
    read_mail,
)
from tests.fake_provider import all_sent

PASSWORD = SecretStr("sesame")


class Mailbox:
    """Takes everything; `answers` gives other replies by step, "" meaning to hang up."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.connections = 0

    def _next(self, step: str) -> str | None:
        left = self.answers.get(step)
        return left.pop(0) if left else None

    def _answer(self, server: Any, step: str, usual: str) -> str:
        said = self._next(step)
        if said == "":
            server.transport.abort()
        return usual if said is None else said

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        assert hostname == "[127.0.0.1]"
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, sender: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = sender
        return self._answer(server, "sender", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, recipient: str, options: Any
    ) -> str:
        said = self._answer(server, "recipient", "250 OK")
        if said.startswith("2"):
            envelope.rcpt_tos.append(recipient)
        return said

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        said = self._answer(server, "letter", "250 2.0.0 Ok: queued as ABC123")
        if said.startswith("2") or not said:
            self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content))
        return said


@contextmanager
def listening(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def own_certificate(tmp_path: Path) -> ssl.SSLContext:
    return a_certificate(tmp_path)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def provider(mailbox: Mailbox) -> Iterator[Smtp]:
    with listening(mailbox) as port, closing(at(port)) as provider:
        yield provider


def at(port: int, **options: Any) -> Smtp:
    return Smtp(endpoint=f"smtp://127.0.0.1:{port}", password=PASSWORD, timeout_s=10, **options)


def offer(provider: Smtp, number: int = 1) -> Outcome:
    (outcome,) = offered(provider, a_message(number))
    return outcome


class TestSmtp(ProviderContract):
    @pytest.fixture
    def provider(self, mailbox: Mailbox) -> Iterator[Smtp]:
        self.mailbox = mailbox
        with listening(mailbox) as port, closing(at(port)) as provider:
            yield provider

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        return read_mail(self.mailbox.mails[-1][2])


def test_a_letter_arrives_as_it_was_written(provider: Smtp, mailbox: Mailbox) -> None:
    message = a_message(1, text=".\n..two\nthree\n")
    assert offered(provider, message) == [Outcome(kind=OutcomeKind.ACCEPTED, provider_id="ABC123")]
    ((sender, recipients, content),) = mailbox.mails
    assert (sender, recipients) == (SENDER.address, [address(1)])
    mail = message_from_bytes(content, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == message.text
    assert mail["To"] == "Reader 1 <reader1@example.org>"


@pytest.mark.parametrize(
    ("step", "said", "kind"),
    [
        ("sender", "451 4.3.0 later", "retry"),
        ("recipient", "450 4.2.0 greylisted", "retry"),
        ("recipient", "452 4.2.2 full for now", "retry"),
        ("letter", "421 4.7.0 too fast", "retry"),
        ("letter", "454 4.7.0 later", "retry"),
        ("recipient", "550 5.1.1 <reader1@example.org> unknown user", "refused"),
        ("recipient", "553 reader1@example.org", "refused"),
        ("recipient", "551 5.2.1 disabled", "refused"),
        ("letter", "552 5.2.2 mailbox of reader1@example.org full", "refused"),
    ],
)
def test_what_the_server_says_decides(
    provider: Smtp, mailbox: Mailbox, step: str, said: str, kind: str
) -> None:
    mailbox.answers[step] = [said]
    outcome = offer(provider)
    assert outcome.kind.value == kind
    assert said.split()[0] in outcome.reason
    assert "@" not in outcome.reason
    assert mailbox.mails == []
    assert offer(provider, 2).kind is OutcomeKind.ACCEPTED


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("sender", "550 5.7.1 not your domain"),
        ("sender", "530 5.7.0 authenticate first"),
        ("recipient", "554 5.7.1 relay access denied"),
        ("recipient", "535 5.7.8 no"),
        ("letter", "554 5.7.1 looks like spam"),
        ("letter", "552 too big"),
    ],
)
def test_what_concerns_all_readers_stops_the_run(
    provider: Smtp, mailbox: Mailbox, step: str, said: str
) -> None:
    mailbox.answers[step] = [said]
    with pytest.raises(ProviderStop, match=said[:3]):
        offer(provider)


def test_once_a_letter_was_taken_a_policy_is_the_readers_own(provider: Smtp, mailbox: Mailbox) -> None:
    offer(provider, 1)
    mailbox.answers = {"recipient": ["550 5.7.1 blocked"], "letter": ["554 content"]}
    assert offer(provider, 2).kind is OutcomeKind.REFUSED
    assert offer(provider, 3).kind is OutcomeKind.REFUSED


@pytest.mark.parametrize("step", ["sender", "recipient"])
def test_a_line_cut_before_the_letter_is_no_doubt(provider: Smtp, mailbox: Mailbox, step: str) -> None:
    mailbox.answers[step] = [""]
    assert offer(provider).kind is OutcomeKind.RETRY
    assert mailbox.mails == []
    assert offer(provider).kind is OutcomeKind.ACCEPTED


def test_a_line_cut_after_the_letter_is_doubt(provider: Smtp, mailbox: Mailbox) -> None:
    mailbox.answers["letter"] = [""]
    assert offer(provider, 1).kind is OutcomeKind.UNKNOWN
    assert offer(provider, 2).kind is OutcomeKind.ACCEPTED
    assert [recipients for _, recipients, _ in mailbox.mails] == [[address(1)], [address(2)]]


def test_a_connection_that_went_stale_is_renewed_at_once(provider: Smtp, mailbox: Mailbox) -> None:
    offer(provider, 1)
    mailbox.answers["sender"] = [""]
    assert offer(provider, 2).kind is OutcomeKind.ACCEPTED
    mailbox.answers["sender"] = ["", ""]
    assert offer(provider, 3).kind is OutcomeKind.RETRY
    assert len(mailbox.mails) == 2


def test_a_connection_is_used_for_some_letters_and_then_renewed(mailbox: Mailbox) -> None:
    with listening(mailbox) as port, closing(at(port, per_connection=2)) as provider:
        for number in range(1, 6):
            offer(provider, number)
    assert (len(mailbox.mails), mailbox.connections) == (5, 3)


def test_where_nobody_listens_nothing_was_sent() -> None:
    provider = at(free_port())
    assert offer(provider).kind is OutcomeKind.RETRY
    provider.close()


def test_closing_twice_or_after_the_server_went_is_fine(mailbox: Mailbox) -> None:
    with listening(mailbox) as port:
        provider = at(port)
        offer(provider)
    provider.close()
    provider.close()


class Scripted:
    """A server that says its lines whatever it is told, then closes."""

    def __init__(self, *lines: bytes, swallow_letter: bool = False) -> None:
        self._lines = lines
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection, connection.makefile("rb") as heard:
            for number, line in enumerate(self._lines):
                if number:
                    heard.readline()
                connection.sendall(line + b"\r\n")

    def close(self) -> None:
        self._thread.join()
        self._socket.close()


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        pytest.param([b"554 go away"], "retry", id="turned away at the door"),
        pytest.param([b"220 hi", b"250 hi", b"hello"], "retry", id="no SMTP"),
        pytest.param([b"220 hi", b"250 hi", b"250 ok", b"299 ok"], "retry", id="an answer to nothing asked"),
        pytest.param([b"220 hi", b"250 hi", b"250 ok", b"251 ok", b"250 what"], "retry", id="no 354"),
        pytest.param(
            [b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"354 go", b"299 ok"], "unknown", id="a strange yes"
        ),
        pytest.param(
            [b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"354 go", b"???"], "unknown", id="no answer"
        ),
        pytest.param([b"220 hi", b"250 hi", b"250 ok", b"550 5.1.1 no"], "refused", id="refused, then gone"),
    ],
)
def test_strange_servers_are_survived(lines: list[bytes], kind: str) -> None:
    with closing(Scripted(*lines)) as server, closing(at(server.port)) as provider:
        assert offer(provider).kind.value == kind


# --- TLS and passwords


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_user_and_password_are_asked_for(mailbox: Mailbox) -> None:
    seen: list[bytes] = []

    def authenticator(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        seen.append(data.login)
        return AuthResult(success=data.password == b"sesame", handled=False)

    with listening(mailbox, authenticator=authenticator, auth_require_tls=False, auth_required=True) as port:
        endpoint = f"smtp://miriam%40example.org@127.0.0.1:{port}"
        with closing(Smtp(endpoint=endpoint, password=PASSWORD)) as provider:
            assert offer(provider).kind is OutcomeKind.ACCEPTED
        with (
            closing(Smtp(endpoint=endpoint, password=SecretStr("wrong"))) as provider,
            pytest.raises(ProviderStop, match=r"user and password \(535\)") as caught,
        ):
            offer(provider)
        assert "wrong" not in str(caught.value)
        with closing(at(port)) as provider, pytest.raises(ProviderStop, match="530"):
            offer(provider)
    assert seen == [b"miriam@example.org"] * len(seen)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("while_connected", [True, False], ids=["on the line", "at a new line"])
def test_a_password_that_expires_on_the_way_stops_at_its_reader_and_a_new_one_goes_on(
    mailbox: Mailbox, tmp_path: Path, *, while_connected: bool
) -> None:
    good = [b"sesame"]

    def authenticator(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == good[0], handled=False)

    def sent(password: SecretStr) -> Totals:
        smtp = Smtp(endpoint=f"smtp://u@127.0.0.1:{port}", password=password, per_connection=2)
        with closing(smtp):
            return all_sent(store, smtp, copies, issue=ISSUE)

    def copies(claim: Claim) -> list[Message]:
        if mailbox.mails:
            good[0] = b"sesame-2"
        return [replace(a_message(int(one.email[6])), key=one.key) for one in claim.recipients]

    if while_connected:
        mailbox.answers["sender"] = ["250 OK", "530 5.7.0 Authentication required"]
    with (
        a_store(tmp_path) as store,
        listening(mailbox, authenticator=authenticator, auth_require_tls=False, auth_required=True) as port,
    ):
        freeze(store, 5, batch_size=1)
        with pytest.raises(ProviderStop, match="530" if while_connected else "535") as caught:
            sent(PASSWORD)
        assert "sesame" not in str(caught.value)
        taken = 1 if while_connected else 2
        assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=5, accepted=taken, queued=5 - taken)
        assert sent(SecretStr("sesame-2")) == Totals(issue=ISSUE, frozen=5, accepted=5)
    assert sorted(to for _, readers, _ in mailbox.mails for to in readers) == [
        address(number) for number in range(1, 6)
    ]


def test_a_server_that_cannot_log_in_for_now_is_tried_later() -> None:
    lines = [b"220 hi", b"250-hi\r\n250 AUTH PLAIN", b"454 4.7.0 later"]
    with closing(Scripted(*lines)) as server:
        provider = Smtp(endpoint=f"smtp://u@127.0.0.1:{server.port}", password=PASSWORD)
        assert offer(provider).kind is OutcomeKind.RETRY


def test_a_password_needs_a_server_that_takes_one(provider: Smtp, mailbox: Mailbox) -> None:
    with listening(mailbox) as port, pytest.raises(ProviderStop, match="no way to log in"):
        offer(Smtp(endpoint=f"smtp://u@127.0.0.1:{port}", password=PASSWORD))


def test_without_tls_nothing_goes_to_another_machine(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_loopback", lambda host: False)
    with listening(mailbox) as port, pytest.raises(ProviderStop, match="no TLS"):
        offer(at(port))
    assert mailbox.mails == []


def test_tls_is_begun_and_a_strange_certificate_stops_the_run(
    mailbox: Mailbox, own_certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_loopback", lambda host: False)
    with (
        listening(mailbox, tls_context=own_certificate) as port,
        pytest.raises(ProviderStop, match="certificate"),
    ):
        offer(at(port))
    with (
        listening(mailbox, ssl_context=own_certificate) as port,
        pytest.raises(ProviderStop, match="certificate"),
    ):
        offer(Smtp(endpoint=f"smtps://127.0.0.1:{port}", password=PASSWORD))
    assert mailbox.mails == []


def test_with_a_trusted_certificate_the_letter_goes_over_tls(
    mailbox: Mailbox, own_certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    monkeypatch.setattr(module, "is_loopback", lambda host: False)
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    with (
        listening(mailbox, tls_context=own_certificate, require_starttls=True) as port,
        closing(at(port)) as provider,
    ):
        assert offer(provider).kind is OutcomeKind.ACCEPTED


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "mail.example.org",
        "https://mail.example.org",
        "smtp://",
        "smtp://h:x",
        "smtp://u:sesame@mail.example.org",
    ],
)
def test_an_endpoint_that_is_none_is_a_mistake_in_the_config(endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"send\.endpoint") as caught:
        Smtp(endpoint=endpoint, password=PASSWORD)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("smtp://mail.example.org", (False, "mail.example.org", 587, "")),
        ("smtps://u%40x@mail.example.org", (True, "mail.example.org", 465, "u@x")),
        ("smtp://[::1]:25", (False, "::1", 25, "")),
    ],
)
def test_an_endpoint_names_host_port_and_user(endpoint: str, expected: tuple[bool, str, int, str]) -> None:
    assert module._server(endpoint) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("mail.example.org", False),
        ("10.0.0.1", False),
    ],
)
def test_only_this_machine_is_talked_to_in_the_clear(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
    assert asyncio.iscoroutinefunction(Mailbox().handle_DATA)
