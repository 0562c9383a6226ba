"""Everything that would embarrass the author, found before she looks.

One small function a check, in the module of what it looks at; `CHECKS` names them all. A
check is given the Draft and yields what it found; silence means that all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipeline.check import (
    clients,
    content,
    inbox,
    links,
    loud,
    pictures,
    plain_text,
    reach,
    readable,
    spoken,
)
from pipeline.check.draft import Draft, Finding
from pipeline.model import Check, Status

CheckFunction = Callable[[Draft], Iterable[Finding]]

# name, what it says when all is well, the function
CHECKS: tuple[tuple[str, str, CheckFunction], ...] = (
    ("words", "every word shown as hers stands in her posts", content.verbatim),
    ("empty", "there is a letter to read", content.empty),
    ("placeholders", "nothing is left to fill in", content.placeholders),
    ("sensitive", "nothing sensitive in subject, preheader or quote", content.sensitive),
    ("lock screen", "nothing there says that the reader is a client", inbox.lock_screen),
    ("concerns", "no question of ethics is open", content.concerns),
    ("language", "it is in a language that is read and spoken here", content.language),
    ("care", "a care note stands before what is hard to read", content.care),
    ("crisis lines", "the crisis lines were looked at lately", content.crisis_lines),
    ("pictures", "every picture is shown and described", pictures.pictures),
    ("carried", "the mail service can carry its pictures", pictures.carried),
    ("portrait", "the portrait, if there is to be one, is shown", pictures.portrait),
    ("subject", "the subject fits the list of an inbox", inbox.subject),
    ("preheader", "the preheader is a sentence of fitting length", inbox.preheader),
    ("capitals", "nothing shouts", loud.loud),
    ("size", "light enough not to be cut off", inbox.size),
    ("markup", "nothing in it that mail programs refuse", inbox.markup),
    ("frame", "its language and direction are said where webmails keep them", spoken.frame),
    ("order", "headings and tables stand in order", spoken.order),
    ("images", "every picture says what it is and how large", spoken.images),
    ("contrast", "every text stands out, by day, in dark mode and turned over", readable.contrasts),
    ("type size", "no text is too small to read", readable.sizes),
    ("underlines", "every link is underlined", readable.underlines),
    ("mail programs", "nothing in it that mail programs are not known to show", clients.clients),
    ("text part", "the text part says the same", plain_text.plain_text),
    ("tracking", "nothing in it can watch a reader", links.tracking),
    ("links", "every link is whole and says where it leads", links.links),
    ("sender", "answers reach a person", reach.sender),
    ("address", "the postal address stands in the letter", reach.address),
    ("leaving", "one plain link to leave", reach.leaving),
    ("readers", "somebody will get it", reach.readers),
)


def check(draft: Draft) -> tuple[Check, ...]:
    """Every check's finding, in the order of `CHECKS`; several where one finds several things."""
    return tuple(found for name, well, function in CHECKS for found in _run(name, well, function, draft))


def blocking(checks: Iterable[Check]) -> tuple[Check, ...]:
    return tuple(found for found in checks if found.status is Status.BLOCK)


def _run(name: str, well: str, function: CheckFunction, draft: Draft) -> Iterable[Check]:
    findings = tuple(function(draft))
    if not findings:
        return [Check(name=name, status=Status.OK, message=well)]
    return [Check(name=name, status=f.status, message=f.message, fix=f.fix) for f in findings]
