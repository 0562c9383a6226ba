"""The letter as a page: the same words, no script, nobody's data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from axe_playwright_python.sync_playwright import Axe
from lxml.html import HtmlElement
from playwright.sync_api import Browser

from pipeline.errors import TemplateProblem
from pipeline.model import Letter
from pipeline.render.templates import Templates
from pipeline.render.web import POLICY, web_copy
from tests.browser import Scheme, launched, opened, sideways
from tests.letters import BY_MAIL, BY_WEB, HOUSE, essay, letter_of
from tests.pictures import a_copy, kept
from tests.sample_letters import KINDS, rendered
from tests.test_voices import disc


def page_of(letter: Letter) -> str:
    names = {one.cid: f"pictures/{one.sha256[:12]}.jpg" for one in letter.pictures}
    return web_copy(letter, names, leaving=BY_WEB)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def test_nothing_of_a_reader_is_in_it() -> None:
    letter = letter_of([essay()])
    page = page_of(letter)
    assert letter.mark not in page
    for words in ("nsubscribe", "Dear", "Hello", "You get this letter", "welcome to answer"):
        assert words not in page
    assert "It is no substitute for therapy" in page
    assert "12 Example Lane" in page


def test_leaving_by_mail_is_not_in_it_either() -> None:
    letter = letter_of([essay()], leaving=BY_MAIL)
    assert "mailto:" not in web_copy(letter, {}, leaving=BY_MAIL)


@pytest.mark.parametrize("kind", KINDS)
def test_the_authors_words_are_all_in_it(kind: str) -> None:
    letter = rendered(kind)
    root: HtmlElement = lxml.html.document_fromstring(page_of(letter))
    mail: HtmlElement = lxml.html.document_fromstring(letter.html)
    for path in ("//h1", "//h2", "//li", "//blockquote", "//p[@class='vignette']", "//p[not(@class)]"):
        assert [e.text_content() for e in root.xpath(path)] == [e.text_content() for e in mail.xpath(path)]


def test_it_has_a_policy_of_its_own_and_asks_nobody_for_anything() -> None:
    root: HtmlElement = lxml.html.document_fromstring(page_of(rendered("pictured")))
    assert root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [POLICY]
    assert root.xpath("//script | //link | //base | //form | //comment()") == []
    sources = root.xpath("//img/@src")
    assert sources
    assert all(str(source).startswith("pictures/") for source in sources)


def test_a_picture_beside_the_page_is_shown_under_its_policy(chromium: Browser, tmp_path: Path) -> None:
    letter = letter_of([essay()], portrait=kept("portrait", "x", disc()))
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / f"{letter.pictures[0].sha256[:12]}.jpg").write_bytes(a_copy().jpeg)
    (tmp_path / "web.html").write_text(page_of(letter), "utf-8")
    with opened(chromium, "") as page:
        page.goto((tmp_path / "web.html").as_uri())
        natural: int = page.locator("img").evaluate("image => image.naturalWidth")
    assert natural > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["sample", "rich"])
def test_it_is_a_page_that_anybody_can_read(chromium: Browser, kind: str, scheme: Scheme) -> None:
    with opened(chromium, page_of(rendered(kind)), scheme=scheme, width=360) as page:
        page.evaluate("document.querySelector('meta[http-equiv]').remove()")
        assert sideways(page) == 0
        found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()


def test_a_template_of_ones_own_cannot_leak_a_placeholder(tmp_path: Path) -> None:
    parts = tmp_path / "letter" / "parts"
    parts.mkdir(parents=True)
    (parts / "footer.html").write_text('<p>Bye. <a href="{{ leave }}">Leave</a></p>{{ house.address }}')
    letter = letter_of([essay()], templates=Templates(tmp_path))
    page = page_of(letter)
    assert "Bye." in page
    assert "Leave" not in page
    (parts / "opening.html").write_text("{{ greeting }}<h1>{{ view.kicker }}</h1>")
    bare = letter_of([essay(title="")], templates=Templates(tmp_path))
    with pytest.raises(TemplateProblem, match="reader's own data"):
        page_of(bare)


def test_it_is_the_same_each_time() -> None:
    letter = letter_of([essay()], house=replace(HOUSE, style="essay"))
    assert page_of(letter) == page_of(letter)
