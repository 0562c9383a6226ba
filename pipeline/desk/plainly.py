"""What the program says, for somebody who sees a page and no command line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Check, Status

_COMMAND = re.compile(r"(?:[:,;]| with| by| run)? ?`[^`]*`(?: \([^)]*\))?")
_TICKED = re.compile(r"`[^`]*`")
_CLAUSE = re.compile(r"(?<=[.;:,])\s+|\n\s*")
# Where on the page a finding can be put right, and what it is called there.
_PLACES = {
    "subject": ("subject", "The subject"),
    "preheader": ("preheader", "The line beside the subject"),
    "sensitive": ("subject", "Seen on a lock screen"),
    "lock screen": ("subject", "Seen on a lock screen"),
    "pictures": ("pictures", "Pictures"),
    "readers": ("readers", "Readers"),
    "size": ("posts", "Weight"),
    "empty": ("note", "Few words"),
    "crisis lines": ("", "Crisis lines"),
    "care": ("posts", "A care note"),
    "carried": ("", "Pictures in the mail"),
    "language": ("", "Language"),
    "links": ("", "Links"),
    "sender": ("", "Sender"),
    "address": ("", "Postal address"),
    "leaving": ("", "Leaving the list"),
}
_FIXES = {
    "readers": "Add them under “Readers”, with how and when they agreed.",
    "pictures": "Say what it shows under “Pictures”, or describe it on the blog.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing to look at, in plain words."""

    title: str
    message: str
    fix: str
    place: str  # the id of the part of the page that mends it; "": none
    blocks: bool


def without_commands(text: str) -> str:
    """The text but for what is to be typed into a terminal; "" where nothing is left of it."""
    said = " ".join(_COMMAND.sub("", text).split()).strip(" ,;:")
    if len(said.split()) < 2:
        return ""
    return said[:1].upper() + said[1:] + ("" if said[-1] in ".!?" else ".")


def plain(text: str) -> str:
    """The text as sentences for a page, without the clauses that hold a command; "" where all do."""
    clauses = _CLAUSE.split(_TICKED.sub("`", text.strip()))
    said = " ".join(clause for clause in clauses if clause and "`" not in clause).rstrip(" ,;:")
    return said and said[:1].upper() + said[1:] + ("" if said[-1] in ".!?”" else ".")


def found(checks: Sequence[Check]) -> Iterator[Found]:
    """What the checks found, the worst first; questions of ethics stand apart, with their answers."""
    wrong = [one for one in checks if one.status is not Status.OK and one.name != "concerns"]
    for one in sorted(wrong, key=lambda check: check.status is not Status.BLOCK):
        place, title = _PLACES.get(one.name, ("", one.name.capitalize()))
        yield Found(
            title=title,
            message=without_commands(one.message) or one.message,
            fix=_FIXES.get(one.name) or without_commands(one.fix),
            place=place,
            blocks=one.status is Status.BLOCK,
        )
