"""The letter's parts, three voices, colours, fonts and portrait."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HtmlElement
from PIL import Image

from pipeline.model import Choices, Copy, ReadPost
from pipeline.render.look import HAND, NIGHT, PAPER, READABLE, Look, contrast, mixed, readable, rgb
from pipeline.render.portrait import SHOWN_PX, ground_of, round_copy
from pipeline.render.templates import Templates, built_in
from tests.letters import ESSAY, HOUSE, SENTENCES, essay, letter_of, message_of
from tests.own_posts import a_post, own_post
from tests.pictures import a_copy, kept
from tests.sample_letters import NOTE, PICTURED, RICH

PARTS = sorted(path.stem for path in (built_in() / "letter" / "parts").glob("*.html"))
STEPS = "".join(f"<li>{verb} slowly for a count of four.</li>" for verb in ("Breathe", "Sit", "Walk", "Stop"))


def every_part() -> list[ReadPost]:
    """Posts that need every part of the letter."""
    sad = "<p>Years ago a friend of mine died by suicide, and nobody said the word.</p>"
    checklist = f"<h2>Four steps to try</h2><p>Try these steps:</p><ol>{STEPS}</ol>"
    return [
        a_post(ESSAY + sad + RICH + PICTURED + checklist, id="lead", title="All of it"),
        own_post("moments", title="Moments", day=2),
        a_post(f"<p>{SENTENCES}</p>" * 12, id="long", title="A long one", day=3),
    ]


CHOICES = Choices(
    lead="lead", note=NOTE, ps="The kettle is *on*.", quote="The rain had made up its mind, and so had she."
)


@pytest.mark.parametrize("part", PARTS)
def test_overriding_a_part_is_writing_one_file(tmp_path: Path, part: str) -> None:
    own = tmp_path / "letter" / "parts" / f"{part}.html"
    own.parent.mkdir(parents=True)
    source = (built_in() / "letter" / "parts" / own.name).read_text("utf-8")
    mine = source.replace("<br>", "<br><!--mine-->") if part == "runs" else source + "<!--mine-->"
    own.write_text(mine, "utf-8")
    letter = letter_of(every_part(), choices=CHOICES, templates=Templates(tmp_path))
    assert "<!--mine-->" in letter.html
    # A white space at the file's end is none of the letter's.
    assert (
        letter.html.replace("<!--mine-->", "").split()
        == letter_of(every_part(), choices=CHOICES).html.split()
    )


def headings(html: str) -> list[tuple[str, str]]:
    root: HtmlElement = lxml.html.document_fromstring(html)
    return [(h.tag, " ".join(h.text_content().split())) for h in root.iter("h1", "h2", "h3")]


def two_long() -> list[ReadPost]:
    long = f"<h2>One</h2><p>{SENTENCES * 2}</p><h3>Two</h3>" + f"<p>{SENTENCES * 3}</p>" * 3
    return [a_post(long, id="a1", title="First"), a_post(long, id="a2", title="Second", day=2)]


def test_a_letter_has_a_long_lead_and_short_others() -> None:
    html = letter_of(two_long(), choices=Choices(lead="a1")).html
    assert headings(html)[0] == ("h1", "First")
    assert ("h2", "Second") in headings(html)
    assert "Read on: First" not in html
    assert "Read on: Second" in html


def test_an_essay_shows_all_posts_alike_each_by_its_beginning() -> None:
    house = replace(HOUSE, style="essay")
    letter = letter_of(two_long(), choices=Choices(lead="a1"), house=house)
    assert [h for h in headings(letter.html) if h[1] != "Two"] == [
        ("h1", "A letter from Miriam · November 2026"),
        ("h2", "First"),
        ("h3", "One"),
        ("h2", "Second"),
        ("h3", "One"),
    ]
    assert letter.html.count("Read on: ") == 2
    assert "Also this month" not in letter.html + letter.text


def test_the_plain_voice_greets_first_as_one_does_by_hand() -> None:
    letter = letter_of(two_long(), choices=Choices(lead="a1"), house=replace(HOUSE, style="plain"))
    body = letter.html[letter.html.index("page") :]
    assert body.index("-greeting-") < body.index("<h1")
    assert "A letter from" not in letter.html
    assert "bgcolor" not in letter.html


# --- colours and fonts


def test_the_font_is_one_that_every_system_has() -> None:
    sans = letter_of([essay()], house=replace(HOUSE, look=Look(font="sans")))
    assert "Georgia" not in sans.html
    assert "Helvetica" in sans.html
    assert "@font-face" not in sans.html


def test_the_authors_colour_is_used_as_it_is_where_it_can_be_read() -> None:
    html = letter_of([essay()], house=replace(HOUSE, look=Look(accent="#5A3E6B"))).html
    assert "#5A3E6B" in html
    assert "#3F5540" not in html
    assert "#A6D0BE" not in html


channel = st.integers(0, 255)


@given(st.tuples(channel, channel, channel))
def test_any_colour_of_hers_can_be_read_by_day_and_at_night(colour: tuple[int, int, int]) -> None:
    look = Look(accent="#" + "".join(f"{c:02X}" for c in colour))
    for accents, ground in ((look.light, PAPER), (look.dark, NIGHT)):
        assert contrast(accents.heading, ground) >= READABLE
        assert contrast(accents.link, ground) >= READABLE
    assert contrast(look.light.link, HAND) >= READABLE


def test_colours_are_measured_as_wcag_does() -> None:
    assert round(contrast("#000", "#FFFFFF"), 2) == 21.0
    assert round(contrast("#777777", "#FFFFFF"), 2) == 4.48
    assert rgb("#0a0B0c") == (10, 11, 12)
    assert mixed("#000000", "#FFFFFF", 0.5) == "#808080"
    assert readable("#000000", "#FFFFFF") == "#000000"
    with pytest.raises(ValueError, match="write it like"):
        rgb("red")


# --- portrait


def disc(style: str = "letter") -> Copy:
    return round_copy(a_copy(), ground_of(style))


@pytest.mark.parametrize(("style", "ground"), [("letter", PAPER), ("essay", PAPER), ("plain", HAND)])
def test_the_portrait_is_cut_round_in_the_picture_itself(style: str, ground: str) -> None:
    made = disc(style)
    image = Image.open(io.BytesIO(made.jpeg))
    image.load()
    assert image.size == (2 * SHOWN_PX, 2 * SHOWN_PX)
    for corner in ((0, 0), (image.width - 1, 0), (0, image.height - 1)):
        seen = image.getpixel(corner)
        assert isinstance(seen, tuple)
        assert max(abs(a - b) for a, b in zip(seen, rgb(ground), strict=True)) <= 6
    assert made == disc(style), "the same bytes each time"
    assert len(made.jpeg) < 20_000


def test_the_portrait_travels_with_the_letter_and_bears_her_name() -> None:
    portrait = kept("portrait", "x", disc())
    letter = letter_of([essay()], portrait=portrait)
    (image,) = lxml.html.document_fromstring(letter.html).iter("img")
    (picture,) = letter.pictures
    assert image.get("src") == f"cid:{picture.cid}"
    assert (image.get("alt"), image.get("width"), image.get("height")) == ("Miriam", "84", "84")
    assert message_of(letter).attachments[0].cid == picture.cid
    assert letter_of([essay()]).pictures == ()
