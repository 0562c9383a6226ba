"""The letter as it is shown in the desk's frame: never trusted, and never able to do anything.

The frame has no scripts and no origin, and its page asks nobody for anything: pictures stand in it.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from html import escape

from pipeline.app.context import App
from pipeline.app.draft import Prepared
from pipeline.app.mail import NO_TOKEN
from pipeline.app.pictures import attachments
from pipeline.deliver.mime import to_bytes
from pipeline.model import Message, Recipient
from pipeline.render.message import Filling

CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
LOOKS = ("light", "dark", "forced")
KINDS = ("letter", "text", "source")
_DARK_RULE = "@media (prefers-color-scheme: dark)"
# What Gmail on an iPhone and Outlook do to a letter whose dark rules they do not read, near enough.
_FORCED = (
    "<style>html{background:#fff;filter:invert(1) hue-rotate(180deg)}"
    "img{filter:invert(1) hue-rotate(180deg)}</style>"
)
_PLAIN = (
    "html{{color-scheme:{scheme};background:{paper};color:{ink}}}"
    "pre{{font:15px/1.55 ui-monospace,monospace;margin:24px 20px;"
    "white-space:pre-wrap;overflow-wrap:anywhere}}"
)
_INKS = {"light": ("light", "#F7F2EA", "#2B2723"), "dark": ("dark", "#1C1A18", "#E9E1D5")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the letter is to be shown."""

    kind: str = "letter"
    scheme: str = "light"
    pictures: bool = True


def sample(app: App, prepared: Prepared) -> Message:
    """The letter as one reader gets it."""
    filling = Filling(
        prepared.letter,
        leaving=app.leaving,
        language=app.settings.practice.language,
        at=app.clock.now(),
        attachments=attachments(app, prepared.letter),
    )
    key = f"preview-{prepared.issue.name}"
    return filling.message(Recipient(key=key, email="anna@example.org", name="Anna", leave_token=NO_TOKEN))


def page(message: Message, look: Look) -> str:
    """A whole HTML page for the frame."""
    if look.kind == "text":
        return _plain("The letter as plain text", message.text, look)
    if look.kind == "source":
        return _plain("The letter's source", _source(message), look)
    html = _in_scheme(message.html, look.scheme)
    if not look.pictures:
        return re.sub(r'\ssrc="cid:[^"]*"', "", html)
    for one in message.attachments:
        address = f"data:{one.media_type};base64,{base64.b64encode(one.content).decode()}"
        html = html.replace(f'src="cid:{one.cid}"', f'src="{address}"')
    return html


def _in_scheme(html: str, scheme: str) -> str:
    """The letter with its dark rules always in force, or never: the switch decides, not the computer."""
    html = html.replace(_DARK_RULE, "@media all" if scheme == "dark" else "@media not all")
    keep = "dark" if scheme == "dark" else "light"
    html = html.replace('name="color-scheme" content="light dark"', f'name="color-scheme" content="{keep}"')
    return html.replace("</head>", f"{_FORCED}</head>", 1) if scheme == "forced" else html


def _source(message: Message) -> str:
    """The mail as it leaves; the pictures' bytes are only counted, since nobody reads them."""
    whole = to_bytes(message).decode("utf-8", "replace").replace("\r\n", "\n")
    block = re.compile(r"(?:^[A-Za-z0-9+/=]{60,}\n){8,}(?:^[A-Za-z0-9+/=]+\n)?", re.MULTILINE)
    return block.sub(lambda found: f"[{len(found[0]) // 1000} kB of a picture]\n", whole)


def _plain(title: str, words: str, look: Look) -> str:
    scheme, paper, ink = _INKS["light" if look.scheme == "light" else "dark"]
    style = _PLAIN.format(scheme=scheme, paper=paper, ink=ink)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f'<body><pre tabindex="0">{escape(words)}</pre></body></html>'
    )
