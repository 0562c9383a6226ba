"""Questions to the author: few, and silent where she has answered already."""

from __future__ import annotations

import pytest

from pipeline.read.ethics import name_of
from tests.own_posts import NAMES, read, read_own, seed_post

ASKED_ABOUT = {"anecdote", "unkind", "testimonial", "medication", "promise"}  # see test_own_posts


def asked(html: str) -> list[str]:
    return [concern.kind for concern in read(html).concerns]


def test_the_seed_raises_none() -> None:
    assert seed_post().reading.concerns == ()


def test_a_post_that_is_unkind_about_a_client_is_asked_about_all_of_it() -> None:
    found = read_own("anecdote").concerns
    assert [(concern.kind, concern.block) for concern in found] == [
        ("recognisable client", 0),
        ("unkind about clients", 0),
        ("replaces therapy", 1),
        ("promise of cure", 1),
        ("diagnosis", 2),
    ]
    assert all(concern.advice.count("?") == 1 for concern in found)
    assert all(concern.evidence in read_own("anecdote").text for concern in found)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ASKED_ABOUT])
def test_our_other_posts_raise_none(name: str) -> None:
    assert read_own(name).concerns == ()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("This method cures anxiety.", "promise of cure"),
        ("You will be rid of panic attacks for good.", "promise of cure"),
        ("I guarantee that you will see results.", "promise of cure"),
        ("Hypnotherapy will heal you.", "promise of cure"),
        ("This app is better than therapy.", "replaces therapy"),
        ("If this is you, you have depression.", "diagnosis"),
        ("A client called Irene came in last week.", "recognisable client"),
        ("My client is a teacher, and her husband drinks.", "recognisable client"),
        ("Say goodbye to anxiety with these evenings.", "promise of cure"),
        ("I promise you will feel better by spring.", "promise of cure"),
        ("It sounds to me like you have an anxiety disorder.", "diagnosis"),
        ("You are clearly depressed.", "diagnosis"),
        ("You should stop taking your tablets and walk instead.", "medication advice"),
        ("Take melatonin before bed.", "medication advice"),
        ("Walking is better than antidepressants.", "medication advice"),
        ("Start with 50 mg and see.", "medication advice"),
        ("My clients say that I saved their marriage.", "testimonial"),
        ("One of my clients told me she was the best therapist in town.", "testimonial"),
        ("What my clients say", "testimonial"),
        ("Some of my clients are whiny.", "unkind about clients"),
        ("I had a client in the morning. She was so boring.", "unkind about clients"),
        ("A client wept over a hamster. I rolled my eyes.", "unkind about clients"),
    ],
)
def test_it_is_asked_about(said: str, kind: str) -> None:
    assert asked(f"<p>{said}</p>") == [kind]


@pytest.mark.parametrize(
    "said",
    [
        "No therapist can guarantee results.",
        "Is there a method that cures anxiety?",
        "The best way to sleep is to rest.",
        "This blog is not a substitute for therapy.",
        "This post never replaces therapy.",
        "Therapy can help with anxiety.",
        "A client once told me so.",
        "Clients tell me that they are tired.",
        "A couple of weeks ago I saw her son yesterday.",
        "My client is a teacher, and her husband drinks; details are changed.",
        "A client called Irene gave me permission to say that last week she wept.",
        "A friend is better than therapy some days.",
        "I promise to answer within two days.",
        "There is no promise that you will feel better.",
        "If you have an anxiety disorder, you know these mornings.",
        "That does not mean you have depression.",
        "Perhaps you have depression, perhaps a long winter.",
        "Ask your doctor before you stop taking your tablets.",
        "Never stop taking your medication from one day to the next.",
        "I take my medication with tea.",
        "Clients tell me that the room is warm.",
        "A reader wrote that the book changed her life.",
        "My clients worry that they are boring.",
        "My clients were never whiny.",
        "I was bored, and the tap was annoying.",
    ],
)
def test_it_is_not_asked_about(said: str) -> None:
    assert asked(f"<p>{said}</p>") == []


def test_others_words_are_not_hers_to_answer_for() -> None:
    assert asked("<blockquote>This method cures anxiety.</blockquote>") == []


def test_one_question_of_a_kind_for_a_paragraph() -> None:
    assert (
        asked("<p>It cures anxiety. It cures depression.</p><p>It cures ADHD.</p>") == ["promise of cure"] * 2
    )


def test_a_quotation_is_asked_about_only_where_a_client_praises_in_it() -> None:
    praise = "She changed my life in a year."
    assert asked(f"<blockquote><p>{praise} – J., former client</p></blockquote>") == ["testimonial"]
    assert asked(f"<blockquote><p>{praise} – Irene Hale</p></blockquote>") == []
    assert asked("<blockquote><p>This method cures anxiety. – Irene Hale</p></blockquote>") == []


def test_a_question_keeps_its_name_while_its_sentence_stands() -> None:
    name = name_of("diagnosis", "You’re clearly  depressed.")
    assert name == name_of("diagnosis", "You're clearly depressed.")
    assert (
        len({name, name_of("testimonial", "You’re clearly depressed."), name_of("diagnosis", "Else.")}) == 3
    )
