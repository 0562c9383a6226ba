"""Providers with keys, through the whole of sending: the far end's own journal says who got a letter."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipeline.deliver.providers.brevo import Brevo
from pipeline.deliver.providers.resend import Resend
from pipeline.model import Totals
from pipeline.ports import Provider
from pipeline.store import SqlStore
from tests.contracts import ISSUE, SENDER, a_store, address, fill, freeze
from tests.fake_api import Call, FakeApi, hang_up, reply, serving
from tests.fake_provider import all_sent

BAD = address(2)
READERS = 5


class Api:
    """Takes a call once under its key; `silent` calls are taken and not answered."""

    def __init__(self, *, bad: str = "", silent: int = 0, code: str = "duplicate_parameter") -> None:
        """`code`: what Brevo calls a repeat; its page on keys says one word, its errors list another too."""
        self.bad, self.silent, self.code = bad, silent, code
        self.took: list[str] = []
        self.known: dict[str, object] = {}

    def answer(self, handler: BaseHTTPRequestHandler, call: Call) -> None:
        if call.method == "GET":
            reply(200, {"data": [{"name": "example.org", "status": "verified"}]})(handler, call)
            return
        status, body = self.brevo(call.body) if call.path == "/smtp/email" else self.resend(call)
        if self.silent:
            self.silent -= 1
            hang_up(handler, call)
        else:
            reply(status, body)(handler, call)

    def brevo(self, body: Any) -> tuple[int, object]:
        key, to = (
            body["headers"]["idempotencyKey"],
            [one["to"][0]["email"] for one in body["messageVersions"]],
        )
        if key in self.known:
            return 400, {"code": self.code, "message": "x"}
        if self.bad in to:
            return 400, {"code": "invalid_parameter", "message": f"{self.bad} is not valid"}
        self.took += to
        self.known[key] = True
        return 201, {"messageIds": [f"<{one}>" for one in range(len(to))]}

    def resend(self, call: Call) -> tuple[int, object]:
        key = call.headers["idempotency-key"]
        if key not in self.known:
            to = [mail["to"][0] for mail in call.body]
            good = [one for one in to if one != self.bad]
            self.took += good
            self.known[key] = {
                "data": [{"id": str(n)} for n, _ in enumerate(good)],
                "errors": [
                    {"index": n, "message": "Invalid `to` field"}
                    for n, one in enumerate(to)
                    if one == self.bad
                ],
            }
        return 200, self.known[key]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with a_store(tmp_path) as store:
        freeze(store, READERS)
        yield store


def provider(name: str, url: str) -> Provider:
    key = SecretStr("sesame-0000")
    if name == "brevo":
        return Brevo(key=key, endpoint=url)
    return Resend(key=key, sender=SENDER.address, endpoint=url)


def sent(store: SqlStore, name: str, api: Api) -> Totals:
    with serving(FakeApi(api.answer)) as server:
        return all_sent(store, provider(name, server.url), fill, issue=ISSUE)


@pytest.mark.parametrize(
    ("name", "code", "says_so"),
    [
        ("resend", "", True),
        ("brevo", "duplicate_parameter", False),
        ("brevo", "duplicate_request", False),
    ],
)
def test_what_was_taken_and_not_answered_is_asked_for_again_and_taken_once(
    store: SqlStore, name: str, code: str, says_so: bool
) -> None:
    """Brevo says of a repeat that it knows the call, and not what it did: then they stay in doubt."""
    api = Api(silent=1, code=code)
    totals = sent(store, name, api)
    assert sorted(api.took) == [address(number) for number in range(1, READERS + 1)]
    assert totals.accepted + totals.unknown == totals.frozen == READERS
    assert bool(totals.unknown) is not says_so


@pytest.mark.parametrize("name", ["resend", "brevo"])
def test_one_bad_address_costs_nobody_else_the_letter(store: SqlStore, name: str) -> None:
    api = Api(bad=BAD)
    totals = sent(store, name, api)
    assert sorted(api.took) == [address(number) for number in (1, 3, 4, 5)]
    assert (totals.accepted, totals.refused, totals.frozen) == (READERS - 1, 1, READERS)


class Killed(BaseException):
    """The process ends here, as far as the program can tell."""


@pytest.mark.parametrize("name", ["resend", "brevo"])
def test_a_call_repeated_for_a_dead_process_blames_the_one_bad_address(
    store: SqlStore, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(self: object, parcel: object) -> None:
        raise Killed

    api = Api(bad=BAD)
    with monkeypatch.context() as patched:
        patched.setattr(Brevo, "offer", die)
        patched.setattr(Resend, "offer", die)
        with pytest.raises(Killed):
            sent(store, name, api)
    totals = sent(store, name, api)
    assert sorted(api.took) == [address(number) for number in (1, 3, 4, 5)]
    assert (totals.accepted, totals.refused) == (READERS - 1, 1)
