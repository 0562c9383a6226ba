"""Posts of our own making, in the shapes that blogs have, and makers for the stages that read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipeline.model import BlockKind, Post, Reading, ReadPost
from pipeline.read import read_html, read_post

FOLDER = Path(__file__).parent / "data" / "posts"
NAMES = sorted(path.stem for path in FOLDER.glob("*.html"))
BASE = "https://blog.example/posts/one"
ESSAY_FILLER = (
    "<p>We sat a while before either of us spoke. The rain had made up its mind, and so had she. "
    "I remember thinking that nothing needed to be mended in that hour, only kept company. "
    "When she left, it was dark.</p>"
)
SEED = Path(__file__).parents[2] / "shared" / "feeds" / "seed.xml"


def own(name: str) -> str:
    return (FOLDER / f"{name}.html").read_text("utf-8")


def read(html: str, *, title: str = "A post", language: str = "en-GB") -> Reading:
    return read_html(html, title=title, base=BASE, language=language)


def read_own(name: str, *, title: str = "A post") -> Reading:
    return read(own(name), title=title)


def texts(reading: Reading, kind: BlockKind) -> list[str]:
    return [block.text for block in reading.blocks if block.kind is kind]


def a_post(
    body: str,
    *,
    id: str = "p1",
    title: str = "A post",
    day: int = 1,
    summary_only: bool = False,
    language: str = "en-GB",
) -> ReadPost:
    when = datetime(2026, 11, day, 9, tzinfo=UTC)
    post = Post(
        id=id, feed="https://blog.example/feed", guid=id, url=f"https://blog.example/{id}", title=title,
        author="Miriam",
        published=when, body=body, base=BASE, language=language, summary_only=summary_only, first_seen=when,
        changed_at=when, backlog=False,
    )  # fmt: skip
    return ReadPost(post=post, reading=read_post(post))


def own_post(name: str, *, title: str = "A post", day: int = 1, summary_only: bool = False) -> ReadPost:
    return a_post(own(name), id=name, title=title, day=day, summary_only=summary_only)


def seed_post() -> ReadPost:
    """The post this product was asked for; skips the test where it is not at hand."""
    if not SEED.exists():
        pytest.skip("the shared feeds are not beside this checkout")
    item = ElementTree.fromstring(SEED.read_text("utf-8")).find("channel/item")
    assert item is not None
    return a_post(item.findtext("description") or "", id="seed", title=item.findtext("title") or "", day=2)


class _Plain(HTMLParser):
    """Another way to the words of a page, sharing no code with the one under test."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("style", "script")
        if tag not in ("a", "b", "i", "em", "strong", "span", "o:p"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "script")
        if tag not in ("a", "b", "i", "em", "strong", "span", "o:p"):
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def plain_words(html: str) -> str:
    parser = _Plain()
    parser.feed(html)
    return one_line("".join(parser.parts))


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
