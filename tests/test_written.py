"""What she says for one letter: a P.S. below her name, a care note asked for or taken away."""

from __future__ import annotations

from dataclasses import replace

import lxml.html
import pytest

from pipeline.check import check
from pipeline.errors import NotVerbatim, TemplateProblem
from pipeline.model import Choices, Status
from pipeline.render.templates import Templates, built_in
from pipeline.render.verbatim import normalised
from tests.letters import HOUSE, SENTENCES, draft_of, essay, issue_of, letter_of
from tests.own_posts import a_post

HARD = essay("<p>Years ago a friend of mine died by suicide, and nobody said the word.</p>", id="hard")


def shown(html: str) -> str:
    return normalised(str(lxml.html.document_fromstring(html).xpath("string()")))


@pytest.mark.parametrize("style", ["letter", "essay", "plain"])
def test_a_ps_stands_below_her_name_and_before_the_foot(style: str) -> None:
    letter = letter_of(
        [essay()], choices=Choices(ps="The kettle is *on*."), house=replace(HOUSE, style=style)
    )
    said = shown(letter.html)
    assert said.index("Until next month,") < said.index("P.S. The kettle is on.") < said.index("You get this")
    assert "<em>on</em>" in letter.html
    assert "Until next month,\nMiriam\n\nP.S. The kettle is on.\n\n" in letter.text


def test_a_ps_that_names_itself_is_not_named_twice() -> None:
    for own in ("P.S. It rained.", "PS: It rained.", "*P.S.* It rained.", "ps It rained."):
        letter = letter_of([essay()], choices=Choices(ps=own))
        assert shown(letter.html).count("It rained.") == 1
        assert "P.S. P" not in shown(letter.html), own
        assert "P.S. p" not in letter.text, own
    letter = letter_of([essay()], choices=Choices(ps="Psalms are songs."))
    assert "P.S. Psalms are songs." in shown(letter.html)


def test_a_ps_may_be_a_list_have_links_and_be_as_long_as_she_likes() -> None:
    letter = letter_of(
        [essay()], choices=Choices(ps="- Tea\n- [Toast](https://example.org/toast)\n\nAnd butter.")
    )
    assert "\n\nP.S.\n\n* Tea\n* Toast [1]\n\nAnd butter.\n" in letter.text
    assert "[1] https://example.org/toast" in letter.text
    assert 'href="https://example.org/toast"' in letter.html


def test_no_ps_leaves_the_letter_as_it_was() -> None:
    assert letter_of([essay()], choices=Choices(ps=" ")) == letter_of([essay()], choices=Choices(ps=None))
    assert "P.S." not in letter_of([essay()]).text


@pytest.mark.parametrize(
    ("language", "label"), [("de", "PS:"), ("fr", "P.-S."), ("es", "P. D."), ("nl", "P.S."), ("cy", "O.N.")]
)
def test_a_ps_is_named_in_the_letter_s_language(language: str, label: str) -> None:
    letter = letter_of([essay()], choices=Choices(ps="Tee."), house=replace(HOUSE, language=language))
    assert f"\n{label} Tee.\n" in letter.text


def test_a_ps_that_a_template_changes_or_drops_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    own = tmp_path / "letter" / "parts" / "ps.html"
    own.parent.mkdir(parents=True)
    for mine in (
        "",
        (built_in() / "letter" / "parts" / "ps.html").read_text().replace("runs(first", "('X', first"),
    ):
        own.write_text(mine)
        with pytest.raises((TemplateProblem, NotVerbatim)):
            letter_of([essay()], choices=Choices(ps="The kettle is on."), templates=Templates(tmp_path))


def test_raw_html_in_a_ps_is_text() -> None:
    issue = issue_of([essay()], Choices(ps="<script>alert(1)</script> {{ greeting }}"))
    letter = letter_of([essay()], issue=issue)
    assert "<script" not in letter.html
    assert "{{ greeting }}" in shown(letter.html)
    assert not [
        one for one in check(draft_of([essay()], letter=letter, issue=issue)) if one.status is Status.BLOCK
    ]


def test_a_care_note_that_she_takes_away_is_gone_and_said_so() -> None:
    assert "it mentions" in letter_of([HARD]).text.replace("this piece mentions", "it mentions")
    issue = issue_of([HARD], Choices(care=(("hard", False),)))
    letter = letter_of([HARD], issue=issue)
    assert "A word before you read" not in letter.html + letter.text
    assert "116 123" not in letter.html
    (care,) = [one for one in check(draft_of([HARD], letter=letter, issue=issue)) if one.name == "care"]
    assert (care.status, care.message) == (
        Status.WARN,
        "“Keeping company” mentions suicide; the care note before it, and the crisis line that stands with "
        "it, is left out by your choice",
    )


def test_a_care_note_that_she_asks_for_stands_before_the_post() -> None:
    post = a_post(f"<p>{SENTENCES}</p>" * 2, id="p", title="A quiet one")
    issue = issue_of([post], Choices(care=(("p", True),)))
    letter = letter_of([post], issue=issue)
    assert "this piece may touch something tender" in normalised(letter.text)
    assert "this piece may touch something tender" in shown(letter.html)
    (care,) = [one for one in check(draft_of([post], letter=letter, issue=issue)) if one.name == "care"]
    assert care.status is Status.OK
