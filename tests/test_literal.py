"""A provider's template language finds nothing in a letter."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.literal import WORD_JOINER, literal_html, literal_line, literal_text, literal_value

OPENINGS = ("{{", "{%", "{#")
braces = st.text(alphabet="{}%# a&\u2060<", max_size=40)


def is_harmless(text: str) -> bool:
    return not any(opening in text for opening in OPENINGS)


@given(braces)
def test_no_tag_is_left_and_the_words_are_the_same(text: str) -> None:
    assert is_harmless(literal_text(text))
    assert literal_text(text).replace(WORD_JOINER, "") == text.replace(WORD_JOINER, "")
    assert is_harmless(literal_html(text))
    assert unescape(literal_html(text)) == unescape(text)


@pytest.mark.parametrize(
    ("html", "literal"),
    [
        ("<p>{{{ pm:unsubscribe }}}</p>", "<p>&#123;&#123;{ pm:unsubscribe }}}</p>"),
        ('<a href="https://x.example/{{a}}">{%</a>', '<a href="https://x.example/&#123;{a}}">&#123;%</a>'),
        ("<style>@media x{#a{b:c}}</style>{#", "<style>@media x{ #a{b:c}}</style>&#123;#"),
        ("<style>a{b:c}</style><p>{ {</p>", "<style>a{b:c}</style><p>{ {</p>"),
    ],
    ids=["body", "attribute", "style sheet", "nothing to do"],
)
def test_each_place_has_its_own_way(html: str, literal: str) -> None:
    assert literal_html(html) == literal


def test_a_reader_s_value_is_made_harmless_for_the_place_that_its_name_tells() -> None:
    assert literal_value("name_html", "{{ x }}") == "&#123;{ x }}"
    for place in ("name", "html", "name_HTML", "key"):
        assert literal_value(place, "{{ x }}") == f"{{{WORD_JOINER}{{ x }}}}"


def test_a_line_is_one_line_without_encoded_words() -> None:
    assert literal_line("a\r\n{{b}} =?utf-8?q?c?=") == (
        f"a {{{WORD_JOINER}{{b}}}} ={WORD_JOINER}?utf-8?q?c?="
    )
