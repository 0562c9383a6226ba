"""What others say of the mail: SpamAssassin, and two readers of mail that are not ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import mailparser
import pytest

from pipeline.deliver.mime import to_bytes
from pipeline.model import Message, no_blanks
from tests.letters import HOUSE, essay, letter_of, message_of
from tests.months import MONTHS, STYLES, month

HOW_TO_GET_IT = "SpamAssassin is not installed; `apt-get install spamassassin`"
MOST_POINTS = 0.5  # of the 5 that make spam
REFUSED = ("DEAR_", "MPART_", "HTML_FONT_", "MIME_HTML_")

every_month = pytest.mark.parametrize("name", MONTHS)
every_style = pytest.mark.parametrize("style", STYLES)


def judged(message: Message, home: Path) -> tuple[float, set[str]]:
    """(points, rules that fired), by local rules alone.

    Fails where CI lacks SpamAssassin, skips elsewhere.
    """
    if shutil.which("spamassassin") is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    report = subprocess.run(
        ["spamassassin", "-L", "-t", "-p", "/dev/null"],
        input=to_bytes(message),
        capture_output=True,
        check=True,
        env={**os.environ, "HOME": str(home)},
    ).stdout.decode("utf-8", "replace")
    # The report stands at the end; the mail before it is ours.
    found = re.findall(r"Content analysis details:\s+\((-?[\d.]+) points", report)
    rules = re.findall(
        r"^\s*-?[\d.]+ ([A-Z][A-Z0-9_]{3,})", report.rpartition("Content analysis details")[2], re.M
    )
    return float(found[-1]), set(rules)


@every_month
def test_spamassassin_takes_it_for_a_letter(name: str, tmp_path: Path) -> None:
    points, rules = judged(month(name).message, tmp_path)
    assert points <= MOST_POINTS, rules
    assert [rule for rule in rules if rule.startswith(REFUSED)] == []


@pytest.mark.parametrize("style", ["essay", "plain"])
def test_spamassassin_likes_the_other_voices_too(style: str, tmp_path: Path) -> None:
    points, rules = judged(month("sample", style).message, tmp_path)
    assert points <= MOST_POINTS, rules
    assert [rule for rule in rules if rule.startswith(REFUSED)] == []


@pytest.mark.parametrize("language", ["cy", "de", "es", "fr", "nl"])
def test_spamassassin_likes_every_language(language: str, tmp_path: Path) -> None:
    letter = letter_of([essay()], house=replace(HOUSE, language=language))
    points, rules = judged(message_of(letter, name="", language=language), tmp_path)
    assert points <= MOST_POINTS, rules
    assert [rule for rule in rules if rule.startswith(REFUSED)] == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [("Dear Anna,", "Dear friend,", "DEAR_FRIEND"), ("We sat", "", "MPART_ALT_DIFF")],
    ids=["dear friend", "no text part"],
)
def test_the_judge_would_see_it(old: str, new: str, rule: str, tmp_path: Path) -> None:
    well = month("sample").message
    text = well.text.replace(old, new) if new else "See the other part."
    common = replace(well.common, html=no_blanks(well.html.replace(old, new)), text=no_blanks(text))
    points, rules = judged(replace(well, common=common), tmp_path)
    assert rule in rules
    assert points > MOST_POINTS


@every_style
@every_month
def test_pythons_own_reader_reads_the_mail_as_it_is(name: str, style: str) -> None:
    message = month(name, style).message
    mail = message_from_bytes(to_bytes(message), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert [part.defects for part in mail.walk() if part.defects] == []
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == message.text
    assert html.get_content().replace("\r\n", "\n").rstrip("\n") == message.html.rstrip("\n")
    pictures = [part.get_content() for part in mail.walk() if part.get_content_type() == "image/jpeg"]
    assert pictures == [one.content for one in message.attachments]
    assert str(mail["Subject"]) == message.subject
    for header in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Message-ID", "Date"):
        assert mail[header], header
    alternative = next(part for part in mail.walk() if part.get_content_type() == "multipart/alternative")
    assert next(part.get_content_type() for part in alternative.iter_parts()) == "text/plain"


@every_month
def test_mail_parser_reads_the_mail_as_it_is(name: str) -> None:
    message = month(name).message
    mail = mailparser.parse_from_bytes(to_bytes(message))
    assert mail.subject == message.subject
    assert mail.to == [("Anna", "anna@example.org")]
    assert mail.text_plain[0].replace("\r\n", "\n").strip() == message.text.strip()
    assert mail.text_html[0].replace("\r\n", "\n").strip() == message.html.strip()
    assert mail.defects == []
    assert len(mail.attachments) == len(message.attachments)


@every_style
@every_month
def test_no_raw_line_is_longer_than_mail_allows(name: str, style: str) -> None:
    raw = to_bytes(month(name, style).message)
    headers, _, body = raw.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert max(map(len, headers.split(b"\r\n"))) <= 998, "an address cannot be broken"
    parts = raw.split(b"Content-Type: image/jpeg")[0]
    assert parts.count(b"quoted-printable") == 2
    assert b"base64" not in parts.replace(b"Content-Transfer-Encoding: base64", b"")
