"""Mails put together into calls, by number and by the bytes that really travel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence, Sized
from typing import TypeVar

from pipeline.model import Body, Message, Parcel

Encoded = TypeVar("Encoded", bound=Sized)


def as_json_list(parts: Sequence[bytes]) -> bytes:
    # One join, since a body of 20 MB is not copied for two brackets.
    pieces = [b","] * (2 * len(parts) + 1)
    pieces[0], pieces[-1] = b"[", b"]"
    pieces[1::2] = parts
    return b"".join(pieces)


def by_body(messages: Sequence[Message], body: Body) -> str:
    """A key that says what is in the call, so that another body never goes out under it."""
    return f"{messages[0].tag}-{hashlib.sha256(bytes(body)).hexdigest()[:40]}"


def by_mails(messages: Sequence[Message], body: Body) -> str:  # noqa: ARG001
    """A key that says whose mails they are."""
    keys = "\n".join(message.key for message in messages).encode()
    return f"{messages[0].tag}-{hashlib.sha256(keys).hexdigest()[:40]}"


def packed(
    messages: Sequence[Message],
    *,
    most: int,
    most_bytes: int,
    encode: Callable[[Message], Encoded],
    join: Callable[[Sequence[Encoded]], Body],
    size: Callable[[Encoded], int] = len,
    frame: int = 2,
    name: Callable[[Sequence[Message], Body], str] = by_body,
) -> Iterator[Parcel]:
    """The messages in order, in as few calls as the provider takes; each is encoded once.

    `frame`: bytes of a call without any mail, such as a list's two brackets; between two mails is one
    more. `name` makes a call's key: `by_body` for a provider that knows repeats by it; for others
    `by_mails` will do, and costs nothing. A mail that is too big by itself has a call of its own:
    the provider says so, not we.
    """
    part: list[Message] = []
    encoded: list[Encoded] = []
    held = frame - 1  # there is one mail more than there are bytes between them
    for message in messages:
        body = encode(message)
        more = size(body) + 1
        if part and (len(part) >= most or held + more > most_bytes):
            yield _parcel(part, join(encoded), name)
            part, encoded, held = [], [], frame - 1
        part.append(message)
        encoded.append(body)
        held += more
    if part:
        yield _parcel(part, join(encoded), name)


def parcel(messages: Sequence[Message], body: Body, *, key: str = "") -> Parcel:
    """A call of these mails; its key says what is in it where none is given."""
    return Parcel(
        key=key or by_body(messages, body),
        body=body,
        sender=messages[0].sender.address,
        envelopes=tuple(messages),
    )


def _parcel(
    messages: Sequence[Message], body: Body, name: Callable[[Sequence[Message], Body], str]
) -> Parcel:
    return parcel(messages, body, key=name(messages, body))
