"""What a sentence has that makes it worth setting large, or not: named traits, each from 0 to 1."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from pipeline.model import Block
from pipeline.read.cues import is_instruction, technique
from pipeline.read.lexicon import entries, pattern, straight, weights
from pipeline.read.sentences import words
from pipeline.read.standing import Standing

_WORDS = {  # trait: so many different words make it full
    "relation": 3, "hope": 3, "concrete": 2, "universal": 2, "essence": 2, "image": 2, "feeling": 2,
    "permission": 2, "sad": 3, "hedge": 2, "dated": 2,
}  # fmt: skip
_SHAPES = ("contrast", "withheld", "turns_away", "fragment")
_ASIDE = re.compile(r"[:(\"“]")
_LONG_WORDS = 4.5  # letters a word: above it, the language of reports
_ENDINGS = ("ations", "ation", "ingly", "ings", "ing", "ness", "ships", "ship", "ed", "es", "s", "ly")
_SMALL = frozenset(
    "the a an of to in and or is are was were be been being it its this that these those with for on at "
    "by from as not no but if so we us our you your i my me he she they them their his her who what "
    "when which how there have has had do does did can could will would may might about more most than "
    "into out up just very also all some any one other".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The post around its sentences: how many of its paragraphs hold each stem."""

    stems: Mapping[str, int]
    paragraphs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """`value` by name; `shown` are the words behind some of them, for the reason."""

    value: Mapping[str, float]
    shown: Mapping[str, tuple[str, ...]]


def around(blocks: Sequence[Block]) -> Around:
    told = [set(_stems(block.text)) for block in blocks if block.text]
    return Around(stems=Counter(stem for stems in told for stem in stems), paragraphs=max(1, len(told)))


def traits(sentence: Standing, post: Around) -> Traits:
    text, low = sentence.text, straight(sentence.text)
    said = words(text)
    found = {name: tuple(dict.fromkeys(pattern("quotes", name).findall(low))) for name in _WORDS}
    shapes = {name: _shape(name).search(low) for name in _SHAPES}
    tools = technique([text])
    value = {name: min(len(found[name]), full) / full for name, full in _WORDS.items()}
    value |= {name: float(match is not None) for name, match in shapes.items()}
    value["case"] = float(pattern("quotes", "case").match(low) is not None)
    value["tools"] = min(len(tools.meant), 2) / 2
    value["tools_aside"] = min(len(tools.set_aside), 2) / 2
    value["order"] = float(is_instruction(text))
    value["number"] = float(any(c.isdigit() for c in text))
    value["aside"] = float(_ASIDE.search(text) is not None)
    value["long_words"] = max(-1.0, min(1.0, sum(map(len, said)) / len(said) - _LONG_WORDS))
    value["closes"] = float(sentence.last)
    value["central"], found["central"] = _central(text, post)
    value["large"] = _large(said)
    found["contrast"] = (shapes["contrast"][0],) if shapes["contrast"] else ()
    return Traits(value=value, shown=found)


@cache
def _shape(name: str) -> re.Pattern[str]:
    return re.compile("|".join(entries("quotes", f"shapes.{name}")))


def _central(text: str, post: Around) -> tuple[float, tuple[str, ...]]:
    """How far its words are the post's own: the mean share of other paragraphs that hold them."""
    stems = dict.fromkeys(_stems(text))
    others = {stem: max(0, post.stems.get(stem, 0) - 1) for stem in stems}
    share = sum(others.values()) / max(3, len(stems)) / post.paragraphs
    return min(1.0, 4 * share), tuple(sorted(others, key=lambda stem: -others[stem])[:2])


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in words(text) if len(word) > 2 and word not in _SMALL]


def _stem(word: str) -> str:
    word = word.split("'")[0]
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= 4), "")
    return word.removesuffix(ending)


def _large(said: Sequence[str]) -> float:
    """Its place between a report (about -1) and a sentence set large (about 1), by the distilled table."""
    table = weights("quote_words")
    pairs = (f"{a} {b}" for a, b in pairwise(said))
    return sum(table.get(term, 0.0) for term in (*said, *pairs)) / math.sqrt(len(said))
