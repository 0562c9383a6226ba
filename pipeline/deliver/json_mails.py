"""Mails as JSON, encoded once for all readers: a letter of 45 kB is not written anew for each.

What a provider makes of a mail is made of one whose blanks hold sentinels; the bytes are cut there,
and a reader's values are put in. Equal, byte for byte, to encoding each mail by itself (a test).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

import orjson

from pipeline.deliver.mime import require_address
from pipeline.model import Common, Message, Pieces

Fields = Callable[[Message], object]
Literal = Callable[[str, str], str]
Mail = list[bytes]  # its JSON, in pieces of which most are the letter's own
_TO, _KEY = "to", "key"


class JsonMails:
    """Encodes the mails of one letter after the other; `fields` is the provider's own shape of a mail."""

    def __init__(self, fields: Fields, literal: Literal = lambda _name, value: value) -> None:
        """`literal` makes a reader's value (the blank's name, the value) harmless to the provider."""
        self._fields = fields
        self._literal = literal
        self._common: Common | None = None
        self._words: tuple[bytes, ...] = ()
        self._blanks: tuple[str, ...] = ()

    def pieces(self, message: Message) -> Mail:
        """The mail as JSON, in pieces. Raises ValueError for an address that is none."""
        if message.common is not self._common:
            self._cut(message)
        require_address(message.to)
        values = {**message.values, _TO: message.to, _KEY: message.key}
        written = {name: orjson.dumps(self._literal(name, value))[1:-1] for name, value in values.items()}
        parts = [b""] * (2 * len(self._blanks) + 1)
        parts[::2] = self._words
        parts[1::2] = [written[name] for name in self._blanks]
        return parts

    def _cut(self, message: Message) -> None:
        common = message.common
        mark = _mark(common)
        blanks = {name: f"{mark}{name}@{mark}" for name in (*message.values, _TO, _KEY)}
        model = Message(
            key=blanks[_KEY], to=blanks[_TO], to_name=message.to_name, common=common, values=blanks
        )
        cut = re.split(rb"%b([a-z_]+)@%b" % (mark.encode(), mark.encode()), orjson.dumps(self._fields(model)))
        self._words = tuple(cut[::2])
        self._blanks = tuple(name.decode() for name in cut[1::2])
        self._common = common


def in_a_list(mails: Sequence[Mail]) -> Pieces:
    """The mails as one JSON list."""
    pieces = [b"["]
    for mail in mails:
        pieces += mail
        pieces.append(b",")
    pieces[-1] = b"]"
    return Pieces(pieces)


def bytes_of(mail: Mail) -> int:
    return sum(map(len, mail))


def _mark(common: Common) -> str:
    """Letters that no text of the letter holds."""
    texts = "\n".join((*common.html.pieces, *common.text.pieces, common.subject))
    mark = "m" + hashlib.sha256(texts.encode("utf-8", "replace")).hexdigest()[:20]
    while mark in texts:  # only by somebody who wrote the hash of a text into it
        mark = "m" + hashlib.sha256(mark.encode()).hexdigest()[:20]
    return mark
