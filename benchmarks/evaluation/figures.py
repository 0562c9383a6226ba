"""A figure with its interval, its baseline and its target; how the table prints them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
_DRAWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `low` and `high` bound 95 % of the draws."""

    name: str
    value: float
    low: float
    high: float
    n: int
    target: str = ""  # as written: "≥ .93"
    baseline: str = ""  # what a trivial rule reaches on the same material, with its name
    note: str = ""


def interval(items: Sequence[T], measure: Callable[[Sequence[T]], float]) -> tuple[float, float]:
    """95 % bootstrap interval of a measure over items drawn with replacement; same seed each time."""
    draw = random.Random(20261123)
    values = sorted(measure([draw.choice(items) for _ in items]) for _ in range(_DRAWS))
    return values[int(0.025 * _DRAWS)], values[int(0.975 * _DRAWS) - 1]


def line(figure: Figure) -> str:
    spread = f"[{figure.low:.3f}, {figure.high:.3f}]"
    tail = "  ".join(part for part in (figure.baseline, figure.note) if part)
    known = f"{figure.name:<44} {figure.value:>6.3f} {spread:<16} n={figure.n:<5} {figure.target:<8}"
    return f"{known} {tail}".rstrip()
