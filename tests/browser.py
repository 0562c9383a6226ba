"""Debian's Chromium for tests: letters opened offline, and what can be measured on the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypedDict

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
HOW_TO_GET_IT = "Chromium is not installed; `apt-get install chromium`, or put `chromium` on the PATH"

Scheme = Literal["light", "dark"]


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without a window. Fails where CI lacks Chromium, skips elsewhere.

    For a fixture of one module: left open longer, its event loop is in the way of tests that have their own.
    """
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    chromium: Browser, html: str, *, width: int = 600, scheme: Scheme = "light", scale: float = 1
) -> Iterator[Page]:
    """A page that holds `html` and cannot reach the network."""
    page = chromium.new_page(
        viewport={"width": width, "height": 760},
        color_scheme=scheme,
        offline=True,
        device_scale_factor=scale,
    )
    try:
        page.set_content(html)
        yield page
    finally:
        page.context.close()


class _Box(TypedDict):
    x: float
    y: float
    width: float
    height: float


class _Measured(TypedDict):
    text: str
    tag: str
    body: bool
    size: float
    line: float
    align: str
    contrast: float
    box: _Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A stretch of text as the page shows it."""

    text: str
    tag: str
    body: bool  # the letter's own running text, not a kicker, caption, care note or footer
    size: float  # px
    line: float  # line height in times of the size; 0 for "normal"
    align: str
    contrast: float
    box: tuple[float, float, float, float]  # x, y, width, height in CSS px of the page


_MEASURE = """() => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const rgba = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const under = e => {
    for (; e; e = e.parentElement) {
      const c = rgba(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) return c;
    }
    return rgba(getComputedStyle(document.documentElement).colorScheme === 'dark' ? 'rgb(18,18,18)'
      : 'rgb(255,255,255)');
  };
  const out = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const parent = node.parentElement, text = node.data.trim();
    if (!text || !parent.checkVisibility() || parent.closest('style, script')) continue;
    const style = getComputedStyle(parent), block = parent.closest('p, li, blockquote, h1, h2, h3, h4, td');
    const [a, b] = [light(rgba(style.color)), light(under(parent))].sort((x, y) => y - x);
    const range = document.createRange();
    range.selectNodeContents(node);
    const r = range.getBoundingClientRect();
    const size = parseFloat(style.fontSize), line = parseFloat(style.lineHeight);
    out.push({
      text, tag: block ? block.localName : parent.localName, size, line: line ? line / size : 0,
      body: !!parent.closest('p, li, blockquote')
        && !parent.closest('a, .foot, .kicker, .care, .take, .picture, .caption'),
      align: style.textAlign, contrast: (a + 0.05) / (b + 0.05),
      box: {x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height},
    });
  }
  return out;
}"""


def texts(page: Page) -> list[Shown]:
    """Every stretch of text that can be seen, with its computed style and contrast (WCAG 2.2)."""
    found: list[_Measured] = page.evaluate(_MEASURE)
    return [
        Shown(
            text=m["text"],
            tag=m["tag"],
            body=m["body"],
            size=m["size"],
            line=m["line"],
            align=m["align"],
            contrast=m["contrast"],
            box=(m["box"]["x"], m["box"]["y"], m["box"]["width"], m["box"]["height"]),
        )
        for m in found
    ]


def sideways(page: Page) -> int:
    """By how many px the page is wider than its window."""
    wider: int = page.evaluate(
        "() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
        " - document.documentElement.clientWidth"
    )
    return wider


def without_styles(page: Page) -> None:
    """What a mail program does that drops the head: every <style> is gone."""
    page.evaluate("() => document.querySelectorAll('style').forEach(style => style.remove())")


def with_text_twice_as_large(page: Page) -> None:
    """What a mail app's text size setting does (Android's textZoom): all type grows, the column does not."""
    page.evaluate("""() => {
      const sizeOf = element => parseFloat(getComputedStyle(element).fontSize);
      const all = [...document.body.querySelectorAll('*')].map(element => [element, sizeOf(element)]);
      for (const [element, size] of all) element.style.setProperty('font-size', 2 * size + 'px', 'important');
    }""")


def darkened_by_force(page: Page) -> None:
    """What mail apps do that know no dark rules: Chromium's own automatic dark mode, switched on."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setAutoDarkModeOverride", {"enabled": True})
