"""The bytes that travel: each header once, and the letter as it was written."""

from __future__ import annotations

import re
from email import message_from_bytes, message_from_string, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.mime import header_values, mailbox, one_line, to_bytes, to_email
from pipeline.model import Message, Sender
from tests.contracts import SENDER, a_message

HEADERS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
]
INJECTED = message_from_string("Subject: =?utf-8?Q?a=0ABcc=3A_x=40example.org?=\n\n", policy=policy.default)
INJECTIONS = {
    "line feed": "a\nBcc: x@example.org",
    "return": "a\rBcc: x@example.org",
    "both": "a\r\nBcc: x@example.org",
    "empty line": "a\r\n\r\n<p>body</p>",
    "folded": "a\r\n Bcc: x@example.org",
    "next line": "a\x85Bcc: x@example.org",
    "separator": "a\u2028Bcc: x@example.org",
    "paragraph": "a\u2029Bcc: x@example.org",
    "nul": "a\0Bcc: x@example.org",
    "tab": "a\v\f\tBcc: x@example.org",
    "encoded word": "=?utf-8?Q?a=0ABcc=3A_x=40example.org?=",
    "encoded word b64": "=?utf-8?B?YQpCY2M6IHhAZXhhbXBsZS5vcmc=?=",
    "half a word": "=?utf-8?Q?a=0A",
    "surrogate": "a\ud800\udfff b",
    "header object": INJECTED["Subject"],
}


def read(mail: bytes) -> dict[str, str]:
    parsed = message_from_bytes(mail, policy=policy.default)
    return {name: str(value) for name, value in parsed.items()}


def test_the_letter_reads_back_as_it_was_written() -> None:
    message = a_message(1, subject="Nähe – “stay” 🌿")
    mail = to_email(message)
    assert mail.keys() == HEADERS
    assert mail["From"] == "The Quiet Room <letters@example.org>"
    assert mail["To"] == "Reader 1 <reader1@example.org>"
    assert mail["Reply-To"] == "miriam@example.org"
    assert mail["Subject"] == "Nähe – “stay” 🌿"
    assert mail.get_content_type() == "multipart/alternative"
    parts = list(mail.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["quoted-printable"] * 2
    contents = [part.get_content().replace("\r\n", "\n") for part in parts]
    assert contents == [message.text, message.html]
    assert mail.as_bytes() == to_bytes(message)


def test_the_bytes_are_mail() -> None:
    mail = to_bytes(
        a_message(1, subject="ä" * 300, html="<p>" + "long “word” " * 400 + "</p>", text=".", headers=())
    )
    assert mail.isascii()
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert b"\r" not in mail.replace(b"\r\n", b"")
    assert max(len(line) for line in mail.split(b"\r\n")) <= 78


def test_the_same_message_gives_the_same_bytes() -> None:
    assert to_bytes(a_message()) == to_bytes(a_message())
    assert to_bytes(a_message(1)) != to_bytes(a_message(2))


def test_long_addresses_in_headers_are_neither_cut_nor_encoded() -> None:
    url = f"<https://letters.example.org/u/{'t' * 300}>"
    mail = to_bytes(a_message(1, headers=(("List-Unsubscribe", url),)))
    assert f"List-Unsubscribe: {url}\r\n".encode() in mail


def test_a_long_plain_header_is_folded_at_spaces() -> None:
    subject = " ".join(["word"] * 60)
    mail = to_bytes(a_message(1, subject=subject))
    assert b"word\r\n word" in mail
    assert read(mail)["Subject"] == subject


def test_a_header_that_no_mail_can_hold_is_an_error() -> None:
    with pytest.raises(ValueError, match="too long"):
        to_bytes(a_message(1, subject="x" * 1200))


@pytest.mark.parametrize(
    "name", ["Ann, Bob", 'The "Room"', "back\\slash", "Änne 🌿", "a@b", "Room.", "x" * 70]
)
def test_names_come_through(name: str) -> None:
    mail = to_email(
        a_message(
            1, to_name=name, sender=Sender(name=name, address="a@example.org", reply_to="b@example.org")
        )
    )
    for header, expected in (("From", "a@example.org"), ("To", "reader1@example.org")):
        (only,) = mail[header].addresses
        assert (only.display_name, only.addr_spec) == (name, expected)


@pytest.mark.parametrize("field", ["subject", "to_name", "sender name", "header"])
@pytest.mark.parametrize("value", INJECTIONS.values(), ids=INJECTIONS.keys())
def test_no_text_adds_a_header(field: str, value: str) -> None:
    message = {
        "subject": lambda: a_message(1, subject=value),
        "to_name": lambda: a_message(1, to_name=value),
        "sender name": lambda: a_message(
            1, sender=Sender(name=value, address="a@example.org", reply_to="b@example.org")
        ),
        "header": lambda: a_message(1, headers=(*a_message().headers[:2], ("List-Unsubscribe-Post", value))),
    }[field]()
    mail = to_bytes(message)
    assert message_from_bytes(mail, policy=policy.compat32).keys() == HEADERS
    # Also for a reader's program that decodes the words and looks at the result.
    head = mail.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"(?im)^bcc", head)
    if "=?" in value:
        assert read(mail)["Subject" if field == "subject" else "From"].count("\n") == 0


def test_what_looks_like_an_encoded_word_is_shown_as_it_is() -> None:
    text = "=?utf-8?Q?hello?="
    mail = to_bytes(a_message(1, subject=text))
    assert b"Subject: =?utf-8?b?" in mail or b"Subject: =?utf-8?q?=3D=3F" in mail
    assert read(mail)["Subject"] == text


@given(st.text(st.characters(), max_size=60), st.text(max_size=60), st.text(max_size=200))
def test_any_text_gives_exactly_the_headers_it_was_given(subject: str, name: str, body: str) -> None:
    mail = to_email(a_message(1, subject=subject, to_name=name, html=body, text=body))
    assert mail.keys() == HEADERS
    assert [address.addr_spec for address in mail["To"].addresses] == ["reader1@example.org"]
    text, html = mail.iter_parts()
    expected = body.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
    assert text.get_payload(decode=True).decode().replace("\r\n", "\n") == expected  # type: ignore[union-attr]
    assert html.get_payload(decode=True) == text.get_payload(decode=True)


@pytest.mark.parametrize(
    "headers",
    [
        (("Bcc", "x@example.org"),),
        (("FROM", "x@example.org"),),
        (("Content-Type", "text/plain"),),
        (("Resent-To", "x@example.org"),),
        (("MIME-Version", "1.0"),),
        (("X-A\r\nBcc", "x@example.org"),),
        (("X A", "x"),),
        (("", "x"),),
        (("X-A", "x"), ("x-a", "y")),
    ],
    ids=[
        "Bcc",
        "FROM",
        "Content-Type",
        "Resent-To",
        "MIME-Version",
        "line break",
        "blank",
        "no name",
        "twice",
    ],
)
def test_a_message_cannot_set_what_is_ours_or_a_header_twice(headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="a message sets"):
        to_bytes(a_message(1, headers=headers))


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org,b@example.org",
        "ü@example.org",
        "a b@example.org",
        "<a@example.org>",
        "",
        "a",
    ],
    ids=["line break", "two", "another script", "blank", "angles", "nothing", "no sign"],
)
@pytest.mark.parametrize("place", ["to", "from", "reply"])
def test_what_is_no_single_address_is_refused_without_being_shown(address: str, place: str) -> None:
    sender = {
        "to": SENDER,
        "from": Sender(name="", address=address, reply_to="a@example.org"),
        "reply": Sender(name="", address="a@example.org", reply_to=address),
    }[place]
    message: Message = a_message(1, sender=sender, to=address if place == "to" else "a@example.org")
    with pytest.raises(ValueError, match=r"^a message has an address that is none$"):
        to_bytes(message)


def test_values_for_json_are_on_one_line() -> None:
    assert header_values(a_message(1, headers=(("X-A", " a\r\n\x85b\u2028 "),))) == (("X-A", "a b"),)
    assert type(one_line(INJECTED["Subject"])) is str
    assert mailbox('The "Room"\n', "a@example.org") == '"The \\"Room\\"" <a@example.org>'
    assert mailbox(" ", "a@example.org") == "a@example.org"


def test_a_header_block_that_is_not_ours_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever a later change or another Python does: what is read back decides.
    monkeypatch.setattr("pipeline.deliver.mime._folded", lambda header, value: "a\r\nBcc: x@example.org")
    with pytest.raises(ValueError, match="not those it was given"):
        to_bytes(a_message())
