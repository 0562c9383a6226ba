"""The world as a use case needs it, held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.model import (
    Alias,
    FeedOutcome,
    FeedState,
    Fetched,
    FetchResult,
    Mailing,
    NotFetched,
    Post,
    Validators,
)

Answer = bytes | FetchResult


class FakeFetcher:
    """Answers by address. A list is given out one by one, its last answer for ever after.

    Bytes are a body; an address that is not named answers 404. `asked` keeps every question.
    """

    def __init__(self, answers: Mapping[str, Answer | list[Answer]]) -> None:
        self._answers = {source: _listed(answer) for source, answer in answers.items()}
        self.asked: list[tuple[str, Validators]] = []

    def fetch(self, source: str, validators: Validators) -> FetchResult:
        self.asked.append((source, validators))
        answers = self._answers.get(source)
        if answers is None:
            return NotFetched(url=source, outcome=FeedOutcome.GONE, message="the site answered 404 Not Found")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return Fetched(url=source, final_url=source, body=answer) if isinstance(answer, bytes) else answer


def _listed(answer: Answer | list[Answer]) -> list[Answer]:
    return list(answer) if isinstance(answer, list) else [answer]


class FakeClock:
    """Stands still, but for `sleep` and `forward`."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.forward(timedelta(seconds=seconds))

    def forward(self, by: timedelta) -> None:
        self._now += by


class MemoryPosts:
    """Keeps posts and feeds as the store does; `commits` counts the transactions."""

    def __init__(self) -> None:
        self._feeds: dict[str, FeedState] = {}
        self._posts: dict[str, Post] = {}
        self._mailed: dict[str, tuple[Mailing, ...]] = {}
        self._aliases: set[Alias] = set()
        self.commits = 0

    def feed(self, url: str) -> FeedState:
        return self._feeds.get(url, FeedState(url=url))

    def feeds(self) -> tuple[FeedState, ...]:
        return tuple(sorted(self._feeds.values(), key=lambda state: state.url))

    def known(self, feed: str) -> tuple[Post, ...]:
        return self._oldest_first(post for post in self._posts.values() if post.feed == feed)

    def others(self, feed: str) -> tuple[Post, ...]:
        return self._oldest_first(post for post in self._posts.values() if post.feed != feed)

    def aliases(self, feed: str) -> tuple[Alias, ...]:
        return tuple(sorted(alias for alias in self._aliases if alias.scope in ("", feed)))

    def commit(self, state: FeedState, posts: Sequence[Post], aliases: Sequence[Alias] = ()) -> None:
        self.commits += 1
        self._feeds[state.url] = state
        for post in posts:
            before = self._posts.get(post.id, post)
            said = before if before.edition > post.edition else post
            self._posts[post.id] = replace(
                post,
                dropped=post.dropped or before.dropped,
                edition=said.edition,
                corrects=said.corrects,
                released_at=said.released_at,
            )
        self._aliases.update(aliases)

    def held(self) -> tuple[Post, ...]:
        mailed = self.mailed(except_issue="")
        return self._oldest_first(p for p in self._posts.values() if p.waits and p.id not in mailed)

    def release(self, post_id: str, now: datetime) -> None:
        self._decide(post_id, held="", dropped=False, released_at=now)

    def drop(self, post_id: str) -> None:
        self._decide(post_id, dropped=True)

    def correct(self, post_id: str, issue: str, now: datetime) -> None:
        edition = self._posts[post_id].edition + 1
        self._decide(post_id, edition=edition, corrects=issue, released_at=now)

    def leave_as_mailed(self, post_id: str) -> None:
        self._decide(post_id, edition=self._posts[post_id].edition - 1, corrects="")

    def undecide(self, before: Post) -> None:
        said = ("held", "released_at", "dropped", "edition", "corrects")
        self._decide(before.id, **{name: getattr(before, name) for name in said})

    def _decide(self, post_id: str, **said: object) -> None:
        if post_id in self._posts:
            self._posts[post_id] = replace(self._posts[post_id], **said)  # type: ignore[arg-type]

    def get(self, post_id: str) -> Post | None:
        return self._posts.get(post_id)

    def dated_between(self, start: datetime, end: datetime) -> tuple[Post, ...]:
        return self._oldest_first(post for post in self._posts.values() if start <= post.dated < end)

    def late(self, *, seen_after: datetime, before: datetime) -> tuple[Post, ...]:
        return self._oldest_first(
            post
            for post in self._posts.values()
            if post.dated < before
            and (
                (post.first_seen > seen_after and not post.backlog)
                or (post.released_at is not None and post.released_at > seen_after)
            )
        )

    def newest(self) -> Post | None:
        free = [p for p in self._posts.values() if not (p.held or p.dropped or p.withdrawn)]
        return max(free, key=lambda post: post.dated, default=None)

    def mailed(self, *, except_issue: str) -> frozenset[str]:
        return frozenset(
            one.post
            for issue, mailings in self._mailed.items()
            for one in mailings
            if issue != except_issue and one.edition >= self._edition(one.post)
        )

    def mailings(self) -> tuple[Mailing, ...]:
        latest: dict[str, Mailing] = {}
        for one in sorted(
            (one for all_ in self._mailed.values() for one in all_), key=lambda one: one.edition
        ):
            latest[one.post] = one
        return tuple(sorted(latest.values(), key=lambda one: one.at, reverse=True))

    def mail(self, issue: str, *post_ids: str, at: datetime = datetime(2026, 11, 3, tzinfo=UTC)) -> None:
        """Pretend that these posts went into an issue that was sent."""
        self._mailed[issue] = tuple(
            Mailing(post=post, issue=issue, at=at, edition=self._edition(post), words_sha256="")
            for post in post_ids
        )

    def _edition(self, post_id: str) -> int:
        return self._posts[post_id].edition if post_id in self._posts else 0

    def _oldest_first(self, posts: Iterable[Post]) -> tuple[Post, ...]:
        return tuple(sorted(posts, key=lambda post: (post.dated, post.id)))
