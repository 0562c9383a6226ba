"""What a check is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import lxml.html
from lxml.html import HtmlElement

from pipeline.model import Issue, KeptPicture, Letter, ReadPost, Status
from pipeline.render.inline import Pictures, pictures_of
from pipeline.render.letter import Leaving
from pipeline.render.view import House


@dataclass(frozen=True)  # no slots: cached_property keeps the parsed letter
class Draft:
    """A rendered letter together with all it came from."""

    letter: Letter
    issue: Issue
    posts: Sequence[ReadPost]
    house: House
    leaving: Leaving
    readers: int
    today: date
    kept: Sequence[KeptPicture] = ()  # what came of fetching the pictures
    carries_pictures: bool = True  # whether the mail service can, inside a letter
    portrait_problem: str = ""  # why the portrait is not in it; "" where none is asked for

    @cached_property
    def tree(self) -> HtmlElement:
        """The letter's HTML, parsed once for all checks. To be read, never changed."""
        return lxml.html.document_fromstring(self.letter.html)

    @cached_property
    def pictures(self) -> Pictures:
        return pictures_of(self.issue, self.posts, self.kept)

    def post(self, post_id: str) -> ReadPost:
        return next(read for read in self.posts if read.post.id == post_id)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and what to do."""

    status: Status
    message: str
    fix: str = ""


def block(message: str, fix: str) -> Finding:
    return Finding(Status.BLOCK, message, fix)


def warn(message: str, fix: str) -> Finding:
    return Finding(Status.WARN, message, fix)


def note(message: str) -> Finding:
    """Nothing wrong, but worth saying."""
    return Finding(Status.OK, message)
