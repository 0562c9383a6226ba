"""Whole sentences worth setting large."""

from __future__ import annotations

import pytest

from pipeline.model import UnitKind
from pipeline.read.lexicon import table
from pipeline.read.sentences import words
from pipeline.read.standing import standing
from pipeline.read.traits import around, traits
from tests.own_posts import NAMES, read, read_own, seed_post

GOOD = "We find the courage to be seen by somebody who stays."


def quotes(html: str) -> list[str]:
    return [quote.text for quote in read(html).quotes]


def test_the_seed_offers_its_own_sentences() -> None:
    item = seed_post()
    assert item.reading.quotes
    assert all(quote.text in item.reading.text for quote in item.reading.quotes)
    assert any("heals" in quote.text for quote in item.reading.quotes)
    best = item.reading.quotes[0].text
    assert best.startswith("The magic happens when you feel safe"), "from its heart"
    assert not any("it’s not for you" in quote.text for quote in item.reading.quotes), "not its disclaimer"


@pytest.mark.parametrize("name", NAMES)
def test_candidates_are_whole_sentences_best_first(name: str) -> None:
    reading = read_own(name)
    steps = {unit.id for unit in reading.units if unit.kind is not UnitKind.NARRATIVE}
    assert len(reading.quotes) <= 5
    assert [q.score for q in reading.quotes] == sorted((q.score for q in reading.quotes), reverse=True)
    for quote in reading.quotes:
        block = reading.blocks[quote.block]
        whole = [reading.text[a:b] for a, b in block.sentences]
        assert quote.text in whole
        assert 6 <= len(words(quote.text)) <= 38
        assert block.unit not in steps
        assert quote.reason


def test_a_good_sentence_is_offered_once_with_its_reason() -> None:
    (quote,) = read(f"<p>{GOOD}</p><p>{GOOD}</p>").quotes
    assert (quote.text, quote.block) == (GOOD, 0)
    assert "speaks of being with another (we" in quote.reason
    assert "holds hope (find" in quote.reason


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<p>We are seen.</p>", id="too short"),
        pytest.param(f"<p>We find {'and we find ' * 20}courage together.</p>", id="too long"),
        pytest.param("<p>Can we find the courage to be seen together?</p>", id="question"),
        pytest.param("<p>we find the courage to be seen together.</p>", id="no capital"),
        pytest.param("<p>We find the courage to be seen together…</p>", id="trails off"),
        pytest.param("<p>But we find the courage to be seen together.</p>", id="dangling opener"),
        pytest.param("<p>They’ll find the courage to be seen together.</p>", id="leaning subject"),
        pytest.param("<p>We find hope after the suicide of somebody we loved.</p>", id="hard topic"),
        pytest.param("<p>Book a session and we find the courage together.</p>", id="call to action"),
        pytest.param(f"<blockquote><p>{GOOD}</p></blockquote>", id="somebody else’s words"),
        pytest.param(f"<p>{GOOD} — Irene Hale</p>", id="epigraph"),
        pytest.param("<p>My friend said we find the courage to be seen.</p>", id="reported"),
        pytest.param("<p>“We find the courage to be seen together.</p>", id="open quotation mark"),
        pytest.param("<p>We find the courage<br>to be seen together.</p>", id="over two lines"),
        pytest.param("<p>As I wrote above, we find the courage together.</p>", id="leans on the page"),
        pytest.param(
            "<h2>Tips</h2><ul><li>Sit with somebody who loves you and find hope.</li>"
            "<li>Walk with a friend.</li></ul>",
            id="checklist",
        ),
        pytest.param(f"<h2>{GOOD}</h2>", id="heading"),
        pytest.param("<p>Together we guarantee recovery and find hope.</p>", id="a question of ethics"),
        pytest.param("<p>The office is open on most days.</p>", id="nothing to say"),
    ],
)
def test_what_cannot_stand_alone_is_not_offered(html: str) -> None:
    assert quotes(html) == []


def test_hope_outweighs_sorrow_and_tools_weigh_against() -> None:
    html = (
        "<p>We were lonely and afraid, and we hurt together in shame.</p>"
        "<p>Our 3 tips help us find hope together.</p>"
        f"<p>{GOOD}</p><p>You don’t feel safe when somebody finds you.</p>"
    )
    assert quotes(html)[0] == GOOD


def test_a_sentence_that_turns_people_from_each_other_comes_after_one_that_does_not() -> None:
    html = (
        "<p>The chairs don’t face each other. I found that out on the day they came.</p>"
        "<p>We sat beside each other in the small room for an hour.</p>"
    )
    quotes = read(html).quotes
    assert quotes[0].text == "We sat beside each other in the small room for an hour."
    assert all("don’t face" not in quote.text for quote in quotes)


def test_what_was_never_said_is_no_report_of_somebody() -> None:
    assert quotes("<p>We find the courage to say what we have never said.</p>")
    assert quotes("<p>My friend once said we find the courage to be held.</p>") == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("You don’t have to earn your place among the people who love you.", "gives leave (don't have to)"),
        ("Rest is not a prize but a room with the door open.", "sets one thing against another (is not)"),
        ("Every person who was ever loved was first listened to.", "speaks of all of us (every, person)"),
    ],
)
def test_the_reason_says_in_plain_words_what_weighed(said: str, reason: str) -> None:
    (quote,) = read(f"<p>{said}</p>").quotes
    assert reason in quote.reason


def test_each_weight_belongs_to_a_trait_and_is_small() -> None:
    (sentence,) = standing(read(f"<p>{GOOD}</p>").blocks, (), ())
    found = set(traits(sentence, around(())).value)
    weighed = table("quote_weights")["weights"]
    assert isinstance(weighed, dict)
    assert set(weighed) == found
    assert all(abs(weight) <= 6 for weight in weighed.values())
