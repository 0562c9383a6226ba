"""Fetching, against servers that do what servers on the internet do."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.collect import addresses, decoding, fetch
from pipeline.collect.apart import ApartParser
from pipeline.collect.deadline import Deadline
from pipeline.collect.fetch import FetchLimits, HttpFetcher
from pipeline.collect.retry_after import retry_at
from pipeline.model import (
    FeedOutcome,
    Fetched,
    FetchResult,
    NotFetched,
    NotModified,
    NotParsed,
    ParsedFeed,
    Validators,
)
from tests.servers import (
    Behaviour,
    Line,
    Server,
    answer,
    broken_chunks,
    by_path,
    dripping_body,
    dripping_head,
    endless,
    endless_chunks,
    endless_gzip,
    endless_head,
    endless_header,
    gzip_bomb,
    no_http,
    redirect,
    silent,
)

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
FEED = b"<rss version='2.0'><channel><title>A small feed</title></channel></rss>"
NONE = Validators()
QUICK = FetchLimits(connect_s=1, read_s=1, total_s=5, max_bytes=1_000_000)


def a_fetcher(limits: FetchLimits = QUICK) -> HttpFetcher:
    return HttpFetcher(allow_private=True, limits=limits, now=lambda: NOW)


def fetch_from(behaviour: Behaviour, limits: FetchLimits = QUICK, asked: Validators = NONE) -> FetchResult:
    with Server(behaviour) as server:
        return a_fetcher(limits).fetch(server.url(), asked)


def failure(result: FetchResult) -> tuple[FeedOutcome, str]:
    assert isinstance(result, NotFetched)
    return result.outcome, result.message


# --- what goes well --------------------------------------------------------------------------


def test_a_feed_comes_with_its_type_and_its_validators() -> None:
    headers = (
        "Content-Type: application/rss+xml",
        'ETag: W/"a b"',
        "Last-Modified: Mon, 02 Nov 2026 09:00:00 GMT",
    )
    with Server(answer(FEED, headers=headers)) as server:
        result = a_fetcher().fetch(server.url(), NONE)
        assert result == Fetched(
            url=server.url(),
            final_url=server.url(),
            body=FEED,
            content_type="application/rss+xml",
            validators=Validators(etag='W/"a b"', last_modified="Mon, 02 Nov 2026 09:00:00 GMT"),
        )


def test_the_request_says_who_asks_and_carries_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Server(answer(FEED)) as server:
        a_fetcher().fetch(server.url("/blog?format=rss#top"), Validators(etag='W/"1"', last_modified="Mon"))
        request, *headers = server.heads[0].strip().split("\r\n")
    names = sorted(header.partition(":")[0] for header in headers)
    assert request == "GET /blog?format=rss HTTP/1.1"
    assert names == sorted(
        [
            "Host",
            "User-Agent",
            "Accept",
            "Accept-Encoding",
            "Connection",
            "If-None-Match",
            "If-Modified-Since",
        ]
    )
    assert 'If-None-Match: W/"1"' in headers
    assert "If-Modified-Since: Mon" in headers
    assert "Accept-Encoding: gzip, deflate" in headers


def test_a_cookie_is_not_carried_to_the_next_page() -> None:
    def behaviour(line: Line) -> None:
        page = redirect("/b") if line.path == "/feed" else answer(FEED)
        if line.path == "/feed":
            page = answer(status="302 Found", headers=("Location: /b", "Set-Cookie: who=you"))
        page(line)

    with Server(behaviour) as server:
        assert isinstance(a_fetcher().fetch(server.url(), NONE), Fetched)
        assert "cookie" not in server.heads[1].lower()


def test_unchanged_keeps_old_validators_and_takes_over_new_ones() -> None:
    asked = Validators(etag='"1"', last_modified="Mon")
    result = fetch_from(answer(status="304 Not Modified", headers=('ETag: "2"',)), asked=asked)
    assert isinstance(result, NotModified)
    assert result.validators == Validators(etag='"2"', last_modified="Mon")


def test_unchanged_without_validators_keeps_those_that_were_sent() -> None:
    asked = Validators(etag='W/"1"', last_modified="Mon")
    result = fetch_from(answer(status="304 Not Modified"), asked=asked)
    assert isinstance(result, NotModified)
    assert result.validators == asked


PACKED = {
    "gzip": ("gzip", gzip.compress(FEED)),
    "x-gzip": ("x-gzip", gzip.compress(FEED)),
    "two gzip members": ("gzip", gzip.compress(FEED[:20]) + gzip.compress(FEED[20:])),
    "gzip with padding": ("gzip", gzip.compress(FEED) + b"\0\0"),
    "deflate": ("deflate", zlib.compress(FEED)),
    "deflate without its header": ("deflate", zlib.compress(FEED)[2:-4]),
    "identity": ("identity", FEED),
    "in capitals": ("GZIP", gzip.compress(FEED)),
}


@pytest.mark.parametrize(("encoding", "body"), PACKED.values(), ids=PACKED.keys())
def test_packed_bodies_are_unpacked(encoding: str, body: bytes) -> None:
    result = fetch_from(answer(body, headers=(f"Content-Encoding: {encoding}",)))
    assert isinstance(result, Fetched)
    assert result.body == FEED


def test_a_large_packed_body_is_unpacked_whole() -> None:
    body = bytes(range(256)) * 3000
    result = fetch_from(answer(gzip.compress(body), headers=("Content-Encoding: gzip",)))
    assert isinstance(result, Fetched)
    assert result.body == body


# --- redirects -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "moved"),
    [
        ("301 Moved Permanently", "308 Permanent Redirect", True),
        ("301 Moved Permanently", "302 Found", False),
        ("307 Temporary Redirect", "301 Moved Permanently", False),
        ("303 See Other", "303 See Other", False),
    ],
)
def test_a_feed_has_moved_only_where_every_hop_is_for_good(first: str, second: str, moved: bool) -> None:
    pages = {
        "/feed": redirect("b", status=first),
        "/b": redirect("/caf%C3%A9", status=second),
        "/caf%C3%A9": answer(FEED),
    }
    with Server(by_path(pages)) as server:
        result = a_fetcher().fetch(server.url(), NONE)
        assert isinstance(result, Fetched)
        assert (result.url, result.final_url, result.moved) == (server.url(), server.url("/caf%C3%A9"), moved)


MOVES = {
    "301 Moved Permanently": True,
    "308 Permanent Redirect": True,
    "302 Found": False,
    "303 See Other": False,
    "307 Temporary Redirect": False,
}


@pytest.mark.parametrize(("status", "moved"), MOVES.items(), ids=MOVES)
def test_a_move_of_each_kind_is_followed_and_only_two_are_for_good(status: str, moved: bool) -> None:
    with Server(by_path({"/feed": redirect("/new", status=status), "/new": answer(FEED)})) as server:
        result = a_fetcher().fetch(server.url(), NONE)
        assert isinstance(result, Fetched)
        assert (result.final_url, result.moved) == (server.url("/new"), moved)
        assert [head.split(" ", 2)[:2] for head in server.heads] == [["GET", "/feed"], ["GET", "/new"]]


def test_redirects_between_two_pages_end() -> None:
    with Server(by_path({"/feed": redirect("/new"), "/new": redirect("/feed")})) as server:
        assert "in circles" in failure(a_fetcher().fetch(server.url(), NONE))[1]
        assert len(server.heads) == 6


def test_letters_of_other_alphabets_in_a_redirect_are_understood() -> None:
    with Server(by_path({"/feed": redirect("/café"), "/caf%C3%A9": answer(FEED)})) as server:
        assert isinstance(a_fetcher().fetch(server.url(), NONE), Fetched)


def test_redirects_in_circles_end() -> None:
    with Server(redirect("/feed")) as server:
        outcome, message = failure(a_fetcher().fetch(server.url(), NONE))
        assert len(server.heads) == 6
    assert outcome is FeedOutcome.BROKEN
    assert "in circles" in message


BAD_TARGETS = {
    "a file": ("file:///etc/passwd", "only http and https"),
    "another scheme": ("gopher://127.0.0.1/x", "only http and https"),
    "a script": ("javascript:alert(1)", "only http and https"),
    "a password": ("http://user:secret@127.0.0.1/", "before the @"),
    "a bad port": ("http://127.0.0.1:99999/", "not an address"),
    "broken brackets": ("http://[::1/", "no address"),
}


@pytest.mark.parametrize(("target", "said"), BAD_TARGETS.values(), ids=BAD_TARGETS.keys())
def test_a_redirect_leads_to_no_other_kind_of_address(target: str, said: str) -> None:
    outcome, message = failure(fetch_from(redirect(target)))
    assert outcome is FeedOutcome.BROKEN
    assert said in message


def test_a_redirect_without_a_target_is_an_answer_like_any_other() -> None:
    assert failure(fetch_from(answer(status="302 Found")))[0] is FeedOutcome.BROKEN


def test_the_body_of_a_redirect_is_not_read() -> None:
    def behaviour(line: Line) -> None:
        if line.path == "/feed":
            line.send(b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n")
            for _ in line.beats(every_s=0):
                line.send(b"x" * 65536)
        answer(FEED)(line)

    assert isinstance(fetch_from(behaviour), Fetched)


# --- the guard -------------------------------------------------------------------------------


def test_loopback_is_refused_with_the_setting_that_allows_it() -> None:
    with Server(answer(FEED)) as server:
        fetcher = HttpFetcher(limits=QUICK, look_up=lambda *_: ("127.0.0.1",))
        outcome, message = failure(fetcher.fetch("http://blog.example.org/feed", NONE))
        assert server.heads == []
    assert outcome is FeedOutcome.BROKEN
    assert "allow_private = true under [feeds]" in message


def test_a_redirect_into_the_own_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # Loopback is all that a test may reach, so for this test it is public, on any port.
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    names = {"blog.example.org": ("127.0.0.1",), "router.example.org": ("192.168.0.1",)}
    with Server(redirect("http://router.example.org/admin")) as server:
        monkeypatch.setitem(fetch._PORTS, "test", server.port)
        fetcher = HttpFetcher(limits=QUICK, look_up=lambda host, _: names[host])
        outcome, message = failure(fetcher.fetch(server.url(host="blog.example.org"), NONE))
        assert len(server.heads) == 1
    assert outcome is FeedOutcome.BROKEN
    assert "router.example.org lies in a private network" in message


def test_other_ports_are_not_fetched_from() -> None:
    fetcher = HttpFetcher(limits=QUICK, look_up=lambda *_: ("93.184.216.34",))
    outcome, message = failure(fetcher.fetch("http://blog.example.org:25/feed", NONE))
    assert outcome is FeedOutcome.BROKEN
    assert "port 25" in message


def test_the_vetted_address_is_the_one_connected_to() -> None:
    asked: list[tuple[str, int]] = []

    def look_up(host: str, port: int) -> tuple[str, ...]:
        asked.append((host, port))
        return ("127.0.0.1",)

    with Server(answer(FEED)) as server:
        fetcher = HttpFetcher(allow_private=True, limits=QUICK, look_up=look_up)
        result = fetcher.fetch(server.url(host="blog.example.org"), NONE)
        assert isinstance(result, Fetched)
        assert f"\r\nHost: blog.example.org:{server.port}\r\n" in server.heads[0]
        assert asked == [("blog.example.org", server.port)]


def test_the_next_address_is_tried_where_the_first_refuses() -> None:
    with Server(answer(FEED)) as server:
        fetcher = HttpFetcher(allow_private=True, limits=QUICK, look_up=lambda *_: ("::1", "127.0.0.1"))
        assert isinstance(fetcher.fetch(server.url(host="blog.example.org"), NONE), Fetched)


def test_a_name_that_does_not_exist_is_told() -> None:
    fetcher = HttpFetcher(limits=QUICK, look_up=lambda *_: ())
    assert failure(fetcher.fetch("https://blog.example.org/feed", NONE)) == (
        FeedOutcome.BROKEN,
        "there is no site called blog.example.org; check the spelling, and whether the domain was paid for",
    )


@pytest.mark.parametrize(
    "source", ["ftp://blog.example.org/feed", "data://x", "http://a:b@blog.example.org/", "http:///feed"]
)
def test_other_addresses_are_not_asked(source: str) -> None:
    fetcher = HttpFetcher(limits=QUICK, look_up=lambda *_: pytest.fail("it was looked up"))
    assert failure(fetcher.fetch(source, NONE))[0] is FeedOutcome.BROKEN


# --- time and size ---------------------------------------------------------------------------

HURRIED = FetchLimits(connect_s=1, read_s=1, total_s=0.3, max_bytes=1_000_000)


@pytest.mark.parametrize("behaviour", [dripping_head, dripping_body, silent])
def test_slow_servers_are_left_at_the_deadline(behaviour: Behaviour) -> None:
    assert failure(fetch_from(behaviour, HURRIED)) == (
        FeedOutcome.BROKEN,
        "the site took longer than 0.3 seconds to send the feed; we try again next time",
    )


def test_a_name_that_nobody_looks_up_is_left_at_the_deadline() -> None:
    answered = threading.Event()

    def look_up(*_: object) -> tuple[str, ...]:
        answered.wait(30)
        return ("127.0.0.1",)

    with Server(answer(FEED)) as server:
        fetcher = HttpFetcher(allow_private=True, limits=HURRIED, look_up=look_up)
        outcome, message = failure(fetcher.fetch(server.url(host="blog.example.org"), NONE))
        answered.set()
    assert (outcome, server.heads) == (FeedOutcome.BROKEN, [])
    assert "longer than 0.3 seconds" in message


def test_no_attempt_to_connect_lasts_beyond_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[tuple[str, float]] = []

    def unanswered(to: tuple[str, int], timeout: float, **_: object) -> socket.socket:
        attempts.append((to[0], timeout))
        line._ends -= timeout  # so long it took
        raise TimeoutError

    line = Deadline(8)
    monkeypatch.setattr(fetch, "Deadline", lambda _: line)
    monkeypatch.setattr(addresses, "create_connection", unanswered)
    fetcher = HttpFetcher(
        allow_private=True,
        limits=FetchLimits(connect_s=5),
        look_up=lambda *_: ("127.0.0.1", "127.0.0.2", "127.0.0.3"),
    )
    outcome, message = failure(fetcher.fetch("http://blog.example.org/", NONE))
    assert outcome is FeedOutcome.BROKEN
    assert "does not answer" in message
    assert [address for address, _ in attempts] == ["127.0.0.1", "127.0.0.2"]
    assert attempts[0][1] == 5
    assert attempts[1][1] < 3


def test_no_hop_is_begun_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    def look_up(host: str, _: int) -> tuple[str, ...]:
        names.append(host)
        line._shut()  # the time is up while the first name is looked up
        return ("127.0.0.1",)

    line = Deadline(60)
    monkeypatch.setattr(fetch, "Deadline", lambda _: line)
    with Server(redirect("http://other.example.org/")) as server:
        fetcher = HttpFetcher(allow_private=True, limits=QUICK, look_up=look_up)
        _, message = failure(fetcher.fetch(server.url(host="blog.example.org"), NONE))
    assert names == ["blog.example.org"]
    assert "took longer" in message


def test_a_server_that_falls_silent_is_left_after_the_read_limit() -> None:
    limits = FetchLimits(connect_s=1, read_s=0.1, total_s=5)
    outcome, message = failure(fetch_from(silent, limits))
    assert outcome is FeedOutcome.BROKEN
    assert "stopped answering" in message


LARGE = {
    "endless": endless,
    "endless in chunks": endless_chunks,
    "endless gzip": endless_gzip,
    "bomb of deflate": answer(zlib.compress(b"0" * 30_000_000, 9), headers=("Content-Encoding: deflate",)),
    "bomb of raw deflate": answer(
        zlib.compress(b"0" * 30_000_000, 9)[2:-4], headers=("Content-Encoding: deflate",)
    ),
    "bomb": gzip_bomb(30),
    "announced": answer(b"", length=1_000_001),
    "plain": answer(b"x" * 1_000_001, headers=()),
}


@pytest.mark.parametrize("behaviour", LARGE.values(), ids=LARGE.keys())
def test_what_is_too_large_is_not_read_on(behaviour: Behaviour) -> None:
    outcome, message = failure(fetch_from(behaviour))
    assert outcome is FeedOutcome.BROKEN
    assert "larger than 1 MiB" in message


def test_exactly_the_limit_is_taken() -> None:
    assert isinstance(fetch_from(answer(b"x" * 1_000_000)), Fetched)


def test_a_bomb_is_never_unpacked_beyond_a_step() -> None:
    packed = gzip.compress(b"0" * 5_000_000, 9)
    pieces = list(decoding._inflated(iter([packed]), 16 + zlib.MAX_WBITS))
    assert max(map(len, pieces)) <= decoding.STEP


# --- what goes wrong -------------------------------------------------------------------------

DAMAGED = {
    "short": (answer(FEED, length=len(FEED) + 1), "before the feed had come whole"),
    "short chunks": (broken_chunks, "before the feed had come whole"),
    "empty": (answer(b""), "empty page"),
    "cut gzip": (answer(gzip.compress(FEED)[:-10], headers=("Content-Encoding: gzip",)), "damaged"),
    "no gzip": (answer(FEED, headers=("Content-Encoding: gzip",)), "damaged"),
    "brotli": (answer(FEED, headers=("Content-Encoding: br",)), "'br', which we did not ask for"),
    "two layers": (answer(FEED, headers=("Content-Encoding: gzip, gzip",)), "did not ask for"),
    "two layers, two headers": (
        answer(FEED, headers=("Content-Encoding: gzip", "Content-Encoding: gzip")),
        "did not ask for",
    ),
    "zstd": (answer(FEED, headers=("Content-Encoding: zstd",)), "did not ask for"),
    "no deflate": (answer(FEED, headers=("Content-Encoding: deflate",)), "damaged"),
    "empty gzip": (answer(gzip.compress(b""), headers=("Content-Encoding: gzip",)), "empty page"),
    "nothing called gzip": (answer(b"", headers=("Content-Encoding: gzip",)), "empty page"),
    "headers without end": (endless_head, "broke off"),
    "a header without end": (endless_header, "broke off"),
    "a status that is none": (answer(status="abc"), "broke off"),
    "no http": (no_http, "broke off"),
    "unasked 304": (answer(status="304 Not Modified"), "though we never asked"),
}


@pytest.mark.parametrize(("behaviour", "said"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damage_is_a_failure_and_never_no_news(behaviour: Behaviour, said: str) -> None:
    outcome, message = failure(fetch_from(behaviour))
    assert outcome is FeedOutcome.BROKEN
    assert said in message


STATUS = {
    "404 Not Found": (FeedOutcome.GONE, "there is no feed at this address"),
    "410 Gone": (FeedOutcome.GONE, "taken down on purpose"),
    "401 Unauthorized": (FeedOutcome.BLOCKED, "make the blog public"),
    "403 Forbidden": (FeedOutcome.BLOCKED, "does not let programs read"),
    "451 Unavailable For Legal Reasons": (FeedOutcome.BLOCKED, "451"),
    "500 Internal Server Error": (FeedOutcome.BROKEN, "a fault of its own"),
    "502 Bad Gateway": (FeedOutcome.BROKEN, "tell whoever hosts the blog"),
    "204 No Content": (FeedOutcome.BROKEN, "which is no feed"),
    "206 Partial Content": (FeedOutcome.BROKEN, "which is no feed"),
    "418 Teapot": (FeedOutcome.BROKEN, "418"),
    "599 Odd": (FeedOutcome.BROKEN, "the site answered 599:"),
    "429 Too Many Requests": (FeedOutcome.THROTTLED, "on the next run"),
    "503 Service Unavailable": (FeedOutcome.THROTTLED, "on the next run"),
}


@pytest.mark.parametrize(("status", "expected"), STATUS.items(), ids=STATUS.keys())
def test_every_status_has_an_outcome_and_a_sentence(status: str, expected: tuple[FeedOutcome, str]) -> None:
    outcome, message = failure(fetch_from(answer(status=status)))
    assert outcome is expected[0]
    assert expected[1] in message
    assert status[:3] in message


def test_a_challenge_is_called_by_its_name() -> None:
    _, message = failure(fetch_from(answer(status="403 Forbidden", headers=("cf-mitigated: challenge",))))
    assert "Cloudflare asks for a human" in message


RETRY = {
    "seconds": ("3600", timedelta(hours=1)),
    "too soon": ("1", timedelta(minutes=15)),
    "too late": ("9999999999999999999999", timedelta(hours=24)),
    "a date": ("Tue, 03 Nov 2026 11:00:00 GMT", timedelta(hours=2)),
    "a date in another zone": ("Tue, 03 Nov 2026 12:00:00 +0100", timedelta(hours=2)),
    "a date without a zone": ("Tue, 03 Nov 2026 11:00:00 -0000", timedelta(hours=2)),
    "a past date": ("Tue, 03 Nov 2020 11:00:00 GMT", timedelta(minutes=15)),
}


BUSY = ("429 Too Many Requests", "503 Service Unavailable")


@pytest.mark.parametrize("status", BUSY)
@pytest.mark.parametrize(("header", "wait"), RETRY.values(), ids=RETRY.keys())
def test_a_busy_server_says_when_to_come_again(status: str, header: str, wait: timedelta) -> None:
    result = fetch_from(answer(status=status, headers=(f"Retry-After: {header}",)))
    assert isinstance(result, NotFetched)
    assert (result.outcome, result.retry_at) == (FeedOutcome.THROTTLED, NOW + wait)
    assert f"not before {NOW + wait:%d %B, %H:%M} UTC" in result.message


@pytest.mark.parametrize("status", BUSY)
def test_a_busy_server_that_says_nothing_is_asked_on_the_next_run(status: str) -> None:
    result = fetch_from(answer(status=status, headers=("Retry-After: soon",)))
    assert isinstance(result, NotFetched)
    assert (result.outcome, result.retry_at) == (FeedOutcome.THROTTLED, None)


@pytest.mark.parametrize(("header", "wait"), RETRY.values(), ids=RETRY.keys())
def test_retry_after_is_seconds_or_a_date_within_bounds(header: str, wait: timedelta) -> None:
    assert retry_at(header, NOW) == NOW + wait


@pytest.mark.parametrize("header", ["", "soon", "-5", "1.5", "٣"])
def test_retry_after_that_says_nothing_is_none(header: str) -> None:
    assert retry_at(header, NOW) is None


def test_a_closed_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome, message = failure(a_fetcher().fetch(f"http://127.0.0.1:{port}/feed", NONE))
    assert outcome is FeedOutcome.BROKEN
    assert "refused the connection" in message


# --- what it is ------------------------------------------------------------------------------

CAPTCHA = b"<!doctype html><html><title>One moment</title><body>Please solve the captcha.</body></html>"
PAGE = b"<!doctype html><html><head><title>A blog</title></head><body>Hello.</body></html>"
KINDS = {
    "a captcha for a feed": (CAPTCHA, "application/rss+xml", FeedOutcome.NOT_A_FEED),
    "a captcha": (CAPTCHA, "text/html", FeedOutcome.NOT_A_FEED),
    "a page": (PAGE, "text/html; charset=utf-8", FeedOutcome.NOT_A_FEED),
    "a page for a feed": (PAGE, "application/atom+xml", FeedOutcome.NOT_A_FEED),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "application/rss+xml", FeedOutcome.NOT_A_FEED),
    "a feed for a page": (FEED, "text/html", None),
    "a feed for a picture": (FEED, "image/png", None),
    "a feed of no type": (FEED, "", None),
    "a feed for JSON": (FEED, "application/json", None),
    "half a feed": (FEED[:40], "application/rss+xml", FeedOutcome.TRUNCATED),
}


@pytest.mark.parametrize(("body", "kind", "outcome"), KINDS.values(), ids=KINDS)
def test_what_came_is_told_by_its_bytes_and_not_by_its_type(
    body: bytes, kind: str, outcome: FeedOutcome | None
) -> None:
    result = fetch_from(answer(body, headers=(f"Content-Type: {kind}",)))
    assert isinstance(result, Fetched)
    parsed = ApartParser()(result, zone=ZoneInfo("Europe/London"), now=NOW)
    if outcome is None:
        assert isinstance(parsed, ParsedFeed)
        assert parsed.title == "A small feed"
    else:
        assert isinstance(parsed, NotParsed)
        assert parsed.outcome is outcome


# --- files -----------------------------------------------------------------------------------


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "my feed.xml"
    path.write_bytes(FEED)
    expected = Fetched(url=str(path), final_url=str(path), body=FEED)
    assert a_fetcher().fetch(str(path), NONE) == expected


def test_a_file_may_be_given_as_an_address(tmp_path: Path) -> None:
    path = tmp_path / "my feed.xml"
    path.write_bytes(FEED)
    result = a_fetcher().fetch(path.as_uri(), NONE)
    assert isinstance(result, Fetched)
    assert result.body == FEED


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    empty, large = tmp_path / "empty.xml", tmp_path / "large.xml"
    empty.touch()
    large.write_bytes(b"x" * 1_000_001)
    said = {
        str(tmp_path / "missing.xml"): "there is no such file",
        "practice.example": "there is no such file; the address of a feed begins with https://",
        str(tmp_path): "the file cannot be read (Is a directory)",
        "a\0b": "the file cannot be read (not a path)",
        str(empty): "the file is empty",
        str(large): "it is larger than 1 MiB; let the blog show fewer posts in its feed",
    }
    results = {source: failure(a_fetcher().fetch(source, NONE)) for source in said}
    assert results == {source: (FeedOutcome.BROKEN, message) for source, message in said.items()}
