"""What may stand in text, and what must not."""

from __future__ import annotations

import re
from html import escape, unescape

# C0 but tab and newlines, DEL, C1, and halves of surrogate pairs, which no database takes.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# Marks that turn the direction of what follows, and marks that nobody sees.
_DIRECTIONS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# "[^<>]" and not "[^>]": a flood of "<a<a<a" would be searched to its end from each of them.
_BREAKS = re.compile(r"</?(?:br|p|div|li|h[1-6])\b[^<>]*>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>|<[!?][^<>]*>")
_LONGEST_TITLE = 4000  # characters as received; a title longer than that is none
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def without_controls(text: str) -> str:
    """`text` without what is legal in no document; tabs and line ends stay."""
    return _CONTROLS.sub("", text)


def one_line(text: str) -> str:
    """`text` on one line: no controls, no bidi marks, single spaces. Safe in a mail header."""
    return " ".join(_DIRECTIONS.sub("", without_controls(text)).split())


def without_tags(html: str) -> str:
    """The words of a piece of HTML, entities decoded, single spaces."""
    bare = _TAGS.sub("", _BREAKS.sub(" ", _HIDDEN.sub(" ", html)))
    return one_line(unescape(bare))


def title_text(raw: str) -> str:
    """A title as text.

    Unescaped twice: 17 of 2,273 real titles are escaped once too often (miniflux does the same).
    """
    return without_tags(unescape(raw[:_LONGEST_TITLE]))


def as_html(plain: str) -> str:
    """Plain text as paragraphs, so that a body is HTML whatever it came as."""
    paragraphs = re.split(r"\r?\n\s*\n", plain.strip())
    return "".join(f"<p>{_lines(paragraph)}</p>" for paragraph in paragraphs if paragraph.strip())


def _lines(paragraph: str) -> str:
    return "<br>".join(escape(line, quote=False) for line in paragraph.strip().splitlines())


def author_text(raw: str) -> str:
    """A name. RSS allows `address (Name)`, Atom joins `Name (address)`; an address is no name."""
    text = title_text(raw)
    match = re.fullmatch(r"(?P<first>[^(<]*)[(<](?P<second>[^)>]*)[)>]", text)
    parts = [match["first"].strip(), match["second"].strip()] if match else [text]
    names = [part for part in parts if part and "@" not in part]
    # "Miriam (she/her)" has two parts that are no address: then it is one name.
    return text if len(names) == 2 else names[0] if names else ""


def language_tag(raw: str) -> str:
    """A language as in BCP 47, or "" for what is none; WordPress writes en_GB here and there."""
    tag = one_line(raw).replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else ""
