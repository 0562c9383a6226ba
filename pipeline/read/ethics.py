"""What the author's code of ethics would ask about, put as questions she may dismiss.

Narrow on purpose: in the trial, loose rules ("the best way to …") gave almost only false
alarms, and an alarm that is wrong teaches her to look past the next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from pipeline.model import Block, BlockKind, Concern
from pipeline.read.lexicon import entries, straight, table

_PARTICULARS = ("age", "trade", "day", "speech", "family")
_TWO = 2
# Names are told from words by their capitals, so this one sees the text as written.
_NAMED = re.compile(
    r"(?<!\w)(?:client|patient|couple|man|woman) (?:of mine )?(?:called|named) [A-Z]\w+"
    r"|(?<!\w)[Mm]y client,? [A-Z][a-z]+"
    r"|(?<!\w)(?:[Ll]et['’]?s|I['’]?ll|I will) call (?:her|him|them) [A-Z]\w+"
)
_DENIED = re.compile(r"(?:not|n't|never|no|cannot|nor|neither)(?!\w)[^.;!?]{0,30}$")


@cache
def _pattern(key: str) -> re.Pattern[str]:
    """Any of the expressions under a key of the ethics table, as whole words."""
    named = table("ethics")["words"]
    assert isinstance(named, dict)
    either = "|".join(f"(?:{expression})" for expression in entries("ethics", key))
    for name, expression in named.items():
        either = either.replace(f"<{name}>", str(expression))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")


@cache
def _advice(kind: str) -> str:
    advice = table("ethics")["advice"]
    assert isinstance(advice, dict)
    return str(advice[kind])


def concerns(blocks: Sequence[Block]) -> tuple[Concern, ...]:
    """Questions to the author, in the post's order; one of a kind for a paragraph."""
    disguised = any(_pattern("client.disguised").search(straight(block.text)) for block in blocks)
    found: list[Concern] = []
    for number, block in enumerate(blocks):
        if block.kind is BlockKind.QUOTE:
            continue  # somebody else's words
        said = [block.text[a - block.start : b - block.start] for a, b in block.sentences]
        for kind, evidence in _asked(block.text, said, disguised=disguised):
            found.append(Concern(kind=kind, evidence=evidence, advice=_advice(kind), block=number))
    return tuple(found)


def _asked(paragraph: str, said: Sequence[str], *, disguised: bool) -> list[tuple[str, str]]:
    asked: dict[str, str] = {}
    for sentence in said:
        low = straight(sentence)
        for kind, matches in (
            ("promise of cure", _promises_cure),
            ("replaces therapy", _replaces_therapy),
            ("diagnosis", _diagnoses),
        ):
            if not low.endswith("?") and matches(low):
                asked.setdefault(kind, sentence)
    if not disguised and (client := _recognisable(paragraph, said)):
        asked["recognisable client"] = client
    return list(asked.items())


def _promises_cure(low: str) -> bool:
    return bool(_pattern("cure.promises").search(low)) and not _pattern("cure.denials").search(low)


def _replaces_therapy(low: str) -> bool:
    found = _pattern("replaces.help").search(low)
    # What replaces must be something to read or buy: "a friend instead of a therapist" is a story.
    return (
        found is not None
        and bool(_pattern("replaces.by").search(low))
        and not _DENIED.search(low[: found.start()])
    )


def _diagnoses(low: str) -> bool:
    return bool(_pattern("diagnosis.told").search(low))


def _recognisable(paragraph: str, said: Sequence[str]) -> str:
    """The sentence that speaks of one client whom particulars make recognisable; "" for none."""
    speaks = (s for s in said if _pattern("client.one").search(straight(s)) or _NAMED.search(s))
    sentence = next(speaks, "")
    low = straight(paragraph)
    particulars = sum(bool(_pattern(f"client.{kind}").search(low)) for kind in _PARTICULARS)
    return sentence if sentence and particulars + bool(_NAMED.search(paragraph)) >= _TWO else ""
