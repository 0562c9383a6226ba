"""Pictures in the letter: shown once, described, proved, and light."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import lxml.html
import pytest
from playwright.sync_api import Browser

from pipeline.approve import fingerprint
from pipeline.check import check
from pipeline.check.draft import Draft
from pipeline.errors import NotVerbatim, TemplateProblem
from pipeline.model import Check, Choices, Copy, KeptPicture, Picture, ReadPost, Status
from pipeline.render.inline import HEAVIEST_BYTES, file_name, pictures_of, shown_size
from tests.browser import launched, opened, sideways
from tests.letters import HOUSE, draft_of, essay, issue_of, letter_of, message_of
from tests.pictures import a_copy, failed, kept
from tests.sample_letters import filled, pictured

AT = "https://blog.example"
INLINE = replace(HOUSE, pictures="inline")
KETTLE = f"{AT}/kettle.jpg"


def with_kettle(alt: str = "", caption: str = "") -> ReadPost:
    legend = f"<figcaption>{caption}</figcaption>" if caption else ""
    return essay(f'<figure><img src="/kettle.jpg" alt="{alt}">{legend}</figure><p>It sang.</p>', id="k1")


def draft(post: ReadPost, *copies: KeptPicture, choices: Choices = Choices()) -> Draft:  # noqa: B008
    return draft_of([post], issue=issue_of([post], choices), house=INLINE, kept=copies)


def found(draft: Draft, name: str = "pictures") -> list[Check]:
    return [one for one in check(draft) if one.name == name]


def images(html: str) -> list[dict[str, str]]:
    root = lxml.html.document_fromstring(html)
    return [{str(k): str(v) for k, v in image.attrib.items()} for image in root.iter("img")]


def test_a_picture_that_was_kept_is_shown_with_both_its_texts() -> None:
    letter = letter_of([with_kettle("A kettle", "Mine, <em>on</em> a good day")], kept=[kept("k1", KETTLE)])
    (image,) = images(letter.html)
    (picture,) = letter.pictures
    assert image["src"] == f"cid:{picture.cid}"
    assert (image["alt"], image["width"], image["height"]) == ("A kettle", "552", "345")
    assert "max-width: 552px" in image["style"]
    assert "data-said" not in letter.html
    assert "Mine, <em>on</em> a good day" in letter.html
    assert "See the picture" not in letter.html
    assert "[Picture: Mine, on a good day] [1]" in letter.text
    assert "[1] https://blog.example/k1" in letter.text
    assert "kettle.jpg" not in letter.html + letter.text


def test_a_picture_that_could_not_be_had_stays_a_line() -> None:
    letter = letter_of([with_kettle("A kettle")], kept=[failed("k1", KETTLE)])
    assert (images(letter.html), letter.pictures) == ([], ())
    assert "See the picture: <span>A kettle" in letter.html
    assert KETTLE in letter.html
    assert letter == letter_of([with_kettle("A kettle")])


def test_a_small_picture_is_shown_as_it_is() -> None:
    letter = letter_of([with_kettle("A kettle")], kept=[kept("k1", KETTLE, a_copy(300, 240))])
    (image,) = images(letter.html)
    assert (image["width"], image["height"]) == ("300", "240")
    assert "max-width: 300px" in image["style"]


@pytest.mark.parametrize(
    ("size", "shown"), [((1104, 736), (552, 368)), ((552, 300), (552, 300)), ((1104, 60), (552, 30))]
)
def test_a_picture_is_as_wide_as_the_column_at_most(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert shown_size(Picture(cid="c", sha256="s", size=1, width=size[0], height=size[1])) == shown


def test_a_picture_shown_twice_travels_once() -> None:
    twice = essay('<img src="/kettle.jpg" alt="A kettle"><p>It sang.</p><img src="/kettle.jpg" alt="Again">')
    letter = letter_of([twice], kept=[kept("a1", KETTLE)])
    assert len(images(letter.html)) == 2
    assert len(letter.pictures) == 1


def heavy(post: str, source: str, *, size: int) -> KeptPicture:
    return replace(kept(post, source), size=size, sha256=source[-8:].encode().hex().ljust(64, "0"))


def test_what_would_make_the_letter_too_heavy_stays_a_line() -> None:
    post = essay("".join(f'<p>{n}.</p><img src="/{n}.jpg" alt="Number {n}">' for n in range(7)))
    copies = [heavy("a1", f"{AT}/{n}.jpg", size=190_000) for n in range(7)]
    pictures = pictures_of(issue_of([post]), [post], copies)
    assert [source for _, source in pictures.shown] == [f"{AT}/{n}.jpg" for n in range(5)]
    assert sum(picture.size for picture in pictures.shown.values()) <= HEAVIEST_BYTES
    assert {source for _, source in pictures.left} == {f"{AT}/5.jpg", f"{AT}/6.jpg"}
    assert all("1000 kB" in why for why in pictures.left.values())


def test_the_yes_is_to_the_pictures_too() -> None:
    post = with_kettle("A kettle")
    one = letter_of([post], kept=[kept("k1", KETTLE)])
    assert fingerprint(one, 3) == fingerprint(letter_of([post], kept=[kept("k1", KETTLE)]), 3)
    (picture,) = one.pictures
    other = replace(one, pictures=(replace(picture, sha256="0" * 64),))
    assert fingerprint(one, 3) != fingerprint(other, 3)


def test_the_letter_is_the_same_wherever_the_picture_came_from() -> None:
    here, there = (
        message_of(letter_of([post], kept=[kept("k1", f"{site}/kettle.jpg")])).html
        for site in (AT, "http://127.0.0.1:81")
        for post in [essay(f'<img src="{site}/kettle.jpg" alt="A kettle"><p>It sang.</p>', id="k1")]
    )
    assert here == there


# --- descriptions


def test_a_picture_without_a_word_holds_the_letter_back() -> None:
    (finding,) = found(draft(with_kettle(), kept("k1", KETTLE)))
    assert finding.status is Status.BLOCK
    assert "please describe this picture: “kettle.jpg” in “Keeping company”" in finding.message
    assert 'compose --describe "kettle.jpg"' in finding.fix


@pytest.mark.parametrize(("alt", "caption"), [("A kettle", ""), ("", "Mine"), ("A kettle", "Mine")])
def test_a_description_or_a_caption_is_enough(alt: str, caption: str) -> None:
    (finding,) = found(draft(with_kettle(alt, caption), kept("k1", KETTLE)))
    assert finding.status is Status.OK
    (image,) = images(letter_of([with_kettle(alt, caption)], kept=[kept("k1", KETTLE)]).html)
    assert image["alt"] == alt


def test_the_authors_description_is_set_and_proved() -> None:
    choices = Choices(descriptions=((KETTLE, 'My "singing" kettle & two cups'),))
    well = draft(with_kettle(), kept("k1", KETTLE), choices=choices)
    (image,) = images(well.letter.html)
    assert image["alt"] == 'My "singing" kettle & two cups'
    assert '[Picture: My "singing" kettle & two cups]' in well.letter.text
    assert [one.status for name in ("pictures", "words") for one in found(well, name)] == [Status.OK] * 2


def test_her_description_wins_over_the_blogs_and_stands_in_a_link_too() -> None:
    issue = issue_of([with_kettle("IMG")], Choices(descriptions=((KETTLE, "A kettle"),)))
    for copies in ([kept("k1", KETTLE)], []):
        letter = letter_of([with_kettle("Blog words")], issue=issue, kept=copies)
        assert "A kettle" in letter.html
        assert "Blog words" not in letter.html + letter.text


def test_an_ornament_needs_no_words_and_has_none_in_the_text_part() -> None:
    bare = draft(with_kettle(), kept("k1", KETTLE), choices=Choices(descriptions=((KETTLE, ""),)))
    assert [one.status for one in found(bare)] == [Status.OK]
    assert images(bare.letter.html)[0]["alt"] == ""
    assert "icture" not in bare.letter.text


def test_a_caption_or_description_that_is_not_hers_is_refused() -> None:
    post = with_kettle("A kettle", "Mine")
    blocks = tuple(replace(block, alt="A teapot") if block.alt else block for block in post.reading.blocks)
    changed = replace(post, reading=replace(post.reading, blocks=blocks))
    with pytest.raises(NotVerbatim, match="A teapot"):
        letter_of([changed], kept=[kept("k1", KETTLE)])


def test_a_template_that_drops_the_description_is_found_out(tmp_path: object) -> None:
    from pathlib import Path

    from pipeline.render.templates import Templates, built_in

    assert isinstance(tmp_path, Path)
    own = tmp_path / "letter" / "parts"
    own.mkdir(parents=True)
    source = (built_in() / "letter/parts/picture.html").read_text("utf-8")
    (own / "picture.html").write_text(source.replace('alt="{{ piece.alt }}"', 'alt="Picture"'), "utf-8")
    with pytest.raises(TemplateProblem, match="A kettle"):
        letter_of([with_kettle("A kettle")], kept=[kept("k1", KETTLE)], templates=Templates(tmp_path))


# --- checks


def test_a_picture_that_stays_a_link_is_said_with_the_reason() -> None:
    (finding,) = found(draft(with_kettle("A kettle"), failed("k1", KETTLE, "it is a HEIC file")))
    assert finding.status is Status.WARN
    assert "“kettle.jpg” in “Keeping company” stays a link: it is a HEIC file" in finding.message


def test_a_picture_never_asked_for_is_said_too() -> None:
    (finding,) = found(draft(with_kettle("A kettle")))
    assert "not fetched yet" in finding.message


def test_where_pictures_are_to_be_links_that_is_no_finding() -> None:
    post = with_kettle("A kettle")
    (finding,) = found(draft_of([post], house=replace(HOUSE, pictures="link")))
    assert finding.status is Status.OK


def test_a_picture_that_does_not_travel_holds_the_letter_back() -> None:
    letter = letter_of([essay()])
    html = letter.html.replace("<hr", '<img src="cid:elsewhere" alt="x"><hr', 1)
    (finding,) = found(draft_of([essay()], letter=replace(letter, html=html)))
    assert (finding.status, "does not travel" in finding.message) == (Status.BLOCK, True)


@pytest.mark.parametrize(("size", "status"), [(900_000, Status.OK), (1_200_000, Status.WARN)])
def test_the_whole_mail_is_weighed(size: int, status: Status) -> None:
    letter = letter_of([with_kettle("A kettle")], kept=[kept("k1", KETTLE)])
    (picture,) = letter.pictures
    heavier = replace(letter, pictures=(replace(picture, size=size),))
    (finding,) = found(draft_of([with_kettle("A kettle")], letter=heavier), "size")
    assert finding.status is status
    assert "with its pictures" in finding.message


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("https://a.example/b/kettle.jpg?format=1500w", "kettle.jpg"),
        ("https://a.example/b/my%20kettle.jpg", "my kettle.jpg"),
        ("https://a.example/b/", "b"),
        ("https://a.example", "https://a.example"),
        ("https://[a", "https://[a"),
    ],
)
def test_a_picture_is_called_by_its_files_name(source: str, name: str) -> None:
    assert file_name(source) == name


# --- in a browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def with_bytes(html: str) -> str:
    """The letter as a mail program shows it: each picture taken from the mail."""
    from base64 import b64encode

    by_cid = {f"cid:{one.sha256[:24]}": one.sha256 for one in pictured() if one.sha256}
    copies: dict[str, Copy] = {
        kept("", "", c).sha256: c for c in (a_copy(), a_copy(300, 240), a_copy(400, 100))
    }

    def inside(match: re.Match[str]) -> str:
        jpeg = copies[by_cid[match[1].partition("@")[0]]].jpeg
        return f'src="data:image/jpeg;base64,{b64encode(jpeg).decode()}"'

    return re.sub(r'src="(cid:[^"]+)"', inside, html)


@pytest.mark.parametrize("width", [320, 360, 600, 1100])
def test_a_large_picture_fills_the_column_and_never_widens_the_page(chromium: Browser, width: int) -> None:
    with opened(chromium, with_bytes(filled("pictured").html), width=width) as page:
        assert sideways(page) == 0
        natural: list[int] = page.locator("img").evaluate_all("all => all.map(i => i.naturalWidth)")
        boxes = [page.locator("img").nth(n).bounding_box() for n in range(3)]
    assert natural == [1104, 300, 400]
    column = min(552, width - (40 if width <= 480 else 48))
    shown = [(round(box["width"]), round(box["height"])) for box in boxes if box]
    assert shown[0] == (column, round(column * 690 / 1104))
    assert [w for w, _ in shown] == [min(column, w) for w in (552, 300, 400)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_pictures_off_their_description_can_be_read(chromium: Browser, scheme: str) -> None:
    from tests.test_letter_in_browser import computed, luminance

    assert scheme in ("light", "dark")
    with opened(chromium, filled("pictured").html, scheme=scheme) as page:  # type: ignore[arg-type]
        page.wait_for_load_state("networkidle")
        ink, paper = computed(page, "img.shown", "color"), computed(page, ".paper", "backgroundColor")
        style: list[str] = page.locator("img.shown").first.evaluate(
            "i => [getComputedStyle(i).fontSize, getComputedStyle(i).fontStyle, i.alt]"
        )
        box = page.locator("img.shown").first.bounding_box()
    light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
    assert style == ["16px", "italic", "A bare tree in a field"]
    assert box is not None
    assert box["height"] >= 16
