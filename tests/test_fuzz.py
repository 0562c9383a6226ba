"""Posts broken at random are read, composed, set and proved: never an exception, always her words.

`WARMLETTER_FUZZ=10000 pytest tests/test_fuzz.py` runs more of them than the suite does.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from pipeline.errors import CannotRead, NothingToSay, NotVerbatim
from pipeline.model import ReadPost
from pipeline.read.care import topics_in
from pipeline.render.letter import sources
from pipeline.render.verbatim import assert_hers, expected_in_html
from pipeline.render.view import lay_out
from pipeline.render.words import words
from tests.letters import HOUSE, draft_of, issue_of, letter_of
from tests.mutations import mutated, shuffled
from tests.own_posts import ESSAY_FILLER, a_post

ROUNDS = int(os.environ.get("WARMLETTER_FUZZ", "300"))
TITLES = ("", "A post", "On grief & <b>rain</b>")
CALM = a_post(ESSAY_FILLER * 2, id="calm", title="Keeping company")


# Of markup that is broken itself two parsers make two texts, and the proof refuses the letter rather
# than trust one: that is its task. These are the most of them we have seen, and a little.
REFUSED_AT_MOST: dict[Callable[[int], str], float] = {mutated: 0.12, shuffled: 0.05}


@pytest.mark.timeout(60 + ROUNDS)
@pytest.mark.parametrize("broken", [mutated, shuffled], ids=["anywhere", "whole tags"])
def test_whatever_breaks_a_post_every_word_shown_is_hers(broken: Callable[[int], str]) -> None:
    refused = 0
    for seed in range(ROUNDS // 2):
        try:
            post = a_post(broken(seed), id="m1", title=TITLES[seed % len(TITLES)])
        except CannotRead:
            continue
        refused += not every_word_is_hers(post, f"seed {seed}")
    assert refused <= REFUSED_AT_MOST[broken] * ROUNDS / 2


def every_word_is_hers(post: ReadPost, where: str) -> bool:
    """Whether the proof lets the letter pass; what was read and chosen is asserted here."""
    reading = post.reading
    for quote in reading.quotes:
        block = reading.blocks[quote.block]
        assert quote.text in [reading.text[a:b] for a, b in block.sentences], where
        assert not topics_in(quote.text), where
    said = {reading.title, *(block.alt for block in reading.blocks)}
    for evidence in [*(c.evidence for c in reading.care), *(c.evidence for c in reading.concerns)]:
        assert evidence in reading.text or evidence in said, where
    try:
        issue = issue_of([post])
    except NothingToSay:
        return True
    assert issue.subject in (reading.title, *_sentences(post)) or issue.subject.endswith("…"), where
    assert issue.subject.rstrip("…") in " ".join(f"{reading.title} {reading.text}".split()), where
    assert issue.preheader in (reading.title, issue.subject, *_sentences(post)), where
    if issue.quote:
        assert issue.quote.text in _sentences(post), where
    draft = draft_of([post], issue=issue, letter=LETTER)
    view = lay_out(issue, [post], HOUSE, words("en"), draft.pictures)
    try:
        assert_hers(expected_in_html(view), sources(issue, [post]))
    except NotVerbatim:
        return False
    return True


def _sentences(post: ReadPost) -> list[str]:
    return [post.reading.text[a:b] for block in post.reading.blocks for a, b in block.sentences]


LETTER = letter_of([CALM])
