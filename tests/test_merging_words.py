"""Whatever an author writes and a reader is called: through each merging provider it arrives as it is.

Each provider's substitution is done by a reading of its own, stricter than it need be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from pipeline.deliver.providers.mailgun import Mailgun
from pipeline.deliver.providers.sendgrid import SendGrid
from pipeline.deliver.providers.ses_requests import bulk
from pipeline.model import Message, Stencil
from tests.contracts import a_message
from tests.fake_calls import Call

KEY = SecretStr("sesame")
# Pieces of tags, so that whole ones come about often; line ends and controls have tests of their own.
PIECES = ["{", "}", "{{", "}}", "\\", "%", "%recipient", ".name%", "recipient.", "-", "name", "w0", "%a%",
          "unsubscribe_url", "~", "#", "/", " ", "a", "“ü”", "<%", "%>", "[unsubscribe]"]  # fmt: skip
WORDS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


def by_mailgun(message: Message) -> tuple[str, str, str]:
    (parcel,) = Mailgun(key=KEY, domain="example.org").parcels([message], most=1)
    body = bytes(parcel.body)
    boundary = body[2 : body.index(b"\r\n")].decode()
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    call = Call(method="POST", path="", headers=kind, body=body)
    fields = {name: value.decode() for name, value, *_ in call.form}
    values = json.loads(fields["recipient-variables"])[message.to]

    def filled(text: str) -> str:
        # An unknown tag becomes nothing, so that one of the author's would be missed.
        tag = re.compile(r"%recipient\.(\w*)%|%(?:\w*unsubscribe_url|recipient\w*)%", re.IGNORECASE)
        return tag.sub(lambda found: values.get(found[1], ""), text)

    return filled(fields["subject"]), filled(fields["text"]), unescape(filled(fields["html"]))


def by_sendgrid(message: Message) -> tuple[str, str, str]:
    (parcel,) = SendGrid(key=KEY).parcels([message], most=1)
    body: Mapping[str, Any] = json.loads(bytes(parcel.body))
    text, html = (part["value"] for part in body["content"])
    values = body["personalizations"][0]["substitutions"]
    tag = re.compile("|".join(map(re.escape, values)))
    subject, text, html = (
        tag.sub(lambda key: values[key[0]], part) for part in (body["subject"], text, html)
    )
    return subject, text, unescape(html)


def by_ses(message: Message) -> tuple[str, str, str]:
    reader, around = bulk(message, overrides=True)
    body: Mapping[str, Any] = json.loads(around([reader(message)]))
    entry = body["BulkEmailEntries"][0]["ReplacementEmailContent"]["ReplacementTemplate"]
    values = json.loads(entry["ReplacementTemplateData"])

    def filled(text: str) -> str:
        # All that Handlebars might read: escapes, raw variables, and braces that close too much.
        def fill(found: re.Match[str]) -> str:
            assert found[1] == "{{"
            assert found[3] == "}}"
            return str(values[found[2]])

        assert "\\{{" not in text
        return re.sub(r"(\{{2,})(.*?)(\}{2,}|\Z)", fill, text, flags=re.DOTALL)

    template = body["DefaultContent"]["Template"]["TemplateContent"]
    return filled(template["Subject"]), filled(template["Text"]), unescape(filled(template["Html"]))


@pytest.mark.parametrize("by", [by_mailgun, by_sendgrid, by_ses])
@settings(max_examples=150, deadline=None)
@given(before=WORDS, after=WORDS, subject=WORDS, name=WORDS)
def test_words_arrive_as_they_are(
    by: Callable[[Message], tuple[str, str, str]], before: str, after: str, subject: str, name: str
) -> None:
    message = a_message(
        1,
        subject=f"a {subject} z",
        text=Stencil(pieces=(before, "name", after, "leave", after)),
        html=Stencil(pieces=(escape(before), "name_html", escape(after), "leave", escape(after))),
        values={"key": "0" * 32, "leave": "t", "name": name, "name_html": escape(name)},
    )
    expected = f"{before}{name}{after}t{after}"
    assert by(message) == (" ".join(f"a {subject} z".split()), expected, expected)
