"""Questions of the author's ethics that she answered with "this is fine"."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import UsageError
from pipeline.model import Concern, ReadPost
from pipeline.read.ethics import name_of


def answered(names: Sequence[str], posts: Sequence[ReadPost]) -> tuple[tuple[str, str], ...]:
    """(kind, sentence) of the questions named, as `check` names them.

    Raises: UsageError where a name belongs to no question about the posts.
    """
    asked = {
        name_of(concern.kind, concern.evidence): concern
        for item in posts
        for concern in item.reading.concerns
    }
    return tuple(_the_one(name, asked) for name in names)


def _the_one(name: str, asked: dict[str, Concern]) -> tuple[str, str]:
    concern = asked.get(name.strip().lower())
    if concern is None:
        listed = "; ".join(f"{known} “{of.evidence}”" for known, of in asked.items())
        raise UsageError(
            f"fine: {name!r} is no question about this letter's posts",
            hint=f"choose from: {listed}" if listed else "there is no question about them",
        )
    return concern.kind, concern.evidence
