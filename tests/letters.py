"""Makers for letters: from posts to a rendered letter, with what a test does not care for filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from pipeline.check.draft import Draft
from pipeline.compose import compose
from pipeline.model import Choices, Issue, KeptPicture, Letter, Message, ReadPost, Recipient, Sender
from pipeline.render import render
from pipeline.render.letter import Leaving
from pipeline.render.message import Filling
from pipeline.render.templates import Templates
from pipeline.render.view import House
from tests.own_posts import a_post
from tests.pictures import travelling

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TODAY = NOW.date()
HOUSE = House(
    practice="The Quiet Room",
    author="Miriam",
    address="12 Example Lane, Sampletown",
    site="https://practice.example",
    country="GB",
    language="en",
    style="letter",
    checklist_line="",
    sign_off="",
)
SENDER = Sender(name="The Quiet Room", address="letters@practice.example", reply_to="miriam@practice.example")
BY_WEB = Leaving(base_url="https://letters.practice.example", mail_to="miriam@practice.example")
BY_MAIL = Leaving(base_url="", mail_to="miriam@practice.example")
READER = Recipient(key="0123456789abcdef", email="anna@example.org", name="Anna", leave_token="t0ken")

SENTENCES = (
    "We sat a while before either of us spoke. The rain had made up its mind, and so had she. "
    "I remember thinking that nothing needed to be mended in that hour, only kept company. "
    "When she left, she said that it had been good to be somewhere. "
)
ESSAY = f"<p>{SENTENCES}</p><p>I have thought of it since. {SENTENCES}</p><p>Being met is slow work.</p>"


def essay(extra: str = "", *, id: str = "a1", title: str = "Keeping company", day: int = 1) -> ReadPost:
    return a_post(ESSAY + extra, id=id, title=title, day=day)


def issue_of(
    posts: Sequence[ReadPost],
    choices: Choices = Choices(),  # noqa: B008 (frozen)
    style: str = "letter",
) -> Issue:
    return compose(name="2026-11", posts=posts, choices=choices, max_posts=5, style=style)


def letter_of(
    posts: Sequence[ReadPost],
    *,
    choices: Choices = Choices(),  # noqa: B008 (frozen)
    house: House = HOUSE,
    leaving: Leaving = BY_WEB,
    templates: Templates | None = None,
    issue: Issue | None = None,
    kept: Sequence[KeptPicture] = (),
    portrait: KeptPicture | None = None,
) -> Letter:
    return render(
        issue or issue_of(posts, choices, house.style),
        posts,
        house=house,
        sender=SENDER,
        leaving=leaving,
        templates=templates or Templates(),
        kept=kept,
        portrait=portrait,
    )


def message_of(
    letter: Letter, *, leaving: Leaving = BY_WEB, name: str = "Anna", language: str = "en"
) -> Message:
    filling = Filling(letter, leaving=leaving, language=language, at=NOW, attachments=travelling(letter))
    return filling.message(replace(READER, name=name))


def draft_of(
    posts: Sequence[ReadPost],
    *,
    letter: Letter | None = None,
    issue: Issue | None = None,
    house: House = HOUSE,
    leaving: Leaving = BY_WEB,
    readers: int = 3,
    today: date = TODAY,
    kept: Sequence[KeptPicture] = (),
) -> Draft:
    issue = issue or issue_of(posts)
    return Draft(
        letter=letter or letter_of(posts, issue=issue, house=house, leaving=leaving, kept=kept),
        issue=issue,
        posts=posts,
        house=house,
        leaving=leaving,
        readers=readers,
        today=today,
        kept=kept,
    )
