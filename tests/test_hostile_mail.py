"""Hostile words on their whole way, from a feed, a list or config.toml to the mail that travels."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from pipeline.app.draft import compose_issue, prepare
from pipeline.app.mail import send
from pipeline.app.yes import approve
from pipeline.deliver.mime import to_bytes
from pipeline.errors import NotAllowed
from pipeline.model import IssueState, NewReader
from pipeline.subscribers.addresses import clean_name, normalise
from tests.contracts import a_message
from tests.practice import WORDS, approved, collected, item, never, practice, write_feed

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
ISSUE = "2026-11"
READER = "reader1@example.org"
ROOT = Path(__file__).parents[1]
INNER = "Bcc: x@example.net"
HOSTILE = {
    "line feed": f"One\n{INNER}",
    "return": f"One\r{INNER}",
    "both": f"One\r\n{INNER}",
    "empty line": f"One\r\n\r\n{INNER}",
    "folded": f"One\r\n {INNER}",
    "next line": f"One\x85{INNER}",
    "separator": f"One\u2028{INNER}",
    "paragraph": f"One\u2029{INNER}",
    "vertical": f"One\x0b{INNER}",
    "nul": f"One\x00{INNER}",
    "encoded word": "=?utf-8?Q?One=0D=0ABcc=3A_x=40example.net?=",
    "encoded word b64": "=?utf-8?B?T25lCkJjYzogeEBleGFtcGxlLm5ldA==?=",
    "two encoded words": "=?utf-8?Q?One=0A?= =?utf-8?Q?Bcc=3A_x=40example.net?=",
    "half an encoded word": "=?utf-8?Q?One=0A",
    "quotes": 'Ann "Bo" O\'Hara \\',
    "an address": f"x@example.net, {INNER}",
    "angle brackets": "One <x@example.net>",
    "emoji": "👩‍👧 🌿 One",
    "right to left": "שלום עולם",
    "turned around": "One \u202eeno\u202c",
    "merge tags": "{{ contact.EMAIL }} *|EMAIL|* %recipient.name% {% raw %}",
}
# XML knows no NUL; what a feed may hold of the rest is written as a reference.
IN_A_FEED = {name: words for name, words in HOSTILE.items() if not re.search("[\x00\x0b]", words)}


def mails(folder: Path) -> list[bytes]:
    found = sorted((folder / "outbox").rglob("*.eml"))
    return [path.read_bytes() for path in found]


def headers(mail: bytes) -> list[str]:
    """The names of the headers in their order, by the plainest reading there is."""
    return message_from_bytes(mail, policy=policy.compat32).keys()


def sent(folder: Path, *, title: str = "Keeping company", name: str = "Anna", **answers: object) -> bytes:
    """The mail that travels to the one reader."""
    write_feed(folder, item(_reference(title), WORDS * 3, "03 Nov 2026", guid="a"))
    with practice(folder, NOW, **answers) as app:
        collected(app)
        compose_issue(app, ISSUE)
        app.store.readers.add([NewReader(email=READER, name=clean_name(name), consent="a test")], NOW)
        if app.store.posts.held():
            pytest.fail("the post was held")
        approve(app, ISSUE, 1)
        *_, totals = send(app, ISSUE, stop=never)
        assert totals.accepted == 1
    (mail,) = mails(folder)
    return mail


def _unquoted(mailbox: str) -> str:
    """A mailbox with its name as it is meant."""
    found = re.fullmatch(r'"(.*)" (<[^<>]*>)', mailbox)
    return re.sub(r"\\(.)", r"\1", found[1]) + f" {found[2]}" if found else mailbox


def _reference(text: str) -> str:
    written = escape(text)
    return re.sub("[^\x20-\x7e]", lambda found: f"&#{ord(found[0])};", written)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return headers(sent(tmp_path_factory.mktemp("plain")))


def only(mail: bytes, plain: list[str], *, others: Mapping[str, str]) -> None:
    """Its headers are those of any letter, and lead to nobody else."""
    assert headers(mail) == plain
    head = mail.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"(?im)^\s*bcc", head)
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert b"\r" not in head.replace(b"\r\n", b"")
    parsed = message_from_bytes(mail, policy=policy.default)
    for header, address in {"To": READER, "From": "letters@practice.example", **others}.items():
        assert [one.addr_spec for one in parsed[header].addresses] == [address]
    assert not parsed.defects


@pytest.mark.parametrize("title", IN_A_FEED.values(), ids=IN_A_FEED.keys())
def test_a_title_of_the_blog_becomes_a_subject_and_nothing_else(
    tmp_path: Path, plain: list[str], title: str
) -> None:
    mail = sent(tmp_path, title=title)
    only(mail, plain, others={})
    subject = str(message_from_bytes(mail, policy=policy.default)["Subject"])
    title = title.replace("\x85", "…")  # as a reference it means that, in HTML
    title = title.partition(" <")[0]  # a tag
    assert subject == " ".join(re.sub("[\r\n\u2028\u2029\u202c\u202e]", " ", title).split())
    assert not re.search("[\r\n\x00\x85\u2028\u2029]", subject)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_name_of_the_list_greets_and_does_nothing_else(tmp_path: Path, plain: list[str], name: str) -> None:
    mail = sent(tmp_path, name=name)
    only(mail, plain, others={})
    parsed = message_from_bytes(mail, policy=policy.default)
    # The parser of 3.11 puts a space between two encoded words of one name; RFC 2047 §6.2 wants none.
    shown = str(make_header(decode_header(message_from_bytes(mail)["To"])))
    assert _unquoted(" ".join(shown.split())) == f"{clean_name(name)} <{READER}>"
    text = parsed.get_body(("plain",))
    assert text is not None
    assert clean_name(name) in " ".join(text.get_content().split())


@pytest.mark.parametrize("practice_name", ['The "Quiet" Room', "Stille Räume 🌿", "חדר שקט", "a,b;c<d>"])
def test_the_practice_s_name_stays_the_sender_s_name(
    tmp_path: Path, plain: list[str], practice_name: str
) -> None:
    mail = sent(tmp_path, practice__name=practice_name)
    only(mail, plain, others={})
    (sender,) = message_from_bytes(mail, policy=policy.default)["From"].addresses
    assert sender.display_name == practice_name


# --- CVE-2024-6923 and CVE-2026-1299


def test_python_s_own_header_injection_does_not_reach_us() -> None:
    """Before 3.11.10 Python writes the line break of an encoded word as a real one: the control."""
    received = message_from_string(
        "Subject: =?utf-8?Q?a=0ABcc=3A_x=40example.net?=\n\n", policy=policy.default
    )
    theirs = EmailMessage()
    theirs["Subject"] = received["Subject"]
    if sys.version_info < (3, 11, 10):
        assert b"\nBcc:" in theirs.as_bytes()
    ours = a_message(1, subject=received["Subject"], to_name=received["Subject"])
    head = to_bytes(ours).partition(b"\r\n\r\n")[0]
    assert not re.search(rb"(?im)^bcc", head)


def test_no_header_of_ours_is_written_by_python_s_own_folding() -> None:
    """Only mime.py knows the classes that fold, and it hands out the bytes that it wrote itself."""
    writers = re.compile(
        r"EmailMessage|email\.generator|email\.policy|MIMEText|as_bytes\(|as_string\(|send_message"
    )
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "pipeline").rglob("*.py")
        if writers.search(path.read_text("utf-8"))
    }
    assert found == {"pipeline/deliver/mime.py"}


# --- addresses


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param("r" * 308 + "@example.org", "too long", id="320 characters"),
        pytest.param("änne@example.org", "accents", id="accent before the @"),
        pytest.param("дом@пример.example", "accents", id="of another script"),
        pytest.param("a@exa mple.org", "space", id="space"),
        pytest.param("a@example.org\r\nBcc: x@example.net", "more than one", id="line break"),
        pytest.param("a@-example.org", "not a mail address", id="no domain"),
        pytest.param("a@xn--0.example", "not a mail address", id="no punycode"),
    ],
)
def test_an_address_that_cannot_be_mailed_everywhere_is_on_no_list(given: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        normalise(given)
    assert "example" not in str(caught.value)


def test_a_domain_of_another_script_is_mailed_by_its_ascii_name(tmp_path: Path) -> None:
    address = normalise("Anna@Bücher.Example.ORG")
    write_feed(tmp_path, item("Keeping company", WORDS * 3, "03 Nov 2026"))
    with practice(tmp_path, NOW) as app:
        collected(app)
        compose_issue(app, ISSUE)
        app.store.readers.add([NewReader(email=address, name="Anna", consent="a test")], NOW)
        approve(app, ISSUE, 1)
        assert list(send(app, ISSUE, stop=never))[-1].accepted == 1
    (mail,) = mails(tmp_path)
    assert getaddresses([str(message_from_bytes(mail)["To"])]) == [("Anna", "anna@xn--bcher-kva.example.org")]


# --- an audience of nobody


def test_nobody_on_the_list_is_said_before_the_yes(tmp_path: Path) -> None:
    write_feed(tmp_path, item("Keeping company", WORDS * 3, "03 Nov 2026"))
    with practice(tmp_path, NOW) as app:
        collected(app)
        compose_issue(app, ISSUE)
        assert [one.name for one in prepare(app, ISSUE).checks if one.status == "warn"] == ["readers"]
        with pytest.raises(NotAllowed, match="nobody to send it to"):
            approve(app, ISSUE, 0)


def test_everybody_who_leaves_between_the_yes_and_the_hour_gets_nothing(tmp_path: Path) -> None:
    write_feed(tmp_path, item("Keeping company", WORDS * 3, "03 Nov 2026"))
    with practice(tmp_path, NOW) as app:
        approved(app, ISSUE, 3)
        for number in range(3):
            assert app.store.readers.remove(f"reader{number}@example.org", NOW)
        *_, totals = send(app, ISSUE, stop=never)
        assert (totals.frozen, totals.accepted, totals.adds_up) == (0, 0, True)
        record = app.store.issues.get(ISSUE)
        assert record is not None
        assert record.state is IssueState.SENT
    assert mails(tmp_path) == []
