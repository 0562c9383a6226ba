"""Our own posts, each with just what a person finds in it."""

from __future__ import annotations

import pytest

from tests.own_posts import read_own

EXPECTED: dict[str, tuple[list[tuple[str, int]], list[tuple[str, str]]]] = {
    # post: (questions and the paragraph they are about, topics and their level)
    "epigraph": ([], []),
    "unkind": ([("unkind about clients", 0), ("unkind about clients", 1)], []),
    "testimonial": ([("testimonial", 1), ("testimonial", 3)], []),
    "medication": ([("medication advice", 0), ("medication advice", 1)], []),
    "promise": ([("promise of cure", 1)], []),
    "permission": ([], []),
    "miscarriage": ([], [("pregnancy and child loss", "about")]),
    "drinking": ([], [("addiction", "about")]),
    "eating": ([], [("eating", "about")]),
    "violence": ([], [("sexual violence", "mention"), ("abuse", "about")]),
    "passing_words": ([], [("grief", "mention")]),
    "safety_plan": ([], []),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_it_holds_just_what_a_person_finds_in_it(name: str) -> None:
    reading = read_own(name)
    asked, care = EXPECTED[name]
    assert [(concern.kind, concern.block) for concern in reading.concerns] == asked
    assert [(topic.topic, topic.level) for topic in reading.care] == care


def test_an_epigraph_is_nobodys_pull_quote_but_its_authors() -> None:
    quotes = [quote.text for quote in read_own("epigraph").quotes]
    assert quotes[0].startswith("What we learn about trust")
    assert not any("keep each other company" in quote for quote in quotes)
