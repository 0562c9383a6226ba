"""Pictures inside the mail: beside the HTML that shows them, and nowhere else."""

from __future__ import annotations

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from pydantic import SecretStr

from pipeline.deliver.mime import to_bytes
from pipeline.deliver.providers.postmark import Postmark, _fields
from pipeline.model import Attachment, Message
from tests.contracts import a_message
from tests.pictures import a_copy


def attachment(name: str = "a", content: bytes | None = None) -> Attachment:
    return Attachment(
        cid=f"{name}@picture.warmletter",
        name=f"{name}.jpg",
        media_type="image/jpeg",
        content=a_copy().jpeg if content is None else content,
    )


def pictured(*attachments: Attachment, number: int = 1, **changes: object) -> Message:
    return a_message(
        number,
        **changes,
        html='<p>“stay”</p>\n<img src="cid:a@picture.warmletter" alt="">\n',
        attachments=attachments or (attachment(),),
    )


def read(message: Message) -> EmailMessage:
    return message_from_bytes(to_bytes(message), policy=policy.default)


def test_the_text_stays_the_alternative_of_the_html_with_its_pictures() -> None:
    message = pictured(attachment("a"), attachment("b", b"\xff\xd8" + bytes(range(256)) * 9))
    mail = read(message)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/jpeg",
        "image/jpeg",
    ]
    assert not any(part.defects for part in mail.walk())
    text, related = mail.iter_parts()
    assert isinstance(related, EmailMessage)
    assert related.get_param("type") == "text/html"
    html, *images = related.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == message.text
    assert html.get_content().replace("\r\n", "\n") == message.html
    assert [image["Content-ID"] for image in images] == [f"<{one.cid}>" for one in message.attachments]
    assert [image.get_filename() for image in images] == ["a.jpg", "b.jpg"]
    assert [image.get_content_disposition() for image in images] == ["inline"] * 2
    assert [image.get_content() for image in images] == [one.content for one in message.attachments]


def test_the_bytes_are_mail() -> None:
    mail = to_bytes(pictured(headers=()))
    assert mail.isascii()
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert max(len(line) for line in mail.split(b"\r\n")) <= 78
    assert mail == to_bytes(pictured(headers=()))
    boundaries = {part.get_boundary() for part in read(pictured()).walk() if part.is_multipart()}
    assert len(boundaries) == 2


def test_a_letter_without_pictures_is_as_it_was() -> None:
    assert [part.get_content_type() for part in read(a_message()).walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize("name", ['a"\r\nBcc: x@example.org', "a b", "ä", "", "a>"])
def test_no_name_of_a_picture_adds_a_header(name: str) -> None:
    with pytest.raises(ValueError, match="no header can hold"):
        to_bytes(pictured(Attachment(cid=name, name="a.jpg", media_type="image/jpeg", content=b"x")))


def test_a_picture_shows_its_bytes_to_no_log() -> None:
    assert repr(attachment("a", b"secret")) == "Attachment(cid='a@picture.warmletter', 6 bytes)"


def test_postmark_gets_the_pictures_as_its_api_wants_them() -> None:
    assert _fields(pictured())["Attachments"] == [
        {
            "Name": "a.jpg",
            "Content": base64.b64encode(a_copy().jpeg).decode(),
            "ContentType": "image/jpeg",
            "ContentID": "cid:a@picture.warmletter",
        }
    ]
    assert "Attachments" not in _fields(a_message())


def test_pictures_count_in_a_calls_weight() -> None:
    messages = [pictured(attachment("a", b"\xff" * 1_000_000), number=n) for n in range(1, 51)]
    provider = Postmark(token=SecretStr("t"))
    parcels = list(provider.parcels(messages, most=500))
    assert [len(parcel.envelopes) for parcel in parcels] == [35, 15]
    assert all(len(parcel.body) <= 48_000_000 for parcel in parcels)
