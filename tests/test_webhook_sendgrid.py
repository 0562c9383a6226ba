"""SendGrid's webhook: signed with a key of our own, and forged in every way we could think of."""

from __future__ import annotations

import base64
import builtins
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.deliver.webhooks.sendgrid import SendGridWebhook
from pipeline.errors import ConfigError, Forged
from pipeline.model import Event, EventKind
from tests.contracts import NOW

pytest.importorskip("cryptography")

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

KEY = ec.generate_private_key(ec.SECP256R1())
TOLD = {
    "event": "delivered",
    "email": "reader1@example.org",
    "timestamp": int(NOW.timestamp()),
    "sg_event_id": "event-1",
    "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
    "delivery": "k" * 32,
}


def shown(key: ec.EllipticCurvePrivateKey = KEY) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def signed(
    body: bytes, *, at: datetime = NOW, key: ec.EllipticCurvePrivateKey = KEY
) -> tuple[dict[str, str], bytes]:
    timestamp = str(int(at.timestamp()))
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }, body


def posted(*told: object) -> tuple[dict[str, str], bytes]:
    return signed(json.dumps(told).encode())


def events(given: tuple[Mapping[str, str], bytes]) -> tuple[Event, ...]:
    headers, body = given
    return SendGridWebhook(public_key=shown()).events(headers, body, now=NOW)


def test_what_is_signed_is_believed_in_its_order() -> None:
    delivered = Event(
        id="event-1",
        kind=EventKind.DELIVERED,
        key="k" * 32,
        provider_id="14c5d75ce93.dfd.64b469",
        at=NOW,
    )
    first, second = events(posted(TOLD, TOLD | {"event": "spamreport", "sg_event_id": "event-2"}))
    assert first == delivered
    assert (second.id, second.kind) == ("event-2", EventKind.COMPLAINED)


@pytest.mark.parametrize(
    ("changes", "kind", "permanent", "reason"),
    [
        (
            {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 no a@example.org"},
            "bounced",
            True,
            "bounce 5.1.1 bounce",
        ),
        ({"event": "bounce", "type": "blocked", "status": "5.7.1"}, "bounced", False, "bounce 5.7.1 blocked"),
        ({"event": "dropped", "reason": "Bounced Address"}, "bounced", True, "dropped Bounced Address"),
        ({"event": "dropped", "reason": "Invalid"}, "bounced", True, "dropped Invalid"),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, "left", False, ""),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "complained", False, ""),
        ({"event": "dropped", "reason": "of a@example.org"}, "bounced", False, "dropped"),
        ({"event": "unsubscribe"}, "left", False, ""),
        ({"event": "group_unsubscribe"}, "left", False, ""),
    ],
    ids=[
        "bounce",
        "blocked",
        "bounced before",
        "invalid",
        "gone before",
        "complained before",
        "dropped",
        "unsubscribe",
        "group",
    ],
)
def test_each_kind_is_told_as_what_it_is(
    changes: dict[str, object], kind: str, permanent: bool, reason: str
) -> None:
    (event,) = events(posted(TOLD | changes))
    assert (event.kind.value, event.permanent, event.reason) == (kind, permanent, reason)


def test_what_we_do_not_act_on_is_left_out() -> None:
    others = [TOLD | {"event": name} for name in ("processed", "deferred", "open", "click", "new", 5)]
    assert events(posted(*others, "?", {}, TOLD | {"timestamp": None})) == ()
    assert events(signed(b"{}")) == ()


def test_what_is_not_said_is_empty() -> None:
    (event,) = events(posted({"event": "delivered", "timestamp": 1}))
    assert (event.id, event.key, event.provider_id) == ("", "", "")


GOOD = posted(TOLD)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(signed(GOOD[1], key=ec.generate_private_key(ec.SECP256R1())), id="another key"),
        pytest.param((GOOD[0], GOOD[1].replace(b"delivered", b"dropped")), id="another body"),
        pytest.param((GOOD[0], GOOD[1] + b" "), id="one byte more"),
        pytest.param(({}, GOOD[1]), id="no headers"),
        pytest.param((dict.fromkeys(GOOD[0], ""), GOOD[1]), id="empty headers"),
        pytest.param(({**GOOD[0], "x-twilio-email-event-webhook-signature": "ü!"}, GOOD[1]), id="no base64"),
        pytest.param(
            ({**GOOD[0], "x-twilio-email-event-webhook-timestamp": str(int(NOW.timestamp()) + 1)}, GOOD[1]),
            id="another moment",
        ),
        pytest.param(signed(b"["), id="no JSON"),
        pytest.param(signed(b"[" * 100_000), id="deep"),
        pytest.param(signed(b"[" + b" " * 10_000_000 + b"]"), id="10 MB"),
    ],
)
def test_what_is_not_proved_is_refused(given: tuple[Mapping[str, str], bytes]) -> None:
    with pytest.raises(Forged) as caught:
        events(given)
    assert "@" not in str(caught.value)


@pytest.mark.parametrize("age", [timedelta(days=2), timedelta(hours=-1)], ids=["old", "of the future"])
def test_a_true_one_of_another_time_is_refused(age: timedelta) -> None:
    with pytest.raises(Forged, match="another time"):
        events(signed(GOOD[1], at=NOW - age))


def test_a_repeat_is_the_same_event() -> None:
    assert events(GOOD) == events(GOOD)


@pytest.mark.parametrize(
    "key",
    ["", "?", base64.b64encode(b"no key").decode(), shown(ec.generate_private_key(ec.SECP384R1()))],
    ids=["empty", "no base64", "no key", "another curve"],
)
def test_a_key_that_is_none_is_said_at_once(key: str) -> None:
    with pytest.raises(ConfigError, match="verification key"):
        SendGridWebhook(public_key=key)


def test_without_cryptography_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "cryptography":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"pip install 'warmletter\[webhooks\]'"):
        SendGridWebhook(public_key=shown())
