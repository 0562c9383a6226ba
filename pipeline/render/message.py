"""One reader's mail: the letter's placeholders filled, each escaped for its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from pipeline.model import Attachment, Common, Letter, Message, Recipient, Stencil, no_blanks
from pipeline.render.letter import Leaving, mail_leave
from pipeline.render.words import Words, words

_MOST_NAMES = 2_000  # whose greetings are kept


def stencil(body: str, mark: str, blanks: Mapping[str, str]) -> Stencil:
    """A body cut at its placeholders; `blanks` names for each placeholder the blank it becomes."""
    pieces = re.split(rf"{mark}-({'|'.join(blanks)})-", body)
    return Stencil(pieces=tuple(blanks[piece] if n % 2 else piece for n, piece in enumerate(pieces)))


class Filling:
    """Makes each reader's message from one letter."""

    def __init__(
        self,
        letter: Letter,
        *,
        leaving: Leaving,
        language: str,
        at: datetime,
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        """`at`: the moment the audience was frozen; every copy bears it, also when repeated.

        `attachments`: the bytes of the letter's pictures.
        """
        if [picture.cid for picture in letter.pictures] != [one.cid for one in attachments]:
            raise ValueError("the attachments are not the letter's pictures")
        self._words = words(language)
        self._greetings: dict[str, tuple[str, str]] = {}  # by name: many readers share one
        self.common = Common(
            sender=letter.sender,
            subject=letter.subject,
            html=stencil(letter.html, letter.mark, {"greeting": "greeting_html", "leave": "leave"}),
            text=stencil(letter.text, letter.mark, {"greeting": "greeting", "leave": "leave"}),
            headers=tuple(_headers(letter, leaving=leaving, fixed=self._words, at=at)),
            tag=f"issue-{letter.issue}",
            attachments=attachments,
        )

    def message(self, reader: Recipient) -> Message:
        greeting, escaped = self._greetings.get(reader.name) or self._greeting(reader.name)
        return Message(
            key=reader.key,
            to=reader.email,
            to_name=reader.name,
            common=self.common,
            values={
                "key": reader.key,
                "leave": reader.leave_token,
                "greeting": greeting,
                "greeting_html": escaped,
            },
        )

    def _greeting(self, name: str) -> tuple[str, str]:
        said = self._words.say("greeting", name=name) if name else self._words.say("greeting_nameless")
        if len(self._greetings) >= _MOST_NAMES:
            self._greetings.clear()
        self._greetings[name] = greeting = (said, escape(said))
        return greeting

    def messages(self, readers: Sequence[Recipient]) -> tuple[Message, ...]:
        return tuple(self.message(reader) for reader in readers)


def _headers(
    letter: Letter, *, leaving: Leaving, fixed: Words, at: datetime
) -> Iterator[tuple[str, Stencil]]:
    domain = letter.sender.address.rpartition("@")[2]
    # RFC 2919 allows a phrase before the id; one that would need encoding is left out.
    name = letter.sender.name
    phrase = f"{name} " if name.isascii() and name.replace(" ", "").isalnum() else ""
    yield "Date", no_blanks(format_datetime(at))
    yield "Message-ID", Stencil(pieces=("<", "key", f"@{domain}>"))
    yield "List-Id", no_blanks(f"{phrase}<letter.{domain}>")
    mail = f"<{mail_leave(leaving, fixed)}>"
    if not leaving.by_web:
        yield "List-Unsubscribe", no_blanks(mail)
        return
    # -Post stands after List-Unsubscribe: Gmail's button has vanished when it came first.
    yield "List-Unsubscribe", Stencil(pieces=(f"<{leaving.base_url}/u/", "leave", f">, {mail}"))
    yield "List-Unsubscribe-Post", no_blanks("List-Unsubscribe=One-Click")
