"""Which language a post is in."""

from __future__ import annotations

import pytest

from pipeline.read.language import is_english, language
from tests.own_posts import own, plain_words, read

ENGLISH = "The rain fell on the hill and we sat with it for a while, because it was what they had."
GERMAN = plain_words(own("german"))
POLISH = (
    "Nie wiem dlaczego dzisiaj przyszłam tutaj znowu, ale siedzimy razem przy oknie i milczymy bardzo długo."
)


@pytest.mark.parametrize(
    ("text", "declared", "tag"),
    [
        (ENGLISH, "en-GB", "en-GB"),
        (ENGLISH, "", "en"),
        (ENGLISH, "de", "en"),
        (ENGLISH, "en_US", "en-US"),
        (GERMAN, "", "de"),
        (GERMAN, "en-GB", "de"),
        (GERMAN, "de-AT", "de-AT"),
        (plain_words(own("cymraeg")), "en-GB", "cy"),
        (
            "Je suis là, et vous êtes dans la pièce avec moi pour une heure qui est pas comme les autres.",
            "",
            "fr",
        ),
        ("El silencio es una casa en la que no se vive por mucho tiempo, pero yo lo quiero.", "", "es"),
        ("Ik zit bij het raam en dat is niet voor iedereen, maar het is van ons en ook van jou.", "", "nl"),
        (POLISH, "pl", "pl"),
        (POLISH, "", "und"),
        ("Two words", "", "en"),
        ("Zwei Wörter", "de", "de"),
        ("", "", "en"),
    ],
)
def test_the_words_decide_where_they_are_clear(text: str, declared: str, tag: str) -> None:
    assert language(text, declared) == tag


def test_english_has_many_tags() -> None:
    assert [is_english(tag) for tag in ("en", "EN-gb", "de", "und")] == [True, True, False, False]


def test_another_language_keeps_its_structure_and_says_why_it_is_not_judged() -> None:
    reading = read(own("cymraeg"))
    assert (reading.language, reading.voice.label, reading.voice.score) == ("cy", "mixed", 0.0)
    assert "only for English" in reading.voice.reasons[0]
    assert [block.kind.value for block in reading.blocks] == ["prose", "prose", "item", "item", "item"]
    assert (reading.units, reading.quotes, reading.care, reading.concerns) == ((), (), (), ())
