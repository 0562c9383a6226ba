"""The labelled material, as typed values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["connection", "mixed", "checklist"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPost:
    id: str
    source: str  # whose posts these are: cross-validation keeps a source together
    title: str
    text: str  # light Markdown
    kind: Kind
    sensitive: tuple[str, ...]  # topics a person found
    ethics: tuple[str, ...]
    pull_quotes: tuple[str, ...]  # beginnings or fragments of sentences an editor would take


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledUnit:
    """A list or a run of headings. `first_words` is how its first item begins."""

    post: str
    number: int
    shape: str  # list | headings
    items: int
    lead: str
    first_words: str
    label: Literal["check", "narr", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A therapist's public answer to a stranger; sorted by topic by the site, otherwise unlabelled."""

    topic: str
    who: str
    text: str


def posts(folder: Path) -> tuple[LabelledPost, ...]:
    return tuple(
        LabelledPost(
            id=row["id"],
            source=row["source"],
            title=row["title"],
            text=row["text"],
            kind=row["kind"],
            sensitive=tuple(row.get("sensitive") or ()),
            ethics=tuple(row.get("ethics") or ()),
            pull_quotes=tuple(row.get("pull_quote_candidates") or ()),
        )
        for row in _rows(folder / "posts.jsonl")
    )


def units(folder: Path) -> tuple[LabelledUnit, ...]:
    return tuple(
        LabelledUnit(
            post=row["id"].partition("/")[0],
            number=int(row["id"].partition("/")[2]),
            shape=row["unit"],
            items=row["n"],
            lead=row["lead"],
            first_words=row["first_words"],
            label=row["label"],
        )
        for row in _rows(folder / "units.jsonl")
    )


def answers(folder: Path) -> tuple[Answer, ...]:
    return tuple(
        Answer(topic=row["topic"] or "", who=row["who"] or "", text=row["text"] or "")
        for row in _rows(folder / "counselchat.jsonl")
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
