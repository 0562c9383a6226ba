"""Where sentences end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.read.sentences import sentences, words


def split(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


@pytest.mark.parametrize(
    "whole",
    [
        "Dr. Winnicott wrote it.",
        "I saw Mr. and Mrs. Hale at 3.30 p.m. on Friday.",
        "It cost £3.50 to sit down.",
        "Breathe, e.g. through the nose, i.e. slowly.",
        "J. K. Hale is my neighbour.",
        "See no. 7 on the door.",
        "1. Breathe slowly.",
        "Learning skills, breathing exercises,... the list goes on.",
        "I waited … I would have waited longer.",
        "“Really?” she said.",
        "She lives in the U.S. and writes.",
        "It takes approx. ten minutes.",
    ],
)
def test_one_sentence_stays_one(whole: str) -> None:
    assert split(whole) == [whole]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("“I see.” He nodded.", ["“I see.”", "He nodded."]),
        ("(Not so.) But yes.", ["(Not so.)", "But yes."]),
        ("Well… She left. 'No.' Then rain.", ["Well…", "She left.", "'No.'", "Then rain."]),
        ("So do I. Then we ate.", ["So do I.", "Then we ate."]),
        ("I said no. Then yes.", ["I said no.", "Then yes."]),
        ("Bring tea, milk, etc. Then sit.", ["Bring tea, milk, etc.", "Then sit."]),
        ("No judgement, no shock. Just calm.", ["No judgement, no shock.", "Just calm."]),
        ("What?! No...  Yes.", ["What?!", "No...", "Yes."]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_end_where_they_end(text: str, pieces: list[str]) -> None:
    assert split(text) == pieces


def test_a_line_break_alone_ends_nothing() -> None:
    assert split("The woods are\nlovely. And deep.") == ["The woods are\nlovely.", "And deep."]


@given(st.text(alphabet="aB I.!?…\"'”’)“‘ \n1,e.g", max_size=80))
def test_slices_and_gaps_rejoin_to_the_source(text: str) -> None:
    at, rebuilt = 0, ""
    for start, end in sentences(text):
        assert at <= start < end
        assert text[at:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        rebuilt += text[at:end]
        at = end
    assert text[at:].strip() == ""
    assert rebuilt + text[at:] == text


def test_words_are_lower_case_with_straight_apostrophes() -> None:
    assert words("Don’t RE-read 3 things — please.") == ["don't", "re-read", "3", "things", "please"]
