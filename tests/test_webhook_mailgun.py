"""Mailgun's webhook: signed with a key of our own, and forged in every way we could think of."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.deliver.webhooks.mailgun import MailgunWebhook, Tokens
from pipeline.errors import ConfigError, Forged
from pipeline.model import Event, EventKind
from tests.contracts import NOW

KEY = "sesame-signing"
TOLD = {
    "event": "delivered",
    "id": "event-1",
    "timestamp": NOW.timestamp(),
    "recipient": "reader1@example.org",
    "user-variables": {"delivery": "k" * 32},
    "message": {"headers": {"message-id": "20261103.1@example.org"}},
    "delivery-status": {"code": 250, "message": "OK for reader1@example.org"},
}


def posted(*, at: datetime = NOW, token: str = "t" * 50, key: str = KEY, **changes: object) -> bytes:
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return json.dumps(
        {
            "signature": {"timestamp": timestamp, "token": token, "signature": signature},
            "event-data": TOLD | changes,
        }
    ).encode()


def events(body: bytes) -> tuple[Event, ...]:
    return MailgunWebhook(key=SecretStr(KEY)).events({}, body, now=NOW)


def test_what_is_signed_is_believed() -> None:
    assert events(posted()) == (
        Event(
            id="event-1",
            kind=EventKind.DELIVERED,
            key="k" * 32,
            provider_id="20261103.1@example.org",
            at=NOW,
        ),
    )


@pytest.mark.parametrize(
    ("changes", "kind", "permanent", "reason"),
    [
        ({"event": "complained"}, "complained", False, ""),
        ({"event": "unsubscribed"}, "left", False, ""),
        ({"event": "rejected", "reason": "spam"}, "bounced", False, "250 spam"),
        (
            {
                "event": "failed",
                "severity": "permanent",
                "reason": "bounce",
                "delivery-status": {"code": 550, "enhanced-code": "5.1.1"},
            },
            "bounced",
            True,
            "550 5.1.1 bounce",
        ),
        (
            {
                "event": "failed",
                "severity": "permanent",
                "reason": "generic",
                "delivery-status": {"code": 550, "enhanced-code": "5.7.1", "message": "a@example.org"},
            },
            "bounced",
            False,
            "550 5.7.1 generic",
        ),
        ({"event": "failed", "severity": "permanent", "reason": "old"}, "bounced", False, "250 old"),
        (
            {
                "event": "failed",
                "severity": "permanent",
                "reason": "suppress-bounce",
                "delivery-status": {"code": 605},
            },
            "bounced",
            True,
            "605 suppress-bounce",
        ),
        ({"event": "failed", "severity": "permanent", "reason": "suppress-unsubscribe"}, "left", False, ""),
        (
            {"event": "failed", "severity": "permanent", "reason": "suppress-complaint"},
            "complained",
            False,
            "",
        ),
        (
            {
                "event": "failed",
                "severity": "permanent",
                "reason": "to a@example.org",
                "delivery-status": None,
            },
            "bounced",
            True,
            "",
        ),
    ],
    ids=[
        "complained",
        "unsubscribed",
        "rejected",
        "no such address",
        "policy",
        "days without answer",
        "known as bounced",
        "known as gone",
        "known as complaining",
        "an address in the reason",
    ],
)
def test_each_kind_is_told_as_what_it_is(
    changes: dict[str, Any], kind: str, permanent: bool, reason: str
) -> None:
    (event,) = events(posted(**changes))
    assert (event.kind.value, event.permanent, event.reason) == (kind, permanent, reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "opened"},
        {"event": "clicked"},
        {"event": "accepted"},
        {"event": "failed", "severity": "temporary"},
        {"event": "something new"},
        {"event": 5},
        {"timestamp": "never"},
        {"timestamp": 1e300},
    ],
    ids=str,
)
def test_what_we_do_not_act_on_is_left_out(changes: dict[str, Any]) -> None:
    assert events(posted(**changes)) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"user-variables": None, "message": None},
        {"user-variables": "x", "message": {"headers": [1]}},
        {"user-variables": {"delivery": 5}, "message": {"headers": {}}},
    ],
    ids=["none", "other kinds", "empty"],
)
def test_what_is_not_said_is_empty(changes: dict[str, Any]) -> None:
    (event,) = events(posted(**changes))
    assert (event.key, event.provider_id) == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(posted(key="another"), id="another key"),
        pytest.param(posted(key=""), id="no key"),
        pytest.param(posted().replace(b"t" * 50, b"u" * 50), id="another token"),
        pytest.param(posted(token=""), id="no token"),
        pytest.param(json.dumps({"event-data": TOLD}).encode(), id="no signature"),
        pytest.param(json.dumps({"signature": {"signature": "ü"}}).encode(), id="half a signature"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"\xff\xfe", id="another charset"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'"' + b"x" * 10_000_000 + b'"', id="10 MB"),
    ],
)
def test_what_is_not_proved_is_refused(body: bytes) -> None:
    with pytest.raises(Forged) as caught:
        events(body)
    assert "sesame" not in str(caught.value)
    assert "@" not in str(caught.value)


@pytest.mark.parametrize("age", [timedelta(days=2), timedelta(hours=-1)], ids=["old", "of the future"])
def test_a_true_one_of_another_time_is_refused(age: timedelta) -> None:
    with pytest.raises(Forged, match="another time"):
        events(posted(at=NOW - age))


def test_a_repeat_is_the_same_event_and_a_stolen_signature_is_none() -> None:
    hook = MailgunWebhook(key=SecretStr(KEY))
    first = hook.events({}, posted(), now=NOW)
    assert hook.events({}, posted(), now=NOW) == first
    with pytest.raises(Forged, match="signature of another"):
        hook.events({}, posted(event="complained"), now=NOW)


@pytest.mark.parametrize("name", ["signature", "event-data"])
def test_a_name_that_stands_twice_is_not_read(name: str) -> None:
    """Its signature is not of the body, so that a second value could be anybody's."""
    body = posted()
    twice = b'{"%b": {}, ' % name.encode() + body[1:]
    with pytest.raises(Forged, match="the body"):
        events(twice)


def test_a_caller_may_remember_tokens_himself() -> None:
    asked: list[str] = []

    def same(token: str, digest: bytes) -> bool:
        asked.append(token)
        return False

    with pytest.raises(Forged, match="signature of another"):
        MailgunWebhook(key=SecretStr(KEY), same=same).events({}, posted(), now=NOW)
    assert asked == ["t" * 50]


def test_only_so_many_tokens_are_remembered() -> None:
    same = Tokens(most=2)
    assert [same(token, b"1") for token in "abc"] == [True] * 3
    assert not same("c", b"2")
    assert same("a", b"2")


def test_an_unproved_token_is_not_remembered() -> None:
    hook = MailgunWebhook(key=SecretStr(KEY))
    with pytest.raises(Forged):
        hook.events({}, posted(key="another", event="complained"), now=NOW)
    assert len(hook.events({}, posted(), now=NOW)) == 1


def test_an_empty_key_proves_nothing() -> None:
    with pytest.raises(ConfigError, match="signing key"):
        MailgunWebhook(key=SecretStr(""))


def test_it_shows_no_secret() -> None:
    assert "sesame" not in repr(MailgunWebhook(key=SecretStr(KEY)))
