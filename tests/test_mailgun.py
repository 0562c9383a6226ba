"""Mailgun against a real server on loopback that answers, or fails, as scripted."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from pydantic import SecretStr

from pipeline.deliver.providers.mailgun import Mailgun
from pipeline.errors import ProviderStop
from pipeline.model import Attachment, Doubt, Message, Outcome, OutcomeKind, Stencil
from pipeline.ports import Provider
from tests.contracts import MERGE_TAGS, NOW, ProviderContract, a_doubt, a_message, address, offered, rendered
from tests.fake_calls import Call, FarEnd, Script, hang_up, reply, serving
from tests.vendor_specs import validated

KEY = SecretStr("sesame-0000")
OK = {"id": "<20261103.1@example.org>", "message": "Queued. Thank you."}
PICTURE = Attachment(
    cid="0a1b@picture.warmletter", name="a.jpg", media_type="image/jpeg", content=b"\xff\xd8\r\n--x\x00"
)
OFF = {kind: {"active": False} for kind in ("open", "click", "unsubscribe")}
# A tag of theirs that reaches the reader as something else; text, subject and headers alike.
THEIRS = re.compile(r"%(recipient[\w.]*|[a-z_]*unsubscribe[a-z_]*)%", re.IGNORECASE)


def usual(handler: object, call: Call) -> None:
    script = reply(200, {"tracking": OFF}) if call.method == "GET" else reply(200, OK)
    script(handler, call)  # type: ignore[arg-type]


@pytest.fixture
def server() -> Iterator[FarEnd]:
    with serving(usual) as fake:
        yield fake


def mailgun(server: FarEnd) -> Mailgun:
    return Mailgun(key=KEY, domain="example.org", endpoint=server.url)


def send(server: FarEnd, count: int, *script: Script) -> tuple[Outcome, ...]:
    server.script = list(script)
    return tuple(offered(mailgun(server), *(a_message(number) for number in range(1, count + 1))))


def field(call: Call, name: str) -> str:
    ((_, value, _, _),) = [part for part in call.form if part[0] == name]
    return value.decode()


def mails(call: Call) -> dict[str, dict[str, str]]:
    """By address, the fields as the reader gets them: each tag replaced once, as documented."""
    variables = json.loads(field(call, "recipient-variables"))
    plain = {name: value.decode() for name, value, file, _ in call.form if not file and name != "to"}

    def filled(text: str, to: str) -> str:
        own = {f"%recipient.{name}%": value for name, value in variables[to].items()}
        # Whatever is a tag and none of ours would not reach the reader: she would see "?".
        return THEIRS.sub(lambda tag: own.get(tag[0], "?"), text)

    return {to: {name: filled(text, to) for name, text in plain.items()} for to in variables}


class TestMailgun(ProviderContract):
    @pytest.fixture
    def provider(self, server: FarEnd) -> Iterator[Provider]:
        self.server = server
        provider = mailgun(server)
        yield provider
        provider.close()

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        """(subject, text, HTML as rendered) of the last reader's mail."""
        *_, mail = mails(self.server.posted[-1]).values()
        return mail["subject"], mail["text"], rendered(mail["html"])


def test_the_request_is_what_the_manual_asks_for(server: FarEnd) -> None:
    first = a_message(
        1,
        subject="“One”\r\nBcc: x",
        headers=(*a_message().headers, ("Date", "Tue, 03 Nov 2026 09:00:00 +0000")),
    )
    second = Message(
        key="b" * 32,
        to=address(2),
        to_name="",
        common=first.common,
        values={**first.values, "name": "two", "name_html": "two", "leave": "u" * 43},
    )
    taken = Outcome(kind=OutcomeKind.ACCEPTED, provider_id="20261103.1@example.org")
    assert offered(mailgun(server), first, second) == [taken, taken]
    (call,) = server.calls
    assert (call.method, call.path) == ("POST", "/v3/example.org/messages")
    assert call.headers["authorization"] == "Basic " + base64.b64encode(b"api:sesame-0000").decode()
    assert [value for name, value, *_ in call.form if name == "to"] == [
        b"reader1@example.org",
        b"reader2@example.org",
    ]
    seen = mails(call)
    assert list(seen) == ["reader1@example.org", "reader2@example.org"]
    fixed = {
        "from": '"The Quiet Room" <letters@example.org>',
        "subject": "“One” Bcc: x",
        "h:Reply-To": "miriam@example.org",
        "h:List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "o:tag": "2026-11",
        "o:tracking": "no",
        "o:tracking-clicks": "no",
        "o:tracking-opens": "no",
    }
    for message in (first, second):
        mail = seen[message.to]
        mail.pop("recipient-variables")
        assert mail == fixed | {
            "html": message.html,
            "text": message.text,
            "h:List-Unsubscribe": dict(message.headers)["List-Unsubscribe"],
            "v:delivery": message.key,
        }


def test_one_reader_has_variables_too_so_that_no_call_shows_addresses(server: FarEnd) -> None:
    offered(mailgun(server), a_message(1))
    assert list(json.loads(field(server.calls[0], "recipient-variables"))) == ["reader1@example.org"]


def test_pictures_travel_under_the_name_that_the_html_has_for_them(server: FarEnd) -> None:
    offered(mailgun(server), a_message(1, attachments=(PICTURE,)))
    files = [part for part in server.calls[0].form if part[2]]
    assert files == [("inline", PICTURE.content, PICTURE.cid, "image/jpeg")]


def test_what_looks_like_their_tags_reaches_the_reader_as_it_is(server: FarEnd) -> None:
    tags = f"{MERGE_TAGS} %unsubscribe_url% %RECIPIENT.key% 100% of %recipient"
    one = a_message(
        1,
        subject=tags,
        html=Stencil(pieces=(f"<p>{tags}", "name_html", f"{tags}</p>")),
        text=Stencil(pieces=(tags, "name", tags)),
    )
    offered(mailgun(server), one)
    mail = mails(server.calls[0])[one.to]
    assert (mail["subject"], mail["text"]) == (tags, one.text)
    assert unescape(mail["html"]) == unescape(one.html)
    assert "&#37;recipient.name%" in mail["html"]


def test_a_name_that_a_reader_gave_herself_is_no_tag_of_ours(server: FarEnd) -> None:
    sly = "%recipient.leave% %recipient.key%"
    one = a_message(1, values={**a_message().values, "name": sly, "name_html": sly})
    offered(mailgun(server), one)
    variables = json.loads(field(server.calls[0], "recipient-variables"))[one.to]
    assert all(name not in sly for name in variables)
    assert mails(server.calls[0])[one.to]["text"] == one.text


def test_a_name_that_holds_the_form_s_own_line_stays_a_name(server: FarEnd) -> None:
    provider = mailgun(server)
    honest = a_message(1)
    (parcel,) = provider.parcels([honest], most=1)
    boundary = bytes(parcel.body).partition(b"\r\n")[0].decode()  # who has the letter can work it out
    head = 'Content-Disposition: form-data; name="to"'
    sly = f"x\r\n{boundary}\r\n{head}\r\n\r\nvictim@example.org\r\n{boundary}--"
    one = replace(honest, values={**honest.values, "name": sly, "name_html": sly})
    offered(provider, one)
    assert server.calls[0].body.startswith(boundary.encode())
    assert field(server.calls[0], "to") == one.to
    assert mails(server.calls[0])[one.to]["text"] == one.text


def test_two_letters_never_share_a_body(server: FarEnd) -> None:
    offered(mailgun(server), a_message(1), a_message(2, subject="Another"), a_message(3, subject="Another"))
    assert [(field(call, "subject"), len(mails(call))) for call in server.calls] == [
        ("The room after the storm", 1),
        ("Another", 2),
    ]


def test_two_mails_to_one_address_are_a_bug_of_ours() -> None:
    provider = Mailgun(key=KEY, domain="example.org")
    with pytest.raises(ValueError, match="same address") as caught:
        list(provider.parcels([a_message(1), a_message(1, key="b" * 32)], most=5))
    assert "@" not in str(caught.value)


def test_five_hundred_are_a_call() -> None:
    provider = Mailgun(key=KEY, domain="example.org")
    messages = [a_message(number) for number in range(1, 702)]
    assert [len(call.envelopes) for call in provider.parcels(messages, most=10_000)] == [500, 201]


TOO_MANY = b"Too many requests, try again after 42 seconds"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(reply(400, {"message": "to is no address"}), ("refused", None, True), id="400"),
        pytest.param(reply(413, b"<html>"), ("refused", None, True), id="413"),
        pytest.param(reply(429, TOO_MANY), ("retry", 42.0, False), id="429 in words"),
        pytest.param(reply(402, TOO_MANY), ("retry", 42.0, False), id="402 in words"),
        pytest.param(reply(429, b"", Retry_After="7"), ("retry", 7.0, False), id="429 header"),
        pytest.param(reply(429, b""), ("retry", None, False), id="429"),
        pytest.param(reply(500, b"<html>"), ("unknown", None, False), id="500"),
        pytest.param(reply(503, b""), ("unknown", None, False), id="503"),
        pytest.param(hang_up, ("unknown", None, False), id="hangs up"),
        pytest.param(reply(200, b"{"), ("unknown", None, False), id="broken JSON"),
        pytest.param(reply(200, []), ("unknown", None, False), id="no object"),
        pytest.param(reply(200, {"id": None}), ("unknown", None, False), id="no id"),
        pytest.param(reply(200, OK, Content_Length="9999"), ("unknown", None, False), id="cut short"),
    ],
)
def test_an_answer_is_for_all_of_the_call(
    server: FarEnd, script: Script, expected: tuple[str, float | None, bool]
) -> None:
    outcomes = send(server, 1, script)
    server.calls.clear()
    first = a_message(1)
    server.script = [script]
    both = offered(
        mailgun(server),
        first,
        Message(key="b", to=address(2), to_name="", common=first.common, values=first.values),
    )
    assert [(o.kind.value, o.retry_after_s, o.whole) for o in (*outcomes, *both)] == [expected] * 3
    assert len(server.calls) == 1
    assert "@" not in both[0].reason


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param(reply(401, b"Forbidden"), "sending key", id="401"),
        pytest.param(reply(402, b""), "credit", id="402"),
        pytest.param(reply(403, {"message": "no"}), "may send", id="403"),
        pytest.param(reply(404, {"message": "Domain not found"}), "in the EU", id="404"),
        pytest.param(reply(302, b"", Location="http://127.0.0.1:9/"), "HTTP 302", id="302"),
        pytest.param(reply(200, b"Mailgun Magnificent API"), "not the address of its API", id="wrong path"),
    ],
)
def test_what_concerns_the_account_stops_the_run(server: FarEnd, script: Script, said: str) -> None:
    with pytest.raises(ProviderStop, match=r"mailgun: .*\n  \w") as caught:
        send(server, 2, script)
    assert said in str(caught.value)
    assert "nobody was marked" in str(caught.value)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("active", [True, "yes", "htmlonly"])
@pytest.mark.parametrize("kind", ["open", "click", "unsubscribe"])
def test_a_domain_that_tracks_stops_the_run_before_anything_is_sent(
    server: FarEnd, kind: str, active: object
) -> None:
    server.script = [reply(200, {"tracking": OFF | {kind: {"active": active}}})]
    with pytest.raises(ProviderStop, match=f"own {kind} tracking is on"):
        mailgun(server).ready()
    assert server.calls[0].path == "/v3/domains/example.org/tracking"


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_key_that_may_only_send_is_not_told_of_tracking(server: FarEnd, status: int) -> None:
    server.script = [reply(status, {"message": "Forbidden"})]
    mailgun(server).ready()


@pytest.mark.parametrize(
    "script", [reply(404, {"message": "Domain not found"}), reply(200, b"Mailgun Magnificent API")]
)
def test_a_wrong_place_is_said_at_the_start(server: FarEnd, script: Script) -> None:
    server.script = [script]
    with pytest.raises(ProviderStop, match=r"api\.eu\.mailgun\.net"):
        mailgun(server).ready()


def event(number: int, **changes: object) -> dict[str, object]:
    return {
        "event": "accepted",
        "recipient": address(number),
        "message": {"headers": {"message-id": f"id-{number}@example.org"}},
        "user-variables": {"delivery": f"{number:032x}"},
    } | changes


def page(server: FarEnd, items: list[object], following: str | None = "/next?page=2") -> Script:
    url = following if following is None or "://" in following else f"{server.url}{following}"
    return reply(200, {"items": items, "paging": {"next": url}})


def doubts(*numbers: int) -> list[Doubt]:
    """Offered an hour apart, and found to be in doubt the day after."""
    return [
        a_doubt(number, offered_after=NOW + timedelta(hours=n), since=NOW + timedelta(days=1))
        for n, number in enumerate(numbers)
    ]


def test_it_says_which_of_the_doubtful_it_took(server: FarEnd) -> None:
    unfilled = event(4, **{"user-variables": {"delivery": "%recipient.w1%"}})
    server.script = [
        page(server, [event(9), event(1), "?", {}, event(2, message=None)]),
        page(server, [unfilled], "/v3/example.org/events/more?a=b"),
        page(server, []),
    ]
    found = mailgun(server).look_up("2026-11", doubts(1, 2, 3, 4))
    assert {key: outcome.provider_id for key, outcome in found.items()} == {
        f"{1:032x}": "id-1@example.org",
        f"{2:032x}": "",
        f"{4:032x}": "id-4@example.org",
    }
    begin = int(NOW.timestamp()) - 3600
    assert [call.path for call in server.calls] == [
        f"/v3/example.org/events?begin={begin}&ascending=yes&limit=300&event=accepted&tags=2026-11",
        "/next?page=2",
        "/v3/example.org/events/more?a=b",
    ]


def test_it_stops_looking_once_all_are_found(server: FarEnd) -> None:
    server.script = [page(server, [event(1)])]
    assert list(mailgun(server).look_up("2026-11", doubts(1))) == [f"{1:032x}"]
    assert len(server.calls) == 1
    assert mailgun(server).look_up("2026-11", []) == {}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/next", "https://elsewhere.example.org/next", "//x.example/", "https://["]
)
def test_it_follows_to_no_other_server(server: FarEnd, url: str) -> None:
    server.script = [reply(200, {"items": [event(2)], "paging": {"next": url}})]
    with pytest.raises(ProviderStop, match="server for the rest"):
        mailgun(server).look_up("2026-11", doubts(1))
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    "script",
    [reply(500), reply(200, []), reply(200, {}), reply(200, {"items": [{}]}), hang_up],
    ids=["500", "a list", "no items", "no next page", "hangs up"],
)
def test_where_it_cannot_be_asked_nothing_is_settled(server: FarEnd, script: Script) -> None:
    server.script = [page(server, [event(2)]), script]
    with pytest.raises(ProviderStop, match="could not be asked"):
        mailgun(server).look_up("2026-11", doubts(1))


def test_pages_without_end_are_not_followed_for_ever(server: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.deliver.providers.mailgun._MOST_PAGES", 3)
    server.script = [page(server, [event(2)])] * 9
    with pytest.raises(ProviderStop, match="more mails than"):
        mailgun(server).look_up("2026-11", doubts(1))
    assert len(server.calls) == 3


def test_the_request_is_of_the_vendor_s_own_shape(server: FarEnd) -> None:
    first = a_message(1, attachments=(PICTURE,))
    second = Message(key="b", to=address(2), to_name="", common=first.common, values=first.values)
    offered(mailgun(server), first, second)
    operation = "/v3/{domain_name}/messages", "post"
    body: dict[str, object] = {}
    for name, value, *_ in server.calls[0].form:
        if name in ("to", "inline", "o:tag"):
            body[name] = [*body.get(name, []), value.decode("latin-1")]  # type: ignore[misc]
        else:
            assert name not in body
            body[name] = value.decode()
    validated("mailgun_openapi.yaml", operation, body)
    wrongs: tuple[dict[str, object], ...] = (
        {"o:traking": "no"},
        {"o:tracking": "yes"},
        {"recipient-variables": "{}"},
        {"to": []},
    )
    for wrong in wrongs:
        with pytest.raises(AssertionError):
            validated("mailgun_openapi.yaml", operation, body | wrong)
