"""A month whose loudest post is a list of steps, from its posts to the letter."""

from __future__ import annotations

from lxml import etree, html

from pipeline.compose.choose import ENOUGH_TO_LEAD
from pipeline.model import Choices
from tests.letters import issue_of, letter_of
from tests.own_posts import a_post, one_line, own, own_post, plain_words

MONTH = (
    own_post("seven_steps", title="7 steps to beat anxiety for good!", day=28),
    own_post("cardigan", title="After a narcissist", day=20),
    own_post("saying_sorry", title="Saying sorry", day=3),
    own_post("what_walking_does", title="What walking does", day=12),
    own_post("biscuit_tin", title="The biscuit tin", day=1),
)


def test_the_letter_leads_with_the_connection_piece_and_not_with_the_loudest() -> None:
    steps = MONTH[0].reading
    assert steps.words >= ENOUGH_TO_LEAD  # it is not left behind for being short
    issue = issue_of(MONTH)
    assert [placed.post for placed in issue.posts] == [
        "biscuit_tin",
        "saying_sorry",
        "what_walking_does",
        "cardigan",
        "seven_steps",
    ]
    reasons = dict(issue.reasons)
    assert "speaks most from person to person (says “I” and “we” often" in reasons["lead"]
    assert reasons["order"].endswith("; a checklist stands last, set quieter")
    assert "“Saying sorry”: says “I” and “we” often" in reasons["order"]
    assert issue.subject == "The biscuit tin"


def test_the_steps_are_whole_and_in_their_order() -> None:
    letter = letter_of(MONTH)
    steps = plain_words(own("seven_steps"))
    steps = steps[steps.index("Step 1") :]  # the line that says to take what fits stands before them
    assert next(placed for placed in issue_of(MONTH).posts if placed.post == "seven_steps").whole
    assert steps in one_line(plain_words(letter.html))


def test_the_steps_are_quiet_and_her_moments_are_not() -> None:
    page = html.fromstring(letter_of(MONTH).html)
    quiet = {
        one_line("".join(map(str, found.itertext())))
        for found in page.iter("h2", "h3", "h4", "p")
        if _is_quiet(found)
    }
    (unit,) = MONTH[0].reading.units
    inside = MONTH[0].reading.blocks[unit.first : unit.last + 1]
    assert {one_line(block.text) for block in inside} <= quiet
    assert not quiet.intersection(block.text for block in MONTH[2].reading.blocks)


def test_a_pin_puts_even_the_steps_first_and_keeps_them_whole() -> None:
    issue = issue_of(MONTH, Choices(lead="seven_steps"))
    assert (issue.lead, dict(issue.reasons)["lead"]) == (
        "seven_steps",
        "you chose “7 steps to beat anxiety for good!” to lead",
    )
    assert issue.posts[0].whole


def test_a_theme_is_the_authors_own_word_and_told_to_her_alone() -> None:
    said = "<p>The heron stood in the river. I thought of the heron all day. My heron, I said.</p>"
    posts = (a_post(said, id="a", title="A heron in March"), a_post(said, id="b", title="Herons, again"))
    assert dict(issue_of(posts).reasons)["theme"] == (
        "“A heron in March” and “Herons, again” share the word “heron”; your note could take it up"
    )
    assert "take it up" not in letter_of(posts).html


def test_posts_that_share_only_the_trades_words_have_no_theme() -> None:
    said = "<p>Therapy is a feeling. Therapy is feelings. I said therapy, and feeling, and therapy.</p>"
    posts = (
        a_post(said, id="a", title="Therapy and feelings"),
        a_post(said, id="b", title="Feelings in therapy"),
    )
    assert "theme" not in dict(issue_of(posts).reasons)
    assert "theme" not in dict(issue_of(MONTH).reasons)


def _is_quiet(element: etree._Element) -> bool:
    return "quiet" in (element.get("class") or "").split()
