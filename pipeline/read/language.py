"""Which language a post is in, by its small words."""

from __future__ import annotations

from pipeline.read.sentences import words

# The commonest small words, those shared between two of these languages left out where we could.
_SMALL = {
    "en": "the and of to that is it you for with this are be was have not they what your when we from or if",
    "de": "der die das und ist nicht ich sie mit ein eine auf für von zu wir es den dem auch wie sich "
    "dass wenn",
    "fr": "le les des et est une que qui dans pour pas vous nous je avec sur ce elle il mais sont cette "
    "du au",
    "es": "el los las y es una que en por con para no se lo su más como pero esta yo nos muy cuando del",
    "nl": "de het een en van ik niet dat is je met voor zijn op aan maar ook als we wat er die naar om",
    "cy": "y yr yn ac mae i ar am gyda fel wedi bod oedd chi ni dim eich ein hynny sydd neu hefyd eu pan",
}
_SETS = {tag: frozenset(small.split()) for tag, small in _SMALL.items()}

_ENOUGH_WORDS = 12
_CLEAR = 0.16  # a sixth of a text's words are among these in its own language
_LEAD = 1.4


def language(text: str, declared: str) -> str:
    """A BCP 47 tag: what the feed declares, unless the words clearly say otherwise.

    "und" (undetermined) stands for a longer text that is in none of the languages known here
    and declares nothing; a short one without a declaration is taken for English.
    """
    said = declared.strip().replace("_", "-")
    primary = said.lower().partition("-")[0]
    tokens = words(text)
    shares = {tag: _share(tokens, small) for tag, small in _SETS.items()}
    best = max(shares, key=lambda tag: shares[tag])
    if len(tokens) < _ENOUGH_WORDS:
        return said or "en"
    clear = shares[best] >= _CLEAR and shares[best] >= _LEAD * shares.get(primary, 0.0)
    if clear and best != primary:
        return best
    if said:
        return said
    return best if shares[best] >= _CLEAR / 2 else "und"


def is_english(tag: str) -> bool:
    return tag.lower().partition("-")[0] == "en"


def _share(tokens: list[str], small: frozenset[str]) -> float:
    return sum(token in small for token in tokens) / max(len(tokens), 1)
