"""The form in which Mailgun takes a letter: one body, and its readers' values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence

import orjson

from pipeline.deliver.merging import Form, Shared, line
from pipeline.deliver.mime import mailbox, one_line, require_address
from pipeline.model import Message

# It dates and numbers the mails itself; a Message-ID of ours would be the same for all of a call.
_ITS_OWN = frozenset({"date", "message-id"})
# %recipient.name%, %unsubscribe_url% and whatever else they may think of.
_TAG = re.compile(r"%(?=recipient|[A-Za-z][\w.-]*(?:%|\Z))", re.IGNORECASE)
_PERCENT = "percent"

_Field = tuple[str, bytes, str]  # name, value, and what else its head says


def around(first: Message) -> Form:
    """How the readers of a letter are written, and the form around them."""
    shared = Shared(first, without=_ITS_OWN, more=(_PERCENT,))
    before, after = tuple(_before(shared)), tuple(_after(shared))
    percent = shared.name(_PERCENT)
    constants = {percent: "%"} if any(percent.encode() in value for _, value, _ in before) else {}
    boundary = _boundary((*before, *after))
    start = b"".join(_part(boundary, *field) for field in before)
    end = b"".join(_part(boundary, *field) for field in after) + b"--%b--\r\n" % boundary
    to, variables = _head(boundary, "to"), _head(boundary, "recipient-variables")

    def reader(message: Message) -> bytes:
        require_address(message.to)
        return orjson.dumps({message.to: shared.values(message) | constants})[1:-1]

    def form(readers: Sequence[bytes]) -> bytes:
        # An address holds nothing that JSON would write in another way: it ends at the first quote.
        addresses = [reader[1 : reader.index(b'"', 1)] for reader in readers]
        if len(set(addresses)) != len(readers):
            raise ValueError("two messages of a call are for the same address")
        each = to + (b"\r\n" + to).join(addresses)
        # Always with variables: without them every reader would see all the addresses.
        return b"%b%b\r\n%b{%b}\r\n%b" % (start, each, variables, b",".join(readers), end)

    return reader, form


def _before(shared: Shared) -> Iterator[_Field]:
    sender = shared.common.sender
    yield _plain("from", mailbox(line(sender.name), sender.address))
    yield _plain("subject", _as_text(shared)(line(shared.common.subject)))
    yield _plain("html", shared.common.html.marked(_mark(shared), words=_as_html))
    yield _plain("text", shared.common.text.marked(_mark(shared), words=_as_text(shared)))
    yield _plain("h:Reply-To", mailbox("", sender.reply_to))
    for name, value in shared.headers:
        yield _plain(f"h:{name}", value.marked(_mark(shared), words=_as_text(shared)))


def _after(shared: Shared) -> Iterator[_Field]:
    yield _plain("o:tag", one_line(shared.common.tag))
    for name in ("o:tracking", "o:tracking-clicks", "o:tracking-opens"):
        yield _plain(name, "no")
    yield _plain("v:delivery", _mark(shared)("key"))
    for one in shared.common.attachments:
        mailbox("", one.cid)  # it becomes the file's name, which becomes the Content-ID
        yield "inline", one.content, f'; filename="{one.cid}"\r\nContent-Type: {one_line(one.media_type)}'


def _mark(shared: Shared) -> Callable[[str], str]:
    return lambda blank: f"%recipient.{shared.name(blank)}%"


def _as_html(words: str) -> str:
    return _TAG.sub("&#37;", words)


def _as_text(shared: Shared) -> Callable[[str], str]:
    """Their own tags get their percent sign from a variable, since a text has no entities.

    An invisible U+2060 after the sign would do as well, but then the reader's text is not the author's.
    """
    percent = _mark(shared)(_PERCENT)
    return lambda words: _TAG.sub(lambda _: percent, words)


def _plain(name: str, value: str) -> _Field:
    return name, value.encode("utf-8", "replace"), ""


def _boundary(fields: Sequence[_Field]) -> bytes:
    """A boundary that is the hash of what a letter's readers share: the same letter is the same bytes.

    It stands in none of their own parts (RFC 2046 §5.1.1): these hold no line break, neither an address
    nor JSON.
    """
    # With their lengths before them, so that no two letters are one row of bytes.
    told = b"".join([b"%d:%b" % (len(value), value) for _, value, _ in fields])
    return f"warmletter-{hashlib.sha256(told).hexdigest()[:40]}".encode("ascii")


def _part(boundary: bytes, name: str, value: bytes, more: str) -> bytes:
    return _head(boundary, name, more) + value + b"\r\n"


def _head(boundary: bytes, name: str, more: str = "") -> bytes:
    """What stands before a field's value in a form (RFC 7578)."""
    return f'--{boundary.decode()}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode(
        "ascii"
    )
