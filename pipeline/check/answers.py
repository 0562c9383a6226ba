"""Whether the pages that the letter leads to are there. Asked for by a person, never when sending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import Check, Status

NAME = "answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking one address. `problem` is "" where a page answered."""

    label: str  # the words that lead there
    site: str
    problem: str = ""
    gone: bool = False  # it says itself that there is no such page (404, 410)


def answers(asked: Sequence[Asked]) -> tuple[Check, ...]:
    """One finding for each link that leads nowhere; what did not answer is said, and is no fault of hers."""
    gone = [one for one in asked if one.gone]
    silent = sorted({one.site for one in asked if one.problem and not one.gone})
    found = [
        Check(
            name=NAME,
            status=Status.WARN,
            message=f"the link “{one.label}” to {one.site} leads to no page ({one.problem})",
            fix="mend it on the blog, then `warmletter collect` and `compose`",
        )
        for one in gone
    ]
    if silent:
        found.append(
            Check(
                name=NAME,
                status=Status.OK,
                message=f"could not be asked, which need not mean anything: {', '.join(silent)}",
            )
        )
    if not gone:
        well = len(asked) - sum(1 for one in asked if one.problem)
        found.append(Check(name=NAME, status=Status.OK, message=f"{well} of {len(asked)} pages answered"))
    return tuple(found)
