"""Connection or checklist, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import UnitKind
from pipeline.read.cues import is_call_to_action, is_instruction, technique
from pipeline.read.voice import block_reasons, label
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
        ("biscuit_tin", "connection"),
        ("quiet_window", "connection"),
        ("three_evenings", "connection"),
        ("two_speakers", "connection"),
        ("both_tongues", "connection"),
        ("things_people_say", "connection"),
        ("essay_with_headings", "connection"),
        ("saying_sorry", "connection"),
        ("cardigan", "checklist"),
        ("word_bullets", "checklist"),
        ("bold_steps", "checklist"),
        ("bold_openings", "checklist"),
        ("nested_plan", "checklist"),
        ("numbered_paragraphs", "checklist"),
        ("do_and_do_not", "checklist"),
        ("seven_steps", "checklist"),
        ("bare_nouns", "mixed"),
        ("what_walking_does", "mixed"),
        ("what_we_would_do", "mixed"),
        ("i_help_you", "mixed"),
        ("services", "mixed"),
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
    assert not any("skills" in reason for reason in voice.reasons if "against" in reason)


def test_what_the_seed_sets_aside_over_two_sentences_does_not_count_against_it() -> None:
    reading = seed_post().reading
    (at,) = [i for i, block in enumerate(reading.blocks) if "completing worksheets" in block.text]
    assert reading.blocks[at].score > 0
    assert "it sets tools aside" in block_reasons(reading.blocks, at, reading.units)[0]


def test_an_ironic_piece_names_its_tools_only_to_set_them_aside() -> None:
    reading = read_own("biscuit_tin")
    assert any(reason.startswith("it sets tools aside") for reason in reading.voice.reasons)


def test_reasons_begin_with_what_speaks_for_the_side_the_post_is_on() -> None:
    steps = read_own("seven_steps", title="7 steps to beat anxiety").voice.reasons
    assert "stand in a checklist" in steps[0]
    assert any("the title announces steps" in reason for reason in steps)
    assert read_own("saying_sorry").voice.reasons[0].startswith("says “I” and “we” often")


def test_a_title_that_announces_steps_speaks_against_connection() -> None:
    html = "<p>I felt the rain, and we sat together for a while, she and I.</p>"
    plain, steps, none = (
        read(html, title=title).voice.score
        for title in ("Rain", "Ten ways to love the rain", "No steps to love the rain")
    )
    assert steps < plain == none


def test_i_that_offers_is_not_the_i_that_tells() -> None:
    told, offered = (
        read(f"<p>{said} in a small town by the sea, in a house with a red door.</p>").voice
        for said in ("I once lived with my aunt", "I offer my services to couples")
    )
    assert told.score > offered.score


def test_the_closing_lines_are_no_part_of_what_she_says() -> None:
    html = "<p>I felt the rain on my hand.</p><p>We sat together.</p><p>It was enough.</p>"
    closing = "<p>Miriam is a licensed therapist in private practice. Book a session today.</p>"
    assert read(html + closing).voice == read(html).voice


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
        (["Breathing, journaling.", "Lovely.", "But none of them ever held my hand."], 0, 2),
        (["Here are three tips.", "They are not what mends people."], 0, 1),
        (["Here are three tips.", "None of them replaces therapy."], 1, 0),
        (["Not only a tool."], 1, 0),
        (["Here are five tips."], 1, 0),
    ],
    ids=[
        "than",
        "not",
        "over two sentences",
        "none",
        "none of them",
        "not what",
        "small print",
        "not only",
        "plain",
    ],
)
def test_negation_over_a_technique_turns_it(said: list[str], meant: int, aside: int) -> None:
    found = technique(said)
    assert (len(found.meant), len(found.set_aside)) == (meant, aside)


@pytest.mark.parametrize(
    "order",
    [
        "Breathe.",
        "1. Put it down.",
        "Please sit with it.",
        "Don’t rush.",
        "Step 2: Write it down.",
        "When it rains, sit down.",
        "Let yourself cry.",
    ],
)
def test_an_order_is_an_instruction(order: str) -> None:
    assert is_instruction(order)


@pytest.mark.parametrize(
    "other",
    [
        "Do you remember?",
        "Have you ever asked, “Why me?”",
        "Let me say it.",
        "Work is hard.",
        "Rest can wait.",
        "Imagine a river.",
        "You breathe.",
        "",
        "…",
        "Please",
    ],
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
