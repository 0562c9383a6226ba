"""For providers that fill in the readers' blanks themselves: one body, and what differs by reader.

A provider that merges reads our text for its tags, and the author's words may hold what looks like one.
So our own blanks have names that no letter holds, and each provider makes the rest harmless to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count

from pipeline.deliver.literal import WORD_JOINER
from pipeline.deliver.mime import header_values, one_line
from pipeline.deliver.packing import by_mails, packed
from pipeline.model import Common, Message, Parcel, Stencil

# Writes a reader's part of a call, and a call of such parts.
Form = tuple[Callable[[Message], bytes], Callable[[Sequence[bytes]], bytes]]


class Once:
    """A provider's forms, the last letter's kept: it is the same for each batch of a long list."""

    def __init__(self, around: Callable[[Message], Form]) -> None:
        self._around = around
        self._last: tuple[Common, Form] | None = None

    def __call__(self, first: Message) -> Form:
        if self._last is None or self._last[0] is not first.common:
            self._last = (first.common, self._around(first))
        return self._last[1]


class Shared:
    """What all mails of a call share, and the names under which a provider is given the rest.

    A name begins with eight digits of the letter's own hash, so that the same letter is the
    same bytes and nobody who writes a post (or a reader her name) can write a tag that is one of ours.
    """

    def __init__(self, message: Message, *, without: frozenset[str], more: Sequence[str] = ()) -> None:
        """`without`: headers, in lower case, that the provider sets by itself; `more`: names it needs too.

        Raises ValueError for a header that must not be set.
        """
        self.common = message.common
        # Checked as they are for one reader; what is shared is cleaned in the same way.
        kept = {name for name, _ in header_values(message) if name.lower() not in without}
        self.headers = tuple((name, _one_line(value)) for name, value in self.common.headers if name in kept)
        stencils = (self.common.html, self.common.text, *(value for _, value in self.headers))
        self.blanks = tuple(sorted({"key"}.union(*(stencil.blanks for stencil in stencils))))
        stem = _stem(_words(self.common))
        self._names = {blank: f"{stem}{place}" for place, blank in enumerate((*self.blanks, *more))}
        self._blank_names = tuple((blank, self._names[blank]) for blank in self.blanks)

    def name(self, blank: str) -> str:
        return self._names[blank]

    def values(self, message: Message) -> dict[str, str]:
        """What differs by reader, under our names."""
        values = message.values
        return {name: message.key if blank == "key" else values[blank] for blank, name in self._blank_names}


def runs(messages: Sequence[Message]) -> Iterator[tuple[Message, ...]]:
    """The messages in order, cut where the letter changes: no reader is given another letter's words."""
    run: list[Message] = []
    for message in messages:
        if run and message.common is not run[0].common and not _same(run[0].common, message.common):
            yield tuple(run)
            run = []
        run.append(message)
    if run:
        yield tuple(run)


def line(value: str) -> str:
    """A subject or a name on one line, and no encoded word: the provider may write it as it came."""
    return one_line(value).replace("=?", f"={WORD_JOINER}?")


def calls(
    messages: Sequence[Message],
    *,
    most: int,
    most_bytes: int,
    around: Callable[[Message], Form],
) -> Iterator[Parcel]:
    """Each letter's messages in as few calls as the provider takes.

    `around` gives for a letter's first message the two functions that write its readers' parts, and a
    body around them.
    """
    for run in runs(messages):
        part, body = around(run[0])
        yield from packed(
            run,
            most=most,
            most_bytes=most_bytes,
            encode=part,
            join=body,
            frame=len(body(())),
            name=by_mails,
        )


def _same(one: Common, other: Common) -> bool:
    return _fields(one) == _fields(other)


def _fields(common: Common) -> Mapping[str, object]:
    return {name: getattr(common, name) for name in Common.__dataclass_fields__}


def _one_line(value: Stencil) -> Stencil:
    """The stencil without controls in its words; spaces beside a blank stay."""
    cleaned = (
        piece if place % 2 else one_line(f"|{piece}|")[1:-1] for place, piece in enumerate(value.pieces)
    )
    return Stencil(pieces=tuple(cleaned))


def _words(common: Common) -> str:
    stencils = (common.html, common.text, *(value for _, value in common.headers))
    return "\n".join(
        (common.subject, common.sender.name, *(piece for one in stencils for piece in one.pieces))
    )


def _stem(words: str) -> str:
    for number in count():
        digest = hashlib.sha256(f"{number}\n{words}".encode("utf-8", "replace")).hexdigest()
        if (stem := f"w{digest[:8]}") not in words:
            return stem
    raise AssertionError("count ends never")
