"""Care: hard topics found where a person, or the site that sorted them, found them; and false alarms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import TypeVar

from benchmarks.evaluation.data import Answer, LabelledPost
from benchmarks.evaluation.figures import Figure, interval
from benchmarks.evaluation.html import reading
from pipeline.read.care import topics_in

T = TypeVar("T")

# Topics of ours that answer a label: a label is found when one of them is. Suicide and self-harm are
# answered by the same note and the same lines.
_ANSWERS = {
    "abuse": {"abuse", "sexual violence"},
    "suicide": {"suicide", "self-harm"},
    "self-harm": {"self-harm", "suicide"},
    "eating": {"eating"},
}
# What the labels are of; other topics of ours (grief, trauma …) were not labelled, so no alarm can be false.
_LABELLED = frozenset().union(*_ANSWERS.values())
# The site's shelves that are one of our topics. Not "trauma" and "substance-abuse" alone: also by others.
_SHELVES = {
    "self-harm": {"self-harm", "suicide"},
    "domestic-violence": {"abuse", "sexual violence"},
    "eating-disorders": {"eating"},
    "substance-abuse": {"addiction"},
    "addiction": {"addiction"},
    "grief-and-loss": {"grief", "pregnancy and child loss"},
    "trauma": {"trauma", "abuse", "sexual violence"},
}


def figures(posts: Sequence[LabelledPost], answers: Sequence[Answer]) -> tuple[Figure, ...]:
    """Recall and false alarms on posts; on answers, recall by shelf, and alarms on the other shelves."""
    sensitive = [post for post in posts if post.sensitive]
    innocent = [post for post in posts if not post.sensitive]
    shelved = [answer for answer in answers if answer.topic in _SHELVES]
    return (
        _share("care: sensitive posts, every topic found", sensitive, _found, target="≥ .98"),
        _share(
            "care: innocent posts called about one", innocent, lambda post: bool(_about(post)), target="≤ .02"
        ),
        _share(
            "care: innocent posts that mention one",
            innocent,
            lambda post: bool(_named(post)),
            note="said to the author only",
        ),
        _share(
            "care: answers on a shelf name its topic", shelved, _names_its_shelf,
            note="an answer may keep silent on the question's topic",
        ),
    )  # fmt: skip


def _share(
    name: str, items: Sequence[T], holds: Callable[[T], bool], *, target: str = "", note: str = ""
) -> Figure:
    held = [holds(item) for item in items]
    low, high = interval(held, fmean)
    return Figure(name=name, value=fmean(held), low=low, high=high, n=len(held), target=target, note=note)


def _found(post: LabelledPost) -> bool:
    topics = {topic.topic for topic in reading(post).care}
    return all(_ANSWERS[label] & topics for label in post.sensitive)


def _about(post: LabelledPost) -> set[str]:
    return {topic.topic for topic in reading(post).care if topic.level == "about"} & _LABELLED


def _named(post: LabelledPost) -> set[str]:
    return {topic.topic for topic in reading(post).care} & _LABELLED


def _names_its_shelf(answer: Answer) -> bool:
    return bool(_SHELVES[answer.topic] & set(topics_in(answer.text)))
