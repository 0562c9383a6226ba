"""One reader's mail from the letter: what is hers in its place, and everything else as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.model import Attachment, Common, Letter, Message, Picture, Recipient, Sender, Stencil
from pipeline.render.letter import Leaving
from pipeline.render.message import Filling, stencil
from tests.contracts import SENDER

AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
BY_WEB = Leaving(base_url="https://letters.example.org", mail_to="miriam@example.org")
BY_MAIL = Leaving(base_url="", mail_to="miriam@example.org")
LETTER = Letter(
    issue="2026-11",
    sender=SENDER,
    subject="The room after the storm",
    preheader="A letter",
    html="<p>mark-greeting-</p>mark-other-<a href='https://letters.example.org/u/mark-leave-'>",
    text="mark-greeting-\nmark-leave-",
    mark="mark",
)
READER = Recipient(key="0a1b", email="anna@example.org", name='<Anna> & "Bo"', leave_token="t0ken")
PICTURE = Picture(cid="p1@picture", sha256="0" * 64, size=3, width=1, height=1)
COPY = Attachment(cid="p1@picture", name="a.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff")


def filling(letter: Letter = LETTER, *, leaving: Leaving = BY_WEB, language: str = "en") -> Filling:
    return Filling(letter, leaving=leaving, language=language, at=AT)


def test_a_body_is_cut_at_its_own_marks_and_no_others() -> None:
    cut = stencil("a mark-x- b mark-y- c mark-z- mark-x-", "mark", {"x": "first", "y": "second"})
    assert cut == Stencil(pieces=("a ", "first", " b ", "second", " c mark-z- ", "first", ""))


def test_what_is_hers_stands_in_its_place_and_all_else_as_it_was() -> None:
    message = filling().message(READER)
    assert message.html == (
        "<p>Dear &lt;Anna&gt; &amp; &quot;Bo&quot;,</p>mark-other-"
        "<a href='https://letters.example.org/u/t0ken'>"
    )
    assert message.text == 'Dear <Anna> & "Bo",\nt0ken'
    assert message == Message(
        key="0a1b",
        to="anna@example.org",
        to_name='<Anna> & "Bo"',
        common=message.common,
        values={
            "key": "0a1b",
            "leave": "t0ken",
            "greeting": 'Dear <Anna> & "Bo",',
            "greeting_html": "Dear &lt;Anna&gt; &amp; &quot;Bo&quot;,",
        },
    )


def test_a_reader_without_a_name_is_greeted_in_the_letter_s_language() -> None:
    nameless = replace(READER, name="")
    assert filling().message(nameless).text == "Hello,\nt0ken"
    assert filling(language="de").message(nameless).text == "Guten Tag,\nt0ken"


def test_all_readers_share_one_letter() -> None:
    made = filling()
    readers = [replace(READER, key=str(number)) for number in range(3)]
    messages = made.messages(readers)
    assert [message.key for message in messages] == ["0", "1", "2"]
    assert all(message.common is made.common for message in messages)
    common = made.common
    assert (common.sender, common.subject, common.tag, common.attachments) == (
        SENDER,
        "The room after the storm",
        "issue-2026-11",
        (),
    )
    assert isinstance(common, Common)


ALWAYS = (
    ("Date", "Tue, 03 Nov 2026 09:00:00 +0000"),
    ("Message-ID", "<0a1b@example.org>"),
    ("List-Id", "The Quiet Room <letter.example.org>"),
)
MAILTO = "<mailto:miriam@example.org?subject=Please%20take%20me%20off%20the%20letter>"


def test_the_headers_of_a_letter_that_is_left_by_web() -> None:
    assert filling().message(READER).headers == (
        *ALWAYS,
        ("List-Unsubscribe", f"<https://letters.example.org/u/t0ken>, {MAILTO}"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def test_the_headers_of_a_letter_that_is_left_by_mail_name_nobody() -> None:
    assert filling(leaving=BY_MAIL).message(READER).headers == (*ALWAYS, ("List-Unsubscribe", MAILTO))


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("The Quiet Room 2", "The Quiet Room 2 <letter.example.org>"),
        ("Stille Räume", "<letter.example.org>"),
        ('The "Room"', "<letter.example.org>"),
        ("A. Room", "<letter.example.org>"),
        ("", "<letter.example.org>"),
        (" ", "<letter.example.org>"),
    ],
)
def test_the_list_is_named_where_no_encoding_is_needed_for_it(name: str, listed: str) -> None:
    sender = Sender(name=name, address="a@b@example.org", reply_to="miriam@example.org")
    assert dict(filling(replace(LETTER, sender=sender)).message(READER).headers)["List-Id"] == listed


def test_pictures_travel_with_the_letter_that_shows_them_and_with_no_other() -> None:
    shown = replace(LETTER, pictures=(PICTURE,))
    made = Filling(shown, leaving=BY_WEB, language="en", at=AT, attachments=(COPY,))
    assert made.message(READER).attachments == (COPY,)
    for letter, attachments in ((shown, ()), (LETTER, (COPY,)), (shown, (COPY, COPY))):
        with pytest.raises(ValueError, match=r"^the attachments are not the letter's pictures$"):
            Filling(letter, leaving=BY_WEB, language="en", at=AT, attachments=attachments)
