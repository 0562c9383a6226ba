"""Feeds as they were from day to day, replayed: each post is mailed once, and nothing that is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.app.collect import collect
from pipeline.app.fit import settles_at, unfit
from pipeline.collect.parse import parse
from pipeline.model import Post
from pipeline.ports import Posts
from pipeline.store import open_store
from tests.fakes import FakeClock, FakeFetcher, MemoryPosts

SERIES = Path(__file__).parent / "data" / "feeds" / "series"
SHARED = Path(__file__).parents[2] / "shared" / "feeds" / "history"
URL = "https://quiet.example/feed"
SETTLE = timedelta(hours=1)


def moment(file: Path) -> datetime:
    """The time in a file's name."""
    stamp = next(part for part in file.stem.split("_") if "T" in part)
    return datetime.strptime(stamp, "%Y-%m-%dT%H%M%S").replace(tzinfo=UTC)


class Replay:
    """Visits at each snapshot and an hour after it; mails every post as soon as it may be mailed."""

    def __init__(self, posts: Posts, mail: Callable[[str], None] = lambda _: None) -> None:
        self.posts = posts
        self.mailed: dict[str, str] = {}  # id → title when it was mailed
        self._mail = mail

    def run(self, folder: Path) -> Replay:
        files = sorted(folder.glob("*.xml"), key=moment)
        times = [moment(file) for file in files]
        for file, now, after in zip(files, times, [*times[1:], times[-1] + SETTLE * 2], strict=True):
            self._visit(file.read_bytes(), now)
            if after - now > SETTLE:
                self._visit(file.read_bytes(), now + SETTLE)
        return self

    def _visit(self, body: bytes, now: datetime) -> None:
        list(
            collect(
                posts=self.posts,
                fetcher=FakeFetcher({URL: body}),
                parser=parse,
                clock=FakeClock(now),
                feeds=(URL,),
                zone=ZoneInfo("Europe/London"),
            )
        )
        for post in self.posts.known(URL):
            if self._may_be_mailed(post, now):
                self.mailed[post.id] = post.title
                self._mail(post.id)

    def _may_be_mailed(self, post: Post, now: datetime) -> bool:
        fit = not post.backlog and not unfit(post, now) and settles_at(post, SETTLE) <= now
        return fit and post.id not in self.mailed

    @property
    def titles(self) -> list[str]:
        return list(self.mailed.values())

    @property
    def held(self) -> list[str]:
        return [post.title for post in self.posts.held()]


@pytest.fixture(params=["memory", "sqlite"])
def posts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Posts]:
    if request.param == "memory":
        yield MemoryPosts()
        return
    with open_store("sqlite:///data/warmletter.db", base=tmp_path) as store:
        yield store.posts


WANTED = {
    "guid-without-index": ["Keeping watch"],
    "slug-renamed": ["Keeping watch"],
    "test-post": ["Keeping watch"],
    "old-post-comes-back": ["Keeping watch"],
    "edits": ["Keeping watch"],
    "http-to-https": ["Keeping watch"],
    "numbered-guid": ["Keeping watch", "Bread on Fridays"],
    "one-link-for-all": ["A chair by the door", "Keeping watch"],
}


@pytest.mark.parametrize(("series", "titles"), WANTED.items(), ids=WANTED)
def test_each_real_post_is_mailed_once(posts: Posts, series: str, titles: list[str]) -> None:
    replay = Replay(posts).run(SERIES / series)
    assert (sorted(replay.titles), replay.held) == (sorted(titles), [])


def test_a_flood_is_held_whole_and_what_comes_after_it_is_mailed(posts: Posts) -> None:
    replay = Replay(posts).run(SERIES / "flood")
    assert replay.titles == ["Bread on Fridays"]
    assert len(replay.held) == 141


def test_an_address_with_another_text_is_asked_about(posts: Posts) -> None:
    replay = Replay(posts).run(SERIES / "slug-used-again")
    assert (replay.titles, replay.held) == ([], ["What the rain was for"])


def test_every_series_has_its_expectation() -> None:
    assert {folder.name for folder in SERIES.iterdir()} == {*WANTED, "flood", "slug-used-again"}


def test_a_therapists_blog_of_three_years_is_sixteen_mails() -> None:
    folder = SHARED / "holbemn-therapist"
    if not folder.is_dir():
        pytest.skip("the shared snapshots are not here")
    posts, issues = MemoryPosts(), iter(range(1000))
    replay = Replay(posts, mail=lambda post: posts.mail(f"{next(issues)}", post)).run(folder)
    assert len(replay.mailed) == len(set(replay.titles)) == 16
    assert "TEST" not in replay.titles
    assert len(replay.held) <= 3
