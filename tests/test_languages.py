"""The letter's own words in each language, and letters that run from right to left."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from importlib.resources import files

import lxml.html
import pytest
from lxml.html import HtmlElement

from pipeline.model import Choices
from pipeline.render import letter as rendering
from pipeline.render.words import Words, crisis_line, words
from tests.letters import HOUSE, essay, letter_of, message_of
from tests.own_posts import a_post

FOLDER = files("pipeline.render.words")
LANGUAGES = sorted(
    path.name.removesuffix(".toml")
    for path in FOLDER.iterdir()
    if path.name.endswith(".toml") and path.name != "crisis.toml"
)
every_language = pytest.mark.parametrize("language", LANGUAGES)
SAD = "<p>Years ago a friend of mine died by suicide, and nobody said the word.</p>"


def table(language: str) -> dict[str, object]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


def shape(value: object) -> object:
    """Keys as they are nested, and the names that each text has filled in."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return sorted(re.findall(r"\{\w*\}", str(value)))


def test_six_languages_are_there() -> None:
    assert LANGUAGES == ["cy", "de", "en", "es", "fr", "nl"]


@every_language
def test_a_language_has_just_the_words_that_english_has(language: str) -> None:
    assert shape(table(language)) == shape(table("en"))


@every_language
def test_nobody_is_greeted_as_a_dear_friend(language: str) -> None:
    """SpamAssassin's DEAR_FRIEND alone is 2.7 of the 5 points that make spam."""
    said = words(language)
    for greeting in (said.say("greeting", name="Anna"), said.say("greeting_nameless")):
        assert greeting[-1] in ",:"
        assert not re.search(r"friend|freund|ami\b|amie|amig|vriend|ffrind", greeting, re.IGNORECASE)
    assert "Anna" in said.say("greeting", name="Anna")


@every_language
def test_the_subject_of_leaving_needs_few_percent_signs(language: str) -> None:
    """In a header SpamAssassin takes %C3%ADen% for a template's %NAME%: 3 points of the 5 that make spam."""
    assert words(language).say("leave_subject").isascii()


@every_language
def test_a_letter_speaks_one_language_from_greeting_to_footer(language: str) -> None:
    house = replace(HOUSE, language=language)
    letter = letter_of([essay(SAD)], house=house)
    message = message_of(letter, language=language)
    said = words(language)
    for phrase in ("invitation", "sign_off", "not_therapy", "leave"):
        assert said.say(phrase) in " ".join(message.text.split(" ")).replace("\n", " ")
    assert said.say("greeting", name="Anna") in message.text
    assert said.month_of(2026, 11) in letter.html
    assert lxml.html.document_fromstring(letter.html).get("lang") == language
    if language != "en":
        english = words("en")
        for phrase in ("invitation", "not_therapy", "leave", "checklist_line"):
            assert english.say(phrase) not in letter.html + letter.text


@every_language
@pytest.mark.parametrize("country", ["GB", "IE", "US", "DE", "AT", "CH", "FR", "BE", "ES", "NL", "BR"])
def test_where_to_turn_is_said_in_the_letters_language(language: str, country: str) -> None:
    letter = letter_of([essay(SAD)], house=replace(HOUSE, language=language, country=country))
    line = crisis_line(country)
    text = " ".join(letter.text.split())
    if line is None:
        assert words(language).say("care_lines_elsewhere") in text
        return
    assert line.emergency_in(words(language)) in text
    if language == "en":
        assert line.line in text
    else:
        assert f"{line.service}" in text
        assert line.number in text


@every_language
def test_months_and_topics_are_words_of_the_language(language: str) -> None:
    said = words(language)
    assert len({said.month_of(2026, number) for number in range(1, 13)}) == 12
    assert all(topic.strip() for topic in said.topics.values())
    assert said.series(["grief", "trauma"]) != said.series(["grief"])


# --- right to left

HEBREW = (
    "<p>שלום לכולם, ישבנו יחד זמן מה.</p><p>הגשם לא פסק.</p><ul><li>אחד</li><li>שתיים</li></ul>"
    "<blockquote><p>מישהו כתב</p></blockquote>"
)


def style_of(html: str, path: str) -> str:
    root: HtmlElement = lxml.html.document_fromstring(html)
    return str(root.xpath(path)[0].get("style"))


def test_a_right_to_left_post_is_mirrored_within_the_letter() -> None:
    post = a_post(HEBREW, title="שלום", language="he")
    html = letter_of([essay(), post], choices=Choices(lead="a1")).html
    assert "text-align: right" in style_of(html, "//div[@dir='rtl']")
    assert "text-align: right" in style_of(html, "//h2[@dir='rtl']")
    assert "padding-right: 26px" in style_of(html, "//ul")
    assert "padding-left: 0" in style_of(html, "//ul")
    assert "padding-right: 26px" in style_of(html, "//td[@class='quotation']")
    assert "text-align: left" in style_of(html, "//td[@class='page']")


@pytest.mark.parametrize("language", ["ar", "he", "fa"])
def test_a_right_to_left_letter_is_mirrored_as_a_whole(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = words("en")
    own = Words(language, english.phrases, english.topics, english.months, english.joints)
    monkeypatch.setattr(rendering, "words", lambda _: own)
    quote = "שלום לכולם, ישבנו יחד זמן מה."
    house = replace(HOUSE, language=language)
    posts = [a_post(HEBREW, title="שלום", language=language)]
    letter = letter_of(posts, choices=Choices(quote=quote), house=house)
    root: HtmlElement = lxml.html.document_fromstring(letter.html)
    assert (root.get("lang"), root.get("dir")) == (language, "rtl")
    assert [e.get("dir") for e in root.xpath("//*[@role='article']")] == ["rtl"]
    assert "text-align: right" in style_of(letter.html, "//td[@class='page']")
    assert "border-right: 3px" in style_of(letter.html, "//td[@class='pull']")
    assert "border-left" not in style_of(letter.html, "//td[@class='pull']")
    assert "padding-right: 26px" in style_of(letter.html, "//ul")
    assert "padding-right: 18px" in letter.html
