"""The month's posts → an issue, with the author's choices above the program's."""

from __future__ import annotations

import pytest

from pipeline.compose import compose
from pipeline.errors import NothingToSay, NotVerbatim, UsageError
from pipeline.model import BlockKind, CareNote, Choices, Issue, PullQuote, ReadPost
from tests.own_posts import a_post, own_post, seed_post

LONG = "<p>" + "The rain fell on the hill and nobody minded it at all. " * 20 + "</p>"


def composed(
    *posts: ReadPost, choices: Choices | None = None, max_posts: int = 5, style: str = "letter"
) -> Issue:
    return compose(
        name="2026-11", posts=posts, choices=choices or Choices(), max_posts=max_posts, style=style
    )


def why(issue: Issue) -> dict[str, str]:
    return dict(issue.reasons)


def a_month() -> tuple[ReadPost, ...]:
    return (
        own_post("tips_headings", title="Four ways to calm an anxious evening", day=9),
        own_post("quiet_room", title="Two chairs", day=2),
        own_post("moments", title="A good hour", day=5),
    )


def test_the_piece_of_connection_leads_and_the_checklist_stands_last() -> None:
    issue = composed(*a_month())
    assert [placed.post for placed in issue.posts] == ["quiet_room", "moments", "tips_headings"]
    assert (issue.name, issue.lead, issue.subject) == ("2026-11", "quiet_room", "Two chairs")
    assert issue.posts[0].whole
    assert "can carry the letter" in why(issue)["lead"]
    assert "checklist stands last" in why(issue)["order"]


def test_the_order_in_which_posts_come_does_not_matter() -> None:
    assert composed(*a_month()) == composed(*reversed(a_month()))


def test_the_seed_leads_under_its_own_title_with_a_verbatim_quote() -> None:
    seed = seed_post()
    issue = composed(own_post("tips_list", title="Boundaries", day=20), seed)
    assert issue.lead == "seed"
    assert issue.subject == "Why the relationship with your therapist matters the most"
    assert issue.quote is not None
    assert issue.quote.text in seed.reading.text
    assert issue.preheader in seed.reading.text
    assert len({issue.quote.text, issue.preheader, issue.subject}) == 3
    assert issue.care == ()
    assert seed.reading.blocks[issue.quote.after].kind is BlockKind.PROSE


def test_every_choice_carries_one_reason() -> None:
    issue = composed(*a_month())
    assert [what for what, _ in issue.reasons] == [
        "lead",
        "order",
        "opening",
        "quote",
        "subject",
        "preheader",
        "care",
        "left out",
    ]
    assert all(reason and "\n" not in reason for _, reason in issue.reasons)


def test_her_choices_win_and_are_named_as_hers() -> None:
    said = "The kettle is on."
    choices = Choices(
        lead="moments",
        quote=said,
        subject="Hello\n there",
        preheader=" Come in. ",
        note="Dear all",
        leave_out=("quiet_room",),
    )
    issue = composed(*a_month(), choices=choices)
    assert (issue.lead, issue.subject, issue.preheader, issue.note) == (
        "moments",
        "Hello there",
        "Come in.",
        "Dear all",
    )
    assert issue.quote is not None
    assert issue.quote.text == said
    assert [(out.post, out.reason) for out in issue.left_out] == [("quiet_room", "you chose to leave it out")]
    reasons = why(issue)
    assert "you chose" in reasons["lead"]
    assert all(reasons[what] == "you chose it" for what in ("quote", "subject", "preheader"))
    assert reasons["opening"] == "you wrote it"
    assert "you chose to leave it out" in reasons["left out"]


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        (Choices(lead="nope"), "lead: 'nope'"),
        (Choices(leave_out=("gone",)), "leave out: 'gone'"),
        (Choices(lead="moments", leave_out=("moments",)), "lead: 'moments' is also to be left out"),
        (Choices(wait=("gone",)), "wait: 'gone'"),
        (Choices(lead="moments", wait=("moments",)), "lead: 'moments' is also to wait"),
    ],
    ids=["lead", "leave out", "both", "wait", "lead and wait"],
)
def test_a_choice_that_names_nothing_is_refused_with_what_there_is(choices: Choices, named: str) -> None:
    with pytest.raises(UsageError) as refused:
        composed(*a_month(), choices=choices)
    assert named in refused.value.problem
    assert "quiet_room (Two chairs)" in refused.value.hint or "another lead" in refused.value.hint


def test_the_posts_follow_in_her_order_and_one_that_she_did_not_name_stands_last() -> None:
    posts = (*a_month(), own_post("cardigan"))
    before = [placed.post for placed in composed(*posts).posts]
    hers = (before[3], before[2])
    issue = composed(*posts, choices=Choices(order=hers))
    assert [placed.post for placed in issue.posts] == [before[0], *hers, before[1]]
    assert why(issue)["order"] == "they follow in the order that you chose"
    # What she puts higher comes in where not all have room.
    assert [p.post for p in composed(*posts, choices=Choices(order=hers), max_posts=2).posts] == [
        before[0],
        hers[0],
    ]
    lead = composed(*posts, choices=Choices(order=hers, lead=before[2]))
    assert [placed.post for placed in lead.posts][:2] == [before[2], before[3]]


def test_a_post_that_waits_is_not_in_the_letter_and_it_says_so() -> None:
    issue = composed(*a_month(), choices=Choices(wait=("quiet_room", "moments"), leave_out=("moments",)))
    assert issue.waits == ("quiet_room", "moments")
    assert {(out.post, out.reason) for out in issue.left_out} == {
        ("quiet_room", "you chose to let it wait for the next letter"),
        ("moments", "you chose to leave it out"),
    }
    with pytest.raises(NothingToSay, match="or waits"):
        composed(own_post("moments"), choices=Choices(wait=("moments",)))


HARD = "<p>Years ago a friend of mine died by suicide, and nobody said the word.</p>"
PASSING = "<p>My grief came and went that winter, and I let it.</p>"


def test_a_care_note_stands_or_falls_by_her_word() -> None:
    hard, light = a_post(HARD * 3, id="hard"), a_post("<p>The kettle is on.</p>" * 9, id="light")
    assert [note.post for note in composed(hard, light).care] == ["hard"]
    issue = composed(hard, light, choices=Choices(care=(("hard", False), ("light", True))))
    assert [(note.post, note.topics, note.crisis) for note in issue.care] == [("light", (), False)]
    assert [(note.post, note.crisis) for note in issue.no_care] == [("hard", True)]
    assert why(issue)["care"].startswith("you asked for a care note; you took away the care note about ")
    same = composed(hard, light, choices=Choices(care=(("hard", True), ("light", False))))
    assert (same.care, same.no_care) == (composed(hard, light).care, ())


def test_a_care_note_that_she_asks_for_names_what_is_mentioned() -> None:
    passing = a_post(PASSING + "<p>The kettle is on.</p>" * 20, id="passing")
    assert composed(passing).care == ()
    (note,) = composed(passing, choices=Choices(care=(("passing", True),))).care
    assert (note.topics, note.about, note.crisis) == (("grief",), False, False)


def test_no_post_is_nothing_to_say() -> None:
    with pytest.raises(NothingToSay):
        composed()
    with pytest.raises(NothingToSay, match="left out"):
        composed(own_post("moments"), choices=Choices(leave_out=("moments",)))
    with pytest.raises(NothingToSay):
        composed(a_post("<img src=/a.jpg>"))


def test_beyond_the_most_posts_the_last_in_order_stay_out() -> None:
    issue = composed(*a_month(), max_posts=2)
    assert [placed.post for placed in issue.posts] == ["quiet_room", "moments"]
    (out,) = issue.left_out
    assert (out.post, out.reason.startswith("the letter holds at most 2 posts")) == ("tips_headings", True)
    assert [placed.post for placed in composed(*a_month(), max_posts=0).posts] == ["quiet_room"]


@pytest.mark.parametrize(
    ("posts", "lead"),
    [
        pytest.param(
            (a_post("<p>I love us.</p>", id="short"), a_post(LONG, id="long")), "long", id="too short"
        ),
        pytest.param((a_post(LONG, id="old", day=1), a_post(LONG, id="new", day=2)), "new", id="tie"),
        pytest.param(
            (own_post("quiet_room", summary_only=True), a_post(LONG, id="whole")), "whole", id="teaser"
        ),
        pytest.param(
            (a_post("<p>I love us.</p>", id="a"), a_post("<p>Rain.</p>", id="b")), "a", id="all short"
        ),
        pytest.param(
            (a_post(LONG, id="hard", title="On grief", day=9), a_post(LONG, id="calm")),
            "calm",
            id="hard topic",
        ),
        pytest.param((own_post("quiet_room"),), "quiet_room", id="only one"),
        pytest.param(
            (own_post("quiet_room", summary_only=True), a_post("<p>Rain.</p>", id="s")),
            "s",
            id="teaser yields to any whole post",
        ),
    ],
)
def test_who_leads(posts: tuple[ReadPost, ...], lead: str) -> None:
    assert composed(*posts).lead == lead


def test_a_hard_topic_may_lead_with_its_note() -> None:
    quiet = own_post("quiet_room", title="After the funeral: on grief")
    issue = composed(quiet, a_post(LONG, id="plain"))
    assert issue.lead == "quiet_room"
    assert "a care note stands before it" in why(issue)["lead"]
    assert issue.care == (CareNote(post="quiet_room", topics=("grief",), crisis=False, about=True),)
    assert "names grief" in why(issue)["subject"]


@pytest.mark.parametrize(
    ("html", "title", "notes"),
    [
        ("<p>He spoke of self-harm once.</p>", "Rain", [(("self-harm",), True, False)]),
        ("<p>He spoke of grief once.</p>", "Rain", []),
        ("<p>He left.</p>", "Leaving an abusive home", [(("abuse",), True, True)]),
        ("<p>He spoke of abuse and grief once.</p>", "Rain", []),
        ("<p>He left. Suicide was named.</p>", "On grief", [(("grief",), True, True)]),
        ("<p>He left.</p>", "Rain", []),
    ],
    ids=["self-harm", "mention", "about", "two mentions", "about one, mentions another", "none"],
)
def test_care_notes_say_what_and_whether_lines_are_needed(
    html: str, title: str, notes: list[tuple[tuple[str, ...], bool, bool]]
) -> None:
    issue = composed(a_post(html, title=title))
    assert [(note.topics, note.crisis, note.about) for note in issue.care] == notes
    assert ("a care note stands" in why(issue)["care"]) == bool(notes)
    assert ("no post touches" in why(issue)["care"]) == (not notes and "spoke" not in html)
    assert ("said only to you" in why(issue)["care"]) == (not notes and "spoke" in html)
    assert ("crisis lines" in why(issue)["care"]) == any(note[1] for note in notes)


def test_a_quote_she_did_not_write_is_refused_with_the_sentence() -> None:
    for said in ("I am always right.", "The kettle is", "kettle is on."):
        with pytest.raises(NotVerbatim) as refused:
            composed(*a_month(), choices=Choices(quote=said))
        assert said in refused.value.problem
        assert refused.value.hint


def test_a_quote_typed_with_other_marks_is_set_as_she_wrote_it() -> None:
    issue = composed(*a_month(), choices=Choices(quote="I don't always  know what to say."))
    assert issue.quote is not None
    assert issue.quote.text == "I don’t always know what to say."
    assert issue.quote.post == "quiet_room"


def test_no_quote_if_she_wants_none() -> None:
    issue = composed(*a_month(), choices=Choices(quote=""))
    assert (issue.quote, why(issue)["quote"]) == (None, "you chose to have none")


def test_a_hard_quote_of_her_own_stands_and_is_named() -> None:
    issue = composed(a_post(LONG + "<p>Grief came too.</p>"), choices=Choices(quote="Grief came too."))
    assert "it names grief" in why(issue)["quote"]


def test_the_quote_stands_between_paragraphs_away_from_its_own() -> None:
    body = "".join(f"<p>The rain fell on the hill for the {n}th day.</p>" for n in range(9))
    body = "<p>We find the courage to be seen by somebody who stays.</p>" + body
    issue = composed(a_post(body), choices=Choices(preheader="Rain."))
    assert issue.quote == PullQuote(
        text="We find the courage to be seen by somebody who stays.",
        post="p1",
        after=4,
        where="after the fifth paragraph of the lead",
    )


def test_there_is_no_place_in_a_list_or_under_a_heading() -> None:
    good = "<p>We find the courage to be seen by somebody who stays.</p>"
    moments = "<li>You laugh, and we both laugh then.</li><li>You cry, and we both cry then.</li>"
    body = f"{good}<p>Rain.</p><p>Here it is:</p><ul>{moments}</ul><h2>More</h2><p>End.</p>"
    issue = composed(a_post(body), choices=Choices(preheader="Rain."))
    assert issue.quote is None
    assert "too short" in why(issue)["quote"]


def test_her_quote_stands_at_the_end_of_a_short_lead() -> None:
    issue = composed(a_post("<p>Rain fell.</p><img src=/a.jpg>"), choices=Choices(quote="Rain fell."))
    assert issue.quote is not None
    assert (issue.quote.after, issue.quote.where) == (1, "at the end of the lead")


def test_a_weak_month_has_no_quote_and_says_so() -> None:
    issue = composed(a_post(LONG))
    assert (issue.quote, why(issue)["quote"]) == (
        None,
        "no sentence of the lead stands well enough by itself",
    )


def test_another_language_is_set_without_being_judged() -> None:
    issue = composed(own_post("german", title="Beziehung"))
    assert (issue.subject, issue.quote, issue.care) == ("Beziehung", None, ())
    assert issue.preheader
