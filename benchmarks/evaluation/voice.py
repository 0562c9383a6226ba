"""Connection before checklist: the order of posts, and which of a month's posts leads."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.evaluation.data import Kind, LabelledPost
from benchmarks.evaluation.figures import Figure, interval
from benchmarks.evaluation.fitted import across_sources
from pipeline.compose.choose import choose
from pipeline.model import BlockKind, Choices, Post, Reading, ReadPost
from pipeline.read.cues import count
from pipeline.read.sentences import words
from pipeline.read.voice import measures

_PLACE: Mapping[Kind, int] = {"connection": 2, "mixed": 1, "checklist": 0}
_MONTHS = 60  # drawn for each connection piece
_DAY = datetime(2026, 11, 1, 9, tzinfo=UTC)

Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    score: float
    kind: Kind


def figures(posts: Sequence[LabelledPost], read: Mapping[str, Reading]) -> Iterator[Figure]:
    own = {post.id: read[post.id].voice.score for post in posts}
    first, listed = _first_person(posts, read), _list_share(posts, read)
    fitted = across_sources(
        {p.id: measures(read[p.id].blocks, read[p.id].units, title=read[p.id].title) for p in posts},
        {p.id: float(_PLACE[p.kind]) for p in posts},
        {p.id: p.source for p in posts},
    )
    for name, measure, target in (
        ("order: AUC, connection against checklist", _auc, "≥ .93"),
        ("order: AUC, connection against the rest", _auc_rest, ""),
        ("order: Spearman over the three kinds", _spearman, "≥ .70"),
    ):
        yield _figure(name, measure, _scored(posts, own), target=target, baselines=(
            ("first person", measure(_scored(posts, first))),
            ("list share", measure(_scored(posts, listed))),
            ("same measures, weights fitted on the other sources", measure(_scored(posts, fitted))),
        ))  # fmt: skip
    yield _gain(posts, own, first)
    yield from _leads(posts, read, baselines=(
        ("first person", first), ("list share", listed), ("fitted on the other sources", fitted),
    ))  # fmt: skip


def _figure(
    name: str,
    measure: Callable[[Sequence[_Scored]], float],
    scored: Sequence[_Scored],
    *,
    target: str,
    baselines: Sequence[tuple[str, float]],
) -> Figure:
    low, high = interval(scored, measure)
    beside = ", ".join(f"{what} {value:.3f}" for what, value in baselines)
    return Figure(
        name=name, value=measure(scored), low=low, high=high, n=len(scored), target=target, baseline=beside
    )


def _gain(posts: Sequence[LabelledPost], own: Scores, first: Scores) -> Figure:
    def gain(drawn: Sequence[LabelledPost]) -> float:
        return _auc(_scored(drawn, own)) - _auc(_scored(drawn, first))

    low, high = interval(posts, gain)
    return Figure(
        name="order: AUC above first person", value=gain(posts), low=low, high=high, n=len(posts),
        target="≥ .08", baseline=f"no more than {1 - _auc(_scored(posts, first)):.3f} is left above it",
    )  # fmt: skip


def _scored(posts: Sequence[LabelledPost], scores: Scores) -> list[_Scored]:
    return [_Scored(score=scores[post.id], kind=post.kind) for post in posts]


def _first_person(posts: Sequence[LabelledPost], read: Mapping[str, Reading]) -> Scores:
    return {p.id: len(count("first_person", read[p.id].text)) / max(read[p.id].words, 1) for p in posts}


def _list_share(posts: Sequence[LabelledPost], read: Mapping[str, Reading]) -> Scores:
    """The fewer words stand in lists, the higher."""
    return {
        p.id: -sum(len(words(b.text)) for b in read[p.id].blocks if b.kind is BlockKind.ITEM)
        / max(read[p.id].words, 1)
        for p in posts
    }


# --- measures ---------------------------------------------------------------------------------


def _auc(scored: Sequence[_Scored]) -> float:
    return _above(scored, {"checklist"})


def _auc_rest(scored: Sequence[_Scored]) -> float:
    return _above(scored, {"checklist", "mixed"})


def _above(scored: Sequence[_Scored], others: set[Kind]) -> float:
    """How often a connection piece stands above another; a tie is half."""
    ours = [one.score for one in scored if one.kind == "connection"]
    theirs = [one.score for one in scored if one.kind in others]
    won = sum((a > b) + (a == b) / 2 for a in ours for b in theirs)
    return won / max(len(ours) * len(theirs), 1)


def _spearman(scored: Sequence[_Scored]) -> float:
    a = _ranks([one.score for one in scored])
    b = _ranks([float(_PLACE[one.kind]) for one in scored])
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    together = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    apart = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    return together / apart**0.5 if apart else 0.0


def _ranks(values: Sequence[float]) -> list[float]:
    """Each value's rank; those alike share the mean of theirs."""
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values)):
        places.setdefault(value, []).append(place)
    return [sum(places[value]) / len(places[value]) for value in values]


# --- who leads --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Month:
    connection: str
    others: tuple[str, ...]


def _leads(
    posts: Sequence[LabelledPost],
    read: Mapping[str, Reading],
    *,
    baselines: Sequence[tuple[str, Scores]],
) -> Iterator[Figure]:
    for name, kinds, target in (
        ("lead: 1 against 3, technique or information", {"checklist", "mixed"}, "≥ .85"),
        ("lead: 1 against 3 checklists", {"checklist"}, ""),
    ):
        months = _months(posts, kinds)
        held = {post.id: _as_post(post, read[post.id]) for post in posts}
        ours = _share(months, _leader_chosen(held))
        beside = [f"{what} {_mean(_share(months, _leader_by(scores))):.3f}" for what, scores in baselines]
        low, high = interval(ours, _mean)
        yield Figure(
            name=name, value=_mean(ours), low=low, high=high, n=len(months), target=target,
            baseline=", ".join(["chance .250", *beside]),
        )  # fmt: skip


def _months(posts: Sequence[LabelledPost], kinds: set[str]) -> list[_Month]:
    draw = random.Random(20261123)
    others = [post.id for post in posts if post.kind in kinds]
    return [
        _Month(connection=post.id, others=tuple(draw.sample(others, 3)))
        for post in posts
        if post.kind == "connection"
        for _ in range(_MONTHS)
    ]


def _share(months: Sequence[_Month], leads: Callable[[_Month], str]) -> list[float]:
    """For each connection piece, in what share of its months it leads: pieces are drawn, not months."""
    won: dict[str, list[bool]] = {}
    for month in months:
        won.setdefault(month.connection, []).append(leads(month) == month.connection)
    return [sum(each) / len(each) for each in won.values()]


def _leader_chosen(held: Mapping[str, ReadPost]) -> Callable[[_Month], str]:
    def leader(month: _Month) -> str:
        posts = [held[post] for post in (month.connection, *month.others)]
        return choose(posts, choices=Choices(), max_posts=5).posts[0].post.id

    return leader


def _leader_by(scores: Scores) -> Callable[[_Month], str]:
    return lambda month: max((month.connection, *month.others), key=lambda post: (scores[post], post))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)


def _as_post(post: LabelledPost, reading: Reading) -> ReadPost:
    """The reading as `choose` takes it; all of one moment, so that no date decides."""
    stored = Post(
        id=post.id, feed="https://posts.example/feed", guid=post.id, url=f"https://posts.example/{post.id}",
        title=post.title, author="", published=_DAY, body="", base="", language="en", summary_only=False,
        first_seen=_DAY, changed_at=_DAY, backlog=False,
    )  # fmt: skip
    return ReadPost(post=stored, reading=reading)
