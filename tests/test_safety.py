"""Steps for safety are never softened, moved or cut."""

from __future__ import annotations

import pytest

from pipeline.compose import compose
from pipeline.compose.arrange import place
from pipeline.model import Choices
from pipeline.read.safety import is_safety
from tests.letters import HOUSE, draft_of, essay, letter_of
from tests.own_posts import ESSAY_FILLER, a_post, own, own_post, read, read_own

PLAIN = ["crisis_steps", "safety_plan"]


@pytest.mark.parametrize("name", PLAIN)
def test_they_are_set_plainly_whole_and_in_their_place(name: str) -> None:
    post = own_post(name, title="The long nights")
    html = letter_of([post, essay(id="a2")], choices=Choices(lead=post.post.id)).html
    body = html[html.index("<body") :]
    assert 'class="quiet"' not in body
    assert HOUSE.checklist_line not in body or not HOUSE.checklist_line
    assert "Take what fits" not in body
    items = [block.text for block in post.reading.blocks if block.kind == "item"]
    places = [body.index(text.replace("&", "&amp;")) for text in items]
    assert places == sorted(places)
    assert len(items) >= 3


@pytest.mark.parametrize("name", PLAIN)
def test_a_post_that_holds_them_is_never_cut(name: str) -> None:
    long = a_post(ESSAY_FILLER * 6 + own(name), id=name, title="The long nights")
    placed = place(long, lead=False, style="letter")
    assert (placed.shown, placed.whole) == (len(long.reading.blocks), True)
    assert "steps for safety" in placed.reason


def test_other_steps_stay_quiet() -> None:
    post = own_post("tips_list")
    assert not any(is_safety(post.reading, unit) for unit in post.reading.units)
    html = letter_of([post, essay(id="a2")]).html
    assert "Take what fits" in html


def test_every_list_of_a_post_about_suicide_counts() -> None:
    steps = "<h2>Five ways to look after yourself</h2>"
    steps += "<ul><li>Walk slowly.</li><li>Eat soup.</li><li>Sleep.</li></ul>"
    reading = read("<p>It is a year since.</p>" + steps, title="After a suicide")
    assert all(is_safety(reading, unit) for unit in reading.units)
    calm = read("<p>It is a year since.</p>" + steps, title="After a winter")
    assert not any(is_safety(calm, unit) for unit in calm.units)


def test_no_sensitive_sentence_stands_in_subject_preheader_or_quote() -> None:
    hard = "We found hope together after the suicide of somebody we loved."
    body = f"<p>{hard} We found our way back to each other slowly, and in company.</p>" + ESSAY_FILLER
    post = a_post(body, id="h1", title="")
    issue = compose(name="2026-11", posts=[post], choices=Choices(), max_posts=5)
    assert hard not in (issue.subject, issue.preheader)
    assert issue.quote is None or issue.quote.text != hard
    assert issue.care[0].crisis
    assert not [one for one in draft_of([post], issue=issue).issue.preheader.split() if one == "suicide"]


def test_the_units_of_our_own_safety_posts() -> None:
    kinds = [(unit.kind.value, unit.items) for unit in read_own("safety_plan").units]
    assert kinds == [("checklist", 4)]
