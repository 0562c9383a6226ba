"""Mails put together into calls, by number and by the bytes that really travel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from pipeline.model import Envelope, Message, Parcel


def packed(
    messages: Sequence[Message],
    *,
    most: int,
    most_bytes: int,
    encode: Callable[[Message], bytes],
    join: Callable[[Sequence[bytes]], bytes] = lambda parts: b"[" + b",".join(parts) + b"]",
) -> Iterator[Parcel]:
    """The messages in order, in as few calls as the provider takes; each is encoded once.

    One that is too big by itself has a call of its own: the provider says so, not we.
    """
    part: list[Message] = []
    encoded: list[bytes] = []
    size = 0
    for message in messages:
        body = encode(message)
        if part and (len(part) >= most or size + len(body) + 1 > most_bytes):
            yield parcel(part, join(encoded))
            part, encoded, size = [], [], 0
        part.append(message)
        encoded.append(body)
        size += len(body) + 1
    if part:
        yield parcel(part, join(encoded))


def parcel(messages: Sequence[Message], body: bytes, *, key: str = "") -> Parcel:
    """A call whose key says what is in it, so that another body never goes out under it."""
    return Parcel(
        key=key or f"{messages[0].tag}-{hashlib.sha256(body).hexdigest()[:40]}",
        body=body,
        sender=messages[0].sender.address,
        envelopes=tuple(Envelope(key=message.key, to=message.to) for message in messages),
    )
