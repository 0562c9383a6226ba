"""One call of a provider's API: bounded in time and size, and sure of what it does not know.

What came back is an Answer. What did not is an Outcome for every mail of the call: RETRY where no
byte of it can have left, UNKNOWN where some may have.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import cast
from urllib.parse import urlsplit

import orjson
import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter

from pipeline.errors import ConfigError, ProviderStop
from pipeline.model import Body, Outcome, OutcomeKind

DEADLINE_S = 120.0
_CONNECT_S = 5.0
_READ_S = 60.0
_LARGEST_ANSWER = 5_000_000
_PIECE_BYTES = 1 << 20

UNREACHED = Outcome(kind=OutcomeKind.RETRY, reason="the provider could not be reached")
UNANSWERED = Outcome(kind=OutcomeKind.UNKNOWN, reason="the provider did not answer")
UNREADABLE = Outcome(kind=OutcomeKind.UNKNOWN, reason="the provider's answer could not be read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def parsed(self) -> object:
        """The body as JSON; None where it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    @property
    def wait_s(self) -> float | None:
        """Seconds after which to come again; None where none are named.

        Retry-After has seconds or a date (RFC 9110 §10.2.3).
        """
        value = self.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            return float(value[:9])
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())


class Api:
    """An https API under `base`. `headers` hold the key, and are never shown."""

    def __init__(
        self,
        name: str,
        *,
        base: str,
        headers: Mapping[str, str],
        auth: tuple[str, str] | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Raises ConfigError for a `base` that is not https: key and list would travel in clear.

        http is allowed to this computer, for tests.
        """
        parts = urlsplit(base)
        if not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))):
            raise ConfigError(
                f"send.endpoint: {base!r} is not an https address",
                hint="leave it empty for the provider's own",
            )
        self._name = name
        self._base = base.rstrip("/")
        self._headers = dict(headers)
        self._auth = auth
        self._deadline_s = deadline_s

    def __repr__(self) -> str:
        return f"Api({self._name})"

    def post(self, path: str, body: Body, *, headers: Mapping[str, str]) -> Answer | Outcome:
        """Hand over a body. Raises ProviderStop where the far end cannot prove who it is."""
        return self._call("POST", path, body, headers, {})

    def get(self, path: str, query: Mapping[str, str | int]) -> Answer | Outcome:
        """Ask for something. Raises as `post` does."""
        return self._call("GET", path, b"", {}, query)

    def close(self) -> None:
        """Nothing is kept open between two calls."""

    def _call(
        self,
        method: str,
        path: str,
        body: Body,
        headers: Mapping[str, str],
        query: Mapping[str, str | int],
    ) -> Answer | Outcome:
        got: list[Answer | BaseException] = []
        watched = _Body(body)
        # A time-out of requests is one for each read: a server that drips bytes could hold us for
        # hours. So the call runs beside us and is left to itself at the deadline.
        caller = threading.Thread(
            target=self._ask, args=(method, path, watched, headers, query, got), daemon=True
        )
        caller.start()
        caller.join(self._deadline_s)
        if not got:
            return UNANSWERED
        if isinstance(got[0], Answer):
            return got[0]
        return self._absence(got[0], begun=watched.begun)

    def _ask(
        self,
        method: str,
        path: str,
        body: _Body,
        headers: Mapping[str, str],
        query: Mapping[str, str | int],
        got: list[Answer | BaseException],
    ) -> None:
        # A new connection for each call: one that is kept may be closed by the far end just as we
        # write, and then nobody knows whether the call was taken.
        try:
            with (
                self._session() as session,
                session.request(
                    method,
                    f"{self._base}{path}",
                    params=query,
                    data=cast(Iterable[bytes], body) if method == "POST" else None,
                    headers={"Accept": "application/json", **self._headers, **headers},
                    timeout=(_CONNECT_S, min(_READ_S, self._deadline_s)),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                received = _at_most(response, _LARGEST_ANSWER)
                got.append(Answer(status=response.status_code, body=received, headers=response.headers))
        except (requests.RequestException, OSError) as error:
            got.append(error)

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # no proxy, no .netrc
        session.auth = self._auth
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
        return session

    def _absence(self, error: BaseException, *, begun: bool) -> Outcome:
        if _is_certificate(error):
            raise ProviderStop(
                f"{self._name}: the server's certificate is not valid for its name",
                hint="look at the computer's clock and at send.endpoint; nothing was sent",
            ) from None
        return UNANSWERED if begun else UNREACHED


class _Body:
    """Knows whether the connection began to take it; before that, nothing can have been sent.

    In pieces of a megabyte, each with the time-out to itself; never a copy of the whole.
    """

    def __init__(self, content: Body) -> None:
        self._content = content
        self.begun = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[memoryview]:
        self.begun = True
        content = self._content
        for run in (content,) if isinstance(content, bytes) else content.runs(_PIECE_BYTES):
            for start in range(0, len(run), _PIECE_BYTES):
                yield memoryview(run)[start : start + _PIECE_BYTES]


def clean_key(name: str, key: SecretStr) -> str:
    """The key, fit for a header. Raises ConfigError for one that no provider gives out."""
    secret = key.get_secret_value()
    # requests would quote such a header in its error.
    if not secret.isascii() or not secret.isprintable() or not secret or " " in secret:
        raise ConfigError(
            f"{name}: the key is empty or holds characters that no key has",
            hint="copy it again into the environment variable named by send.api_key_env",
        )
    return secret


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _at_most(response: requests.Response, limit: int) -> bytes:
    """The body, or nothing of it where it is longer than any true answer."""
    body = b""
    for piece in response.iter_content(65_536):
        body += piece
        if len(body) > limit:
            return b""
    return body


def _is_certificate(error: object) -> bool:
    """Whether the far end's certificate is at the bottom of it: requests wraps what urllib3 wraps."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return True
    inner = (*error.args, getattr(error, "reason", None)) if isinstance(error, Exception) else ()
    return any(_is_certificate(part) for part in inner)
