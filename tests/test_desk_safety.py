"""Nobody but the author's own browser, on the desk's own pages, reads or changes anything.

The attacks are those of a web page that she has open beside the desk (security.md, row 17).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pipeline.desk import shown
from pipeline.desk.guard import PAGE_CSP
from pipeline.model import IssueState
from tests.desks import PORT, SECRET, Author, Served, a_feed, a_site, room_in, served
from tests.practice import configure, with_readers

FORMS = (
    "/choose /note /note/shown /undo /make /look /held /correct /aside /readers /test /approve /unapprove "
    "/skip /send /pause /resume /cancel /begin"
).split()
PAGES = ("/", "/letter", "/letter?kind=source", "/past", "/progress", "/version", "/begin", "/static/desk.js")
HERS = ("The slow hour", "Rain on the window", "We sat a while")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("practice")


@pytest.fixture(scope="module")
def author(folder: Path) -> Iterator[Author]:
    """At a desk with an approved letter for three readers: all that is left is to send it.

    One for all attacks: each of them must leave it as it was.
    """
    a_feed(folder)
    one = Author(a_site(folder))
    one.post("/make")
    with_readers(one.app)
    record = one.app.store.issues.get("2026-11")
    assert record
    page = one.get("/").text
    (fingerprint,) = re.findall(r'name="fingerprint" value="(\w+)"', page)
    assert one.post("/approve", {**one.seal(), "readers": "3", "fingerprint": fingerprint}).status_code == 303
    yield one
    room_in(one.site).close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    a_feed(tmp_path)
    with served(configure(tmp_path)) as one:
        yield one


def state(author: Author) -> IssueState:
    record = author.app.store.issues.get("2026-11")
    assert record
    return record.state


def mails(folder: Path) -> int:
    return len(list(folder.glob("outbox/**/*.eml")))


ATTACKS: dict[str, Mapping[str, str | None]] = {
    "a name that was bent to 127.0.0.1": {
        "Host": f"rebound.example:{PORT}", "Origin": f"http://rebound.example:{PORT}"
    },
    "another host": {"Host": "evil.example"},
    "another port": {"Host": "127.0.0.1:80"},
    "the host with a dot": {"Host": f"localhost.:{PORT}"},
    "all addresses": {"Host": f"0.0.0.0:{PORT}", "Origin": f"http://0.0.0.0:{PORT}"},
    "no origin": {"Origin": None},
    "the origin of a sandbox": {"Origin": "null"},
    "another origin": {"Origin": "https://evil.example"},
    "an origin that begins alike": {"Origin": f"http://127.0.0.1:{PORT}.evil.example"},
    "another port of this computer": {"Origin": "http://127.0.0.1:9999"},
    "another site, says the browser": {"Sec-Fetch-Site": "cross-site"},
    "the same site, not the same origin": {"Sec-Fetch-Site": "same-site"},
    "typed, which no form is": {"Sec-Fetch-Site": "none"},
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_form_from_elsewhere_sends_nothing(
    author: Author, folder: Path, attack: Mapping[str, str | None]
) -> None:
    for path in FORMS:
        answer = author.post(path, author.seal(), **{k.replace("-", "_"): v for k, v in attack.items()})
        assert answer.status_code in (403, 421), path
        assert not any(words in answer.text for words in HERS)
    assert state(author) is IssueState.APPROVED
    assert mails(folder) == 0


@pytest.mark.parametrize("token", ["", "guessed", "é"], ids=["none", "wrong", "strange"])
def test_a_form_without_the_pages_token_sends_nothing(author: Author, folder: Path, token: str) -> None:
    for path in FORMS:
        assert author.post(path, {**author.seal(), "token": token}).status_code == 403, path
    assert state(author) is IssueState.APPROVED
    assert mails(folder) == 0


def test_without_the_cookie_nothing_is_read_and_nothing_is_sent(author: Author, folder: Path) -> None:
    token, seal = author.token, author.seal()
    stranger = Author(author.site, enters=False)
    for path in PAGES:
        answer = stranger.get(path)
        assert answer.status_code == 403, path
        assert not any(words in answer.text for words in HERS)
    for path in FORMS:
        assert stranger.post(path, {**seal, "token": token}).status_code == 403, path
    stranger.client.set_cookie(f"warmletter_desk_{PORT}", "guessed", domain="127.0.0.1")
    assert stranger.get("/").status_code == 403
    assert mails(folder) == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_reads_nothing_even_with_the_cookie(author: Author, site: str) -> None:
    for path in PAGES:
        answer = author.get(path, Sec_Fetch_Site=site)
        assert answer.status_code == 403, path
        assert not any(words in answer.text for words in HERS)


def test_looking_changes_nothing(author: Author, folder: Path) -> None:
    before = author.app.store.issues.all()
    for path in FORMS:
        if path != "/begin":  # its page asks the six questions, and is not shown to a practice
            assert author.get(path).status_code == 405, path
    for path in (*PAGES, "/picture/" + "0" * 64, "/read/none"):
        assert author.get(path).status_code in (200, 303, 404), path
    assert author.app.store.issues.all() == before
    assert mails(folder) == 0


def test_the_way_in_works_once(tmp_path: Path) -> None:
    a_feed(tmp_path)
    site = a_site(tmp_path)
    stranger = Author(site, enters=False)
    assert stranger.get("/enter/guessed").status_code == 403
    # A program that looks whether the link is alive does not use it up.
    assert stranger.client.head(f"/enter/{SECRET}", headers=stranger.host).status_code == 204
    first = stranger.get(f"/enter/{SECRET}")
    assert first.status_code == 303
    cookie = first.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert SECRET not in cookie
    assert Author(site, enters=False).get(f"/enter/{SECRET}").status_code == 403
    assert stranger.get("/").status_code == 200
    room_in(site).close()


def test_the_way_in_is_not_open_to_another_host(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    stranger = Author(site, enters=False)
    assert stranger.get(f"/enter/{SECRET}", Host="rebound.example").status_code == 421
    assert stranger.get(f"/enter/{SECRET}").status_code == 303


def test_every_page_has_its_headers(author: Author) -> None:
    for path in ("/", "/past", "/static/desk.css", "/nowhere"):
        headers = author.get(path).headers
        assert headers["Content-Security-Policy"] == PAGE_CSP
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


def test_no_page_holds_a_script_or_a_style_of_its_own(author: Author) -> None:
    lead = author.app.store.issues.get("2026-11")
    assert lead
    assert lead.draft
    for path in ("/", "/past", f"/read/{lead.draft.lead}"):
        page = author.get(path).text
        assert re.findall(r"<script(?! src=\"/static/)|<style|\son\w+=|\sstyle=|javascript:", page) == []
        assert re.findall(r'(?:src|href|action)="(?!/|#|data:,)', page) == []


def test_the_letters_frame_can_do_nothing(author: Author) -> None:
    frame = author.get("/letter")
    assert frame.headers["Content-Security-Policy"] == shown.CSP
    assert frame.headers["Referrer-Policy"] == "no-referrer"
    assert "script-src" not in shown.CSP
    assert "default-src 'none'" in shown.CSP
    assert shown.CSP.endswith("; sandbox")
    assert '<iframe title="The letter" sandbox src="/letter' in author.get("/").text


def test_a_request_that_is_too_large_is_refused(author: Author) -> None:
    answer = author.post("/note/shown", {"value": "x" * 600_000})
    assert answer.status_code == 413


def test_the_desk_listens_on_this_computer_only(desk: Served) -> None:
    assert desk.ask("GET", "/", Host=f"127.0.0.1:{desk.port}")[0] == 403
    # 127.0.0.2 is this computer, too: what listens on 0.0.0.0 would answer there.
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", desk.port)) != 0


def test_an_address_in_the_first_line_is_a_host_too(desk: Served) -> None:
    way_in = desk.address.removeprefix(desk.origin)
    with socket.create_connection(("127.0.0.1", desk.port), timeout=10) as line:
        request = f"GET http://rebound.example{way_in} HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\n\r\n"
        line.sendall(request.encode())
        assert line.recv(100).startswith(b"HTTP/1.1 421")


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH"])
def test_no_other_way_of_asking_is_known(desk: Served, method: str) -> None:
    assert desk.ask(method, "/send", Host=f"127.0.0.1:{desk.port}", Origin=desk.origin)[0] == 405


def test_the_way_in_is_in_no_log(desk: Served, capfd: pytest.CaptureFixture[str]) -> None:
    way_in = desk.address.removeprefix(desk.origin)
    assert desk.ask("GET", way_in, Host=f"127.0.0.1:{desk.port}")[0] == 303
    assert desk.ask("GET", way_in, Host=f"127.0.0.1:{desk.port}")[0] == 403
    said = "".join(capfd.readouterr())
    assert way_in not in said
