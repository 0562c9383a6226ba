"""Concerns: how often innocent answers are asked about, and, with --show, the sentences to judge by hand."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.evaluation.data import Answer, LabelledPost
from benchmarks.evaluation.figures import Figure, interval
from benchmarks.evaluation.html import html, reading
from pipeline.read import read_html

_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    kind: str
    evidence: str
    answer: int


def figures(posts: Sequence[LabelledPost], answers: Sequence[Answer]) -> tuple[Figure, ...]:
    """The share of answers asked about, and of posts that a person called doubtful and we ask about."""
    found = alarms(answers)
    alarmed = {alarm.answer for alarm in found}
    hit = [number in alarmed for number in range(len(answers))]
    low, high = interval(hit, fmean)
    kinds = Counter(alarm.kind for alarm in found)
    told = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    doubted = [bool(reading(post).concerns) for post in posts if post.ethics]
    rest = [bool(reading(post).concerns) for post in posts if not post.ethics]
    return (
        Figure(
            name="concerns: answers asked about", value=fmean(hit), low=low, high=high, n=len(hit),
            target="≤ .01", note=told,
        ),
        _share("concerns: posts a person doubted, asked about", doubted),
        _share("concerns: other posts, asked about", rest),
    )  # fmt: skip


def _share(name: str, held: Sequence[bool]) -> Figure:
    low, high = interval(held, fmean)
    return Figure(name=name, value=fmean(held), low=low, high=high, n=len(held))


def alarms(answers: Sequence[Answer]) -> tuple[Alarm, ...]:
    return tuple(
        Alarm(kind=concern.kind, evidence=concern.evidence, answer=number)
        for number, answer in enumerate(answers)
        for concern in read_html(html(answer.text), title="", base="", language="en").concerns
    )


def shown(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Alarmed sentences, drawn blindly, to be judged by a person: the only way to a precision."""
    found = list(alarms(answers))
    random.Random(20261123).shuffle(found)
    return tuple(f"[{alarm.kind}] {' '.join(alarm.evidence.split())}" for alarm in found[:_SHOWN])
