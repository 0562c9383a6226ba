"""The six months of `make shots` in every voice and mode: what the eye sees, measured."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser

from pipeline.check import check
from pipeline.model import Status
from tests.browser import (
    darkened_by_force,
    launched,
    opened,
    sideways,
    texts,
    with_text_twice_as_large,
    without_styles,
)
from tests.months import MONTHS, STYLES, month
from tests.test_letter_in_browser import _HEAD_STYLES, AXE, SCHEMES, WIDTHS, luminance, painted_contrast, told

every_month = pytest.mark.parametrize("name", MONTHS)
every_style = pytest.mark.parametrize("style", STYLES)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@every_style
@every_month
def test_axe_finds_nothing_and_every_text_stands_out(chromium: Browser, name: str, style: str) -> None:
    for scheme in SCHEMES:
        with opened(chromium, month(name, style).message.html, scheme=scheme) as page:
            for width in (360, 600):
                page.set_viewport_size({"width": width, "height": 760})
                found = Axe().run(page, options=AXE)
                assert found.violations_count == 0, f"{width} px: {found.generate_report()}"
            shown = texts(page)
        assert told([s for s in shown if s.contrast < (7 if s.body else 4.5)]) == []
        assert told([s for s in shown if s.size < (16 if s.body else 15)]) == []


@every_style
@every_month
def test_nothing_scrolls_sideways(chromium: Browser, name: str, style: str) -> None:
    html = month(name, style).message.html
    wider = {}
    with opened(chromium, html) as page:
        for done_to in (None, without_styles, with_text_twice_as_large):
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 760})
                page.set_content(html)
                if done_to:
                    done_to(page)
                wider[done_to, width] = sideways(page)
    assert {where: by for where, by in wider.items() if by > 0} == {}


@every_style
@every_month
def test_turned_dark_by_force_every_text_can_be_read(chromium: Browser, name: str, style: str) -> None:
    with opened(chromium, _HEAD_STYLES.sub("", month(name, style).message.html), width=360) as page:
        darkened_by_force(page)
        picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
        shown = texts(page)
    assert luminance(picture.getpixel((2, 2))) < 0.05, "the page was not darkened"
    assert [f"“{s.text[:40]}”" for s in shown if painted_contrast(picture, s) < 4.5] == []


@every_style
@every_month
def test_a_month_is_light(name: str, style: str) -> None:
    message = month(name, style).message
    assert len(message.html.encode()) < 60_000
    assert sum(len(one.content) for one in message.attachments) < 1_000_000


@every_style
@every_month
def test_our_own_checks_find_nothing_in_the_markup(name: str, style: str) -> None:
    """Those that look at the letter alone; what is said of subjects and posts is the author's to weigh."""
    hers = {"sensitive", "language", "subject", "preheader", "pictures", "links"}
    found = [one for one in check(month(name, style).draft) if one.name not in hers]
    assert [one for one in found if one.status is not Status.OK] == []
