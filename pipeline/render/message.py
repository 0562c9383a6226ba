"""One reader's mail: the letter's placeholders filled, each escaped for its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

from pipeline.model import Attachment, Letter, Message, Recipient
from pipeline.render.letter import Leaving, mail_leave
from pipeline.render.words import words


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pieces:
    """A body split at its placeholders, so that a reader costs no search: text, name, text, …"""

    parts: tuple[str, ...]

    @classmethod
    def of(cls, body: str, mark: str) -> _Pieces:
        return cls(parts=tuple(re.split(rf"{mark}-(greeting|leave)-", body)))

    def filled(self, values: dict[str, str]) -> str:
        return "".join(values[part] if place % 2 else part for place, part in enumerate(self.parts))


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
        self._letter = letter
        self._attachments = attachments
        self._html = _Pieces.of(letter.html, letter.mark)
        self._text = _Pieces.of(letter.text, letter.mark)
        self._leaving = leaving
        self._words = words(language)
        self._date = format_datetime(at)
        # RFC 2919 allows a phrase before the id; one that would need encoding is left out.
        name = letter.sender.name
        plain = name.isascii() and name.replace(" ", "").isalnum()
        self._list_name = f"{name} " if plain else ""
        self._domain = letter.sender.address.rpartition("@")[2]

    def message(self, reader: Recipient) -> Message:
        greeting = (
            self._words.say("greeting", name=reader.name)
            if reader.name
            else self._words.say("greeting_nameless")
        )
        return Message(
            key=reader.key,
            to=reader.email,
            to_name=reader.name,
            sender=self._letter.sender,
            subject=self._letter.subject,
            html=self._html.filled({"greeting": escape(greeting), "leave": reader.leave_token}),
            text=self._text.filled({"greeting": greeting, "leave": reader.leave_token}),
            headers=self._headers(reader),
            tag=f"issue-{self._letter.issue}",
            attachments=self._attachments,
        )

    def messages(self, readers: Sequence[Recipient]) -> tuple[Message, ...]:
        return tuple(self.message(reader) for reader in readers)

    def _headers(self, reader: Recipient) -> tuple[tuple[str, str], ...]:
        mail = f"<{mail_leave(self._leaving, self._words)}>"
        fixed = (
            ("Date", self._date),
            ("Message-ID", f"<{reader.key}@{self._domain}>"),
            ("List-Id", f"{self._list_name}<letter.{self._domain}>"),
        )
        if not self._leaving.by_web:
            return (*fixed, ("List-Unsubscribe", mail))
        web = f"<{self._leaving.base_url}/u/{reader.leave_token}>"
        # -Post stands after List-Unsubscribe: Gmail's button has vanished when it came first.
        return (
            *fixed,
            ("List-Unsubscribe", f"{web}, {mail}"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )
