"""What every provider and every store keeps, and the makers that their tests share."""

from __future__ import annotations

import dataclasses
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.model import (
    Approval,
    Bound,
    CareNote,
    Claim,
    Issue,
    LeftOut,
    Letter,
    Message,
    NewReader,
    OutcomeKind,
    Placed,
    Post,
    PullQuote,
    Sender,
    SubscriberState,
)
from pipeline.ports import Provider
from pipeline.store import SqlStore, open_store

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
ISSUE = "2026-11"
SENDER = Sender(name="The Quiet Room", address="letters@example.org", reply_to="miriam@example.org")
FEED = "https://practice.example.org/feed"


def a_store(folder: Path) -> SqlStore:
    return open_store("sqlite:///data/warmletter.db", base=folder)


def a_letter(issue: str = ISSUE) -> Letter:
    return Letter(
        issue=issue,
        sender=SENDER,
        subject="The room after the storm – “stay”",
        preheader="A letter",
        html="<p>Dear reader,\n“stay” 🌿 mark-leave-</p>",
        text="Dear reader,\nstay\n",
        mark="mark",
    )


def a_draft(issue: str = ISSUE) -> Issue:
    placed = Placed(
        post="p1", title="One", url="https://practice.example.org/1", shown=3, whole=False, reason="newest"
    )
    return Issue(
        name=issue,
        subject="One – “two”",
        preheader="",
        lead="p1",
        posts=(placed, dataclasses.replace(placed, post="p2", whole=True)),
        quote=PullQuote(text="We sat.\u2028Still.", post="p1", after=2, where="after the second paragraph"),
        note="*hello*",
        care=(CareNote(post="p1", topics=("grief", "loss"), about=True, crisis=True),),
        left_out=(LeftOut(post="p3", title="Three", reason="too old"),),
        reasons=(("lead", "it is the newest"), ("quote", "")),
    )


def a_post(number: int = 1, **changes: object) -> Post:
    post = Post(
        id=f"{number:012x}",
        feed=FEED,
        guid=f"guid-{number}",
        url=f"https://practice.example.org/{number}",
        title=f"Post {number} – “ü”",
        author="Miriam",
        published=NOW - timedelta(days=30 - number),
        body="<p>one</p>\r\n<p>two \u2028 🌿</p>",
        base="https://practice.example.org/",
        language="en",
        summary_only=False,
        first_seen=NOW,
        changed_at=NOW,
        backlog=False,
    )
    return dataclasses.replace(post, **changes)  # type: ignore[arg-type]


def address(number: int) -> str:
    return f"reader{number}@example.org"


def some_readers(count: int) -> list[NewReader]:
    return [
        NewReader(email=address(number), name=f"Reader {number}", consent="paper form")
        for number in range(1, count + 1)
    ]


def freeze(
    store: SqlStore, readers: int, *, batch_size: int = 3, issue: str = ISSUE, posts: Sequence[str] = ()
) -> int:
    """An issue approved and frozen for so many readers."""
    store.readers.add(some_readers(readers), NOW)
    store.issues.save_draft(issue, a_draft(issue), NOW)
    store.issues.approve(issue, Approval(fingerprint="f" * 64, readers=readers, at=NOW))
    bound = tuple(Bound(post=post) for post in posts)
    return store.ledger.freeze(a_letter(issue), bound, batch_size=batch_size, now=NOW)


def leave(store: SqlStore, number: int, state: SubscriberState = SubscriberState.UNSUBSCRIBED) -> None:
    """A reader says no; until the doors are built only a test can."""
    with store.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE subscriber SET state = ? WHERE email = ?", (state.value, address(number))
        )


def a_message(number: int = 1, **changes: object) -> Message:
    message = Message(
        key=f"{number:032x}",
        to=address(number),
        to_name=f"Reader {number}",
        sender=SENDER,
        subject="The room after the storm",
        html="<p>Dear reader,</p>\n<p>“stay” 🌿</p>\n",
        text="Dear reader,\nstay\n",
        headers=(
            ("Message-ID", f"<{number:032x}@example.org>"),
            ("List-Unsubscribe", f"<https://letters.example.org/u/{'t' * 43}{number}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
        tag=ISSUE,
    )
    return dataclasses.replace(message, **changes)  # type: ignore[arg-type]


def fill(claim: Claim) -> list[Message]:
    """One message a recipient, in order."""
    return [
        a_message(1, key=one.key, to=one.email, to_name=one.name, tag=claim.issue) for one in claim.recipients
    ]


def a_certificate(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that nobody trusts."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is needed to make a certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split()
        + f"-keyout {key.name} -out {certificate.name}".split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class ProviderContract:
    """Every provider: subclass it and give a fixture `provider` whose far end takes everything."""

    @pytest.fixture
    def provider(self) -> Iterator[Provider]:
        raise NotImplementedError

    def test_every_message_gets_an_outcome_in_order(self, provider: Provider) -> None:
        count = min(3, provider.limits.max_messages)
        outcomes = provider.send([a_message(number) for number in range(1, count + 1)])
        assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * count

    def test_it_can_be_called_again(self, provider: Provider) -> None:
        provider.send([a_message(1)])
        assert [outcome.kind for outcome in provider.send([a_message(2)])] == [OutcomeKind.ACCEPTED]

    def test_it_has_a_name_and_limits(self, provider: Provider) -> None:
        assert provider.name
        assert provider.limits.max_messages >= 1
        assert provider.limits.max_bytes >= 1_000_000

    def test_it_shows_no_secret(self, provider: Provider) -> None:
        assert "sesame" not in repr(provider)
        assert "sesame" not in str(vars(provider))
