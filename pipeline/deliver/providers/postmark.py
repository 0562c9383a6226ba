"""Postmark: `POST /email/batch`, up to 500 letters a call, an answer for each.

Sources: postmarkapp.com/developer/api/email-api#send-batch-emails and /overview#error-codes.
It knows no idempotency key: what may have arrived and was not answered stays unknown.
"""

from __future__ import annotations

import io
import ssl
import threading
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

import orjson
import requests
from pydantic import SecretStr

from pipeline.deliver.mime import header_values, mailbox, one_line
from pipeline.deliver.providers.postmark_codes import Verdict, verdict
from pipeline.errors import ConfigError, ProviderStop
from pipeline.model import Limits, Message, Outcome, OutcomeKind

ENDPOINT = "https://api.postmarkapp.com"
DEADLINE_S = 120.0
_CONNECT_S = 5.0
_READ_S = 60.0
_LARGEST_ANSWER = 5_000_000

_LOOKED_AT = (OutcomeKind.ACCEPTED, OutcomeKind.REFUSED, OutcomeKind.SUPPRESSED)
_UNREACHED = Outcome(kind=OutcomeKind.RETRY, reason="the provider could not be reached")
_UNANSWERED = Outcome(kind=OutcomeKind.UNKNOWN, reason="the provider did not answer")
_UNREADABLE = Outcome(kind=OutcomeKind.UNKNOWN, reason="the provider's answer could not be read")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    body: bytes
    retry_after: str


class _Body(io.BytesIO):
    """Knows whether the connection began to take it; before that, nothing can have been sent."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)


class Postmark:
    """Sends through a server's broadcast stream. `token` is the server's, not the account's."""

    name = "postmark"
    # The API takes 50 MB; what JSON adds is counted in `plan.weight`, and 2 MB are left over.
    limits = Limits(max_messages=500, max_bytes=48_000_000)

    def __init__(self, *, token: SecretStr, endpoint: str = "", deadline_s: float = DEADLINE_S) -> None:
        secret = token.get_secret_value()
        # requests would quote such a header in its error.
        if not secret.isascii() or not secret.isprintable() or not secret or " " in secret:
            raise ConfigError(
                "postmark: the server token is empty or holds characters that no token has",
                hint="copy it again into the environment variable named by send.api_key_env",
            )
        # Without TLS the token and the list would be in clear; a test server on this computer may.
        parts = urlsplit(endpoint or ENDPOINT)
        if not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))):
            raise ConfigError(
                f"send.endpoint: {endpoint!r} is not an https address",
                hint=f"leave it empty for {ENDPOINT}",
            )
        self._token = token
        self._url = f"{(endpoint or ENDPOINT).rstrip('/')}/email/batch"
        self._deadline_s = deadline_s

    def __repr__(self) -> str:
        return "Postmark()"

    def close(self) -> None:
        """Nothing is kept open between two calls."""

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        body = _Body(orjson.dumps([_fields(message) for message in messages]))
        answer = self._post(body)
        if isinstance(answer, Outcome):
            return (answer,) * len(messages)
        if answer.status == 200:
            return _each(answer.body, len(messages))
        return (_all(answer),) * len(messages)

    def _post(self, body: _Body) -> _Answer | Outcome:
        """The answer, or what its absence means for every message of the call."""
        got: list[_Answer | BaseException] = []
        # A time-out of requests is one for each read: a server that drips bytes could hold us for
        # hours. So the call runs beside us and is left to itself at the deadline.
        caller = threading.Thread(target=self._call, args=(body, got), daemon=True)
        caller.start()
        caller.join(self._deadline_s)
        if not got:
            return _UNANSWERED
        if isinstance(got[0], _Answer):
            return got[0]
        return _absence(got[0], begun=body.begun)

    def _call(self, body: _Body, got: list[_Answer | BaseException]) -> None:
        # A new session for each call: a connection kept open may be closed by the far end just as
        # we write, and then nobody knows whether the batch was taken.
        try:
            with requests.Session() as session:
                session.trust_env = False
                with session.post(
                    self._url,
                    data=body,
                    headers={
                        "Accept": "application/json",
                        "Content-Type": "application/json",
                        "X-Postmark-Server-Token": self._token.get_secret_value(),
                    },
                    timeout=(_CONNECT_S, min(_READ_S, self._deadline_s)),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    got.append(
                        _Answer(
                            status=response.status_code,
                            body=_at_most(response, _LARGEST_ANSWER),
                            retry_after=response.headers.get("Retry-After", ""),
                        )
                    )
        except (requests.RequestException, OSError) as error:
            got.append(error)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _fields(message: Message) -> dict[str, object]:
    headers = dict(header_values(message))
    # Postmark dates the mail itself, and keeps our Message-ID only if asked to.
    headers = {name: value for name, value in headers.items() if name.lower() != "date"}
    if any(name.lower() == "message-id" for name in headers):
        headers["X-PM-KeepID"] = "true"
    fields: dict[str, object] = {
        "From": mailbox(message.sender.name, message.sender.address),
        # Without the reader's name: one that Postmark cannot parse would cost her the letter.
        "To": mailbox("", message.to),
        "ReplyTo": mailbox("", message.sender.reply_to),
        "Subject": one_line(message.subject),
        "HtmlBody": message.html,
        "TextBody": message.text,
        "MessageStream": "broadcast",
        "Tag": one_line(message.tag),
        "Metadata": {"delivery": message.key},
        "TrackOpens": False,
        "TrackLinks": "None",
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
    }
    if message.attachments:
        fields["Attachments"] = [
            {
                "Name": one.name,
                "Content": _in_base64(one.content),
                "ContentType": one.media_type,
                "ContentID": f"cid:{one.cid}",
            }
            for one in message.attachments
        ]
    return fields


@lru_cache(maxsize=32)  # the same for every reader of a letter
def _in_base64(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def _at_most(response: requests.Response, limit: int) -> bytes:
    """The body, or nothing of it where it is longer than any true answer."""
    body = b""
    for piece in response.iter_content(65_536):
        body += piece
        if len(body) > limit:
            return b""
    return body


def _absence(error: BaseException, *, begun: bool) -> Outcome:
    if _is_certificate(error):
        raise ProviderStop(
            "postmark: the server's certificate is not valid for its name",
            hint="look at the computer's clock and at send.endpoint; nothing was sent",
        ) from None
    return _UNANSWERED if begun else _UNREACHED


def _is_certificate(error: object) -> bool:
    """Whether the far end's certificate is at the bottom of it: requests wraps what urllib3 wraps."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return True
    inner = (*error.args, getattr(error, "reason", None)) if isinstance(error, Exception) else ()
    return any(_is_certificate(part) for part in inner)


def _each(body: bytes, expected: int) -> tuple[Outcome, ...]:
    """One outcome a message, by position: a refused one has neither address nor id in its answer."""
    items = _parsed(body)
    if not isinstance(items, list) or len(items) != expected:
        return (_UNREADABLE,) * expected
    verdicts = tuple(verdict(item) if isinstance(item, Mapping) else None for item in items)
    taken = any(one is not None and not one.stop and one.outcome.kind in _LOOKED_AT for one in verdicts)
    for one in verdicts:
        # With some dealt with the account is in order, and the trouble is the message's own.
        if one is not None and one.stop and not taken:
            raise _stop(one)
    return tuple(_UNREADABLE if one is None else one.outcome for one in verdicts)


def _all(answer: _Answer) -> Outcome:
    """What an answer other than 200 means for every message of the call."""
    item = _parsed(answer.body)
    said = verdict(item) if isinstance(item, Mapping) else None
    if answer.status == 429 or (
        said is not None and said.outcome.kind is OutcomeKind.RETRY and not said.stop
    ):
        return Outcome(
            kind=OutcomeKind.RETRY,
            reason="the provider asks to wait",
            retry_after_s=_seconds(answer.retry_after),
        )
    if answer.status >= 500:
        # Their pages call 500 and 503 "try again", but not whether the batch was taken before.
        return Outcome(kind=OutcomeKind.UNKNOWN, reason=f"the provider failed ({answer.status})")
    if said is not None and said.stop:
        raise _stop(said)
    raise ProviderStop(
        f"postmark: the request was not accepted (HTTP {answer.status})",
        hint="look at send.endpoint and at the variable named by send.api_key_env; nobody was marked",
    )


def _stop(why: Verdict) -> ProviderStop:
    return ProviderStop(f"postmark: {why.outcome.reason}", hint=why.stop)


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _seconds(retry_after: str) -> float | None:
    # A date is allowed there too (RFC 9110 §10.2.3); our own waiting is good enough for it.
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
