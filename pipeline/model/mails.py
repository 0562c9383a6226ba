"""One mail to one reader, and the calls in which mails are handed to a provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model.letters import Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Stencil:
    """A text with blanks: words, the name of a blank, words, …; it begins and ends with words.

    Kept in pieces, so that filling in one reader costs no search of the text.
    """

    pieces: tuple[str, ...]

    def filled(self, values: Mapping[str, str]) -> str:
        return "".join(values[piece] if place % 2 else piece for place, piece in enumerate(self.pieces))

    def marked(self, mark: Callable[[str], str], words: Callable[[str], str] = lambda words: words) -> str:
        """The text with each blank as a provider writes it; `words` makes the rest harmless to it."""
        return "".join(mark(piece) if place % 2 else words(piece) for place, piece in enumerate(self.pieces))

    @property
    def blanks(self) -> frozenset[str]:
        return frozenset(self.pieces[1::2])


def no_blanks(text: str) -> Stencil:
    return Stencil(pieces=(text,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A picture that travels inside the mail; the HTML names it as `cid:` and its id."""

    cid: str
    name: str  # of the file, for programs that list what is attached
    media_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"Attachment(cid={self.cid!r}, {len(self.content)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Common:
    """What all readers' mails of one letter share; compared by identity, since there is one a run."""

    sender: Sender
    subject: str
    html: Stencil
    text: Stencil
    headers: tuple[tuple[str, Stencil], ...]  # all but From, To, Subject, Reply-To and MIME's own
    tag: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Whose mail it is, for answers and for protocols that carry addresses beside the mail.

    `key` is stable over retries and says nothing of the reader.
    """

    key: str
    to: str

    def __repr__(self) -> str:
        return f"Envelope(key={self.key!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Envelope):
    """One mail to one address, and what is in it.

    `values` fill the blanks of what is common, escaped for their places.
    """

    to_name: str
    common: Common
    values: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Message(key={self.key!r}, tag={self.common.tag!r})"

    @property
    def sender(self) -> Sender:
        return self.common.sender

    @property
    def subject(self) -> str:
        return self.common.subject

    @property
    def tag(self) -> str:
        return self.common.tag

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return self.common.attachments

    @property
    def html(self) -> str:
        return self.common.html.filled(self.values)

    @property
    def text(self) -> str:
        return self.common.text.filled(self.values)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, value.filled(self.values)) for name, value in self.common.headers)


class Pieces:
    """A body that is put together only while it is sent, a run of its pieces after the other.

    500 letters of 45 kB share nearly all of their words: as pieces they are a list of references,
    as bytes 22 MB, of which the call under way and the next one would each be one.
    """

    __slots__ = ("_length", "_pieces")

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self._length = sum(map(len, pieces))

    def __len__(self) -> int:
        return self._length

    def __bytes__(self) -> bytes:
        return b"".join(self._pieces)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pieces) and bytes(self) == bytes(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Pieces({self._length} bytes)"

    def runs(self, most: int) -> Iterator[bytes]:
        """The body in runs of at most so many bytes; a piece that is larger is a run of its own."""
        run: list[bytes] = []
        held = 0
        for piece in self._pieces:
            if run and held + len(piece) > most:
                yield b"".join(run)
                run, held = [], 0
            run.append(piece)
            held += len(piece)
        if run:
            yield b"".join(run)


Body = bytes | Pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One call of a provider, ready to go: the exact bytes, and whose mails they hold, in order.

    `key` names the call to providers that take a repeat of it for the same call.
    """

    key: str
    body: Body
    sender: str
    envelopes: tuple[Envelope, ...]

    def __repr__(self) -> str:
        return f"Parcel(key={self.key!r}, {len(self.envelopes)} mails, {len(self.body)} bytes)"

    @property
    def keys(self) -> Sequence[str]:
        return tuple(envelope.key for envelope in self.envelopes)
