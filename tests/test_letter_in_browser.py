"""The letter as a browser shows it: readable by anybody, at any width, light and dark.

The widths, sizes and ratios are those of reference/inbox.md §8.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser import (
    Scheme,
    Shown,
    darkened_by_force,
    launched,
    opened,
    sideways,
    texts,
    with_text_twice_as_large,
    without_styles,
)
from tests.letters import SENTENCES, essay, letter_of, message_of
from tests.own_posts import a_post
from tests.sample_letters import KINDS, filled

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (320, 360, 600, 1100)
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3
LONG_ADDRESS = "https://blog.example/" + "a-very-long-address-without-a-break/" * 8
# A mail is no page: its `main` and its landmarks are the webmail's.
AXE = {
    "resultTypes": ["violations"],
    "rules": {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}},
}
_HEAD_STYLES = re.compile(
    r"<style\b.*?</style>|<meta name=\"(?:supported-)?color-schemes?\"[^>]*>", re.DOTALL
)

every_kind = pytest.mark.parametrize("kind", KINDS)
in_both_schemes = pytest.mark.parametrize("scheme", SCHEMES)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def told(found: list[Shown]) -> list[str]:
    return [f"{s.tag} {s.size:g}px {s.line:.2f} {s.contrast:.2f}:1 “{s.text[:40]}”" for s in found]


def unbreakable() -> str:
    """A letter with a word and an address that fit no phone, wherever a post can hold one."""
    body = (
        f"<p>{SENTENCES * 3}</p><p>See {LONG_ADDRESS} and {LONG_WORD}.</p><h2>{LONG_WORD}</h2>"
        f"<ul><li>{LONG_WORD}</li></ul><blockquote><p>{LONG_WORD}</p></blockquote>"
        f'<p><a href="{LONG_ADDRESS}">{LONG_ADDRESS}</a></p><img src="/a.jpg" alt="{LONG_WORD}">'
    )
    posts = [a_post(body, id="u1", title=LONG_WORD), essay(id="u2", title=LONG_WORD, day=2)]
    return message_of(letter_of(posts)).html


@every_kind
@in_both_schemes
def test_axe_finds_nothing_to_mend(chromium: Browser, kind: str, scheme: Scheme) -> None:
    with opened(chromium, filled(kind).html, scheme=scheme) as page:
        for width in (360, 600):
            page.set_viewport_size({"width": width, "height": 760})
            found = Axe().run(page, options=AXE)
            assert found.violations_count == 0, f"{width} px: {found.generate_report()}"


@every_kind
@pytest.mark.parametrize(
    "done_to", [None, without_styles, with_text_twice_as_large], ids=["as sent", "no head", "text at 200 %"]
)
def test_nothing_scrolls_sideways(
    chromium: Browser, kind: str, done_to: Callable[[Page], None] | None
) -> None:
    assert too_wide(chromium, filled(kind).html, done_to) == {}


@pytest.mark.parametrize(
    "done_to", [None, without_styles, with_text_twice_as_large], ids=["as sent", "no head", "text at 200 %"]
)
def test_a_word_or_address_without_a_break_is_broken_rather_than_pushing_the_page_wide(
    chromium: Browser, done_to: Callable[[Page], None] | None
) -> None:
    assert too_wide(chromium, unbreakable(), done_to) == {}


def too_wide(chromium: Browser, html: str, done_to: Callable[[Page], None] | None) -> dict[int, int]:
    """Width → by how many px the letter is wider, for each width at which it is."""
    wider = {}
    with opened(chromium, html) as page:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 760})
            if done_to is not None:
                page.set_content(html)
                done_to(page)
            wider[width] = sideways(page)
    return {width: by for width, by in wider.items() if by > 0}


def test_a_word_that_fits_its_line_is_not_broken(chromium: Browser) -> None:
    with opened(chromium, filled("sample").html, width=320) as page:
        broken: list[str] = page.evaluate("""() => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), broken = [];
          for (let node; node = walker.nextNode();) {
            if (!node.parentElement.checkVisibility()) continue;
            for (const word of node.data.matchAll(/[\\p{L}’]+/gu)) {
              const range = document.createRange();
              range.setStart(node, word.index);
              range.setEnd(node, word.index + word[0].length);
              if (range.getClientRects().length > 1) broken.push(word[0]);
            }
          }
          return broken;
        }""")
    assert broken == []


@every_kind
@in_both_schemes
def test_every_text_stands_out_from_its_ground(chromium: Browser, kind: str, scheme: Scheme) -> None:
    with opened(chromium, filled(kind).html, scheme=scheme) as page:
        shown = texts(page)
    assert told([s for s in shown if s.contrast < (7 if s.body else 4.5)]) == []
    assert any(s.body for s in shown)


@every_kind
def test_the_dark_letter_is_dark(chromium: Browser, kind: str) -> None:
    with opened(chromium, filled(kind).html, scheme="dark") as page:
        paper = computed(page, ".paper", "backgroundColor")
        ink = computed(page, "p.greeting", "color")
    assert luminance(paper) < 0.05
    assert luminance(ink) > 0.6


def computed(page: Page, selector: str, name: str) -> tuple[int, ...]:
    value: str = page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{name}")
    return tuple(int(number) for number in re.findall(r"\d+", value))


@pytest.mark.parametrize("kind", ["rich", "sensitive"])
@pytest.mark.parametrize("bare", [False, True], ids=["with its dark rules", "without them"])
def test_forced_dark_leaves_every_text_readable(chromium: Browser, kind: str, bare: bool) -> None:
    html = filled(kind).html
    with opened(chromium, _HEAD_STYLES.sub("", html) if bare else html, width=360) as page:
        darkened_by_force(page)
        page.emulate_media(color_scheme="light" if bare else "dark")
        picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
        shown = texts(page)
    assert luminance(picture.getpixel((2, 2))) < 0.05, "the page was not darkened"
    faint = [f"{ratio:.1f}:1 “{s.text[:40]}”" for s in shown if (ratio := painted_contrast(picture, s)) < 4.5]
    assert faint == []


def painted_contrast(picture: Image.Image, shown: Shown) -> float:
    """Of the pixels where a text stands, the contrast of the most frequent and the one farthest from it."""
    x, y, width, height = (round(side) for side in shown.box)
    part = picture.crop((x, y, x + max(width, 1), y + max(height, 1)))
    colours = part.getcolors(part.width * part.height)
    assert colours
    ground = luminance(max(colours)[1])
    return max(
        (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) for ink in (luminance(c) for _, c in colours)
    )


@cache
def luminance(colour: object) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2)."""
    assert isinstance(colour, tuple)
    red, green, blue = (
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in colour[:3])
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


@every_kind
@in_both_schemes
def test_every_link_is_underlined(chromium: Browser, kind: str, scheme: Scheme) -> None:
    with opened(chromium, filled(kind).html, scheme=scheme) as page:
        lines = page.locator("a").evaluate_all("all => all.map(a => getComputedStyle(a).textDecorationLine)")
    assert lines
    assert set(lines) == {"underline"}


@every_kind
@pytest.mark.parametrize("width", [360, 600])
def test_type_is_large_and_set_with_air(chromium: Browser, kind: str, width: int) -> None:
    with opened(chromium, filled(kind).html, width=width) as page:
        shown = texts(page)
    assert told([s for s in shown if s.size < (16 if s.body else 15)]) == []
    assert told([s for s in shown if s.size > 36]) == []
    airy = {"p": 1.4, "li": 1.5, "blockquote": 1.5}  # p: the pull quote and the name are set tighter
    assert (
        told([s for s in shown if s.line < (1.5 if s.body and s.size < 22 else airy.get(s.tag, 1.15))]) == []
    )
    assert {s.align for s in shown} <= {"left", "start"}


def test_lines_are_of_a_length_that_reads_well(chromium: Browser) -> None:
    """60 to 75 characters on a desk, in a serif of Georgia's width or the machine's."""
    with opened(chromium, filled("sample").html, width=1100) as page:
        widths = [s.box[2] for s in texts(page) if s.body and len(s.text) > 150]
    assert widths
    assert max(widths) <= 552


@every_kind
def test_the_preheader_is_in_the_letter_and_not_to_be_seen(chromium: Browser, kind: str) -> None:
    message = filled(kind)
    for done_to in (None, without_styles):
        with opened(chromium, message.html) as page:
            if done_to is not None:
                done_to(page)
            box = page.locator(".preheader").bounding_box()
            said = page.locator(".preheader").text_content() or ""
        assert box is None
        assert len(said.split("\u2007")[0].strip()) >= 20


@every_kind
def test_opening_the_letter_fetches_nothing(chromium: Browser, kind: str, tmp_path: Path) -> None:
    letter = tmp_path / "letter.html"
    letter.write_text(filled(kind).html, "utf-8")
    asked: list[str] = []
    with opened(chromium, "") as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(letter.as_uri(), wait_until="networkidle")
    # A mail program finds cid: inside the mail; a browser can only say that it does not know it.
    assert [url for url in asked if not url.startswith("cid:")] == [letter.as_uri()]


@every_kind
def test_the_way_out_stands_at_the_end_in_plain_sight(chromium: Browser, kind: str) -> None:
    with opened(chromium, filled(kind).html, width=360) as page:
        last = texts(page)[-1]
    assert "Unsubscribe" in last.text
    assert last.size >= 15


@every_kind
def test_a_thumb_can_hit_every_link(chromium: Browser, kind: str) -> None:
    """Lines of 24 px at least (WCAG 2.2, 2.5.8)."""
    with opened(chromium, filled(kind).html, width=360) as page:
        heights: list[float] = page.locator("a").evaluate_all(
            "all => all.map(a => parseFloat(getComputedStyle(a).lineHeight))"
        )
    assert heights
    assert min(heights) >= 24
