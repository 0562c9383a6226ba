"""Topics that ask for care, and what only sounds like one."""

from __future__ import annotations

import pytest

from pipeline.read.care import topics_in
from tests.own_posts import read, read_own, seed_post


@pytest.mark.parametrize(
    ("said", "topics"),
    [
        ("He died by suicide.", ("suicide",)),
        ("Some days I want to end my life.", ("suicide",)),
        ("She used to self-harm.", ("self-harm",)),
        ("He was hurting himself.", ("self-harm",)),
        ("It was sexual assault.", ("sexual violence",)),
        ("Emotional abuse leaves no bruise.", ("abuse",)),
        ("Living with an eating disorder.", ("eating",)),
        ("After the relapse came sobriety.", ("addiction",)),
        ("Substance abuse is common.", ("addiction",)),
        ("We lost our baby in March.", ("pregnancy and child loss",)),
        ("When my mother died I was nine.", ("grief",)),
        ("Trauma lives in the body.", ("trauma",)),
        ("If you are in crisis, call 999.", ("crisis",)),
    ],
)
def test_each_topic_is_found(said: str, topics: tuple[str, ...]) -> None:
    assert topics_in(said) == topics


@pytest.mark.parametrize(
    "said",
    [
        "You don’t need to be in crisis to come.",
        "You do not have to wait until you are in a crisis.",
        "Therapy isn’t only for people in crisis.",
        "The cost-of-living crisis is real.",
        "My midlife crisis wore red shoes.",
        "I am addicted to coffee.",
        "We binge-watched the lot.",
        "We were killing time.",
        "Good grief, what a mess.",
        "You don’t have to have big trauma.",
        "I cut myself off a slice of cake and cut yourself some slack.",
        "Our practice is trauma-informed.",
        "Therapy can be a therapist’s grapevine.",
    ],
)
def test_what_is_denied_or_only_sounds_so_is_silent(said: str) -> None:
    assert topics_in(said) == ()


def test_the_seed_asks_for_no_care() -> None:
    assert seed_post().reading.care == ()


def test_a_topic_is_about_by_its_title_or_by_being_frequent() -> None:
    found = {care.topic: care.level for care in read_own("survivor_guilt").care}
    assert found == {"suicide": "about", "grief": "about", "crisis": "mention"}
    (care,) = read("<p>A walk by the sea.</p>", title="On grief").care
    assert (care.topic, care.level, care.evidence, care.block) == ("grief", "about", "On grief", 0)


def test_often_in_a_long_post_is_about_and_once_is_a_mention() -> None:
    filler = "<p>" + "The rain fell on the hill and nobody minded at all. " * 20 + "</p>"
    often = "".join(f"<p>Trauma came up again, number {n}.</p>" for n in range(3))
    assert [care.level for care in read(filler + often).care] == ["about"]
    assert [care.level for care in read(filler * 5 + often).care] == ["mention"]
    (care,) = read(filler + "<p>Fine day. Trauma came up.</p>").care
    assert (care.level, care.evidence, care.block) == ("mention", "Trauma came up.", 1)


def test_the_description_of_a_picture_counts() -> None:
    (care,) = read('<p>Look.</p><img src=/a.jpg alt="A poster on suicide prevention">').care
    assert (care.topic, care.block) == ("suicide", 1)
