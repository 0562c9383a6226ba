"""A practice in a folder: config, database and outbox are real, the blog is the sample on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pipeline import example, wiring
from pipeline.app.collect import collect
from pipeline.app.context import App
from pipeline.app.draft import compose_issue
from pipeline.app.yes import approve
from pipeline.collect.parse import parse
from pipeline.model import FeedReport, NewReader
from pipeline.settings import load
from tests.fake_provider import FakeClock

FEED_FILE = "feed.xml"


def item(title: str, body: str, day: str, *, guid: str = "") -> str:
    """An RSS item; `day` like "03 Nov 2026"."""
    link = f"https://practice.example/blog/{guid or title.lower().replace(' ', '-')}"
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{day} 09:00:00 +0000</pubDate><description><![CDATA[{body}]]></description></item>"
    )


WORDS = (
    "<p>We sat a while before either of us spoke. The rain had made up its mind, and so had she. "
    "I remember thinking that nothing needed to be mended in that hour, only kept company. "
    "When she left, she said that it had been good to be somewhere. I have thought of it since.</p>"
)


def write_feed(folder: Path, *items: str) -> None:
    document = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>The Quiet Room</title>'
        f"<link>https://practice.example/</link>{''.join(items)}</channel></rss>"
    )
    (folder / FEED_FILE).write_text(document, "utf-8")


def configure(folder: Path, **answers: object) -> Path:
    """config.toml in `folder`: the example with the feed in a file, and `answers` (table__key)."""
    changes = {name.replace("__", "."): value for name, value in answers.items()}
    values = {"feeds.urls": [str(folder / FEED_FILE)], "feeds.allow_private": True, **changes}
    path = folder / "config.toml"
    path.write_text(example.filled(values), "utf-8")
    return path


@contextmanager
def practice(folder: Path, now: datetime, **answers: object) -> Iterator[App]:
    with wiring.wired(load(configure(folder, **answers)), FakeClock(now)) as app:
        yield app


def clock_of(app: App) -> FakeClock:
    assert isinstance(app.clock, FakeClock)
    return app.clock


def collected(app: App) -> list[FeedReport]:
    return list(
        collect(
            posts=app.store.posts,
            fetcher=app.fetcher,
            parser=parse,
            clock=app.clock,
            feeds=app.settings.feed_sources,
            zone=app.settings.practice.zone,
        )
    )


def with_readers(app: App, count: int = 3) -> None:
    readers = [NewReader(email=f"reader{n}@example.org", name="Anna", consent="a test") for n in range(count)]
    app.store.readers.add(readers, app.clock.now())


def approved(app: App, name: str = "2026-11", readers: int = 3) -> None:
    collected(app)
    compose_issue(app, name)
    with_readers(app, readers)
    approve(app, name, readers)


def never() -> bool:
    return False


Stop = Callable[[], bool]
