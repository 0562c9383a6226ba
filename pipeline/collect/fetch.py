"""Bytes from an http(s) address or a file; whatever goes wrong over there is a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import SplitResult, unquote, urldefrag, urljoin, urlsplit

import requests
from requests import PreparedRequest, Response
from urllib3.exceptions import HTTPError

from pipeline import __version__
from pipeline.collect import decoding
from pipeline.collect.addresses import (
    NoAnswer,
    NotFound,
    PinnedAdapter,
    Refused,
    Resolve,
    look_up_within,
    resolve,
    vetted,
)
from pipeline.collect.answers import broken, from_status
from pipeline.collect.deadline import Deadline
from pipeline.collect.freshness import fresh_for_s
from pipeline.model import FeedOutcome, Fetched, FetchResult, NotFetched, NotModified, Validators

USER_AGENT = f"Warmletter/{__version__} (fetches one blog's feed for its author's letter)"
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
# What we can read, so that a site that chooses by this header does not send anything newer.
PICTURES = "image/jpeg, image/png, image/gif;q=0.9, image/webp;q=0.8, image/avif;q=0.7, */*;q=0.1"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """How much one fetch may take. Real archives reach 12.7 MB, hence 16 MiB."""

    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 30.0  # over all hops
    max_bytes: int = 16 * 1024 * 1024  # after decoding
    max_redirects: int = 5


PICTURE_LIMITS = FetchLimits(total_s=10.0, max_bytes=10 * 1024 * 1024)


class HttpFetcher:
    """Fetches politely and within bounds: no cookies, no proxies, no credentials.

    `ca_file` names root certificates to trust instead of the usual ones.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        limits: FetchLimits = FetchLimits(),
        accept: str = ACCEPT,
        ca_file: str = "",
        look_up: Resolve = resolve,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._allow_private = allow_private
        self._limits = limits
        self._accept = accept
        self._verify: bool | str = ca_file or True
        self._look_up = look_up
        self._now = now

    def fetch(self, source: str, validators: Validators) -> FetchResult:
        """What stands at `source`: an http(s) address, a path, or a file:// address."""
        scheme, separator, _ = source.partition("://")
        if not separator:
            return self._read(source, Path(source))
        if scheme.lower() == "file":
            return self._read(source, Path(unquote(urlsplit(source).path)))
        with Deadline(self._limits.total_s) as deadline:
            result = self._follow(source, validators, deadline)
        # A socket that was shut reads as a clean end, so a body is believed only in time.
        return self._too_slow(source) if deadline.passed else result

    def _read(self, source: str, path: Path) -> FetchResult:
        try:
            with path.open("rb") as file:
                body = file.read(self._limits.max_bytes + 1)
        except FileNotFoundError:
            hint = "" if "/" in source else "; the address of a feed begins with https://"
            return broken(source, f"there is no such file{hint}")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            reason = error.strerror if isinstance(error, OSError) else None
            return broken(source, f"the file cannot be read ({reason or 'not a path'})")
        if len(body) > self._limits.max_bytes:
            return self._too_large(source)
        if not body:
            return broken(source, "the file is empty")
        return Fetched(url=source, final_url=source, body=body)

    def _follow(self, source: str, validators: Validators, deadline: Deadline) -> FetchResult:
        url, moved = source, True
        for hops in range(self._limits.max_redirects + 1):
            if deadline.passed:  # no socket is open here that it could have shut
                return self._too_slow(source)
            step = self._ask(url, source, validators, deadline)
            if isinstance(step, _Elsewhere):
                moved = moved and step.permanent
                url = step.url
            elif isinstance(step, Fetched):
                return Fetched(
                    url=source,
                    final_url=url,
                    body=step.body,
                    content_type=step.content_type,
                    validators=step.validators,
                    moved=moved and hops > 0,
                    fresh_s=step.fresh_s,
                )
            else:
                return step
        text = f"the site passes us on in circles (more than {self._limits.max_redirects} times)"
        return broken(source, f"{text}; open the address in a browser and use the one it ends at")

    def _ask(
        self, url: str, source: str, validators: Validators, deadline: Deadline
    ) -> FetchResult | _Elsewhere:
        """One request, one answer; `source` is the address the author knows."""
        try:
            request = self._prepare(url, validators)
            host, port = _host_and_port(urlsplit(request.url or ""), any_port=self._allow_private)
            look_up = look_up_within(deadline.left_s, self._look_up)
            addresses = vetted(host, port, allow_private=self._allow_private, look_up=look_up)
        except (ValueError, requests.RequestException):
            return broken(source, f"{url} is not an address we can use; check its spelling")
        except _Unfit as unfit:
            return broken(source, str(unfit) if url == source else f"{url}: {unfit}")
        except NotFound:
            text = f"there is no site called {host}; check the spelling, and whether the domain was paid for"
            return broken(source, text)
        except NoAnswer:
            return self._too_slow(source)
        except Refused as refused:
            return broken(source, str(refused))
        # The adapter alone, not a Session: a Session reads cookies, .netrc and proxy variables,
        # and reads a redirect's body whole, without a limit, even with allow_redirects=False.
        with closing(PinnedAdapter(addresses, deadline)) as adapter:
            try:
                limits = (self._limits.connect_s, self._limits.read_s)
                response = adapter.send(request, stream=True, timeout=limits, verify=self._verify)
                with response:
                    return self._answer(url, source, response, validators)
            except (requests.RequestException, HTTPError, OSError) as error:
                return _failed(source, host, error)

    def _prepare(self, url: str, validators: Validators) -> PreparedRequest:
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": self._accept,
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
        }
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        parts = urlsplit(url)
        if parts.scheme.lower() not in _PORTS:
            raise _Unfit("only http and https addresses are fetched")
        if "@" in parts.netloc:
            raise _Unfit(
                "an address with a name or password in it is not fetched; leave out all before the @"
            )
        return requests.Request("GET", url, headers=headers).prepare()

    def _answer(
        self, url: str, source: str, response: Response, validators: Validators
    ) -> FetchResult | _Elsewhere:
        status = response.status_code
        fresh = Validators(
            etag=response.headers.get("ETag", ""),
            last_modified=response.headers.get("Last-Modified", ""),
        )
        if status in _REDIRECTS and "Location" in response.headers:
            return _elsewhere(url, source, response)
        if status == 304:
            holds_s = fresh_for_s(response.headers, self._now())
            return _not_modified(source, asked=validators, fresh=fresh, fresh_s=holds_s)
        if status not in (200, 203):
            return from_status(source, status, response.headers, self._now())
        return self._body(source, response, fresh)

    def _body(self, source: str, response: Response, fresh: Validators) -> FetchResult:
        length = response.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > self._limits.max_bytes:
            return self._too_large(source)
        encoding = response.headers.get("Content-Encoding", "")
        try:
            body = decoding.decoded(_chunks(response), encoding, self._limits.max_bytes)
        except decoding.TooLarge:
            return self._too_large(source)
        except decoding.UnknownEncoding:
            return broken(source, f"the site sent the feed packed as {encoding!r}, which we did not ask for")
        except decoding.BadEncoding as error:
            return broken(source, f"the feed came damaged ({error}); we try again next time")
        if not body:
            return broken(source, "the site sent an empty page; we try again next time")
        content_type = response.headers.get("Content-Type", "")
        return Fetched(
            url=source,
            final_url="",
            body=body,
            content_type=content_type,
            validators=fresh,
            fresh_s=fresh_for_s(response.headers, self._now()),
        )

    def _too_large(self, source: str) -> NotFetched:
        mib = self._limits.max_bytes / (1024 * 1024)
        text = f"it is larger than {mib:.0f} MiB; let the blog show fewer posts in its feed"
        return broken(source, text)

    def _too_slow(self, source: str) -> NotFetched:
        text = f"the site took longer than {self._limits.total_s:g} seconds to send the feed"
        return broken(source, f"{text}; we try again next time")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Elsewhere:
    url: str
    permanent: bool


class _Unfit(Exception):
    """An address of a kind that is never fetched; the text says which."""


def _host_and_port(parts: SplitResult, *, any_port: bool) -> tuple[str, int]:
    """Raises _Unfit for a port on which no blog is served, ValueError for no host."""
    usual = _PORTS[parts.scheme]
    port = parts.port or usual
    if not parts.hostname:
        raise ValueError("no host")
    # Other ports are how a feed's address is turned on a mail server or a database.
    if port not in _PORTS.values() and not any_port:
        raise _Unfit(
            f"port {port} is not fetched from; if you mean it, set allow_private = true under [feeds]"
        )
    return parts.hostname, port


def _elsewhere(url: str, source: str, response: Response) -> FetchResult | _Elsewhere:
    # http.client reads headers as Latin-1, while sites write UTF-8 into Location.
    location = response.headers["Location"].encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        target = urldefrag(urljoin(url, location)).url
    except ValueError:
        return broken(source, f"the site passes us on to {location!r}, which is no address")
    if url.lower().startswith("https:") and target.lower().startswith("http:"):
        text = f"the site passes us from https to {target}, which is not secure"
        return broken(source, f"{text}; use the https address of the feed")
    return _Elsewhere(url=target, permanent=response.status_code in _PERMANENT)


def _not_modified(source: str, *, asked: Validators, fresh: Validators, fresh_s: int) -> FetchResult:
    if asked == Validators():
        text = "the site says that nothing changed (304), though we never asked; we try again next time"
        return broken(source, text)
    # A 304 may carry newer validators (Newsboat #3279); what it leaves out stays as it was.
    kept = Validators(
        etag=fresh.etag or asked.etag,
        last_modified=fresh.last_modified or asked.last_modified,
    )
    return NotModified(url=source, validators=kept, fresh_s=fresh_s)


def _chunks(response: Response) -> Iterator[bytes]:
    # A body shorter than its Content-Length raises here, as an HTTPError.
    while chunk := response.raw.read(decoding.STEP, decode_content=False):
        yield chunk


def _failed(source: str, host: str, error: Exception) -> NotFetched:
    said = str(error)
    again = "we try again next time"
    match error:
        case requests.exceptions.SSLError() if "expired" in said:
            text = f"the security certificate of {host} has expired; tell whoever hosts the blog"
        case requests.exceptions.SSLError() if "certificate" in said.lower():
            text = f"{host} has a security certificate that does not prove it is {host}"
            text = f"{text}; tell whoever hosts the blog"
        case requests.exceptions.SSLError():
            text = f"{host} could not make a secure connection (https); tell whoever hosts the blog"
        case requests.exceptions.ConnectTimeout():
            text = f"{host} does not answer; {again}"
        case requests.exceptions.Timeout():
            text = f"{host} stopped answering half-way; {again}"
        case _ if "refused" in said:
            text = f"{host} refused the connection; check the address, or {again}"
        case _:
            text = f"the connection to {host} broke off before the feed had come whole; {again}"
    lasting = isinstance(error, requests.exceptions.SSLError)
    return NotFetched(url=source, outcome=FeedOutcome.BROKEN, message=text, lasting=lasting)
