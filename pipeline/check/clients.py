"""Whether mail programs know what the letter uses: against a list that was looked through, with its date."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from pipeline.check.draft import Draft, Finding, warn
from pipeline.check.sheet import RULE, declarations, head_styles

# Names of one thing under many: data-, aria- and the like do nothing that a mail program could drop.
_ONLY_DISPLAY = ("block", "none", "inline", "inline-block", "table-cell")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Features by name, each with what becomes of it where it is not known."""

    reviewed_on: date
    review_days: int
    properties: Mapping[str, str]
    elements: Mapping[str, str]
    rules: Mapping[str, str]


@cache
def known() -> Known:
    return Known(**tomllib.loads((files("pipeline.check") / "tables" / "clients.toml").read_text("utf-8")))


def clients(draft: Draft) -> Iterator[Finding]:
    for what, name in sorted(_unknown(draft)):
        yield warn(
            f"{what} “{name}” is on no list of what mail programs know",
            "look it up at caniemail.com; if it does no harm where it is missing, leave it",
        )
    if draft.today - known().reviewed_on > timedelta(days=known().review_days):
        yield warn(
            f"what mail programs know was last looked through on {known().reviewed_on}",
            "update Warmletter",
        )


def _unknown(draft: Draft) -> set[tuple[str, str]]:
    found = set()
    sheet = head_styles(draft.tree)
    styles = {element.get("style") or "" for element in draft.tree.iter()}
    styles |= {body for _, body in RULE.findall(sheet)}
    for style in styles:
        declared = declarations(style)
        found |= {("the property", name) for name in declared if name not in known().properties}
        if declared.get("display", "block") not in _ONLY_DISPLAY:
            found.add(("the property", f"display: {declared['display']}"))
        found |= {
            ("the unit", unit)
            for value in declared.values()
            for unit in re.findall(r"\d(rem|vw|vh)\b", value)
        }
    found |= {
        ("the rule", f"@{name}") for name in re.findall(r"@([\w-]+)", sheet) if name not in known().rules
    }
    tags = {str(element.tag) for element in draft.tree.iter() if isinstance(element.tag, str)}
    return found | {("the element", f"<{tag}>") for tag in tags if tag not in known().elements}
