"""Webhooks: believed only once they are proved to be the provider's, and then read to the word."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pipeline.deliver.webhooks.brevo import BrevoWebhook
from pipeline.deliver.webhooks.postmark import PostmarkWebhook
from pipeline.deliver.webhooks.resend import ResendWebhook
from pipeline.errors import Forged
from pipeline.model import Event, EventKind
from pipeline.ports import Webhook

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
AT = datetime(2026, 11, 3, 8, 59, 58, tzinfo=UTC)
SECRET = "sesame-of-the-webhook"
SIGNING = b"a key of thirty-two bytes or so.."
KEY = "0" * 31 + "1"

Headers = Mapping[str, str]
Sign = Callable[[bytes], Headers]


def basic(secret: str = SECRET) -> Headers:
    return {"authorization": "Basic " + base64.b64encode(f"letters:{secret}".encode()).decode()}


def svix(body: bytes, *, at: datetime = NOW, key: bytes = SIGNING, named: str = "msg_1") -> dict[str, str]:
    time = str(int(at.timestamp()))
    signature = hmac.new(key, f"{named}.{time}.".encode() + body, hashlib.sha256).digest()
    return {
        "svix-id": named,
        "svix-timestamp": time,
        "svix-signature": f"v1,bm9uZQ== v1,{base64.b64encode(signature).decode()}",
    }


def of_postmark(record: str, **fields: object) -> dict[str, object]:
    times = {"Delivery": "DeliveredAt", "SubscriptionChange": "ChangedAt"}
    shared: dict[str, object] = {"RecordType": record, "MessageID": "m-1", "Metadata": {"delivery": KEY}}
    return shared | {times.get(record, "BouncedAt"): "2026-11-03T08:59:58.0000000Z"} | fields


def of_resend(kind: str, **data: object) -> dict[str, object]:
    shared = {"email_id": "m-1", "to": ["reader1@example.org"], "tags": {"issue": "x", "delivery": KEY}}
    return {"type": kind, "created_at": "2026-11-03T08:59:58.000Z", "data": shared | data}


def of_brevo(event: str, **fields: object) -> dict[str, object]:
    epoch = int(AT.timestamp() * 1000)
    shared: dict[str, object] = {"event": event, "email": "reader1@example.org", "message-id": "m-1"}
    return shared | {"ts_epoch": epoch, "X-Mailin-custom": KEY} | fields


class Door:
    """One provider's webhook, a body that it delivers, and how it proves itself."""

    def __init__(self, webhook: Webhook, delivered: object, sign: Sign, forge: Sign) -> None:
        self.webhook, self.delivered, self.sign, self.forge = webhook, delivered, sign, forge

    def told(self, said: object, **headers: str) -> tuple[Event, ...]:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        return self.webhook.events({**self.sign(body), **headers}, body, now=NOW)


def signing(secret: bytes = SIGNING) -> SecretStr:
    return SecretStr("whsec_" + base64.b64encode(secret).decode())


DOORS = {
    "postmark": Door(
        PostmarkWebhook(secret=SecretStr(SECRET)),
        of_postmark("Delivery"),
        lambda body: basic(),
        lambda body: basic("sesame"),
    ),
    "resend": Door(
        ResendWebhook(secret=signing()),
        of_resend("email.delivered"),
        svix,
        lambda body: svix(body, key=b"another"),
    ),
    "brevo": Door(
        BrevoWebhook(secret=SecretStr(SECRET)),
        of_brevo("delivered"),
        lambda body: {"authorization": f"Bearer {SECRET}"},
        lambda body: {"authorization": "Bearer sesame"},
    ),
}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Door:
    return DOORS[request.param]


def test_what_was_delivered_is_told(door: Door) -> None:
    (event,) = door.told(door.delivered)
    assert event == Event(id=event.id, kind=EventKind.DELIVERED, key=KEY, provider_id="m-1", at=AT)
    assert event.id
    assert "@" not in repr(event)


def test_a_repeat_is_the_same_event(door: Door) -> None:
    first, again = door.told(door.delivered), door.told(door.delivered)
    assert first == again


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"authorization": "Basic %%%"}], ids=ascii)
def test_without_proof_nothing_is_believed(door: Door, headers: Headers) -> None:
    body = json.dumps(door.delivered).encode()
    for offered in (headers, door.forge(body)):
        with pytest.raises(Forged, match="secret or the signature") as caught:
            door.webhook.events(offered, body, now=NOW)
        assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%"], ids=["empty", "prefix alone", "no base64"])
def test_without_a_secret_of_ours_nobody_is_believed(secret: str) -> None:
    body = json.dumps(of_resend("email.delivered")).encode()
    with pytest.raises(Forged):
        ResendWebhook(secret=SecretStr(secret)).events(svix(body, key=b""), body, now=NOW)
    for webhook in (PostmarkWebhook(secret=SecretStr("")), BrevoWebhook(secret=SecretStr(""))):
        for headers in ({}, basic(""), {"x-warmletter-secret": ""}, {"authorization": "Bearer "}):
            with pytest.raises(Forged):
                webhook.events(headers, b"{}", now=NOW)


@pytest.mark.parametrize(
    "headers",
    [basic(), {"authorization": f"Bearer {SECRET}"}, {"x-warmletter-secret": SECRET}],
    ids=["basic", "bearer", "own header"],
)
def test_the_secret_may_stand_in_three_places(headers: Headers) -> None:
    body = json.dumps(of_brevo("delivered")).encode()
    assert len(BrevoWebhook(secret=SecretStr(SECRET)).events(headers, body, now=NOW)) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"x" * 10_000_000, id="10 MB"),
        pytest.param(b'{"a": 1, "a": 2}', id="a name twice"),
        pytest.param(b'[{"b": {"a": 1, "a": 2}}]', id="a name twice, deep"),
        pytest.param('{"event": "delivered", "x": "ü"}'.encode("latin-1"), id="wrong charset"),
        pytest.param(json.dumps({"event": "delivered"}).encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"", id="empty"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": "\\ud800"}', id="half a character"),
        pytest.param(b"{" + b"[" * 100_000, id="deep"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="a long number"),
    ],
)
def test_a_body_that_no_provider_writes_is_not_read(door: Door, body: bytes) -> None:
    with pytest.raises(Forged, match="body"):
        door.told(body)


@pytest.mark.parametrize(
    "said",
    [
        {},
        [],
        "text",
        None,
        7,
        {"event": "opened"},
        {"type": "email.opened", "data": {}},
        {"RecordType": "Open", "MessageID": "m"},
        {"event": ["delivered"]},
        {"type": {"a": 1}},
    ],
    ids=str,
)
def test_what_we_do_not_act_on_is_left_out(door: Door, said: object) -> None:
    assert door.told(said) == ()


@pytest.mark.parametrize(
    ("provider", "said", "expected"),
    [
        ("postmark", of_postmark("Bounce", Type="HardBounce", Inactive=True), "bounced for good: HardBounce"),
        ("postmark", of_postmark("Bounce", Type="SoftBounce", Inactive=False), "bounced: SoftBounce"),
        ("postmark", of_postmark("Bounce", Type="SoftBounce", Inactive=True), "bounced for good: SoftBounce"),
        ("postmark", of_postmark("Bounce", Type="Unsubscribe"), "left: Unsubscribe"),
        ("postmark", of_postmark("Bounce", Type="SpamNotification"), "complained: SpamNotification"),
        ("postmark", of_postmark("Bounce", Type="AutoResponder"), None),
        ("postmark", of_postmark("Bounce", Type="x@example.org"), "bounced"),
        ("postmark", of_postmark("SpamComplaint", Type="SpamComplaint"), "complained: SpamComplaint"),
        (
            "postmark",
            of_postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression"),
            "left: ManualSuppression",
        ),
        (
            "postmark",
            of_postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"),
            "bounced for good: HardBounce",
        ),
        ("postmark", of_postmark("SubscriptionChange", SuppressSending=False), None),
        ("resend", of_resend("email.bounced", bounce={"type": "Permanent"}), "bounced for good: Permanent"),
        ("resend", of_resend("email.bounced", bounce={"type": "Transient"}), "bounced: Transient"),
        ("resend", of_resend("email.bounced"), "bounced"),
        ("resend", of_resend("email.suppressed"), "bounced for good: suppressed"),
        ("resend", of_resend("email.failed", failed={"reason": "x"}), "bounced"),
        ("resend", of_resend("email.complained"), "complained"),
        ("resend", of_resend("email.sent"), None),
        ("brevo", of_brevo("hard_bounce", reason="x@example.org"), "bounced for good: hard_bounce"),
        ("brevo", of_brevo("invalid_email"), "bounced for good: invalid_email"),
        ("brevo", of_brevo("soft_bounce"), "bounced: soft_bounce"),
        ("brevo", of_brevo("blocked"), "bounced: blocked"),
        ("brevo", of_brevo("spam"), "complained"),
        ("brevo", of_brevo("unsubscribed"), "left"),
        ("brevo", of_brevo("deferred"), None),
    ],
    ids=lambda value: None if isinstance(value, dict) else str(value),
)
def test_each_kind_is_read(provider: str, said: object, expected: str | None) -> None:
    told = DOORS[provider].told(said)
    if expected is None:
        assert told == ()
        return
    (event,) = told
    for_good = " for good" if event.permanent else ""
    reason = f": {event.reason}" if event.reason else ""
    assert f"{event.kind}{for_good}{reason}" == expected
    assert (event.key, event.provider_id, event.at) == (KEY, "m-1", AT)


@pytest.mark.parametrize("late", [-301, 301, 86_400], ids=["old", "from the future", "a day"])
def test_a_signature_of_another_time_is_refused(late: int) -> None:
    body = json.dumps(of_resend("email.delivered")).encode()
    with pytest.raises(Forged):
        DOORS["resend"].webhook.events(svix(body, at=NOW + timedelta(seconds=late)), body, now=NOW)
    near = svix(body, at=NOW + timedelta(seconds=300))
    assert len(DOORS["resend"].webhook.events(near, body, now=NOW)) == 1


@pytest.mark.parametrize("name", ["svix-id", "svix-timestamp", "svix-signature"])
@pytest.mark.parametrize("value", ["", "x", "1" * 40, "²", "é", None], ids=ascii)
def test_a_signature_holds_for_its_own_headers_alone(name: str, value: str | None) -> None:
    body = json.dumps(of_resend("email.delivered")).encode()
    headers = svix(body)
    headers.pop(name)
    with pytest.raises(Forged):
        DOORS["resend"].webhook.events(headers if value is None else headers | {name: value}, body, now=NOW)


def test_a_signature_holds_for_its_own_body_alone() -> None:
    body = json.dumps(of_resend("email.delivered")).encode()
    headers = svix(body)
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(Forged):
            DOORS["resend"].webhook.events(headers, changed, now=NOW)


def test_an_event_of_resend_bears_the_requests_id() -> None:
    body = json.dumps(of_resend("email.delivered")).encode()
    named = [
        DOORS["resend"].webhook.events(svix(body, named=one), body, now=NOW)[0].id for one in ("a", "b", "a")
    ]
    assert named == ["a", "b", "a"]


def test_other_events_of_a_mail_have_other_ids() -> None:
    later = of_brevo("delivered", ts_epoch=1)
    told = [DOORS["brevo"].told(said) for said in (of_brevo("delivered"), of_brevo("spam"), later)]
    told += [DOORS["postmark"].told(of_postmark(one, ID=n)) for n in (1, 2) for one in ("Delivery", "Bounce")]
    assert len({event.id for events in told for event in events}) == 7


def test_brevo_may_tell_several_at_once() -> None:
    told = DOORS["brevo"].told([of_brevo("delivered"), {"event": "click"}, 3, of_brevo("unsubscribed")])
    assert [event.kind for event in told] == [EventKind.DELIVERED, EventKind.LEFT]


@pytest.mark.parametrize("time", [None, "soon", 10**400, -1e300, True, [], "2026-13-45"], ids=str)
def test_a_time_that_is_none_is_the_present(time: object) -> None:
    assert DOORS["brevo"].told(of_brevo("delivered", ts_epoch=time))[0].at == NOW
    assert DOORS["postmark"].told(of_postmark("Delivery", DeliveredAt=time))[0].at == NOW
    assert DOORS["resend"].told({**of_resend("email.delivered"), "created_at": time})[0].at == NOW


def test_older_events_of_resend_list_their_tags() -> None:
    listed = [{"name": "issue", "value": "x"}, 7, {"name": "delivery", "value": KEY}]
    assert DOORS["resend"].told(of_resend("email.delivered", tags=listed))[0].key == KEY


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda some: (
            st.lists(some, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ("RecordType", "Type", "MessageID", "Metadata", "type", "data", "event", "ts_epoch")
                ),
                some,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_stands_in_it_nothing_breaks(said: object) -> None:
    for one in DOORS.values():
        try:
            one.told(said)
        except Forged:
            continue
