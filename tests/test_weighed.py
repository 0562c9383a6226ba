"""The words of a passage that weighed, in their places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.read import read_html
from pipeline.read.voice import block_reasons
from pipeline.read.weighed import marks


def marked(html: str) -> list[tuple[str, bool]]:
    (block,) = read_html(html, title="", base="").blocks
    return [(block.text[mark.start : mark.end], mark.near) for mark in marks(block)]


def test_words_of_both_sides_stand_in_their_places() -> None:
    assert marked("<p>I felt held in the room. Try to journal, it has benefits.</p>") == [
        ("I", True),
        ("felt", True),
        ("held", True),
        ("the room", True),
        ("Try to", False),
        ("journal", False),
        ("benefits", False),
    ]


def test_a_tool_that_is_put_down_speaks_for_connection() -> None:
    assert marked("<p>You don’t need another checklist.</p>") == [("checklist", True)]


def test_what_the_practice_offers_is_not_the_author_speaking() -> None:
    assert ("We", True) not in marked("<p>We offer sessions online.</p>")


def test_a_heading_and_a_passage_in_other_words_have_none() -> None:
    assert marked("<h2>Evening</h2>") == []
    assert marked("<p>The bus came late.</p>") == []


@given(st.text(st.sampled_from("I felt held tips. Don't try to “”’ \n"), max_size=120))
def test_no_two_marks_overlap_and_each_lies_in_the_text(text: str) -> None:
    for block in read_html(f"<p>{text}</p>", title="", base="").blocks:
        ends = 0
        for mark in marks(block):
            assert ends <= mark.start < mark.end <= len(block.text)
            ends = mark.end


@pytest.mark.parametrize(
    ("html", "said", "unsaid"),
    [
        ("<p>I sat down. I was glad of her.</p>", "says “I” and “we” often", "0 in 100"),
        ("<p>The bus came late. The rain stayed.</p>", "", "hardly"),
        ("<p>Try these tips: set a goal and make a checklist of habits.</p>", "tools", "I” and “we"),
    ],
)
def test_a_passage_is_told_by_what_stands_in_it_not_by_what_is_missing(
    html: str, said: str, unsaid: str
) -> None:
    reading = read_html(html, title="", base="")
    told = "; ".join(block_reasons(reading.blocks, 0, reading.units))
    assert said in told
    assert unsaid not in told
