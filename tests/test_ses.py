"""Amazon SES by botocore's Stubber, which holds requests against its model, and on loopback."""

from __future__ import annotations

import base64
import builtins
import gc
import json
import re
import socket
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from pipeline.deliver.mime import to_bytes
from pipeline.deliver.providers.ses import Ses
from pipeline.errors import ConfigError, ProviderStop
from pipeline.model import Attachment, Claim, Message, Outcome, OutcomeKind, Sender, Stencil, Totals
from pipeline.ports import Provider
from tests.contracts import (
    ISSUE,
    MERGE_TAGS,
    ProviderContract,
    a_doubt,
    a_message,
    a_store,
    address,
    freeze,
    offered,
    rendered,
)
from tests.fake_calls import Call, FarEnd, Script, hang_up, reply, serving
from tests.fake_provider import all_sent

pytest.importorskip("boto3")

PICTURE = Attachment(
    cid="0a1b@picture.warmletter", name="a.jpg", media_type="image/jpeg", content=b"\xff\xd8"
)
TAG = re.compile(r"(\\?)\{\{\{?\s*([\w.]*)\s*\}?\}\}")


@pytest.fixture(autouse=True)
def _left_open() -> Iterator[None]:
    """botocore leaves the socket of an answer that broke off to the collector, which warns of it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIASESAME",
        "AWS_SECRET_ACCESS_KEY": "sesame-0000",
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": f"{tmp_path}/none",
        "AWS_SHARED_CREDENTIALS_FILE": f"{tmp_path}/none",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)


def usual(handler: object, call: Call) -> None:
    if call.method == "GET":
        script = reply(200, {"SendingEnabled": True})
    elif call.path.endswith("-bulk-emails"):
        entries = call.json["BulkEmailEntries"]
        assert isinstance(entries, list)
        results = [{"Status": "SUCCESS", "MessageId": f"id-{n}"} for n, _ in enumerate(entries, 1)]
        script = reply(200, {"BulkEmailEntryResults": results})
    else:
        script = reply(200, {"MessageId": "id-raw"})
    script(handler, call)  # type: ignore[arg-type]


@pytest.fixture
def server() -> Iterator[FarEnd]:
    with serving(usual) as fake:
        yield fake


@pytest.fixture
def ses(server: FarEnd) -> Iterator[Ses]:
    provider = Ses(endpoint=server.url)
    yield provider
    provider.close()


def beside(first: Message, number: int) -> Message:
    """Another reader's copy of the same letter."""
    own = a_message(number)
    return Message(key=own.key, to=own.to, to_name=own.to_name, common=first.common, values=own.values)


def mails(call: Call) -> dict[str, dict[str, Any]]:
    """By address, what the reader gets: each variable replaced once; a tag of nobody's is a failure."""
    body: Mapping[str, Any] = call.json
    template = body["DefaultContent"]["Template"]["TemplateContent"]
    seen = {}
    for entry in body["BulkEmailEntries"]:
        (to,) = entry["Destination"]["ToAddresses"]
        content = entry["ReplacementEmailContent"]["ReplacementTemplate"]
        values = json.loads(content["ReplacementTemplateData"])

        def fill(tag: re.Match[str], values: Mapping[str, str] = values) -> str:
            assert not tag[1], "a backslash takes a variable's meaning away"
            return values[tag[2]]

        texts = {name: TAG.sub(fill, text) for name, text in template.items()}
        headers = [(one["Name"], one["Value"]) for one in entry["ReplacementHeaders"]]
        seen[to] = texts | {"headers": headers, "tags": entry["ReplacementTags"]}
    return seen


class TestSes(ProviderContract):
    @pytest.fixture
    def provider(self, server: FarEnd, ses: Ses) -> Provider:
        self.server = server
        return ses

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        """(subject, text, HTML as rendered) of the last reader's mail."""
        *_, mail = mails(self.server.posted[-1]).values()
        return mail["Subject"], mail["Text"], rendered(mail["Html"])


def test_the_request_is_what_the_model_asks_for(server: FarEnd, ses: Ses) -> None:
    first = a_message(
        1,
        subject="“One”\r\nBcc: x",
        headers=(*a_message().headers, ("Date", "Tue, 03 Nov 2026 09:00:00 +0000")),
    )
    second = beside(first, 2)
    assert offered(ses, first, second) == [
        Outcome(kind=OutcomeKind.ACCEPTED, provider_id="id-1"),
        Outcome(kind=OutcomeKind.ACCEPTED, provider_id="id-2"),
    ]
    (call,) = server.calls
    assert (call.method, call.path) == ("POST", "/v2/email/outbound-bulk-emails")
    assert "/eu-west-2/ses/" in call.headers["authorization"]
    assert "sesame-0000" not in str(call)
    # No Message-ID: SES sets its own. -Post stands last.
    assert mails(call) == {
        message.to: {
            "Subject": "“One” Bcc: x",
            "Text": message.text,
            "Html": message.html,
            "headers": [
                ("List-Unsubscribe", dict(message.headers)["List-Unsubscribe"]),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ],
            "tags": [{"Name": "delivery", "Value": message.key}],
        }
        for message in (first, second)
    }
    body = call.json
    del body["BulkEmailEntries"], body["DefaultContent"]
    assert body == {
        "FromEmailAddress": '"The Quiet Room" <letters@example.org>',
        "ReplyToAddresses": ["miriam@example.org"],
        "DefaultEmailTags": [{"Name": "issue", "Value": "2026-11"}],
        "ConfigurationOverrides": {
            "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
        },
    }


def test_a_letter_with_pictures_goes_as_whole_mails(server: FarEnd, ses: Ses) -> None:
    first = a_message(1, attachments=(PICTURE,))
    second = beside(first, 2)
    assert [outcome.provider_id for outcome in offered(ses, first, second)] == ["id-raw", "id-raw"]
    for call, message in zip(server.calls, (first, second), strict=True):
        assert call.path == "/v2/email/outbound-emails"
        body: Mapping[str, Any] = call.json
        raw = base64.b64decode(body["Content"]["Raw"]["Data"])
        assert raw == to_bytes(message)
        assert message_from_bytes(raw, policy=policy.default)["List-Unsubscribe"] is not None
        assert body["Destination"] == {"ToAddresses": [message.to]}
        assert {tag["Name"]: tag["Value"] for tag in body["EmailTags"]} == {
            "issue": "2026-11",
            "delivery": message.key,
        }
        assert body["ConfigurationOverrides"]["Tracking"]["OpenTrackingEnabled"] == "DISABLED"


def test_a_letter_too_long_for_a_template_goes_as_whole_mails(server: FarEnd, ses: Ses) -> None:
    offered(ses, a_message(1, html="x" * 950_000))
    assert server.calls[0].path == "/v2/email/outbound-emails"


def test_fifty_are_a_call_and_a_call_stays_under_a_megabyte(ses: Ses) -> None:
    first = a_message(1, html="x" * 890_000)
    messages = [beside(first, number) for number in range(1, 122)]
    parcels = list(ses.parcels(messages, most=500))
    assert [len(call.envelopes) for call in parcels] == [50, 50, 21]
    assert max(len(call.body) for call in parcels) < 1_000_000


def test_what_looks_like_their_tags_reaches_the_reader_as_it_is(server: FarEnd, ses: Ses) -> None:
    tags = rf"{MERGE_TAGS} \{{{{x}}}} {{one}} {{{{{{{{four}} }}}} {{{{}}}} end\{{"
    one = a_message(
        1,
        subject=tags,
        html=Stencil(pieces=(f"<style>@media print{{p{{x:y}}}}</style>{tags}", "name_html", f"}}{tags}")),
        text=Stencil(pieces=(tags, "name", f"}}{tags}\\")),
    )
    offered(ses, one)
    mail = mails(server.calls[0])[one.to]
    assert (mail["Subject"], mail["Text"]) == (tags, one.text)
    assert unescape(mail["Html"]) == unescape(one.html)
    assert "<style>@media print{p{x:y}}</style>" in mail["Html"]


def test_a_name_that_a_reader_gave_herself_is_no_variable(server: FarEnd, ses: Ses) -> None:
    one = a_message(1, values={**a_message().values, "name": "{{w1}}", "name_html": "{{w1}}"})
    offered(ses, one)
    assert mails(server.calls[0])[one.to]["Text"] == one.text


def test_a_sender_with_other_letters_is_an_encoded_word(server: FarEnd, ses: Ses) -> None:
    offered(
        ses,
        a_message(
            1, sender=Sender(name="Stille\r\nStübe", address="a@example.org", reply_to="b@example.org")
        ),
    )
    shown = str(server.calls[0].json["FromEmailAddress"])
    assert shown.isascii()
    parsed = message_from_bytes(f"From: {shown}\r\n\r\n".encode(), policy=policy.default)
    assert str(parsed["From"]) == "Stille Stübe <a@example.org>"


@pytest.mark.parametrize("value", ["Ü", "x" * 1000], ids=["not ASCII", "too long"])
def test_a_header_that_ses_does_not_take_is_said_before_anything_is_sent(ses: Ses, value: str) -> None:
    with pytest.raises(ValueError, match="X-Note holds"):
        list(ses.parcels([a_message(1, headers=(("X-Note", value),))], most=1))


def results(*statuses: str) -> Script:
    return reply(
        200,
        {
            "BulkEmailEntryResults": [
                {"Status": status, "MessageId": "id"}
                if status == "SUCCESS"
                else {"Status": status, "Error": "words with reader1@example.org in them"}
                for status in statuses
            ]
        },
    )


def send(server: FarEnd, provider: Ses, count: int, *script: Script) -> list[Outcome]:
    server.script = list(script)
    first = a_message(1)
    return offered(provider, first, *(beside(first, number) for number in range(2, count + 1)))


@pytest.mark.parametrize(
    ("status", "kind", "wait_s"),
    [
        ("TRANSIENT_FAILURE", "retry", None),
        ("ACCOUNT_THROTTLED", "retry", None),
        ("ACCOUNT_DAILY_QUOTA_EXCEEDED", "retry", 3600.0),
        ("MESSAGE_REJECTED", "refused", None),
        ("INVALID_PARAMETER", "refused", None),
        ("FAILED", "refused", None),
        ("ACCOUNT_SENDING_PAUSED", "retry", None),
        ("SOMETHING_NEW", "unknown", None),
    ],
)
def test_each_message_has_its_own_answer(
    server: FarEnd, ses: Ses, status: str, kind: str, wait_s: float | None
) -> None:
    outcomes = send(server, ses, 3, results("SUCCESS", status, "SUCCESS"))
    assert [outcome.kind.value for outcome in outcomes] == ["accepted", kind, "accepted"]
    assert outcomes[1].retry_after_s == wait_s
    assert not outcomes[1].whole
    assert "@" not in outcomes[1].reason


def test_where_all_are_refused_the_letter_may_be_to_blame(server: FarEnd, ses: Ses) -> None:
    outcomes = send(server, ses, 2, results("INVALID_PARAMETER", "MESSAGE_REJECTED"))
    assert [(outcome.kind.value, outcome.whole) for outcome in outcomes] == [("refused", True)] * 2


@pytest.mark.parametrize(
    "status",
    [
        "MAIL_FROM_DOMAIN_NOT_VERIFIED",
        "CONFIGURATION_SET_NOT_FOUND",
        "TEMPLATE_NOT_FOUND",
        "ACCOUNT_SUSPENDED",
        "INVALID_SENDING_POOL_NAME",
        "ACCOUNT_SENDING_PAUSED",
        "CONFIGURATION_SET_SENDING_PAUSED",
    ],
)
def test_what_concerns_the_account_stops_the_run_and_marks_nobody(
    server: FarEnd, ses: Ses, status: str
) -> None:
    with pytest.raises(ProviderStop, match="nobody was marked"):
        send(server, ses, 2, results("ACCOUNT_THROTTLED", status))


def failed(status: int, code: str, text: str = "words with reader1@example.org in them") -> Script:
    return reply(status, {"message": text}, x_amzn_ErrorType=code)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(failed(429, "TooManyRequestsException"), ("retry", False), id="429"),
        pytest.param(failed(400, "Throttling"), ("retry", False), id="throttled"),
        pytest.param(failed(400, "LimitExceededException"), ("retry", False), id="limit"),
        pytest.param(failed(400, "MessageRejected"), ("refused", True), id="rejected"),
        pytest.param(failed(400, "BadRequestException"), ("refused", True), id="bad request"),
        pytest.param(failed(413, "RequestEntityTooLarge"), ("refused", True), id="413"),
        pytest.param(failed(500, "InternalFailure"), ("unknown", False), id="500"),
        pytest.param(reply(503, b"<html>"), ("unknown", False), id="503"),
        pytest.param(hang_up, ("unknown", False), id="hangs up"),
        pytest.param(reply(200, b"{"), ("unknown", False), id="broken JSON"),
        pytest.param(reply(200, {}), ("unknown", False), id="no results"),
        pytest.param(results("SUCCESS"), ("unknown", False), id="too few"),
        pytest.param(results(*["SUCCESS"] * 3), ("unknown", False), id="too many"),
        pytest.param(reply(200, {}, Content_Length="9999"), ("unknown", False), id="cut short"),
    ],
)
def test_only_a_clear_no_is_offered_again(
    server: FarEnd, ses: Ses, script: Script, expected: tuple[str, bool]
) -> None:
    outcomes = send(server, ses, 2, script)
    assert [(outcome.kind.value, outcome.whole) for outcome in outcomes] == [expected] * 2
    assert "@" not in outcomes[0].reason
    assert len(server.calls) == 1  # botocore itself repeats nothing


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (failed(400, "AccountSuspendedException"), "AccountSuspended"),
        (failed(400, "SendingPausedException"), "SendingPaused"),
        (failed(400, "MailFromDomainNotVerifiedException"), "MailFromDomain"),
        (failed(404, "NotFoundException"), "NotFound"),
        (failed(403, "UnrecognizedClientException"), "UnrecognizedClient"),
        (failed(403, "InvalidSignatureException"), "clock"),
        (failed(400, "MessageRejected", "Email address is not verified: a@example.org"), "sandbox"),
    ],
    ids=["suspended", "paused", "domain", "not found", "key", "signature", "sandbox"],
)
def test_an_error_of_the_account_stops_the_run(server: FarEnd, ses: Ses, script: Script, said: str) -> None:
    with pytest.raises(ProviderStop, match=r"ses: .*\n  \w") as caught:
        send(server, ses, 2, script)
    assert said in str(caught.value)
    assert "@" not in str(caught.value)


def test_a_whole_mail_is_taken_only_by_an_answer_with_an_id(server: FarEnd, ses: Ses) -> None:
    server.script = [reply(200, {})]
    (outcome,) = offered(ses, a_message(1, attachments=(PICTURE,)))
    assert outcome.kind is OutcomeKind.UNKNOWN


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        provider = Ses(endpoint=f"http://127.0.0.1:{free.getsockname()[1]}")
        assert [outcome.kind for outcome in offered(provider, a_message(1))] == [OutcomeKind.RETRY]


def test_an_account_that_is_paused_is_said_at_the_start(server: FarEnd, ses: Ses) -> None:
    server.script = [reply(200, {"SendingEnabled": False}), failed(403, "AccessDeniedException")]
    with pytest.raises(ProviderStop, match="paused"):
        ses.ready()
    ses.ready()  # a key that may only send


def test_without_keys_the_run_stops(server: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ProviderStop, match="no keys"):
        offered(Ses(endpoint=server.url), a_message(1))
    assert server.calls == []


def test_without_boto3_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "boto3":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"pip install 'warmletter\[ses\]'"):
        Ses(endpoint="ses://eu-west-2")


@pytest.mark.parametrize(
    ("endpoint", "region", "url"),
    [
        ("", "eu-west-2", "https://email.eu-west-2.amazonaws.com"),
        ("ses://us-east-1", "us-east-1", "https://email.us-east-1.amazonaws.com"),
        (
            "https://email.eu-north-1.amazonaws.com",
            "eu-north-1",
            "https://email.eu-north-1.amazonaws.com",
        ),
    ],
    ids=["by boto3", "region", "address"],
)
def test_the_endpoint_names_the_region(endpoint: str, region: str, url: str) -> None:
    client = Ses(endpoint=endpoint)._client
    assert (client.meta.region_name, client.meta.endpoint_url) == (region, url)


@pytest.mark.parametrize(
    "endpoint", ["http://ses.example.org", "eu-west-2", "ses://", "smtp://x", "ses://a_b/"]
)
def test_an_endpoint_that_is_none_is_said(endpoint: str) -> None:
    with pytest.raises(ConfigError):
        Ses(endpoint=endpoint)


def test_without_a_region_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ConfigError, match="ses://eu-west-2"):
        Ses()


def test_the_model_of_botocore_takes_what_is_asked(ses: Ses) -> None:
    from botocore.stub import Stubber

    first = a_message(1)
    (bulk,) = ses.parcels([first, beside(first, 2)], most=50)
    with Stubber(ses._client) as stub:
        entries = [{"Status": "SUCCESS", "MessageId": "one"}, {"Status": "FAILED"}]
        stub.add_response("send_bulk_email", {"BulkEmailEntryResults": entries}, json.loads(bytes(bulk.body)))
        assert [outcome.kind.value for outcome in ses.offer(bulk)] == ["accepted", "refused"]
        stub.assert_no_pending_responses()


def test_it_cannot_be_asked_later(ses: Ses) -> None:
    assert ses.look_up("2026-11", [a_doubt(1)]) == {}
    assert not ses.limits.looks_up


def test_a_key_that_expires_on_the_way_stops_within_a_call_and_a_new_one_goes_on(
    server: FarEnd, tmp_path: Path
) -> None:
    expired = failed(403, "ExpiredTokenException")
    letter = a_message(1)

    def copies(claim: Claim) -> list[Message]:
        return [replace(beside(letter, int(one.email[6])), key=one.key) for one in claim.recipients]

    def sent() -> Totals:
        with closing(Ses(endpoint=server.url)) as provider:
            return all_sent(store, provider, copies, issue=ISSUE)

    with a_store(tmp_path) as store:
        freeze(store, 6, batch_size=2)
        server.script = [usual, usual, expired]  # may it send; a call; and the key is none any more
        with pytest.raises(ProviderStop, match="ExpiredTokenException") as caught:
            sent()
        assert "sesame" not in str(caught.value).lower()
        assert len(server.posted) == 2, "one call was taken, one was turned away"
        assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=6, accepted=2, queued=4)
        assert sent() == Totals(issue=ISSUE, frozen=6, accepted=6)
    taken = [to for call in server.posted[:1] + server.posted[2:] for to in mails(call)]
    assert sorted(taken) == [address(number) for number in range(1, 7)]
