"""Any SMTP server, such as a provider's relay: one reader a transaction (RFC 5321).

It has neither keys nor a way to ask later, so a batch is one reader: at most one is ever in doubt.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from pipeline.deliver import packing
from pipeline.deliver.mime import to_bytes
from pipeline.deliver.providers.http import is_loopback
from pipeline.errors import ConfigError, ProviderStop
from pipeline.model import Doubt, Limits, Message, Outcome, OutcomeKind, Parcel

MESSAGES_A_CONNECTION = 100  # relays close longer ones, some of them without a word
_TIMEOUT_S = 60.0
_PORTS = {"smtp": 587, "smtps": 465}
# smtplib would give this computer's own name, which relays write into every letter.
_OUR_NAME = "[127.0.0.1]"
_ENHANCED = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b")
_QUEUED_AS = re.compile(rb"queued as ([A-Za-z0-9.-]{1,64})")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)

_UNREACHED = Outcome(kind=OutcomeKind.RETRY, reason="the mail server could not be reached")
_UNANSWERED = Outcome(
    kind=OutcomeKind.UNKNOWN, reason="the connection broke after the letter was handed over"
)


class _Lost(Exception):
    """The connection went before the letter was handed over."""


class Smtp:
    """`smtp://user@host:587` (STARTTLS) or `smtps://user@host:465`. Close it when done."""

    name = "smtp"
    limits = Limits(max_messages=1, max_bytes=10_000_000)

    def __init__(
        self,
        *,
        endpoint: str,
        password: SecretStr,
        timeout_s: float = _TIMEOUT_S,
        per_connection: int = MESSAGES_A_CONNECTION,
    ) -> None:
        self._tls, self._host, self._port, self._user = _server(endpoint)
        self._password = password
        self._timeout_s = timeout_s
        self._per_connection = per_connection
        self._connection: smtplib.SMTP | None = None
        self._on_connection = 0
        self._taken = 0

    def __repr__(self) -> str:
        return "Smtp()"

    def ready(self) -> None:
        """Nothing to ask: a relay says what it thinks of us when it is offered something."""

    def parcels(self, messages: Sequence[Message], *, most: int) -> Iterator[Parcel]:  # noqa: ARG002
        return (packing.parcel([message], to_bytes(message)) for message in messages)

    def look_up(self, tag: str, doubts: Sequence[Doubt]) -> Mapping[str, Outcome]:  # noqa: ARG002
        """Nothing: SMTP cannot be asked later."""
        return {}

    def offer(self, parcel: Parcel) -> tuple[Outcome, ...]:
        (envelope,) = parcel.envelopes
        return (self._offer(parcel.sender, envelope.to, bytes(parcel.body)),)

    def close(self) -> None:
        """Say goodbye; a server that is gone already is no trouble."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()

    def _offer(self, sender: str, to: str, mail: bytes) -> Outcome:
        reused = self._connection is not None and self._on_connection < self._per_connection
        try:
            return self._transaction(sender, to, mail)
        except _Lost:
            self._drop()
            if not reused:
                return _UNREACHED
        # It was closed while we paused; nothing was handed over, so a new connection is no repeat.
        try:
            return self._transaction(sender, to, mail)
        except _Lost:
            self._drop()
            return _UNREACHED

    def _transaction(self, sender: str, to: str, mail: bytes) -> Outcome:
        connected = self._connected()
        if isinstance(connected, Outcome):
            return connected
        self._on_connection += 1
        try:
            for step, command in (
                ("sender", f"MAIL FROM:<{sender}>"),
                ("recipient", f"RCPT TO:<{to}>"),
                ("letter", "DATA"),
            ):
                code, text = connected.docmd(command)
                if code >= 400:
                    return self._refusal(step, code, text)
                if code != (354 if step == "letter" else 250) and code != 251:
                    raise _Lost  # not an answer of SMTP
        except (smtplib.SMTPException, OSError) as error:
            raise _Lost from error
        # From here on a failure without an answer is doubt: the last bytes may have arrived.
        try:
            connected.send(_LEADING_DOT.sub(b"..", mail) + b".\r\n")
            code, text = connected.getreply()
        except (smtplib.SMTPException, OSError):
            self._drop()
            return _UNANSWERED
        if code >= 400:
            return self._refusal("letter", code, text)
        if code != 250:
            self._drop()
            return _UNANSWERED
        self._taken += 1
        named = _QUEUED_AS.search(text)
        return Outcome(kind=OutcomeKind.ACCEPTED, provider_id=named[1].decode() if named else "")

    def _refusal(self, step: str, code: int, text: bytes) -> Outcome:
        """What a 4xx or 5xx means. The server's words are not kept: they quote the address."""
        found = _ENHANCED.match(text)
        enhanced = found[1].decode() if found else ""
        shown = f"{code} {enhanced}".strip()
        self._reset(code)
        if code < 500:
            return Outcome(kind=OutcomeKind.RETRY, reason=f"the mail server asks to try later ({shown})")
        if step == "sender" or code in (530, 535):
            _stop(f"the mail server does not take mail from this sender ({shown})")
        # 5.1 and 5.2 are the reader's address and mailbox (RFC 3463 §3); without such a code the
        # step at which it was said tells. The rest is policy: hers, or ours for everybody.
        hers = enhanced.startswith(("5.1.", "5.2.")) or (not enhanced and step == "recipient")
        if not hers and not self._taken:
            _stop(f"the mail server refuses this letter ({shown})")
        return Outcome(kind=OutcomeKind.REFUSED, reason=f"the mail server refused it ({shown})")

    def _connected(self) -> smtplib.SMTP | Outcome:
        """The open connection, a new one, or why there is none just now."""
        if self._connection is not None and self._on_connection >= self._per_connection:
            self.close()
        if self._connection is not None:
            return self._connection
        try:
            self._connection = self._connect()
        except ssl.SSLCertVerificationError:
            _stop("the mail server's certificate is not valid for its name")
        except smtplib.SMTPNotSupportedError:
            _stop("the mail server offers no TLS or no way to log in")
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code >= 500:
                _stop(f"the mail server does not accept user and password ({error.smtp_code})")
            return _UNREACHED
        except (smtplib.SMTPException, OSError):
            return _UNREACHED
        self._on_connection = 0
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        connection = (
            smtplib.SMTP_SSL(self._host, self._port, _OUR_NAME, timeout=self._timeout_s, context=context)
            if self._tls
            else smtplib.SMTP(self._host, self._port, _OUR_NAME, timeout=self._timeout_s)
        )
        try:
            if not self._tls and not is_loopback(self._host):
                connection.starttls(context=context)
            connection.ehlo_or_helo_if_needed()
            if self._user:
                connection.login(self._user, self._password.get_secret_value())
        except BaseException:
            connection.close()
            raise
        return connection

    def _reset(self, code: int) -> None:
        """Make the connection fit for the next reader; after 421 the server closes it itself."""
        if code == 421 or self._connection is None:
            self._drop()
            return
        try:
            self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _server(endpoint: str) -> tuple[bool, str, int, str]:
    """(TLS from the start, host, port, user). Raises ConfigError, without showing the address."""
    hint = 'send.endpoint looks like "smtp://user@mail.example.org:587" or "smtps://…:465"'
    try:
        url = urlsplit(endpoint)
        host, port = url.hostname, url.port
    except ValueError:
        raise ConfigError("send.endpoint is not the address of a mail server", hint=hint) from None
    if url.scheme not in _PORTS or not host:
        raise ConfigError("send.endpoint is not the address of a mail server", hint=hint)
    if url.password is not None:
        raise ConfigError(
            "send.endpoint holds a password",
            hint="put it into the environment variable named by send.api_key_env",
        )
    return url.scheme == "smtps", host, port or _PORTS[url.scheme], unquote(url.username or "")


def _stop(problem: str) -> NoReturn:
    raise ProviderStop(
        f"smtp: {problem}",
        hint="look at send.endpoint, send.from and the variable named by send.api_key_env; nobody was marked",
    ) from None
