"""Amazon's webhook: signed with a certificate of our own, and forged in every way we could think of."""

from __future__ import annotations

import base64
import builtins
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import pytest

from pipeline.deliver.webhooks.sns import SnsWebhook
from pipeline.errors import ConfigError, Forged
from pipeline.model import Event, EventKind
from tests.contracts import NOW

pytest.importorskip("cryptography")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

TOPIC = "arn:aws:sns:eu-west-2:123456789012:letters"
AT = "https://sns.eu-west-2.amazonaws.com"
CERTIFICATE = f"{AT}/SimpleNotificationService-0000.pem"
CONFIRM = f"{AT}/?Action=ConfirmSubscription&Token=t"
TOLD = {
    "eventType": "Delivery",
    "delivery": {"timestamp": "2026-11-03T09:00:00.000Z", "recipients": ["reader1@example.org"]},
    "mail": {
        "timestamp": "2026-11-03T08:59:00.000Z",
        "messageId": "id-1",
        "destination": ["reader1@example.org"],
        "tags": {"delivery": ["k" * 32], "issue": ["2026-11"]},
    },
}


@lru_cache
def a_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def a_certificate(key: Any, *, days: int = 30) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=60))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def posted(
    *,
    version: str = "2",
    key: rsa.RSAPrivateKey | None = None,
    at: datetime = NOW,
    after: Callable[[dict[str, object]], dict[str, object]] = lambda told: told,
    **changes: object,
) -> bytes:
    """A message as SNS posts it; `changes` are signed, what `after` does is not."""
    told: dict[str, object] = {
        "Type": "Notification",
        "MessageId": "message-1",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": json.dumps(TOLD),
        "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
    } | changes
    told = {name: value for name, value in told.items() if value is not None}
    confirms = "SubscribeURL" in told
    order = (
        "Message MessageId SubscribeURL Timestamp Token TopicArn Type"
        if confirms
        else ("Message MessageId Subject Timestamp TopicArn Type")
    )
    words = "".join(f"{name}\n{told[name]}\n" for name in order.split() if name in told)
    kind = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = (key or a_key()).sign(words.encode(), padding.PKCS1v15(), kind)
    return json.dumps(after(told | {"Signature": base64.b64encode(signature).decode()})).encode()


def asking(**changes: object) -> bytes:
    given: dict[str, Any] = {
        "Type": "SubscriptionConfirmation",
        "SubscribeURL": CONFIRM,
        "Token": "t",
        "Subject": None,
        "Message": "You have chosen to subscribe",
    } | changes
    return posted(**given)


class Fetched:
    """Gives out the certificate, and knows what it was asked for."""

    def __init__(self, pem: bytes = b"") -> None:
        self.pem = pem or a_certificate(a_key())
        self.addresses: list[str] = []

    def __call__(self, address: str) -> bytes:
        self.addresses.append(address)
        return self.pem


def hook(fetched: Callable[[str], bytes] | None = None) -> SnsWebhook:
    return SnsWebhook(topic=TOPIC, certificate=fetched or Fetched())


def events(body: bytes) -> tuple[Event, ...]:
    return hook().events({}, body, now=NOW)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", ["A subject", None], ids=["subject", "no subject"])
def test_what_is_signed_is_believed(version: str, subject: str | None) -> None:
    assert events(posted(version=version, Subject=subject)) == (
        Event(id="message-1", kind=EventKind.DELIVERED, key="k" * 32, provider_id="id-1", at=NOW),
    )


def bounce(kind: str, detail: str) -> dict[str, object]:
    return {
        "bounceType": kind,
        "bounceSubType": detail,
        "bouncedRecipients": [{"emailAddress": "reader1@example.org", "diagnosticCode": "x"}],
        "timestamp": "2026-11-03T09:00:00Z",
    }


@pytest.mark.parametrize(
    ("told", "kind", "permanent", "reason"),
    [
        (
            {"eventType": "Bounce", "bounce": bounce("Permanent", "General")},
            "bounced",
            True,
            "Bounce Permanent General",
        ),
        (
            {
                "notificationType": "Bounce",
                "eventType": None,
                "bounce": bounce("Permanent", "OnAccountSuppressionList"),
            },
            "bounced",
            True,
            "Bounce Permanent OnAccountSuppressionList",
        ),
        (
            {"eventType": "Bounce", "bounce": bounce("Transient", "MailboxFull")},
            "bounced",
            False,
            "Bounce Transient MailboxFull",
        ),
        (
            {"eventType": "Bounce", "bounce": bounce("Undetermined", "of a@example.org")},
            "bounced",
            False,
            "Bounce Undetermined",
        ),
        (
            {"eventType": "Complaint", "complaint": {"complaintFeedbackType": "abuse"}},
            "complained",
            False,
            "",
        ),
        ({"eventType": "Reject", "reject": {"reason": "Bad content"}}, "bounced", False, "Reject"),
        ({"eventType": "Rendering Failure", "failure": {}}, "bounced", False, "Rendering-Failure"),
    ],
    ids=["permanent", "on the list", "transient", "undetermined", "complaint", "reject", "rendering"],
)
def test_each_kind_is_told_as_what_it_is(
    told: dict[str, object], kind: str, permanent: bool, reason: str
) -> None:
    (event,) = events(posted(Message=json.dumps(TOLD | told)))
    assert (event.kind.value, event.permanent, event.reason) == (kind, permanent, reason)
    assert event.key == "k" * 32


@pytest.mark.parametrize(
    "message",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        "[]",
        "{}",
        *(
            json.dumps(TOLD | {"eventType": kind})
            for kind in ("Send", "Open", "Click", "DeliveryDelay", "New")
        ),
        json.dumps({"eventType": "Delivery", "delivery": {"timestamp": "2026-11-03"}}),
    ],
    ids=["first", "list", "empty", "send", "open", "click", "delay", "new", "no time"],
)
def test_what_we_do_not_act_on_is_left_out(message: str) -> None:
    assert events(posted(Message=message)) == ()


def test_what_is_not_said_is_empty() -> None:
    (event,) = events(posted(Message=json.dumps(TOLD | {"mail": {"tags": {"delivery": []}}})))
    assert (event.key, event.provider_id) == ("", "")


def changed(**changes: object) -> Callable[[dict[str, object]], dict[str, object]]:
    return lambda told: told | changes


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            posted(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)), id="another key"
        ),
        pytest.param(posted(after=changed(Message=json.dumps(TOLD | {"eventType": "Bounce"}))), id="message"),
        pytest.param(posted(after=changed(MessageId="message-2")), id="another id"),
        pytest.param(posted(after=changed(Timestamp="2026-11-03T09:00:01.000Z")), id="another moment"),
        pytest.param(posted(Timestamp="soon"), id="no moment"),
        pytest.param(posted(after=changed(Subject="Another")), id="another subject"),
        pytest.param(posted(after=changed(Signature="")), id="empty signature"),
        pytest.param(posted(after=changed(Signature="?!")), id="no base64"),
        pytest.param(posted(after=changed(Signature=None)), id="no signature"),
        pytest.param(posted(version="1", after=changed(SignatureVersion="2")), id="another version"),
        pytest.param(posted(after=changed(SignatureVersion="3")), id="no version"),
        pytest.param(posted(after=changed(SignatureVersion=["2"])), id="a list of versions"),
        pytest.param(posted(TopicArn=f"{TOPIC}2"), id="another topic"),
        pytest.param(posted(TopicArn=None), id="no topic"),
        pytest.param(posted(Type="Something"), id="unknown type"),
        pytest.param(posted(Type=None), id="no type"),
        pytest.param(posted(MessageId=None), id="no id"),
        pytest.param(posted(after=changed(Message={"eventType": "Delivery"})), id="message is no text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(posted(Message="x" * 10_000_000), id="10 MB"),
    ],
)
def test_what_is_not_proved_is_refused(body: bytes) -> None:
    with pytest.raises(Forged) as caught:
        events(body)
    assert "@" not in str(caught.value)


FOREIGN = [
    "http://sns.eu-west-2.amazonaws.com/a.pem",
    "https://sns.eu-west-2.amazonaws.com.example.org/a.pem",
    "https://sns.eu-west-2.amazonaws.com:8443/a.pem",
    "https://sns.eu-west-2.amazonaws.com@example.org/a.pem",
    "https://user@sns.eu-west-2.amazonaws.com/a.pem",
    "https://example.org/sns.eu-west-2.amazonaws.com/a.pem",
    "https://example.org\\@sns.eu-west-2.amazonaws.com/a.pem",
    "https://example.org#sns.eu-west-2.amazonaws.com/a.pem",
    "https://s3.eu-west-2.amazonaws.com/bucket/a.pem",
    "https://sns.us-east-1.amazonaws.com/a.pem",
    "https://sns.eu-west-2.amazonaws.com\n.example.org/a.pem",
    "https://127.0.0.1/a.pem",
    "https://[/a.pem",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("address", FOREIGN)
def test_a_certificate_of_another_host_is_not_even_fetched(address: str) -> None:
    fetched = Fetched()
    with pytest.raises(Forged):
        hook(fetched).events({}, posted(SigningCertURL=address), now=NOW)
    assert fetched.addresses == []


@pytest.mark.parametrize("age", [timedelta(days=2), timedelta(hours=-1)], ids=["old", "of the future"])
def test_a_true_one_of_another_time_is_refused(age: timedelta) -> None:
    with pytest.raises(Forged, match="another time"):
        events(posted(at=NOW - age))


def test_a_repeat_is_the_same_event_and_the_certificate_is_kept() -> None:
    fetched = Fetched()
    one = hook(fetched)
    assert one.events({}, posted(), now=NOW) == one.events({}, posted(), now=NOW)
    assert fetched.addresses == [CERTIFICATE]


def test_only_so_many_certificates_are_kept() -> None:
    one = hook()
    for number in range(20):
        one.events({}, posted(SigningCertURL=f"{AT}/{number}.pem"), now=NOW)
    assert len(one._certificates) == 8


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(a_certificate(a_key(), days=-1), id="over"),
        pytest.param(a_certificate(ec.generate_private_key(ec.SECP256R1())), id="another kind of key"),
        pytest.param(b"no certificate", id="none"),
    ],
)
def test_a_certificate_that_proves_nothing_is_refused(pem: bytes) -> None:
    with pytest.raises(Forged, match="signature"):
        hook(Fetched(pem)).events({}, posted(), now=NOW)


def test_a_topic_that_asks_names_where_to_say_yes() -> None:
    assert hook().subscription(asking(), now=NOW) == CONFIRM
    assert hook().events({}, asking(), now=NOW) == ()


def test_whatever_else_comes_is_no_asking() -> None:
    assert hook().subscription(posted(), now=NOW) == ""
    assert hook().subscription(asking(Type="UnsubscribeConfirmation"), now=NOW) == ""


@pytest.mark.parametrize("address", FOREIGN)
def test_yes_is_said_to_nobody_else(address: str) -> None:
    with pytest.raises(Forged, match="not Amazon's"):
        hook().subscription(asking(SubscribeURL=address), now=NOW)


def test_an_asking_of_another_topic_is_refused() -> None:
    with pytest.raises(Forged, match="another topic"):
        hook().subscription(asking(TopicArn="arn:aws:sns:eu-west-2:999999999999:letters"), now=NOW)
    with pytest.raises(Forged, match="signature"):
        hook().subscription(asking(after=changed(Token="u")), now=NOW)


@pytest.mark.parametrize("topic", ["", "letters", "arn:aws:sqs:eu-west-2:123456789012:letters", f"{TOPIC}\n"])
def test_a_topic_that_is_none_is_said_at_once(topic: str) -> None:
    with pytest.raises(ConfigError, match="not a topic"):
        SnsWebhook(topic=topic, certificate=Fetched())


def test_without_cryptography_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "cryptography":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"pip install 'warmletter\[webhooks\]'"):
        hook()
