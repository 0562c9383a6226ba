"""The verdicts of many letters together."""

from __future__ import annotations

from benchmarks.faults.stage import Verdict

_SHOWN = ("readers", "accepted", "refused", "unknown", "twice", "lost", "hidden")


class Worst:
    def __init__(self) -> None:
        self.faults: list[str] = []
        self._sum = dict.fromkeys(_SHOWN, 0)

    def add(self, verdict: Verdict, *, allowed_in_doubt: int) -> None:
        for name in self._sum:
            self._sum[name] += getattr(verdict, name)
        if not verdict.good or verdict.unknown > allowed_in_doubt:
            self.faults.append(f"FAULT {verdict} (in doubt at most {allowed_in_doubt})")

    def __str__(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in self._sum.items())
