"""Which language a post is in: by its script, else by its small words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from pipeline.read.lexicon import table
from pipeline.read.sentences import words

_ENOUGH_WORDS = 12
_CLEAR = 0.16  # a sixth of a text's words are among these in its own language
_LEAD = 1.4
_ENOUGH_LETTERS = 12
_SECOND_PARAGRAPHS = 0.2  # of the words: what makes a post bilingual
# Letters that only one script has, and the language most posts in it are in. Kana before Han: Japanese has
# both. Ukrainian and Bulgarian are told by letters that Russian lacks, or by what the source declares.
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]"), ()),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"), ()),
    ("zh", re.compile(r"[\u3400-\u9fff\uf900-\ufaff]"), ()),
    ("uk", re.compile(r"[іїєґ]", re.IGNORECASE), ()),
    ("ru", re.compile(r"[\u0400-\u04ff]"), ("bg", "sr", "mk", "be", "uk", "kk", "ky", "mn")),
    ("el", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"), ()),
    ("he", re.compile(r"[\u0590-\u05ff]"), ("yi",)),
    ("ar", re.compile(r"[\u0600-\u06ff\u0750-\u077f]"), ("fa", "ur", "ps", "ckb")),
    ("hi", re.compile(r"[\u0900-\u097f]"), ("mr", "ne", "sa")),
    ("th", re.compile(r"[\u0e00-\u0e7f]"), ()),
)
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LETTER = re.compile(r"[^\W\d_]")
_NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "nl": "Dutch", "cy": "Welsh",
    "it": "Italian", "pt": "Portuguese", "pl": "Polish", "sv": "Swedish", "da": "Danish",
    "nb": "Norwegian", "ja": "Japanese", "ko": "Korean", "zh": "Chinese", "uk": "Ukrainian",
    "ru": "Russian", "el": "Greek", "he": "Hebrew", "ar": "Arabic", "hi": "Hindi", "th": "Thai",
}  # fmt: skip


def language(text: str, declared: str) -> str:
    """A BCP 47 tag: what the feed declares, unless the text clearly says otherwise.

    "und" (undetermined) stands for a longer text that is in none of the languages known here
    and declares nothing; a short one without a declaration is taken for English.
    """
    said = declared.strip().replace("_", "-")
    primary = said.lower().partition("-")[0]
    if (script := _by_script(text, primary)) is not None:
        return said if script == primary else script
    tokens = words(text)
    shares = _shares(tokens)
    best = max(shares, key=lambda tag: shares[tag])
    if len(tokens) < _ENOUGH_WORDS:
        return said or "en"
    clear = shares[best] >= _CLEAR and shares[best] >= _LEAD * shares.get(_same_words(primary), 0.0)
    if clear and best != _same_words(primary):
        return best
    if said:
        return said
    return best if shares[best] >= _CLEAR / 2 else "und"


def second_language(paragraphs: Sequence[str], main: str) -> str:
    """The language of a fifth or more of the words, where paragraphs are in two; "" for one only."""
    told = [
        (language(text, ""), len(words(text))) for text in paragraphs if len(words(text)) >= _ENOUGH_WORDS
    ]
    total = sum(count for _, count in told)
    primary = main.lower().partition("-")[0]
    others: dict[str, int] = {}
    for tag, count in told:
        if tag not in (primary, "und"):
            others[tag] = others.get(tag, 0) + count
    best = max(others, key=lambda tag: others[tag], default="")
    return best if best and others[best] >= _SECOND_PARAGRAPHS * total else ""


def name_of(tag: str) -> str:
    """A language in English words: "German" for de-AT; the tag itself where we have no word."""
    return _NAMES.get(_same_words(tag.lower().partition("-")[0]), tag)


def is_english(tag: str) -> bool:
    return tag.lower().partition("-")[0] == "en"


def _by_script(text: str, primary: str) -> str | None:
    """The language of a text whose letters are mostly of one script other than Latin."""
    letters = len(_LETTER.findall(text))
    for tag, of_script, also in _SCRIPTS:
        found = len(of_script.findall(text))
        if tag == "uk":  # a few letters decide, where the script is theirs
            settled = found and found * 50 >= len(_CYRILLIC.findall(text)) >= letters / 2
        else:
            settled = found * (4 if tag == "ja" else 2) >= letters
        if settled and letters >= _ENOUGH_LETTERS:
            return primary if primary in also else tag
    return None


def _same_words(primary: str) -> str:
    """Norwegian is declared as `no`, too, and Nynorsk is near enough for the small words."""
    return {"no": "nb", "nn": "nb"}.get(primary, primary)


@cache
def _small() -> Mapping[str, frozenset[str]]:
    small = table("languages")["small"]
    assert isinstance(small, dict)
    return {tag: frozenset(str(listed).split()) for tag, listed in small.items()}


def _shares(tokens: Sequence[str]) -> dict[str, float]:
    count = max(len(tokens), 1)
    return {tag: sum(token in small for token in tokens) / count for tag, small in _small().items()}
