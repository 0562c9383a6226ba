"""A message as the bytes that travel. Each header is written by us, once, and read back.

Python's own header folding is not used: it encodes long addresses in List-Unsubscribe, and before
3.11.15 it writes a line break that came in as an encoded word as a real one (CVE-2024-6923,
CVE-2026-1299), so that a title could add a Bcc.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from email import policy
from email.errors import MultipartInvariantViolationDefect
from email.header import Header
from email.message import EmailMessage
from email.parser import BytesParser
from functools import lru_cache

from pipeline.model import Attachment, Message

# As received, so that the parsed message gives the same bytes again.
_AS_WRITTEN = policy.SMTP.clone(refold_source="none")
_LINE = 76
_LONGEST_LINE = 998  # RFC 5322 §2.1.1
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_OURS = frozenset(
    "from to subject reply-to cc bcc sender return-path mime-version received dkim-signature".split()
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^-~]+@[A-Za-z0-9.-]+")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9./@_-]{0,150}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]+")


def to_email(message: Message) -> EmailMessage:
    """The message as an EmailMessage whose bytes are those of `to_bytes`."""
    parsed = BytesParser(policy=_AS_WRITTEN).parsebytes(to_bytes(message))
    assert isinstance(parsed, EmailMessage)
    return parsed


def to_bytes(message: Message) -> bytes:
    """The message with CRLF line ends: text first, then HTML, both quoted-printable UTF-8.

    Pictures stand beside the HTML that shows them (RFC 2387), so the text stays its alternative.

    Raises ValueError for a header that must not be set or an address that is none; the message
    of the error holds neither value nor address.
    """
    headers = tuple(_headers(message))
    # "=_" cannot stand in quoted-printable text (RFC 2045 §6.7), so no letter holds its boundary.
    boundary = _boundary(message.key)
    lines = [
        *(f"{name}: {value}" for name, value in headers),
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        "",
        "",
    ]
    mail = b"".join(
        (
            "\r\n".join(lines).encode("ascii"),
            _part(message.text, "plain", boundary),
            _html(message, boundary),
            f"--{boundary}--\r\n".encode("ascii"),
        )
    )
    _assert_headers(mail[: mail.index(b"\r\n\r\n") + 4], [name for name, _ in headers] + ["Content-Type"])
    return mail


def header_values(message: Message) -> tuple[tuple[str, str], ...]:
    """The message's further headers, checked and without controls: for providers that take JSON.

    Raises ValueError for a name that is not allowed or comes twice.
    """
    _require_headers(tuple(name for name, _ in message.common.headers))
    return tuple((name, one_line(value)) for name, value in message.headers)


@lru_cache(maxsize=32)  # the same for every reader of a letter
def _require_headers(names: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for name in names:
        folded = name.lower()
        if not _NAME.fullmatch(name) or folded in _OURS or folded.startswith(("content-", "resent-")):
            raise ValueError("a message sets a header that it must not set")
        if folded in seen:
            raise ValueError(f"a message sets {name} twice")
        seen.add(folded)


def one_line(value: str) -> str:
    """A header's value without C0, C1, U+2028/9 and lone surrogates, as a plain `str`.

    A header object of `email` is a `str` that carries its encoded words along; joining drops them.
    """
    if type(value) is str and value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()  # nearly always; the rest costs ten times as much
    return " ".join(_CONTROLS.sub(" ", "".join(value)).split())


def require_address(address: str) -> None:
    """Raises ValueError for what is none, without showing it."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError("a message has an address that is none")


def mailbox(name: str, address: str) -> str:
    """`"Name" <address>` with the name as it is, for providers that encode it themselves."""
    require_address(address)
    shown = one_line(name)
    if not shown:
        return address
    quoted = shown.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    sender = message.sender
    yield "From", _wire_mailbox("From", sender.name, sender.address)
    yield "To", _wire_mailbox("To", message.to_name, message.to)
    yield "Reply-To", _wire_mailbox("Reply-To", "", sender.reply_to)
    yield "Subject", _wire("Subject", one_line(message.subject))
    for name, value in header_values(message):
        yield name, _wire(name, value)
    yield "MIME-Version", "1.0"


def _wire_mailbox(header: str, name: str, address: str) -> str:
    plain = mailbox(name, address)
    shown = one_line(name)
    if not shown or _is_plain(shown):
        bare = f"{shown} <{address}>" if shown and _ATOMS.fullmatch(shown) else plain
        return _folded(header, bare)
    return f"{_encoded(header, shown)}\r\n <{address}>"


def _wire(header: str, value: str) -> str:
    return _folded(header, value) if _is_plain(value) else _encoded(header, value)


def _is_plain(value: str) -> bool:
    # "=?" would be read as the start of an encoded word, and mean something else than it says.
    return value.isascii() and "=?" not in value


def _encoded(header: str, value: str) -> str:
    return Header(value, "utf-8", header_name=header).encode(linesep="\r\n")


def _folded(header: str, value: str) -> str:
    """The value with line breaks at its spaces; a word is never broken."""
    lines, room = [""], _LINE - len(header) - 2
    for word in value.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append("")
            room = _LINE - 1
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    if any(len(line) + len(header) + 2 > _LONGEST_LINE for line in lines):
        raise ValueError(f"{header} holds a word that is too long for a mail")
    return "\r\n ".join(lines)


def _part(text: str, kind: str, boundary: str) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    # The last line break is ours: b2a_qp takes the first one it sees as its own for soft breaks.
    body = "\r\n".join((*lines, "")).encode("utf-8", "replace")
    return head.encode("ascii") + binascii.b2a_qp(body, istext=True) + b"\r\n"


def _boundary(key: str) -> str:
    return "=_" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


def _html(message: Message, boundary: str) -> bytes:
    if not message.attachments:
        return _part(message.html, "html", boundary)
    # A key holds no line feed, so this is the boundary of no message's outer part.
    inner = _boundary(f"{message.key}\nrelated")
    head = (
        f'--{boundary}\r\nContent-Type: multipart/related; type="text/html";\r\n boundary="{inner}"\r\n\r\n'
    )
    return b"".join(
        (
            head.encode("ascii"),
            _part(message.html, "html", inner),
            *(f"--{inner}\r\n".encode("ascii") + _picture(one) for one in message.attachments),
            f"--{inner}--\r\n".encode("ascii"),
        )
    )


@lru_cache(maxsize=32)  # the same for every reader of a letter
def _picture(one: Attachment) -> bytes:
    for value in (one.cid, one.name, one.media_type):
        if not _TOKEN.fullmatch(value):
            raise ValueError("an attachment has a name that no header can hold")
    head = (
        f'Content-Type: {one.media_type}; name="{one.name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{one.cid}>\r\n"
        f'Content-Disposition: inline; filename="{one.name}"\r\n\r\n'
    )
    return head.encode("ascii") + base64.encodebytes(one.content).replace(b"\n", b"\r\n")


def _assert_headers(mail: bytes, expected: list[str]) -> None:
    parsed = BytesParser(policy=policy.compat32).parsebytes(mail, headersonly=True)
    # Before 3.11.4 Python calls a multipart message of which it was given the headers only defective.
    broken = [d for d in parsed.defects if not isinstance(d, MultipartInvariantViolationDefect)]
    if parsed.keys() != expected or broken:
        raise ValueError("the mail's headers are not those it was given")
