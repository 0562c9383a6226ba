"""What stands before a list decides what it is: steps, facts, moments, an offer."""

from __future__ import annotations

import pytest

from pipeline.read.announce import Cue, announced, announces, offers
from tests.own_posts import read

ORDERS = ("Learn to rest", "Build a fire", "Trust the kettle")


def kind_after(ahead: str, *items: str) -> str:
    listed = "".join(f"<li>{item}</li>" for item in items)
    (unit,) = read(f"<p>{ahead}</p><ul>{listed}</ul>").units
    return unit.kind.value


@pytest.mark.parametrize(
    "ahead",
    [
        "Your inner critic may be awake if you:",
        "People who have lost somebody often:",
        "In these sessions, we aim to:",
        "What to expect from couples therapy:",
        "Therapy can support you to:",
        "My approach helps you to:",
        "You will learn to:",
        "A good therapist will:",
        "Children may:",
        "Fear can:",
        "By using these tools, I help people:",
    ],
)
def test_what_completes_a_sentence_is_no_order(ahead: str) -> None:
    assert kind_after(ahead, *ORDERS) == "information"


@pytest.mark.parametrize(
    "ahead",
    [
        "Some ideas:",
        "Before your first session:",
        "So this week, I invite you to:",
        "Remember to:",
        "It is important to:",
        "As a neighbour you can help by:",
        "You might try:",
        "When it gets dark early, families can:",
        "If you struggle with Sundays, here are some suggestions:",
    ],
)
def test_what_the_reader_is_to_do_is_a_checklist(ahead: str) -> None:
    assert kind_after(ahead, *ORDERS) == "checklist"


@pytest.mark.parametrize(
    "ahead",
    ["A good hour looks like this:", "Some ways that trust might show up:", "Things my clients taught me:"],
)
def test_moments_are_announced_as_moments(ahead: str) -> None:
    told = ("He put the glove on the table, and we looked at it", "She laughed until she had to sit down")
    assert kind_after(ahead, *told) == "narrative"


def test_a_word_that_is_also_a_thing_is_an_order_among_orders() -> None:
    assert kind_after("Tonight:", "Drink water", "Rest", "Ask for help") == "checklist"
    assert kind_after("We all have needs:", "Rest", "Play", "Touch", "Love") == "information"


@pytest.mark.parametrize(
    ("near", "far", "cue", "words"),
    [
        ("The benefits of these tools:", "Ten tips", Cue.FACTS, "benefits"),
        ("Tips against these symptoms:", "Signs", Cue.STEPS, "tips"),
        ("It is a long road.", "Ten tips", Cue.STEPS, "tips"),
        ("It is a long road.", "Supporting a friend", Cue.HINT, "supporting"),
        ("It is a long road.", "There are no tips here", None, ""),
        ("It is a long road.", "On roads", None, ""),
    ],
    ids=["benefits of tools", "tips against symptoms", "the heading", "a doing word", "set aside", "nothing"],
)
def test_the_nearest_words_and_of_them_the_first_decide(
    near: str, far: str, cue: Cue | None, words: str
) -> None:
    found = announced([near], [far])
    assert (found.cue, found.words) == (cue, words)


def test_a_heading_that_announces_is_no_step_itself() -> None:
    assert announces("Ways to rest")
    assert not announces("Resting more")


def test_an_offer_is_told_from_a_story() -> None:
    assert offers("I help couples who have stopped talking.")
    assert offers("Therapy can help you sleep.")
    assert not offers("I once helped a man across the road.")
