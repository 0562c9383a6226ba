"""No address that a feed, a redirect, a picture or a page can name leads into the own network.

The guard is the real one, on the real fetcher; the rule on ports is out of the way, so that the
rule on addresses stands alone. A canary listens on every address of this machine. Name servers
are as bad as they can be: every name that we did not give an address leads home.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from urllib3.util.connection import create_connection

from pipeline.app.discover import find_feeds
from pipeline.app.draft import compose_issue
from pipeline.app.pictures import kept_pictures
from pipeline.collect import addresses, fetch
from pipeline.collect.fetch import PICTURE_LIMITS, PICTURES, FetchLimits, HttpFetcher
from pipeline.collect.parse import parse
from pipeline.errors import WarmletterError
from pipeline.model import Fetched, FetchResult, NotFetched, Validators
from tests.canary import Canary
from tests.practice import WORDS, collected, item, practice, write_feed
from tests.servers import Behaviour, Server, answer, by_path, redirect

NONE = Validators()
QUICK = FetchLimits(connect_s=1, read_s=1, total_s=5, max_bytes=1_000_000)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STAGE = "93.184.216.34"  # a public address; what connects to it gets the test's own server
FEED = b"<rss version='2.0'><channel><title>A small feed</title></channel></rss>"

# {p} is the canary's port. Everything in HERE reaches this machine where the guard is off, which
# a test shows; the rest is another private machine, or a trick on whoever reads addresses.
HERE = {
    "loopback": "http://127.0.0.1:{p}/",
    "loopback, another": "http://127.0.0.2:{p}/",
    "loopback, far end": "http://127.255.255.254:{p}/",
    "decimal": "http://2130706433:{p}/",
    "octal": "http://0177.0.0.1:{p}/",
    "octal, padded": "http://0000177.0000.0000.0001:{p}/",
    "octal, whole": "http://017700000001:{p}/",
    "hex": "http://0x7f.0.0.1:{p}/",
    "hex, each": "http://0x7f.0x0.0x0.0x1:{p}/",
    "hex, whole": "http://0x7f000001:{p}/",
    "hex, in capitals": "http://0X7F000001:{p}/",
    "short": "http://127.1:{p}/",
    "three parts": "http://127.0.1:{p}/",
    "mixed": "http://0x7f.1:{p}/",
    "this host": "http://0.0.0.0:{p}/",
    "this host, short": "http://0:{p}/",
    "a name": "http://localhost:{p}/",
    "a name in capitals": "http://LOCALHOST:{p}/",
    "a name with a dot": "http://localhost.:{p}/",
    "a name below it": "http://blog.localhost:{p}/",
    "a name that leads home": "http://127.0.0.1.home.example:{p}/",
    "v6 loopback": "http://[::1]:{p}/",
    "v6 loopback, in full": "http://[0000:0000:0000:0000:0000:0000:0000:0001]:{p}/",
    "v6 this host": "http://[::]:{p}/",
    "mapped": "http://[::ffff:127.0.0.1]:{p}/",
    "mapped, in hex": "http://[::ffff:7f00:1]:{p}/",
    "mapped, in capitals": "http://[::FFFF:7F00:0001]:{p}/",
    "mapped, in full": "http://[0:0:0:0:0:ffff:127.0.0.1]:{p}/",
    "mapped this host": "http://[::ffff:0.0.0.0]:{p}/",
    "a fragment that looks like a host": "http://127.0.0.1:{p}#@good.example/",
    "a question that looks like a host": "http://127.0.0.1:{p}?@good.example/",
    "scheme in capitals": "HTTP://127.0.0.1:{p}/",
    "secure": "https://127.0.0.1:{p}/",
    "spaces around": "  http://127.0.0.1:{p}/  ",
}
NOT_HERE = {
    "home network": "http://192.168.1.1:{p}/",
    "office network": "http://10.0.0.1:{p}/",
    "office network, decimal": "http://167772161:{p}/",
    "another office's network": "http://172.16.0.1:{p}/",
    "carrier's network": "http://100.64.0.1:{p}/",
    "link": "http://169.254.1.1:{p}/",
    "cloud metadata": "http://169.254.169.254:{p}/latest/",
    "cloud metadata, decimal": "http://2852039166:{p}/",
    "cloud metadata, hex": "http://0xa9fea9fe:{p}/",
    "cloud metadata, octal": "http://0251.0376.0251.0376:{p}/",
    "cloud metadata, mapped": "http://[::ffff:169.254.169.254]:{p}/",
    "cloud metadata, v6": "http://[fd00:ec2::254]:{p}/",
    "cloud metadata, by name": "http://metadata.cloud.example:{p}/computeMetadata/",
    "another cloud's metadata": "http://100.100.100.200:{p}/",
    "benchmarks": "http://198.18.0.1:{p}/",
    "documentation 1": "http://192.0.2.1:{p}/",
    "documentation 2": "http://198.51.100.1:{p}/",
    "documentation 3": "http://203.0.113.1:{p}/",
    "protocol assignments": "http://192.0.0.1:{p}/",
    "6to4 relay": "http://192.88.99.1:{p}/",
    "multicast": "http://224.0.0.1:{p}/",
    "reserved": "http://240.0.0.1:{p}/",
    "broadcast": "http://255.255.255.255:{p}/",
    "compatible": "http://[::127.0.0.1]:{p}/",
    "compatible, in hex": "http://[::7f00:1]:{p}/",
    "translated": "http://[::ffff:0:127.0.0.1]:{p}/",
    "6to4": "http://[2002:7f00:1::]:{p}/",
    "6to4 of a home": "http://[2002:c0a8:101::1]:{p}/",
    "Teredo": "http://[2001:0:7f00:1::80ff:fffe]:{p}/",
    "NAT64": "http://[64:ff9b::7f00:1]:{p}/",
    "NAT64, dotted": "http://[64:ff9b::127.0.0.1]:{p}/",
    "local NAT64": "http://[64:ff9b:1::7f00:1]:{p}/",
    "v6 link": "http://[fe80::1]:{p}/",
    "v6 link with a zone": "http://[fe80::1%25lo]:{p}/",
    "v6 link with a bare zone": "http://[fe80::1%lo]:{p}/",
    "v6 loopback with a zone": "http://[::1%25lo]:{p}/",
    "v6 site": "http://[fec0::1]:{p}/",
    "v6 unique local": "http://[fc00::1]:{p}/",
    "v6 unique local, as given out": "http://[fd12:3456:789a::1]:{p}/",
    "v6 multicast": "http://[ff02::1]:{p}/",
    "v6 documentation": "http://[2001:db8::1]:{p}/",
    "v6 new documentation": "http://[3fff::1]:{p}/",
    "v6 benchmarks": "http://[2001:2::1]:{p}/",
    "v6 ORCHID": "http://[2001:20::1]:{p}/",
    "v6 discard": "http://[100::1]:{p}/",
    "a name with a public and a private address": "http://mixed.example:{p}/",
    "a name with a private address behind many": "http://late.example:{p}/",
}
TRICKS = {
    "full-width digits": "http://１２７.０.０.１:{p}/",
    "ideographic dots": "http://127。0。0。1:{p}/",
    "half-width dots": "http://127｡0｡0｡1:{p}/",
    "digits in circles": "http://①②⑦.⓪.⓪.①:{p}/",
    "a name in letters of other shapes": "http://ⓛocalhost:{p}/",
    "host as a name": "http://good.example@127.0.0.1:{p}/",
    "host and port as a password": "http://good.example:80@127.0.0.1:{p}/",
    "two at-signs": "http://a@good.example:80@127.0.0.1:{p}/",
    "at-sign encoded": "http://good.example%40127.0.0.1:{p}/",
    "backslash": "http://good.example\\@127.0.0.1:{p}/",
    "backslash, other way round": "http://127.0.0.1:{p}\\@good.example/",
    "backslash and dot": "http://127.0.0.1:{p}\\.good.example/",
    "fragment and at-sign": "http://good.example#@127.0.0.1:{p}/",
    "question and at-sign": "http://good.example?@127.0.0.1:{p}/",
    "semicolon": "http://good.example;@127.0.0.1:{p}/",
    "full-width at-sign": "http://good.example＠127.0.0.1:{p}/",
    "full-width slash": "http://127.0.0.1:{p}／.good.example/",
    "full-width number sign": "http://127.0.0.1:{p}＃.good.example/",
    "percent-encoded dots": "http://127%2e0%2e0%2e1:{p}/",
    "percent-encoded digits": "http://%31%32%37.0.0.1:{p}/",
    "percent-encoded name": "http://%6c%6f%63%61%6c%68%6f%73%74:{p}/",
    "NUL in the host": "http://127.0.0.1%00.good.example:{p}/",
    "a raw NUL": "http://127.0.0.1\0.good.example:{p}/",
    "line break in the host": "http://good.example%0d%0aHost:127.0.0.1:{p}/",
    "a raw line break": "http://good.example\r\nHost: 127.0.0.1:{p}/",
    "tab in the host": "http://127.0.\t0.1:{p}/",
    "soft hyphen": "http://127.0.0\u00ad.1:{p}/",
    "space in the host": "http://127.0.0.1 .good.example:{p}/",
    "three slashes": "http:///127.0.0.1:{p}/",
    "one slash": "http:/127.0.0.1:{p}/",
    "no slash": "http:127.0.0.1:{p}/",
    "two ports": "http://127.0.0.1:{p}:80/",
    "no host": "http://:{p}/",
    "brackets round a number": "http://[127.0.0.1]:{p}/",
    "open bracket": "http://[::1:{p}/",
    "overflow": "http://4294967297:{p}/",
    "overflow of a part": "http://127.0.0.257:{p}/",
    "five parts": "http://127.0.0.0.1:{p}/",
    "minus": "http://-2130706433:{p}/",
    "file": "file://127.0.0.1:{p}/no/such/file",
    "ftp": "ftp://127.0.0.1:{p}/",
    "gopher": "gopher://127.0.0.1:{p}/_GET",
    "dict": "dict://127.0.0.1:{p}/d:x",
    "ldap": "ldap://127.0.0.1:{p}/",
    "tftp": "tftp://127.0.0.1:{p}/x",
    "jar": "jar:http://127.0.0.1:{p}!/x",
    "netdoc": "netdoc:///etc/hostname",
    "web socket": "ws://127.0.0.1:{p}/",
    "socket in requests' manner": "http+unix://127.0.0.1:{p}/",
    "view-source": "view-source:http://127.0.0.1:{p}/",
    "url in front": "URL:http://127.0.0.1:{p}/",
    "script": "javascript:fetch('http://127.0.0.1:{p}/')",
    "data": "data:text/html,<img src=http://127.0.0.1:{p}/>",
}
NUMBERS = {  # no test asks a name server
    name: form
    for name, form in {**HERE, **NOT_HERE}.items()
    if "localhost" not in form.lower() and "example" not in form
}
CORPUS = {**HERE, **NOT_HERE, **TRICKS}
NAMES = {
    "good.example": (STAGE,),
    "metadata.cloud.example": ("169.254.169.254",),
    "mixed.example": (STAGE, "127.0.0.1"),
    "late.example": (*(f"93.184.216.{number}" for number in range(40, 50)), "127.0.0.1"),
}
# For the control alone: everything here is this machine.
ALL_LOCAL = ["127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "::1", "::", *(
    f"::ffff:{address}" for address in ("127.0.0.1", "0.0.0.0")
)]  # fmt: skip


def led_home(host: str, port: int) -> tuple[str, ...]:
    """What the system makes of a number; a name leads where it is known to, or home."""
    if known := NAMES.get(host):
        return known
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError, ValueError):
        return ("127.0.0.1",)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass
class Net:
    """The canary, and every address to which somebody tried to connect."""

    canary: Canary
    tried: list[str] = field(default_factory=list)
    stage: Server | None = None

    def to(self, url: str) -> str:
        return url.replace("{p}", str(self.canary.port))

    def connect(self, to: tuple[str, int], *rest: object, **more: object) -> socket.socket:
        """In the place of urllib3's: the stage's address is the test's server, the rest is as it is."""
        self.tried.append(to[0])
        if to[0] == STAGE:
            assert self.stage is not None, "nobody stands on the stage"
            return create_connection(("127.0.0.1", self.stage.port), *rest, **more)  # type: ignore[arg-type]
        return create_connection(to, *rest, **more)  # type: ignore[arg-type]

    @property
    def tried_here(self) -> set[str]:
        return set(self.tried) - {STAGE}


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    """Fails the test that let anybody connect to this machine, or try to connect to another."""
    with Canary() as canary:
        net = Net(canary)
        monkeypatch.setattr(addresses, "create_connection", net.connect)
        monkeypatch.setitem(fetch._PORTS, "the canary's", canary.port)
        yield net
    assert (canary.connections, net.tried_here) == (0, set())


def guarded(look_up: Callable[[str, int], tuple[str, ...]] = led_home, accept: str = "*/*") -> HttpFetcher:
    return HttpFetcher(limits=QUICK, look_up=look_up, accept=accept)


def on_stage(net: Net, behaviour: Behaviour, source: str = "http://good.example/") -> FetchResult:
    with Server(behaviour) as net.stage:
        return guarded().fetch(source, NONE)


def test_the_corpus_is_large_enough() -> None:
    assert len(HERE) + len(NOT_HERE) >= 60
    assert len(set(CORPUS.values())) == len(CORPUS) == len(HERE) + len(NOT_HERE) + len(TRICKS)


@pytest.mark.allow_hosts(ALL_LOCAL)
@pytest.mark.parametrize("form", HERE.values(), ids=HERE)
def test_without_the_guard_the_canary_sees_every_form_of_this_machine(form: str) -> None:
    with Canary() as canary:
        if "[" in form and not canary.v6:
            pytest.skip("no IPv6 here")
        fetcher = HttpFetcher(allow_private=True, limits=QUICK, look_up=led_home)
        fetcher.fetch(form.replace("{p}", str(canary.port)), NONE)
    assert canary.connections >= 1


@pytest.mark.parametrize("form", CORPUS.values(), ids=CORPUS)
def test_no_form_leads_into_the_own_network(net: Net, form: str) -> None:
    with Server(answer(FEED)) as net.stage:
        result = guarded().fetch(net.to(form), NONE)
    if isinstance(result, Fetched):  # then it was the good site that was asked, and no other
        assert set(net.tried) == {STAGE}
    else:
        assert isinstance(result, NotFetched)
        assert result.message
    private = form in (*HERE.values(), *NOT_HERE.values())
    assert not (private and net.tried), "it was tried to connect"


@pytest.mark.parametrize("form", NUMBERS.values(), ids=NUMBERS)
def test_the_systems_own_look_up_is_seen_through_as_well(net: Net, form: str) -> None:
    assert isinstance(HttpFetcher(limits=QUICK).fetch(net.to(form), NONE), NotFetched)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Again", "308 Moved"])
def test_no_redirect_leads_into_the_own_network(net: Net, status: str) -> None:
    targets = {
        f"/{number}": net.to(form) for number, form in enumerate(CORPUS.values()) if form.isprintable()
    }
    pages = {path: redirect(target, status=status) for path, target in targets.items()}
    pages["/"] = answer(FEED)
    with Server(by_path(pages)) as net.stage:
        results = {
            target: guarded().fetch(f"http://good.example{path}", NONE) for path, target in targets.items()
        }
    private = {net.to(form) for form in (*HERE.values(), *NOT_HERE.values())}
    got = [target for target, result in results.items() if isinstance(result, Fetched)]
    assert [target for target in got if target in private] == []


LINKS = {
    "protocol-relative": "//127.0.0.1:{p}/",
    "protocol-relative, v6": "//[::1]:{p}/",
    "many slashes": "////127.0.0.1:{p}/",
    "backslashes": "\\\\127.0.0.1:{p}/",
    "slash and backslash": "/\\127.0.0.1:{p}/",
    "UTF-8": "http://１２７.０.０.１:{p}/",
    "two headers in one": "http://good.example/ok\r\nLocation: http://127.0.0.1:{p}/",
}


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_no_relative_redirect_leads_into_the_own_network(net: Net, link: str) -> None:
    on_stage(net, by_path({"/": redirect(net.to(link))}))


def test_a_chain_is_looked_at_hop_by_hop(net: Net) -> None:
    pages = {f"/{hop}": redirect(f"/{hop + 1}", status="301 Moved") for hop in range(4)}
    pages["/4"] = redirect(net.to("http://127.0.0.1:{p}/"))
    result = on_stage(net, by_path(pages), "http://good.example/0")
    assert isinstance(result, NotFetched)
    assert "private network" in result.message
    assert net.tried == [STAGE] * 5


FOLLOWED_BY_BROWSERS = {
    "meta refresh": answer(b"<meta http-equiv=refresh content='0;url=http://127.0.0.1:{p}/'>" + FEED),
    "refresh": answer(FEED, headers=("Refresh: 0;url=http://127.0.0.1:{p}/",)),
    "location without a redirect": answer(FEED, headers=("Location: http://127.0.0.1:{p}/",)),
    "content location": answer(FEED, headers=("Content-Location: http://127.0.0.1:{p}/",)),
    "a link to load": answer(FEED, headers=("Link: <http://127.0.0.1:{p}/>; rel=preload",)),
    "another service": answer(FEED, headers=('Alt-Svc: h2="127.0.0.1:{p}"',)),
    "a script": answer(b"<script>location='http://127.0.0.1:{p}/'</script>" + FEED),
}


@pytest.mark.parametrize("page", FOLLOWED_BY_BROWSERS.values(), ids=FOLLOWED_BY_BROWSERS)
def test_what_only_a_browser_follows_is_not_followed(net: Net, page: Behaviour) -> None:
    result = on_stage(net, page)
    assert isinstance(result, Fetched)
    assert result.final_url == "http://good.example/"


def test_a_name_that_changes_its_mind_is_connected_to_as_vetted(net: Net) -> None:
    answers = iter([(STAGE,)])

    def rebound(host: str, port: int) -> tuple[str, ...]:
        return next(answers, ("127.0.0.1",))

    with Server(answer(FEED)) as net.stage:
        result = guarded(rebound).fetch(f"http://turncoat.example:{net.canary.port}/", NONE)
    assert isinstance(result, Fetched)
    assert net.tried == [STAGE]


def test_a_name_that_changes_its_mind_between_hops_is_refused(net: Net) -> None:
    answers = iter([(STAGE,)])
    with Server(redirect("/again")) as net.stage:
        fetcher = guarded(lambda *_: next(answers, ("127.0.0.1",)))
        result = fetcher.fetch(f"http://turncoat.example:{net.canary.port}/", NONE)
    assert isinstance(result, NotFetched)
    assert "private network" in result.message


@pytest.mark.parametrize("port", [22, 25, 53, 110, 2375, 3306, 5432, 6379, 8080, 9200, 11211])
def test_no_other_port_is_asked_even_of_a_public_site(net: Net, port: int) -> None:
    with Server(answer(FEED)) as net.stage:
        result = guarded().fetch(f"http://good.example:{port}/", NONE)
        redirected = on_stage(net, by_path({"/": redirect(f"http://good.example:{port}/feed")}))
    assert isinstance(result, NotFetched)
    assert isinstance(redirected, NotFetched)
    assert str(port) in result.message
    assert str(port) in redirected.message


def test_the_port_rule_alone_keeps_the_canary_silent(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(fetch._PORTS, "the canary's")
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    for form in HERE.values():
        assert isinstance(guarded().fetch(net.to(form), NONE), NotFetched)


def test_no_feed_that_a_page_names_lies_in_the_own_network(net: Net) -> None:
    forms = [net.to(form) for form in CORPUS.values() if form.isprintable()]
    for start in range(0, len(forms), 5):  # no more of one page are looked at
        links = "".join(
            f'<link rel="alternate" type="application/rss+xml" href="{form}">'
            for form in forms[start : start + 5]
        )
        with Server(by_path({"/": answer(f"<html><head>{links}</head>".encode())})) as net.stage:
            assert find_feeds(fetcher=guarded(), parser=parse, address="http://good.example/") == ()


def test_a_base_does_not_move_a_page_into_the_own_network(net: Net) -> None:
    page = net.to(
        '<base href="http://127.0.0.1:{p}/"><link rel=alternate type=application/rss+xml href=feed>'
    )
    with Server(by_path({"/": answer(page.encode())})) as net.stage:
        assert find_feeds(fetcher=guarded(), parser=parse, address="http://good.example/") == ()


def test_no_usual_address_of_a_feed_leads_into_the_own_network(net: Net) -> None:
    def behaviour(line: object) -> None:
        page = answer(b"<html><head></head>") if line.path == "/" else redirect(net.to("http://[::1]:{p}/"))  # type: ignore[attr-defined]
        page(line)  # type: ignore[arg-type]

    with Server(behaviour) as net.stage:
        assert find_feeds(fetcher=guarded(), parser=parse, address="http://good.example/") == ()
    assert len(net.tried) == 12  # the page, and each of the eleven


@pytest.mark.parametrize("form", HERE.values(), ids=HERE)
def test_the_address_that_a_person_gives_is_looked_at_too(net: Net, form: str) -> None:
    with pytest.raises(WarmletterError, match=r"(?i)http"):
        find_feeds(fetcher=guarded(), parser=parse, address=net.to(form))


def test_no_picture_of_a_post_lies_in_the_own_network(net: Net, tmp_path: Path) -> None:
    # Through the program's own wiring, ten to a letter.
    numbers, problems = [net.to(form) for form in NUMBERS.values()], list[str]()
    for start in range(0, len(numbers), 10):
        folder = tmp_path / str(start)
        folder.mkdir()
        pictures = "".join(
            f'<p>And then.</p><img src="{form}x.jpg" alt="A tree" width="800" height="600">'
            for form in numbers[start : start + 10]
        )
        with practice(folder, NOW, feeds__allow_private=False) as app:
            write_feed(folder, item("Keeping company", WORDS * 3 + pictures, "03 Nov 2026"))
            collected(app)
            issue = compose_issue(app, "2026-11")
            problems += [one.problem for one in kept_pictures(app, issue)]
    assert len(problems) >= 50
    assert all("private network" in problem or "not an address" in problem for problem in problems)


@pytest.mark.parametrize("form", CORPUS.values(), ids=CORPUS)
def test_the_fetcher_of_pictures_has_the_same_guard(net: Net, form: str) -> None:
    fetcher = HttpFetcher(limits=PICTURE_LIMITS, accept=PICTURES, look_up=led_home)
    with Server(redirect(net.to("http://127.0.0.1:{p}/x.jpg"))) as net.stage:
        assert isinstance(fetcher.fetch(net.to(form), NONE), NotFetched)
