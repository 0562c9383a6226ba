"""The letter's fixed words and the crisis lines, as dated data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Words:
    """Fixed words of one language."""

    language: str
    phrases: Mapping[str, str]
    topics: Mapping[str, str]
    months: Mapping[str, str]
    joints: Mapping[str, str]

    def say(self, phrase: str, **values: str) -> str:
        """The phrase with its names filled in. Raises KeyError where there is none of that name."""
        return self.phrases[phrase].format(**values)

    def month_of(self, year: int, number: int) -> str:
        """A month of a year in words: "November 2026"."""
        return self.say("month_year", month=self.months[str(number)], year=str(year))

    def series(self, topics: Sequence[str]) -> str:
        """Topics in words: "grief", "grief and suicide", "grief, trauma and suicide"."""
        named = [self.topics.get(topic, topic) for topic in topics]
        while len(named) > 2:
            named[:2] = [self.joints["more"].format(a=named[0], b=named[1])]
        return self.joints["two"].format(a=named[0], b=named[1]) if len(named) == 2 else named[0]


@dataclass(frozen=True, slots=True)
class CrisisLine:
    """Where to turn in one country, and when somebody last looked whether it is still so."""

    country: str
    line: str  # in English
    service: str
    number: str
    emergency: str
    source: str
    reviewed_on: date

    def said_in(self, words: Words) -> str:
        if words.language == "en":
            return self.line
        return words.say("crisis_line", service=self.service, number=self.number)

    def emergency_in(self, words: Words) -> str:
        return self.emergency if words.language == "en" else self.emergency.replace(" or ", " / ")


@lru_cache
def words(language: str) -> Words:
    """The fixed words for a language tag. English stands in where a language has none yet."""
    primary = language.lower().split("-")[0]
    source = files(__name__) / f"{primary}.toml"
    if not primary.isalpha() or primary == "crisis" or not source.is_file():
        return words("en")
    table = tomllib.loads(source.read_text("utf-8"))
    phrases = {name: text for name, text in table.items() if isinstance(text, str)}
    return Words(primary, phrases, table["topics"], table["months"], table["list"])


@lru_cache
def _crisis() -> Mapping[str, object]:
    return tomllib.loads((files(__name__) / "crisis.toml").read_text("utf-8"))


def crisis_line(country: str) -> CrisisLine | None:
    """The line for an ISO 3166 country code; None where we have none we looked at."""
    row = _crisis().get(country)
    return CrisisLine(country=country, **row) if isinstance(row, dict) else None


def review_days() -> int:
    """After how many days without a look a line is too old."""
    days = _crisis()["review_days"]
    assert isinstance(days, int)
    return days
