"""The word tables that travel with the program, ready to be matched."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files


def straight(text: str) -> str:
    """`text` in lower case with straight apostrophes; every character stays in its place."""
    # str.lower() may lengthen a text ("İ"); offsets must hold, so such letters stay as they are.
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lower.replace("’", "'").replace("‘", "'").replace("ʼ", "'")


@cache
def table(name: str) -> Mapping[str, object]:
    """A bundled table, as TOML has it."""
    text = files("pipeline.read").joinpath("tables", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def entries(name: str, key: str) -> tuple[str, ...]:
    """The words under a dotted key of a table, in the table's order."""
    found: object = table(name)
    for part in key.split("."):
        assert isinstance(found, dict), f"{name}.toml: {key} is missing"
        found = found[part]
    assert isinstance(found, list), f"{name}.toml: {key} is not a list"
    return tuple(str(entry) for entry in found)


@cache
def numbers(name: str, key: str) -> Mapping[str, float]:
    """The numbers under a dotted key of a table, by name."""
    found: object = table(name)
    for part in key.split("."):
        assert isinstance(found, dict), f"{name}.toml: {key} is missing"
        found = found[part]
    assert isinstance(found, dict), f"{name}.toml: {key} is not a table"
    return {what: float(value) for what, value in found.items()}


@cache
def weights(name: str) -> Mapping[str, float]:
    """A bundled table of term, tab, weight; lines that begin with # say where it is from."""
    text = files("pipeline.read").joinpath("tables", f"{name}.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {term: float(weight) for term, weight in rows}


@cache
def pattern(name: str, key: str) -> re.Pattern[str]:
    """Whole words and phrases under a key; a star stands for any ending."""
    return whole_words(entries(name, key))


def whole_words(phrases: Iterable[str]) -> re.Pattern[str]:
    # Longest first: "i've" must not be found as "i".
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    alternatives = "|".join(
        re.escape(p.removesuffix("*")) + (r"\w*" if p.endswith("*") else "") for p in ordered
    )
    return re.compile(rf"(?<![\w'])(?:{alternatives})(?![\w]|'\w)")
