"""Bytes to text: what a document's charset is, not what it is said to be."""

from __future__ import annotations

import re

from pipeline.collect.text import without_controls

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),  # before UTF-16, whose mark it begins with
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']\s*([^"'\s>]{1,60})""")
_IN_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{1,60})""", re.IGNORECASE)
# Python has codecs that are no charsets (zlib, rot13), and one that hangs (punycode: 60 s for
# 600 kB, and then a crash), so only what real feeds use.
_KNOWN = re.compile(
    r"utf-?(8|16|32)(-?[lb]e)?|us-ascii|ascii|iso-?8859-\d{1,2}|latin-?\d{1,2}|(windows|cp)-?125\d|gb2312|gbk|"
    r"gb18030|big5(-hkscs)?|shift[_-]jis|sjis|x-sjis|euc-(jp|kr|cn|tw)|ks_c_5601-1987|koi8-[ru]|macintosh|tis-620",
    re.IGNORECASE,
)
_LIKE = {"x-sjis": "shift_jis", "euc-tw": "big5", "iso-8859-1": "windows-1252", "latin-1": "windows-1252"}


class UnknownCharset(Exception):
    """The document names a charset that no feed is written in."""


def to_text(body: bytes, content_type: str) -> str:
    """The document as text without controls: by its mark, as UTF-8, as declared, as the server says.

    UTF-8 comes before any declaration: bytes above 127 that are valid UTF-8 are UTF-8, while
    declared windows-1252 would turn each apostrophe into three letters, without an error.
    Raises UnknownCharset.
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return without_controls(body[len(mark) :].decode(charset, "replace"))
    if body[:2] in (b"<\x00", b"\x00<"):
        order = "utf-16-le" if body[0] else "utf-16-be"
        return without_controls(body.decode(order, "replace"))
    declared = _DECLARED.search(body[:1024])
    named = declared[1].decode("ascii", "replace") if declared else ""
    if named and not _KNOWN.fullmatch(named):
        raise UnknownCharset(named)
    try:
        return without_controls(body.decode("utf-8"))
    except UnicodeDecodeError:
        return without_controls(_as_told(body, named, content_type))


def _as_told(body: bytes, named: str, content_type: str) -> str:
    header = _IN_HEADER.search(content_type)
    for charset in (named, header[1] if header else ""):
        # UTF-8 was tried, and UTF-16 and -32 have shown by their first bytes that they are not.
        if _KNOWN.fullmatch(charset) and not charset.lower().startswith("utf"):
            return _decode(body, charset)
    # Mostly good UTF-8 with a bad byte is UTF-8; a page full of them is the old Western charset.
    text = body.decode("utf-8", "replace")
    high = sum(byte > 127 for byte in body)
    return text if text.count("\ufffd") * 10 <= high else body.decode("windows-1252", "replace")


def _decode(body: bytes, charset: str) -> str:
    try:
        return body.decode(_LIKE.get(charset.lower(), charset), "replace")
    except LookupError:  # iso-8859-99
        return body.decode("windows-1252", "replace")
