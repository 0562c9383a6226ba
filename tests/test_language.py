"""Which language a post is in."""

from __future__ import annotations

import pytest

from pipeline.read.language import is_english, language, name_of
from tests.own_posts import own, plain_words, read, read_own

ENGLISH = "The rain fell on the hill and we sat with it for a while, because it was what they had."
GERMAN = plain_words(own("german"))
FINNISH = "Istun ikkunan ääressä enkä tiedä mitä sanoa mutta sade kuuluu katolta koko pitkän illan ajan."
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
        (POLISH, "", "pl"),
        (FINNISH, "", "und"),
        ("Sono seduta vicino alla finestra e non so che cosa dire, ma questo silenzio mi fa bene.", "", "it"),
        ("Não sei o que dizer, mas o silêncio também é uma casa para nós quando a noite é longa.", "", "pt"),
        (
            "Jag sitter vid fönstret och vet inte vad jag ska säga, men det är också ett sätt att vara.",
            "",
            "sv",
        ),
        (
            "Jeg sidder ved vinduet og ved ikke, hvad jeg skal sige, men det er også af betydning nu.",
            "",
            "da",
        ),
        ("Jeg sitter ved vinduet og vet ikke hva jeg skal si, men det er også fra hjertet nå.", "no", "no"),
        ("Я сижу у окна и не знаю, что сказать.", "", "ru"),
        ("Я сиджу біля вікна і не знаю, що її сказати.", "", "uk"),
        ("Седя до прозореца и не знам какво да кажа.", "bg", "bg"),
        ("Κάθομαι δίπλα στο παράθυρο και δεν ξέρω τι να πω.", "en", "el"),
        ("אני יושבת ליד החלון ולא יודעת מה לומר.", "", "he"),
        ("أجلس بجانب النافذة ولا أعرف ماذا أقول.", "", "ar"),
        ("私は窓辺に座って、何を言えばいいのかわからない。", "", "ja"),
        ("我坐在窗边，不知道该说什么，也许什么都不用说。", "", "zh"),
        ("나는 창가에 앉아 무슨 말을 해야 할지 모른다.", "", "ko"),
        (f"{ENGLISH} The Greek word is φιλία.", "", "en"),
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


def test_a_post_in_two_languages_says_which_one_it_was_judged_by() -> None:
    english, welsh = read_own("bilingual"), read_own("dwyieithog")
    assert (english.language, welsh.language) == ("en-GB", "cy")
    assert english.voice.reasons[-1] == (
        "the post is mostly in English, and partly in Welsh: only that part is judged"
    )
    assert welsh.voice.reasons[-1] == (
        "the post is mostly in Welsh, and partly in English: nothing is judged but its structure"
    )
    assert english.quotes
    assert welsh.quotes == ()
    assert not any("partly" in reason for reason in read(own("german")).voice.reasons)


def test_a_language_has_a_name_or_its_tag() -> None:
    assert [name_of(tag) for tag in ("de-AT", "no", "fi")] == ["German", "Norwegian", "fi"]
