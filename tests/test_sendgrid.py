"""SendGrid against a real server on loopback that answers, or fails, as scripted."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.deliver.providers.sendgrid import SendGrid
from pipeline.errors import ProviderStop
from pipeline.model import Attachment, Message, Outcome, OutcomeKind, Stencil
from pipeline.ports import Provider
from tests.contracts import MERGE_TAGS, ProviderContract, a_doubt, a_message, offered, rendered
from tests.fake_calls import Call, FarEnd, Script, hang_up, reply, serving
from tests.vendor_specs import validated

KEY = SecretStr("sesame-0000")
TAKEN = reply(202, b"", X_Message_Id="14c5d75ce93.dfd.64b469.filter0001")
PICTURE = Attachment(
    cid="0a1b@picture.warmletter", name="a.jpg", media_type="image/jpeg", content=b"\xff\xd8"
)


@pytest.fixture
def server() -> Iterator[FarEnd]:
    with serving(TAKEN) as fake:
        yield fake


def sendgrid(server: FarEnd) -> SendGrid:
    return SendGrid(key=KEY, endpoint=server.url)


def beside(first: Message, number: int) -> Message:
    """Another reader's copy of the same letter."""
    own = a_message(number)
    return Message(key=own.key, to=own.to, to_name=own.to_name, common=first.common, values=own.values)


def mails(call: Call) -> dict[str, dict[str, Any]]:
    """By address, what the reader gets: each key replaced in subject and content, as documented."""
    body: Mapping[str, Any] = call.json
    seen = {}
    for one in body["personalizations"]:
        texts = {"subject": body["subject"]} | {part["type"]: part["value"] for part in body["content"]}
        for key, value in one["substitutions"].items():
            texts = {name: text.replace(key, value) for name, text in texts.items()}
        ((to,),) = ([one["to"]],)
        assert [list(address) for address in to] == [["email"]]
        seen[to[0]["email"]] = texts | {"headers": one["headers"], "custom_args": one["custom_args"]}
    return seen


class TestSendGrid(ProviderContract):
    @pytest.fixture
    def provider(self, server: FarEnd) -> Iterator[Provider]:
        self.server = server
        provider = sendgrid(server)
        yield provider
        provider.close()

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        """(subject, text, HTML as rendered) of the last reader's mail."""
        *_, mail = mails(self.server.calls[-1]).values()
        return mail["subject"], mail["text/plain"], rendered(mail["text/html"])


def test_the_request_is_what_the_manual_asks_for(server: FarEnd) -> None:
    first = a_message(
        1,
        subject="“One”\r\nBcc: x",
        headers=(*a_message().headers, ("Date", "Tue, 03 Nov 2026 09:00:00 +0000")),
    )
    second = beside(first, 2)
    taken = Outcome(kind=OutcomeKind.ACCEPTED, provider_id="14c5d75ce93.dfd.64b469.filter0001")
    assert offered(sendgrid(server), first, second) == [taken, taken]
    (call,) = server.calls
    assert (call.method, call.path) == ("POST", "/v3/mail/send")
    assert call.headers["authorization"] == "Bearer sesame-0000"
    assert call.headers["content-type"] == call.headers["accept"] == "application/json"
    assert mails(call) == {
        message.to: {
            "subject": "“One” Bcc: x",
            "text/plain": message.text,
            "text/html": message.html,
            "headers": {name: value for name, value in message.headers if name != "Date"},
            "custom_args": {"delivery": message.key},
        }
        for message in (first, second)
    }
    body = call.json
    del body["personalizations"], body["content"]
    assert body == {
        "from": {"email": "letters@example.org", "name": "The Quiet Room"},
        "reply_to": {"email": "miriam@example.org"},
        "subject": "“One” Bcc: x",
        "categories": ["2026-11"],
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
    }


def test_unsubscribing_is_named_before_its_way_of_posting(server: FarEnd) -> None:
    offered(sendgrid(server), a_message(1))
    names = list(next(iter(mails(server.calls[0]).values()))["headers"])
    assert names == ["Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"]


def test_pictures_travel_inside(server: FarEnd) -> None:
    offered(sendgrid(server), a_message(1, attachments=(PICTURE,)))
    assert server.calls[0].json["attachments"] == [
        {
            "content": base64.b64encode(PICTURE.content).decode(),
            "type": "image/jpeg",
            "filename": "a.jpg",
            "disposition": "inline",
            "content_id": PICTURE.cid,
        }
    ]


def test_what_looks_like_their_tags_reaches_the_reader_as_it_is(server: FarEnd) -> None:
    tags = f"{MERGE_TAGS} [unsubscribe] <%body%> -unsubscribe- -name- -greeting-"
    one = a_message(
        1,
        subject=tags,
        html=Stencil(pieces=("<p>-name-", "name_html", f"{MERGE_TAGS}</p>")),
        text=Stencil(pieces=(tags, "name", tags)),
    )
    offered(sendgrid(server), one)
    mail = mails(server.calls[0])[one.to]
    assert (mail["subject"], mail["text/plain"], mail["text/html"]) == (tags, one.text, one.html)


def test_a_letter_that_holds_the_keys_of_another_gets_other_keys(server: FarEnd) -> None:
    offered(sendgrid(server), a_message(1))
    body: Mapping[str, Any] = server.calls[0].json
    stolen = " ".join(body["personalizations"][0]["substitutions"])
    one = a_message(2, text=Stencil(pieces=(stolen, "name", stolen)))
    offered(sendgrid(server), one)
    assert mails(server.calls[1])[one.to]["text/plain"] == one.text


def test_two_letters_never_share_a_body(server: FarEnd) -> None:
    offered(sendgrid(server), a_message(1), a_message(2, subject="Another"), a_message(3, subject="Another"))
    assert [(call.json["subject"], len(mails(call))) for call in server.calls] == [
        ("The room after the storm", 1),
        ("Another", 2),
    ]


def test_five_hundred_are_a_call() -> None:
    messages = [a_message(number) for number in range(1, 702)]
    parcels = SendGrid(key=KEY).parcels(messages, most=10_000)
    assert [len(call.envelopes) for call in parcels] == [500, 201]


def test_values_that_are_too_long_are_said_before_anything_is_sent() -> None:
    long = a_message(1, values={**a_message().values, "name": "x" * 10_000})
    with pytest.raises(ValueError, match="longer than SendGrid takes"):
        list(SendGrid(key=KEY).parcels([long], most=1))


def errors(*fields: str | None) -> dict[str, object]:
    said = "words with reader1@example.org in them"
    return {"errors": [{"message": said, "field": field, "help": None} for field in fields]}


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(reply(400, errors("personalizations.1.to.0.email")), ("refused", True), id="400"),
        pytest.param(reply(400, errors("subject", "personalizations.0")), ("refused", True), id="400 both"),
        pytest.param(reply(400, errors(None)), ("refused", True), id="400 nothing named"),
        pytest.param(reply(400, b"<html>"), ("refused", True), id="400 no JSON"),
        pytest.param(reply(413, b""), ("refused", True), id="413"),
        pytest.param(reply(500, errors(None)), ("unknown", False), id="500"),
        pytest.param(reply(503, b"<html>"), ("unknown", False), id="503"),
        pytest.param(reply(200, b""), ("unknown", False), id="200"),
        pytest.param(hang_up, ("unknown", False), id="hangs up"),
    ],
)
def test_an_answer_is_for_all_of_the_call(server: FarEnd, script: Script, expected: tuple[str, bool]) -> None:
    server.script = [script]
    first = a_message(1)
    outcomes = offered(sendgrid(server), first, beside(first, 2))
    assert [(outcome.kind.value, outcome.whole) for outcome in outcomes] == [expected] * 2
    assert "@" not in outcomes[0].reason
    assert len(server.calls) == 1


def test_a_202_without_an_id_was_taken(server: FarEnd) -> None:
    server.script = [reply(202, b"")]
    assert offered(sendgrid(server), a_message(1)) == [Outcome(kind=OutcomeKind.ACCEPTED)]


@pytest.mark.parametrize(
    ("headers", "least", "longest"),
    [
        ({"X_RateLimit_Reset": "99999999999"}, 1e9, 1e11),
        ({"X_RateLimit_Reset": "1"}, 0.0, 0.0),
        ({"X_RateLimit_Reset": "soon", "Retry_After": "7"}, 7.0, 7.0),
    ],
    ids=["far off", "past", "unreadable"],
)
def test_it_says_when_to_come_again(
    server: FarEnd, headers: dict[str, str], least: float, longest: float
) -> None:
    server.script = [reply(429, errors(None), **headers)]
    (outcome,) = offered(sendgrid(server), a_message(1))
    assert outcome.kind is OutcomeKind.RETRY
    assert outcome.retry_after_s is not None
    assert least <= outcome.retry_after_s <= longest


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param(reply(400, errors("from.email")), "send.from", id="400 sender"),
        pytest.param(reply(401, errors(None)), "right to send", id="401"),
        pytest.param(reply(403, errors("from")), "verify send.from", id="403"),
        pytest.param(reply(404, b""), "send.endpoint", id="404"),
        pytest.param(reply(406, b""), "HTTP 406", id="406"),
        pytest.param(reply(451, b""), "api.eu.sendgrid.com", id="451"),
        pytest.param(reply(302, b"", Location="http://127.0.0.1:9/"), "HTTP 302", id="302"),
    ],
)
def test_what_concerns_the_account_stops_the_run(server: FarEnd, script: Script, said: str) -> None:
    server.script = [script]
    with pytest.raises(ProviderStop, match=r"sendgrid: .*\n  \w") as caught:
        offered(sendgrid(server), a_message(1))
    assert said in str(caught.value)
    assert "nobody was marked" in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("sesame", "@"))


def test_it_cannot_be_asked_later(server: FarEnd) -> None:
    provider = sendgrid(server)
    assert provider.look_up("2026-11", [a_doubt(1)]) == {}
    assert not provider.limits.looks_up


def test_the_request_is_of_the_vendor_s_own_shape(server: FarEnd) -> None:
    first = a_message(1, attachments=(PICTURE,))
    offered(sendgrid(server), first, beside(first, 2))
    operation = "/v3/mail/send", "post"
    body = server.calls[0].json
    validated("sendgrid_tsg_mail_v3.yaml", operation, body)
    wrongs: tuple[dict[str, object], ...] = (
        {"sunject": "x"},
        {"tracking_settings": {}},
        {"personalizations": []},
    )
    for wrong in wrongs:
        with pytest.raises(AssertionError):
            validated("sendgrid_tsg_mail_v3.yaml", operation, body | wrong)
