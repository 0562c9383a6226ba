"""Lists and runs of headings: steps, moments or facts."""

from __future__ import annotations

import pytest

from pipeline.model import UnitKind
from pipeline.read.lexicon import entries, pattern, straight
from tests.own_posts import read, read_own, seed_post


def kinds(html: str, title: str = "A post") -> list[tuple[str, int]]:
    return [(unit.kind.value, unit.items) for unit in read(html, title=title).units]


def a_list(*items: str, ahead: str = "", tag: str = "ul") -> str:
    return (
        f"<p>Some words come first.</p>{ahead}<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"
    )


def headed(*heads: str) -> str:
    return "<p>Some words come first.</p>" + "".join(
        f"<h3>{head}</h3><p>It is what it is.</p>" for head in heads
    )


def test_the_seed_has_five_moments_and_no_checklist() -> None:
    units = seed_post().reading.units
    assert [(unit.kind, unit.items) for unit in units] == [(UnitKind.NARRATIVE, 5)]
    assert "tell a moment" in units[0].reasons[0]


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("tips_headings", "Four ways to calm an anxious evening", [("checklist", 4)]),
        ("tips_list", "Boundaries", [("checklist", 5)]),
        ("five_things", "Four things my clients taught me", [("narrative", 4)]),
        ("services", "Working with me", [("information", 4)]),
        ("symptoms", "What burnout is", [("information", 5)]),
        ("survivor_guilt", "Survivor guilt", [("checklist", 4)]),
        ("crisis_steps", "The long nights", [("checklist", 3)]),
        ("moments", "A good hour", [("narrative", 3)]),
        ("dialogue", "Two chairs", []),
        ("quiet_room", "Two chairs", []),
        ("biscuit_tin", "The biscuit tin", []),
        ("quiet_window", "By the window", []),
        ("cardigan", "After a narcissist", [("checklist", 4)]),
        ("i_help_you", "How we would begin", [("information", 4)]),
        ("three_evenings", "Three evenings", [("narrative", 3)]),
        ("two_speakers", "No list", []),
        ("both_tongues", "Two tongues", []),
        ("word_bullets", "Before the meeting", [("checklist", 3)]),
        ("bare_nouns", "Sunday", [("information", 5)]),
        ("bold_steps", "Ways through the winter", [("checklist", 4)]),
        ("bold_openings", "The wedding", [("checklist", 3)]),
        ("questions_to_ask", "Choosing a therapist", [("information", 4)]),
        ("nested_plan", "Sundays", [("checklist", 3)]),
        ("nested", "Mondays", [("information", 2)]),
        ("numbered_paragraphs", "Before you answer", [("checklist", 3)]),
        ("things_people_say", "Soup", [("narrative", 4)]),
        ("calm_corner", "A calm corner", [("checklist", 4)]),
        ("what_walking_does", "Walking", [("information", 4)]),
        ("do_and_do_not", "Saying the name", [("checklist", 3), ("checklist", 3)]),
        ("what_we_would_do", "Coming back", [("information", 3), ("information", 3)]),
        ("essay_with_headings", "Two pears", []),
        ("seven_steps", "7 steps to beat anxiety", [("checklist", 7)]),
        ("saying_sorry", "Saying sorry", []),
    ],
)
def test_our_posts_have_the_units_a_person_sees(
    name: str, title: str, expected: list[tuple[str, int]]
) -> None:
    reading = read_own(name, title=title)
    assert [(unit.kind.value, unit.items) for unit in reading.units] == expected
    assert all(unit.reasons for unit in reading.units)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param(
            a_list("Walking", "Eating well", "Sleeping early", ahead="<h2>Ways to cope</h2>"),
            [("checklist", 3)],
            id="gerunds under a cue",
        ),
        pytest.param(a_list("Walking", "Eating", "Sleeping"), [("information", 3)], id="gerunds alone"),
        pytest.param(
            a_list("Work is hard to leave", "Rest can wait no longer"),
            [("information", 2)],
            id="nouns that look like orders",
        ),
        pytest.param(
            a_list("Who are you?", "What do you want?", ahead="<p>Questions and tips:</p>"),
            [("information", 2)],
            id="questions",
        ),
        pytest.param(
            a_list("You can call a friend", "You should rest a little", ahead="<h2>Tips</h2>"),
            [("checklist", 2)],
            id="told what to do",
        ),
        pytest.param(
            a_list(
                "You laughed, and then we both did",
                "One cold hand",
                "Rain",
                ahead="<p>What it looks like:</p>",
            ),
            [("narrative", 3)],
            id="moments announced",
        ),
        pytest.param(
            a_list("I help you sleep", "Together we will find calm", "Rest"),
            [("information", 3)],
            id="service",
        ),
        pytest.param(
            a_list("Take a breath", "Sit down", "Call a friend", ahead="<p>Symptoms include:</p>"),
            [("information", 3)],
            id="announced as facts",
        ),
        pytest.param(a_list("Only one"), [], id="one item is no list"),
        pytest.param(
            "<p>First words.</p><p>• Breathe in</p><p>• Sit down</p><p>• Walk on</p>",
            [("checklist", 3)],
            id="typed bullets",
        ),
        pytest.param("<p>– Breathe in</p><p>– Sit down</p><p>– Walk on</p>", [], id="dialogue is no list"),
        pytest.param("<p>1. Breathe in</p><p>2. Sit down</p>", [], id="two typed numbers are no list"),
        pytest.param(
            "<p>20-somethings rest little.</p><p>9:30 is late.</p><p>1.5 hours are long.</p>",
            [],
            id="numbers that count nothing off",
        ),
        pytest.param(
            "<p>1️⃣ Breathe in</p><p>2️⃣ Sit down</p><p>3️⃣ Walk on</p>",
            [("checklist", 3)],
            id="numbers as pictures",
        ),
        pytest.param(
            a_list("Take one", "Take two") + a_list("Take three", "Take four"),
            [("checklist", 2), ("checklist", 2)],
            id="two lists",
        ),
        pytest.param(
            a_list("Time: agree on it together", "Meals: keep them free", "Bed: charge it outside"),
            [("checklist", 3)],
            id="orders after a label",
        ),
        pytest.param(
            a_list(
                "Explore the past",
                "Understand the present",
                ahead="<p>By using these techniques, I help clients:</p>",
            ),
            [("information", 2)],
            id="an offer that names its tools",
        ),
        pytest.param(
            a_list("Explore the past", "Understand the present", ahead="<p>In time you might:</p>"),
            [("information", 2)],
            id="what may come of it",
        ),
        pytest.param(
            a_list(
                "Losing weight", "Waking early", "Crying", ahead="<h3>Tips</h3><p>Consider help when:</p>"
            ),
            [("information", 3)],
            id="conditions",
        ),
        pytest.param(
            a_list("Bringing bread", "Walking the dog", ahead="<p>You can do so by:</p>"),
            [("checklist", 2)],
            id="by doing",
        ),
        pytest.param(
            a_list("Bread", "Sleep", "Work", ahead="<p>Loneliness shows in many ways, such as:</p>"),
            [("information", 3)],
            id="in many ways is no way",
        ),
        pytest.param(
            a_list("When it gets loud, put it down", "If you can, walk", "After lunch, rest"),
            [("checklist", 3)],
            id="orders after a clause",
        ),
        pytest.param(
            "<ul><li>Take one</li><li>Sit<img src=/a.jpg></li><li>Walk on</li></ul>",
            [("checklist", 3)],
            id="a picture between",
        ),
    ],
)
def test_lists_are_told_apart(html: str, expected: list[tuple[str, int]]) -> None:
    assert kinds(html) == expected


@pytest.mark.parametrize(
    ("html", "title", "expected"),
    [
        pytest.param(
            headed("Stay connected", "Movement", "Setting limits"),
            "5 ways to cope",
            [("checklist", 3)],
            id="steps under a cue",
        ),
        pytest.param(headed("Stay connected", "Movement", "Setting limits"), "On coping", [], id="no cue"),
        pytest.param(
            headed("1. Hunger", "2. Thirst", "3. Tiredness"),
            "Needs",
            [("information", 3)],
            id="numbered facts",
        ),
        pytest.param(
            headed("Take heart", "Begin", "Sit down", "Conclusion"),
            "On rest",
            [("checklist", 3)],
            id="the end is no step",
        ),
        pytest.param(
            "<h2>Take heart</h2><p>x</p><h2>Sit</h2><p>x</p>", "Ways to rest", [], id="two are no run"
        ),
        pytest.param(
            "<h2>Ways to rest</h2><h3>Sit</h3><p>x</p><h3>Lie down</h3><p>x</p>"
            "<h3>Sleep</h3><p>x</p><h2>More</h2><p>y</p>",
            "Rest",
            [("checklist", 3)],
            id="under a heading",
        ),
        pytest.param(
            headed("What rest is", "The trouble with Sundays", "Why we run", "Moving forward"),
            "How to rest",
            [],
            id="topics are no steps",
        ),
        pytest.param(
            headed("Take heart", "Sundays are odd", "Sit down", "Sleep early"),
            "On rest",
            [("checklist", 4)],
            id="a stray heading among steps",
        ),
        pytest.param(
            headed("Feeling numb", "Losing interest", "Sleeping badly"),
            "Signs of sadness",
            [],
            id="signs",
        ),
        pytest.param(
            headed("Myth: it is for the weak", "Myth: it takes forever", "Myth: it hurts"),
            "Myths",
            [],
            id="myths",
        ),
        pytest.param(
            "<h2>1. Sleep</h2><p>Go to bed at ten.</p><h2>2. Bread</h2><p>Bake it on Fridays.</p>"
            "<h2>3. Air</h2><p>Open the window.</p>",
            "Three pillars",
            [("checklist", 3)],
            id="nouns under which she instructs",
        ),
        pytest.param(
            "<h2>Slow down</h2><p>I ran from my grief, and I was tired.</p><h2>Sit still</h2>"
            "<p>I was afraid of my own chair.</p><h2>Stay</h2><p>I stayed. I held her hand.</p>",
            "What grief did to me",
            [],
            id="orders over a story",
        ),
        pytest.param(
            headed("Lower your shoulders", "Breathe out", "Look up"),
            "There are no steps to calm",
            [("checklist", 3)],
            id="orders without an announcement",
        ),
        pytest.param(
            headed("1. Breathe", "2. Sit", "3. Walk") + "<p>That is all I know.</p><p>Write to me.</p>",
            "Three steps",
            [("checklist", 3)],
            id="the closing is no step",
        ),
        pytest.param(
            headed("1. Hunger", "2. Thirst", "3. Tea") + "<ul><li>a</li><li>b</li></ul>",
            "Needs",
            [("information", 2)],
            id="a list inside wins over facts",
        ),
    ],
)
def test_runs_of_headings_are_told_apart(html: str, title: str, expected: list[tuple[str, int]]) -> None:
    assert kinds(html, title) == expected


def test_what_she_says_after_the_last_step_is_not_set_with_it() -> None:
    html = headed("1. Breathe", "2. Sit", "3. Walk") + "<p>That is all I know.</p><p>Write to me.</p>"
    reading = read(html, title="Three steps")
    assert [block.text for block in reading.blocks if block.unit is None] == [
        "Some words come first.",
        "That is all I know.",
        "Write to me.",
    ]


def test_every_block_of_a_unit_says_so() -> None:
    reading = read_own("tips_headings", title="Four ways to calm an anxious evening")
    (unit,) = reading.units
    assert [i for i, block in enumerate(reading.blocks) if block.unit == unit.id] == list(
        range(unit.first, unit.last + 1)
    )


def test_the_tables_say_where_they_come_from_and_hold_no_word_twice() -> None:
    for key in ("first_person", "technique", "imperatives", "call_to_action"):
        found = entries("voice", key)
        assert len(found) == len(set(found))
    assert pattern("voice", "first_person").findall(straight("I’ve seen it, as we’d said; Irene")) == [
        "i've",
        "we'd",
    ]
    assert len(straight("İstanbul ’s")) == len("İstanbul ’s")
