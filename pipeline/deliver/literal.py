"""Words made harmless to a provider's template language: the reader sees them as they were written.

Postmark fills `{{{ pm:unsubscribe }}}` in on broadcast streams, Brevo `{{ … }}`, `{% … %}` and `{# … #}`
anywhere. Neither has a way to switch that off, so the openings of such tags are taken apart.
"""

from __future__ import annotations

import re

from pipeline.deliver.mime import one_line

# Takes no room and allows no line break: the text looks the same, and can be read aloud the same.
WORD_JOINER = "\u2060"
_OPENINGS = ("{{", "{%", "{#")
_OPENING = re.compile(r"\{(?=[{%#])")
_STYLE_OR_OPENING = re.compile(r"<style\b.*?</style>|\{(?=[{%#])", re.DOTALL | re.IGNORECASE)
# Some APIs write a subject into the header as it came; an encoded word would be decoded there.
_ENCODED_WORD = re.compile(r"=(?=\?)")


def literal_html(html: str) -> str:
    """The first brace of a tag as a reference, which a browser shows as the brace.

    Style sheets know no references; there a space parts a brace from the `#` of a selector.
    """
    if not _may_hold_tags(html):
        return html
    return _STYLE_OR_OPENING.sub(lambda found: "&#123;" if found[0] == "{" else _style(found[0]), html)


def literal_text(text: str) -> str:
    """A word joiner behind the first brace of a tag."""
    return _OPENING.sub("{" + WORD_JOINER, text) if _may_hold_tags(text) else text


def literal_line(value: str) -> str:
    """A subject or a name: on one line, without tags, and no encoded word."""
    return _ENCODED_WORD.sub("=" + WORD_JOINER, literal_text(one_line(value)))


def _style(sheet: str) -> str:
    return _OPENING.sub("{ ", sheet)


def _may_hold_tags(text: str) -> bool:
    # A search for each is far quicker than the pattern, and most letters hold none.
    return any(opening in text for opening in _OPENINGS)
