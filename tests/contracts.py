"""What every provider and every store keeps, and the makers that their tests share."""

from __future__ import annotations

import dataclasses
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html import escape
from pathlib import Path

import lxml.html
import pytest

from pipeline.errors import ProviderStop
from pipeline.model import (
    Approval,
    Attachment,
    Bound,
    CareNote,
    Claim,
    Common,
    Doubt,
    Envelope,
    Issue,
    LeftOut,
    Letter,
    Message,
    NewReader,
    Outcome,
    OutcomeKind,
    Parcel,
    Placed,
    Post,
    PullQuote,
    Sender,
    Stencil,
    SubscriberState,
    no_blanks,
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


def next_claim(store: SqlStore, now: datetime, issue: str = ISSUE) -> Claim | None:
    """The next batch that is ready, by itself."""
    return next(iter(store.ledger.claims(issue, now, most=1)), None)


def leave(store: SqlStore, number: int, state: SubscriberState = SubscriberState.UNSUBSCRIBED) -> None:
    """A reader says no; until the doors are built only a test can."""
    with store.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE subscriber SET state = ? WHERE email = ?", (state.value, address(number))
        )


def a_message(number: int = 1, **changes: object) -> Message:
    """A mail; `changes` are fields of Message, or of its Common with texts in place of stencils."""
    given = {
        "key": f"{number:032x}",
        "to": address(number),
        "to_name": f"Reader {number}",
        "sender": SENDER,
        "subject": "The room after the storm",
        "html": Stencil(pieces=("<p>Dear ", "name_html", ",</p>\n<p>“stay” 🌿</p>\n")),
        "text": Stencil(pieces=("Dear ", "name", ",\nstay\n")),
        "headers": (
            ("Message-ID", Stencil(pieces=("<", "key", "@example.org>"))),
            ("List-Unsubscribe", Stencil(pieces=("<https://letters.example.org/u/", "leave", ">"))),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
        "tag": ISSUE,
        "attachments": (),
    } | changes
    letter = {name: given.pop(name) for name in ("sender", "subject", "tag", "attachments")}
    common = Common(
        **letter,  # type: ignore[arg-type]
        html=_stencil(given.pop("html")),
        text=_stencil(given.pop("text")),
        headers=tuple((name, _stencil(value)) for name, value in given.pop("headers")),  # type: ignore[attr-defined]
    )
    values = {
        "key": str(given["key"]),
        "leave": "t" * 43 + str(number),
        "name": f"reader <{number}>",
        "name_html": f"reader &lt;{number}&gt;",
    }
    return Message(common=common, **({"values": values} | given))  # type: ignore[arg-type]


def _stencil(text: object) -> Stencil:
    return text if isinstance(text, Stencil) else no_blanks(str(text))


def fill(claim: Claim) -> list[Message]:
    """One message a recipient, in order."""
    return [
        a_message(1, key=one.key, to=one.email, to_name=one.name, tag=claim.issue) for one in claim.recipients
    ]


def a_doubt(number: int = 1, **changes: object) -> Doubt:
    """A mail of `a_message` that was offered at NOW or later."""
    doubt = Doubt(key=f"{number:032x}", to=address(number), since=NOW, offered_after=NOW)
    return dataclasses.replace(doubt, **changes)  # type: ignore[arg-type]


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


def offered(provider: Provider, *messages: Message) -> list[Outcome]:
    """What came of these mails, in as few calls as the provider takes."""
    calls = provider.parcels(messages, most=provider.limits.max_messages)
    return [outcome for parcel in calls for outcome in provider.offer(parcel)]


def a_call(claim: Claim) -> Parcel:
    """A call that holds the whole claim."""
    envelopes = tuple(Envelope(key=one.key, to=one.email) for one in claim.recipients)
    return Parcel(key=f"call-{claim.token}", body=b"all", sender=SENDER.address, envelopes=envelopes)


A_PICTURE = Attachment(
    cid="0a1b@picture.warmletter", name="a.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff"
)
MERGE_TAGS = "{{ contact.EMAIL }} *|EMAIL|* %recipient.name% {% if x %} [[data:email]] {{{ pm:unsubscribe }}}"


def rendered(html: str) -> str:
    """What a reader sees of the HTML."""
    return "".join(str(words) for words in lxml.html.fromstring(html).itertext())


def read_mail(content: bytes) -> tuple[str, str, str]:
    """(subject, text, HTML as seen) of a mail as it travels."""
    mail = message_from_bytes(content, policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return str(mail["Subject"]), text.get_content(), rendered(html.get_content())


def _shown(text: str) -> str:
    """The text as the eye has it: a word joiner takes no room, and line ends are white space."""
    return " ".join(text.replace("\u2060", "").split())


class ProviderContract:
    """Every provider: subclass it and give a fixture `provider` whose far end takes everything.

    `seen` says what the reader of the last mail sees, after all that the provider does to it.
    """

    def seen(self, provider: Provider) -> tuple[str, str, str]:
        """(subject, text, HTML as rendered text) of the last mail that the far end took."""
        raise NotImplementedError

    @pytest.fixture
    def provider(self) -> Iterator[Provider]:
        raise NotImplementedError

    def test_every_message_gets_an_outcome_in_order(self, provider: Provider) -> None:
        count = min(3, provider.limits.max_messages)
        outcomes = offered(provider, *(a_message(number) for number in range(1, count + 1)))
        assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * count

    def test_it_can_be_called_again(self, provider: Provider) -> None:
        offered(provider, a_message(1))
        assert [outcome.kind for outcome in offered(provider, a_message(2))] == [OutcomeKind.ACCEPTED]

    def test_it_has_a_name_and_limits(self, provider: Provider) -> None:
        assert provider.name
        assert provider.limits.max_messages >= 1
        assert provider.limits.max_bytes >= 1_000_000

    def test_it_shows_no_secret(self, provider: Provider) -> None:
        assert "sesame" not in repr(provider)
        assert "sesame" not in str(vars(provider))

    def test_it_is_ready(self, provider: Provider) -> None:
        provider.ready()

    def test_the_same_messages_are_the_same_bytes(self, provider: Provider) -> None:
        mails = dataclasses.replace(a_message(1)), a_message(1)
        first, second = (next(iter(provider.parcels([mail], most=1))) for mail in mails)
        assert (first.key, first.body) == (second.key, second.body)

    def test_other_messages_have_another_key(self, provider: Provider) -> None:
        first, second = (next(iter(provider.parcels([a_message(n)], most=1))) for n in (1, 2))
        assert first.key != second.key
        assert len(first.key) <= 64

    def test_calls_hold_the_messages_in_order_and_no_more_than_asked(self, provider: Provider) -> None:
        mails = [a_message(number) for number in range(1, 6)]
        calls = list(provider.parcels(mails, most=2))
        assert [key for parcel in calls for key in parcel.keys] == [mail.key for mail in mails]
        assert max(len(parcel.envelopes) for parcel in calls) <= min(2, provider.limits.max_messages)

    def test_nothing_is_a_call_for_nobody(self, provider: Provider) -> None:
        assert list(provider.parcels([], most=5)) == []

    def test_it_carries_pictures_inside_a_letter_or_says_that_it_does_not(self, provider: Provider) -> None:
        mail = a_message(1, attachments=(A_PICTURE,))
        if provider.limits.pictures:
            assert [one.kind for one in offered(provider, mail)] == [OutcomeKind.ACCEPTED]
        else:
            with pytest.raises(ProviderStop, match="cannot carry pictures"):
                list(provider.parcels([mail], most=1))

    def test_a_parcel_shows_no_address(self, provider: Provider) -> None:
        (parcel,) = provider.parcels([a_message(1)], most=1)
        assert "@" not in repr(parcel)
        assert "@" not in parcel.key

    def test_merge_tags_reach_the_reader_as_the_text_they_are(self, provider: Provider) -> None:
        mail = a_message(
            1,
            subject=f"On {MERGE_TAGS}",
            html=Stencil(pieces=("<p>Dear ", "name_html", f",</p><p>about {MERGE_TAGS}</p>")),
            text=Stencil(pieces=("Dear ", "name", f",\nabout {MERGE_TAGS}\n")),
            values={"key": "0" * 32, "leave": "t", "name": MERGE_TAGS, "name_html": escape(MERGE_TAGS)},
        )
        offered(provider, mail)
        subject, text, html = (_shown(part) for part in self.seen(provider))
        assert subject == f"On {MERGE_TAGS}"
        assert text == f"Dear {MERGE_TAGS}, about {MERGE_TAGS}"
        assert html == f"Dear {MERGE_TAGS},about {MERGE_TAGS}"

    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            pytest.param("One\r\nBcc: x@example.org", "One Bcc: x@example.org", id="line break"),
            pytest.param("One\x00two\x85three", "One two three", id="controls"),
            pytest.param("One\u2028two\u2029three", "One two three", id="separators"),
            pytest.param("=?utf-8?q?One=0D=0ABcc:_x?=", "=?utf-8?q?One=0D=0ABcc:_x?=", id="encoded word"),
            pytest.param("„Eins“ 🌿 שלום", "„Eins“ 🌿 שלום", id="any script"),
        ],
    )
    def test_a_subject_stays_one_line_of_the_same_words(
        self, provider: Provider, given: str, shown: str
    ) -> None:
        offered(provider, a_message(1, subject=given))
        assert _shown(self.seen(provider)[0]) == shown

    @pytest.mark.parametrize(
        "name",
        ['Ann "Bo" O\'Hara', "Ann\r\nBcc: x@example.org", "=?utf-8?q?A?=", "שלום 🌿", "a,b;c<d>"],
        ids=["quotes", "line break", "encoded word", "any script", "a list and more"],
    )
    def test_any_name_can_be_mailed(self, provider: Provider, name: str) -> None:
        mail = a_message(1, to_name=name, sender=dataclasses.replace(SENDER, name=name))
        assert [outcome.kind for outcome in offered(provider, mail)] == [OutcomeKind.ACCEPTED]

    @pytest.mark.parametrize(
        "to",
        [
            "",
            "reader",
            "a@b@example.org",
            "a@example.org\r\nBcc: x@example.org",
            "a@exämple.org",
            "ä@example.org",
        ],
        # Words: pytest escapes what a function names anew for each class that has the test.
        ids=["nothing", "no sign", "two signs", "line break", "another script's domain", "and name"],
    )
    def test_an_address_that_is_none_goes_into_no_call(self, provider: Provider, to: str) -> None:
        with pytest.raises(ValueError, match="address") as caught:
            list(provider.parcels([a_message(1, to=to)], most=1))
        assert "example" not in str(caught.value)

    def test_a_very_long_address_is_for_the_provider_to_judge(self, provider: Provider) -> None:
        long = "r" * 300 + "@reader.example.org"
        assert len(offered(provider, a_message(1, to=long))) == 1
