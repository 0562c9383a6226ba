"""A key that expires mid-send: it stops within one call, marks nobody, and a good key goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.deliver.providers.brevo import Brevo
from pipeline.deliver.providers.mailgun import Mailgun
from pipeline.deliver.providers.postmark import Postmark
from pipeline.deliver.providers.resend import Resend
from pipeline.deliver.providers.sendgrid import SendGrid
from pipeline.errors import ProviderStop
from pipeline.model import Message, Recipient, Totals
from pipeline.ports import Provider
from pipeline.store import SqlStore
from tests.contracts import ISSUE, SENDER, a_message, a_store, address, freeze
from tests.fake_calls import Call, reply, serving
from tests.fake_provider import all_sent

READERS, A_CALL = 6, 2
OLD, NEW = "sesame-0001", "sesame-0002"
LETTER = a_message()

Made = Callable[[SecretStr, str], Provider]

MADE: dict[str, Made] = {
    "postmark": lambda key, url: Postmark(token=key, endpoint=url),
    "resend": lambda key, url: Resend(key=key, sender=SENDER.address, endpoint=url),
    "brevo": lambda key, url: Brevo(key=key, endpoint=url),
    "mailgun": lambda key, url: Mailgun(key=key, domain="example.org", endpoint=url),
    "sendgrid": lambda key, url: SendGrid(key=key, endpoint=url),
}
TURNED_AWAY: dict[str, object] = {
    "postmark": {"ErrorCode": 10, "Message": "reader1@example.org"},
    "resend": {"name": "invalid_api_key", "message": "reader1@example.org"},
    "brevo": {"code": "unauthorized", "message": "Key not found"},
    "mailgun": b"Forbidden",
    "sendgrid": {"errors": [{"message": "authorization grant is invalid, expired, or revoked"}]},
}


class Account:
    """Takes mails until its key has taken so many calls; `took` is the oracle."""

    def __init__(self, name: str, *, calls: int) -> None:
        self.name, self.left = name, calls
        self.took: list[str] = []
        self.offered = 0

    def answer(self, handler: BaseHTTPRequestHandler, call: Call) -> None:
        if call.method == "GET":
            reply(200, {"data": [{"name": "example.org", "status": "verified"}], "tracking": {}})(
                handler, call
            )
            return
        self.offered += 1
        self.left -= 1
        if self.left < 0:
            reply(401, TURNED_AWAY[self.name])(handler, call)
            return
        to = [address(n) for n in range(1, READERS + 1) if address(n).encode() in call.body]
        self.took += to
        status, body = self.taken(len(to))
        reply(status, body)(handler, call)

    def taken(self, count: int) -> tuple[int, object]:
        ids = [f"id-{number}" for number in range(count)]
        return {
            "postmark": (200, [{"ErrorCode": 0, "Message": "OK", "MessageID": one} for one in ids]),
            "resend": (200, {"data": [{"id": one} for one in ids]}),
            "brevo": (201, {"messageIds": ids}),
            "mailgun": (200, {"id": "<1@example.org>", "message": "Queued"}),
            "sendgrid": (202, b""),
        }[self.name]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with a_store(tmp_path) as store:
        freeze(store, READERS, batch_size=A_CALL)
        yield store


def a_copy(reader: Recipient) -> Message:
    return Message(
        key=reader.key,
        to=reader.email,
        to_name="",
        common=LETTER.common,
        values=LETTER.values,
    )


def sent(store: SqlStore, account: Account, key: str) -> Totals:
    with serving(account.answer) as server:
        return all_sent(
            store,
            MADE[account.name](SecretStr(key), server.url),
            lambda claim: [a_copy(reader) for reader in claim.recipients],
            issue=ISSUE,
        )


@pytest.mark.parametrize("name", MADE)
def test_a_key_that_expires_on_the_way_stops_within_a_call_and_a_new_one_goes_on(
    store: SqlStore, name: str
) -> None:
    before, after = Account(name, calls=1), Account(name, calls=READERS)
    with pytest.raises(ProviderStop) as caught:
        sent(store, before, OLD)
    assert before.offered == 2, "one call was taken, one was turned away"
    assert "@" not in str(caught.value)
    assert "sesame" not in str(caught.value)
    totals = store.ledger.totals(ISSUE)
    assert (totals.accepted, totals.queued, totals.unknown, totals.refused) == (
        A_CALL,
        READERS - A_CALL,
        0,
        0,
    )
    assert sent(store, after, NEW) == Totals(issue=ISSUE, frozen=READERS, accepted=READERS)
    assert sorted(before.took + after.took) == [address(number) for number in range(1, READERS + 1)]
    assert after.offered == (READERS - A_CALL) // A_CALL


@pytest.mark.parametrize("name", MADE)
def test_a_key_that_is_none_from_the_start_marks_nobody(store: SqlStore, name: str) -> None:
    account = Account(name, calls=0)
    with pytest.raises(ProviderStop):
        sent(store, account, OLD)
    assert account.took == []
    assert store.ledger.totals(ISSUE) == Totals(issue=ISSUE, frozen=READERS, queued=READERS)
