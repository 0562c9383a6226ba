"""How much of each post is shown."""

from __future__ import annotations

import pytest

from pipeline.compose.arrange import excerpt, place
from pipeline.errors import UsageError
from pipeline.model import BlockKind, UnitKind
from pipeline.read.sentences import words
from tests.own_posts import NAMES, a_post, own, own_post, read, seed_post


def para(count: int, end: str = ".") -> str:
    return "<p>" + " ".join(["Rain"] + ["falls"] * (count - 1)) + end + "</p>"


def shown(html: str, title: str = "A post") -> int:
    return excerpt(read(html, title=title), 120, 160)[0]


STEPS = "<ul><li>Take a breath</li><li>Sit down</li><li>Walk on</li></ul>"
MOMENTS = "<ul>" + "<li>You laughed, and then all of us laughed with you.</li>" * 3 + "</ul>"
HELP = "<ol><li>Call 999 now.</li><li>Ring Samaritans on 116 123.</li></ol>"


@pytest.mark.parametrize(
    ("html", "count"),
    [
        pytest.param(para(100) + para(70), 2, id="short is whole"),
        pytest.param(para(60) + STEPS, 4, id="short with a checklist is whole"),
        pytest.param(para(70) * 6, 2, id="to the budget"),
        pytest.param(para(400) + para(90), 1, id="one long paragraph"),
        pytest.param(para(50) + para(300) + para(90), 1, id="not far past the budget"),
        pytest.param(para(70) + "<h2>On</h2>" + para(70) * 3, 3, id="heading inside"),
        pytest.param(para(125) + "<h2>On</h2>" + para(90) * 3, 1, id="not on a heading"),
        pytest.param(para(60) + para(5, ":") + STEPS + para(200), 1, id="before a checklist and its lead-in"),
        pytest.param(
            para(60) + "<p>Here are my five steps.</p>" + STEPS + para(200), 1, id="before what announces it"
        ),
        pytest.param("<h2>Tips</h2>" + STEPS + para(200), 0, id="opens with a checklist"),
        pytest.param(para(110) + MOMENTS + para(90), 4, id="a list is not cut but shown whole"),
        pytest.param(
            para(110) + MOMENTS.replace("</li>", " and on" * 60 + "</li>") + para(90),
            1,
            id="a long list is not begun",
        ),
        pytest.param(para(130) + para(70) * 2, 1, id="much is left"),
        pytest.param(para(100) + para(60) + para(30), 3, id="little is left"),
        pytest.param(
            para(130) + "<p>A</p><p>In crisis, call 999.</p><p>Or ring Samaritans.</p>" + para(90),
            1,
            id="before steps for safety",
        ),
        pytest.param(
            "<p>In crisis, call 999.</p><p>Or ring 111" + " falls" * 160 + ".</p>" + para(90),
            2,
            id="safety steps whole",
        ),
        pytest.param(
            MOMENTS.replace("</li>", " and on" * 90 + "</li>") + para(90), 3, id="opens with a long list"
        ),
    ],
)
def test_the_excerpt_ends_where_it_may(html: str, count: int) -> None:
    assert shown(html) == count


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("budget", [(5, 8), (20, 30), (120, 160)])
def test_no_excerpt_breaks_a_rule(name: str, budget: tuple[int, int]) -> None:
    reading = read(own(name) + para(200))
    count, why = excerpt(reading, *budget)
    assert why
    assert 0 <= count <= len(reading.blocks)
    if count in (0, len(reading.blocks)):
        return
    last = reading.blocks[count - 1]
    assert last.kind is not BlockKind.HEADING
    assert not last.text.endswith(":")
    for unit in reading.units:
        assert not (unit.kind is UnitKind.CHECKLIST and unit.first < count)
        assert not unit.first < count <= unit.last or last.unit != unit.id or last.kind is BlockKind.PROSE


def test_the_lead_is_whole_in_a_letter_and_long_in_an_essay() -> None:
    post = a_post(para(70) * 10)
    letter, plain, essay = (place(post, lead=True, style=style) for style in ("letter", "plain", "essay"))
    assert (letter.shown, letter.whole, plain.shown) == (10, True, 10)
    assert (essay.shown, essay.whole) == (4, False)
    assert place(post, lead=False, style="essay").shown == 4
    assert place(post, lead=False, style="letter").shown == 2


def test_a_checklist_inside_the_lead_stays_whole_in_place() -> None:
    post = own_post("tips_list")
    assert place(post, lead=True, style="letter").shown == len(post.reading.blocks)


def test_a_teaser_is_never_called_whole() -> None:
    placed = place(own_post("moments", summary_only=True), lead=True, style="letter")
    assert (placed.whole, "teaser" in placed.reason) == (False, True)


def test_the_seed_as_a_second_post_ends_with_a_paragraph() -> None:
    seed = seed_post()
    placed = place(seed, lead=False, style="letter")
    text = seed.reading.blocks[: placed.shown]
    assert text[-1].kind is BlockKind.PROSE
    assert 60 <= sum(len(words(block.text)) for block in text) <= 220


def test_an_unknown_style_is_refused_with_what_there_is() -> None:
    with pytest.raises(UsageError, match="letter, essay, plain"):
        place(own_post("moments"), lead=True, style="zine")


def test_reasons_say_what_happened() -> None:
    assert "up to the checklist" in excerpt(read(para(60) + STEPS + para(200)), 120, 160)[1]
    assert "whole paragraphs" in excerpt(read(para(90) * 5), 120, 160)[1]
    assert "only" not in excerpt(read(para(90)), 120, 160)[1]
    assert "opens with a checklist" in excerpt(read("<h2>Tips</h2>" + STEPS + para(200)), 120, 160)[1]
