"""The evaluation's figures for quotes, care and concerns, on material whose answer is known."""

from __future__ import annotations

from benchmarks.evaluation import care, concerns, quotes
from benchmarks.evaluation.data import Answer, LabelledPost

HEART = "We find the courage to be seen by somebody who stays."


def post(text: str, *, sensitive: tuple[str, ...] = (), wanted: tuple[str, ...] = ()) -> LabelledPost:
    return LabelledPost(
        id="p1", source="ours", title="Rain", text=text, kind="connection", sensitive=sensitive, ethics=(),
        pull_quotes=wanted,
    )  # fmt: skip


def test_a_fragment_hits_the_sentence_that_holds_it_and_no_lone_word_does() -> None:
    assert quotes.is_hit(HEART, ("courage to be seen",))
    assert quotes.is_hit("I’m not leaving you", ("I'm not leaving you alone in it",))
    assert not quotes.is_hit("Courage", ("courage to be seen",))
    assert not quotes.is_hit(HEART, ("courage to be heard",))


def test_hits_are_counted_over_the_posts_with_labels() -> None:
    labelled = [post(f"{HEART}\n\nIt rained.", wanted=("to be seen",)), post("It rained.", wanted=("sun",))]
    found = quotes.figures([*labelled, post("No label.")])
    assert [(figure.name, figure.value, figure.n) for figure in found] == [
        ("quotes: hit@1", 0.5, 2),
        ("quotes: hit@3", 0.5, 2),
        ("quotes: hit@5", 0.5, 2),
    ]


def test_care_is_found_in_posts_and_silent_on_others() -> None:
    posts = [
        post("He died by suicide, and she self-harmed.", sensitive=("suicide",)),
        post("It rained.", sensitive=("eating",)),
        post("It rained.", wanted=("a",)),
    ]
    found = care.figures(posts, [Answer(topic="self-harm", who="x", text="If you self-harm, tell somebody.")])
    assert [(figure.value, figure.n) for figure in found] == [(0.5, 2), (0.0, 1), (0.0, 1), (1.0, 1)]


def test_concerns_are_counted_by_answer_and_shown_to_be_judged() -> None:
    answers = [Answer(topic="", who="", text=text) for text in ("You are clearly depressed.", "Rain.")]
    labelled = LabelledPost(
        id="p2", source="ours", title="", text="This class cures anxiety.", kind="mixed", sensitive=(),
        ethics=("promise",), pull_quotes=(),
    )  # fmt: skip
    found = concerns.figures([labelled, post("Rain.")], answers)
    assert [(figure.value, figure.n) for figure in found] == [(0.5, 2), (1.0, 1), (0.0, 1)]
    assert found[0].note == "diagnosis 1"
    assert concerns.shown(answers) == ("[diagnosis] You are clearly depressed.",)
