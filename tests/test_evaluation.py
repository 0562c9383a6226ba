"""The figures of `make eval`: right on material so small that it can be counted by hand."""

from __future__ import annotations

import pytest

from benchmarks.evaluation import units, voice
from benchmarks.evaluation.data import LabelledPost, LabelledUnit
from benchmarks.evaluation.figures import Figure
from benchmarks.evaluation.fitted import across_sources
from benchmarks.evaluation.material import html_of, readings

WARM = "I sat with her, and we were quiet. I felt her grief, and I think she trusted me with it. " * 9
STEPS = (
    "Here are three tips:\n\n- Breathe slowly\n- Call a friend\n- Walk outside\n\n" + "Plan your week. " * 60
)


def labelled(id: str, text: str, *, kind: str, source: str = "one") -> LabelledPost:
    return LabelledPost(
        id=id, source=source, title="", text=text, kind=kind,  # type: ignore[arg-type]
        sensitive=(), ethics=(), pull_quotes=(),
    )  # fmt: skip


def unit(post: str, first_words: str, *, label: str, items: int = 3, shape: str = "list") -> LabelledUnit:
    return LabelledUnit(
        post=post, number=0, shape=shape, items=items, lead="", first_words=first_words,
        label=label,  # type: ignore[arg-type]
    )  # fmt: skip


POSTS = (
    labelled("warm", WARM, kind="connection"),
    labelled("a", STEPS, kind="checklist", source="two"),
    labelled("b", "Some more words. " + STEPS, kind="checklist", source="two"),
    labelled("c", "Even more words. " + STEPS, kind="checklist", source="three"),
    labelled("d", "And then some. " + STEPS, kind="mixed", source="three"),
)


def figures() -> dict[str, Figure]:
    return {figure.name: figure for figure in voice.figures(POSTS, readings(POSTS))}


def test_the_markdown_becomes_a_post() -> None:
    assert html_of("## Rain\n\n- one\n- <b>two</b>") == (
        "<h2>Rain</h2>\n<ul>\n<li>one</li>\n<li>&lt;b&gt;two&lt;/b&gt;</li>\n</ul>\n"
    )


def test_an_order_that_is_right_has_an_auc_of_one() -> None:
    found = figures()["order: AUC, connection against checklist"]
    assert (found.value, found.n, found.target) == (1.0, 5, "≥ .93")
    assert "first person 1.000" in found.baseline


def test_the_one_connection_piece_leads_every_month() -> None:
    found = figures()["lead: 1 against 3, technique or information"]
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert found.baseline.startswith("chance .250")


def test_nothing_is_claimed_above_a_baseline_that_is_perfect() -> None:
    found = figures()["order: AUC above first person"]
    assert (found.value, found.baseline) == (0.0, "no more than 0.000 is left above it")


def test_a_unit_is_found_again_by_its_first_words() -> None:
    (found,) = units.judged(POSTS, [unit("a", "Breathe slowly", label="check")], readings(POSTS))
    assert (found.expected, found.found, found.texts) == (
        "checklist",
        "checklist",
        ("Breathe slowly", "Call a friend", "Walk outside"),
    )
    assert found.orders == 1.0


def test_a_unit_that_is_nowhere_is_an_error_and_not_a_miss() -> None:
    with pytest.raises(LookupError, match="a/0: no list begins with 'Fly'"):
        units.judged(POSTS, [unit("a", "Fly", label="check")], readings(POSTS))


def test_precision_recall_and_f1_are_those_of_the_checklists() -> None:
    marks = [unit("a", "Breathe", label="check"), unit("b", "Breathe", label="other")]
    found = units.judged(POSTS, marks, readings(POSTS))
    assert (units.precision(found), units.recall(found)) == (0.5, 1.0)
    assert units.f1(found) == pytest.approx(2 / 3)
    assert units.kept(found) == (
        "narrative lists never set as a checklist: 0 of 0 (target: all); called narrative: 0 of 0"
    )
    assert list(units.by_source(found)) == ["  two            2 units, 1 wrong on checklist or not"]


def test_weights_are_fitted_on_the_other_sources_only() -> None:
    measured = {"a": {"x": 1.0}, "b": {"x": 0.0}, "c": {"x": 1.0}, "d": {"x": 0.0}}
    labels = {"a": 1.0, "b": 0.0, "c": 0.0, "d": 1.0}  # the second source says the opposite
    scores = across_sources(measured, labels, {"a": "one", "b": "one", "c": "two", "d": "two"})
    assert scores["a"] < scores["b"]
    assert scores["c"] > scores["d"]
