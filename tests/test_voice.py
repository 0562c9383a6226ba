"""Connection or checklist, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import UnitKind
from pipeline.read.cues import is_call_to_action, is_instruction, technique
from pipeline.read.voice import label
from tests.own_posts import NAMES, read, read_own, seed_post


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("quiet_room", "connection"),
        ("five_things", "connection"),
        ("moments", "connection"),
        ("irony", "connection"),
        ("dialogue", "connection"),
        ("tips_headings", "checklist"),
        ("tips_list", "checklist"),
        ("survivor_guilt", "checklist"),
        ("symptoms", "checklist"),
        ("german", "mixed"),
    ],
)
def test_our_posts_stand_where_a_person_puts_them(name: str, expected: str) -> None:
    assert read_own(name).voice.label == expected


def test_the_seed_is_connection_for_reasons_she_understands() -> None:
    voice = seed_post().reading.voice
    assert voice.label == "connection"
    assert voice.score > 0.5
    assert any(reason.startswith("it sets tools aside") for reason in voice.reasons)
    assert any("relationship" in reason for reason in voice.reasons if "weighed most" in reason)


@pytest.mark.parametrize("name", NAMES)
def test_scores_stay_in_bounds_and_steps_never_count_as_connection(name: str) -> None:
    reading = read_own(name)
    checklists = {unit.id for unit in reading.units if unit.kind is UnitKind.CHECKLIST}
    assert -1 <= reading.voice.score <= 1
    assert all(-1 <= block.score <= 1 for block in reading.blocks)
    assert all(block.score <= 0 for block in reading.blocks if block.unit in checklists)
    assert reading.voice.reasons


@pytest.mark.parametrize(
    ("said", "meant", "aside"),
    [
        (["It matters more than any tool or technique."], 0, 2),
        (["This is not a checklist."], 0, 1),
        (
            [
                "Coping skills, worksheets, homework.",
                "And sure, they help.",
                "But they’re not the heart of therapy.",
            ],
            0,
            3,
        ),
        (["None of it is a method.", "Try these exercises."], 1, 1),
        (["Not only a tool."], 1, 0),
        (["Here are five tips."], 1, 0),
    ],
    ids=["than", "not", "over two sentences", "none", "not only", "plain"],
)
def test_negation_over_a_technique_turns_it(said: list[str], meant: int, aside: int) -> None:
    found = technique(said)
    assert (len(found.meant), len(found.set_aside)) == (meant, aside)


@pytest.mark.parametrize(
    "order", ["Breathe.", "1. Put it down.", "Please sit with it.", "Don’t rush.", "Step 2: Write it down."]
)
def test_an_order_is_an_instruction(order: str) -> None:
    assert is_instruction(order)


@pytest.mark.parametrize(
    "other", ["Work is hard.", "Rest can wait.", "Imagine a river.", "You breathe.", "", "…", "Please"]
)
def test_a_statement_or_an_invitation_is_none(other: str) -> None:
    assert not is_instruction(other)


def test_calls_to_action_weigh_nothing() -> None:
    assert is_call_to_action("Contact me to book a free consultation.")
    plain, called = (
        read("<p>The rain fell on the hill.</p>"),
        read("<p>The rain fell on the hill. Contact me today.</p>"),
    )
    assert called.voice == plain.voice


def test_no_words_no_verdict() -> None:
    assert read("<img src=/a.jpg>").voice.reasons == ("there are no words to judge by",)


@given(st.floats(-1, 1))
def test_labels_cover_the_scale(score: float) -> None:
    assert label(score) == ("connection" if score >= 0.15 else "checklist" if score <= -0.15 else "mixed")
