"""Subject and preheader."""

from __future__ import annotations

import pytest

from pipeline.compose.words import preheader, subject
from pipeline.model import Choices
from tests.own_posts import NAMES, read, read_own, seed_post


def subject_of(html: str, title: str = "", choices: Choices | None = None) -> tuple[str, str]:
    return subject(read(html, title=title), choices or Choices())


def preheader_of(
    html: str, title: str = "A post", line: str = "A post", choices: Choices | None = None
) -> tuple[str, str]:
    return preheader(read(html, title=title), choices or Choices(), subject_line=line)


@pytest.mark.parametrize(
    ("html", "title", "line"),
    [
        ("<p>Rain.</p>", "Two chairs", "Two chairs"),
        ("<p>Rain fell all day on the hill.</p>", "", "Rain fell all day on the hill."),
        (f"<p>{'Rain falls ' * 9}on. Then it stops.</p>", "", "Then it stops."),
        ("<p>Grief came. Then rain.</p>", "", "Then rain."),
        (f"<p>{'Rain falls ' * 9}on.</p>", "", "Rain falls Rain falls Rain falls Rain falls Rain falls…"),
        (f"<p>{'x' * 90}.</p>", "", "x" * 59 + "…"),
        ("<p>Grief came.</p>", "", "Grief came."),
        ("<pre>Rain came</pre>", "", "Rain came"),
    ],
    ids=[
        "title",
        "first sentence",
        "first short one",
        "not a hard one",
        "cut",
        "one endless word",
        "only a hard one",
        "no sentence",
    ],
)
def test_the_subject_is_the_title_or_a_sentence(html: str, title: str, line: str) -> None:
    found, why = subject_of(html, title)
    assert found == line
    assert why


def test_a_hard_title_stays_and_is_named() -> None:
    assert subject_of("<p>Rain.</p>", "After a suicide")[1].endswith(
        "it names suicide, which anybody sees who looks at the inbox"
    )


def test_her_subject_is_one_line() -> None:
    assert subject_of("<p>Rain.</p>", "T", Choices(subject=" Hello\r\nBcc: x ")) == (
        "Hello Bcc: x",
        "you chose it",
    )
    assert subject_of("<p>Rain.</p>", "T", Choices(subject=" "))[0] == "T"


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ("<p>Rain. The rain fell all day on the hill.</p>", "The rain fell all day on the hill."),
        (
            "<p>The rain fell all day on the hill. We sat together and we trusted it.</p>",
            "We sat together and we trusted it.",
        ),
        (
            "<p>The grief came all day on the hill. The rain fell all day on the hill.</p>",
            "The rain fell all day on the hill.",
        ),
        ("<p>Rain. Snow fell.</p>", "Rain."),
        ("<p>Here is everything that I know about rain:</p><p>Wet.</p>", "Wet."),
        ("<p>Grief came.</p>", "A post"),
        ("<ul><li>a</li><li>b</li></ul>", "A post"),
        (f"<p>{'Rain. ' * 8}The rain fell all day on the hill.</p>", "Rain."),
        ("<p>The rain fell all day<br>on the hill. Snow.</p>", "Snow."),
    ],
    ids=[
        "length",
        "warmth",
        "not hard",
        "shortest",
        "not a lead-in",
        "title",
        "no prose",
        "among the first eight",
        "one line",
    ],
)
def test_the_preheader_is_a_whole_sentence(html: str, line: str) -> None:
    found, why = preheader_of(html)
    assert found == line
    assert why


def test_the_preheader_does_not_repeat_the_subject() -> None:
    html = "<p>The rain fell all day on the hill. The snow fell all day on the hill.</p>"
    assert (
        preheader_of(html, line="The rain fell all day on the hill.")[0]
        == "The snow fell all day on the hill."
    )


def test_hers_wins_and_an_empty_one_is_no_choice() -> None:
    assert preheader_of("<p>Rain.</p>", choices=Choices(preheader="Come in.")) == ("Come in.", "you chose it")
    assert preheader_of("<p>Rain.</p>", choices=Choices(preheader=""))[0] == "Rain."


@pytest.mark.parametrize("name", NAMES)
def test_every_post_of_ours_has_both(name: str) -> None:
    reading = read_own(name, title="")
    line = subject(reading, Choices())[0]
    found = preheader(reading, Choices(), subject_line=line)[0]
    assert line
    assert found
    assert found in reading.text


def test_the_seed_has_a_warm_whole_sentence() -> None:
    reading = seed_post().reading
    found = preheader(reading, Choices(), subject_line=reading.title)[0]
    assert 30 <= len(found) <= 110
    assert found in [reading.text[a:b] for block in reading.blocks for a, b in block.sentences]
