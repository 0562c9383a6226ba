"""Letters of every kind, filled in for one reader, for the tests that look at what a reader gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from pipeline.collect.merge import merge
from pipeline.collect.parse import parse
from pipeline.demo.feeds import SITE, sample_posts, squarespace_rss
from pipeline.model import (
    Choices,
    FeedState,
    Fetched,
    KeptPicture,
    Letter,
    Message,
    ParsedFeed,
    Period,
    ReadPost,
)
from pipeline.read import read_post
from pipeline.settings import PracticeTable
from tests.letters import ESSAY, NOW, essay, letter_of, message_of
from tests.own_posts import a_post, own_post, seed_post
from tests.pictures import a_copy, failed, kept

ZONE = PracticeTable(name="The Quiet Room", author="Miriam").zone
NOTE = """It has been a *wet* month, and I have written **less** than I meant to.

## Two dates

- Closed on the 24th
    - and on the 31st
- Open again on the 5th

> Be kind to the evenings.

There is [a page about it](https://practice.example/hours).
"""
RICH = """<h2>The hornbeam</h2>
<blockquote><p>To be heard is to be mended a little, somebody wrote.</p></blockquote>
<figure><img src="/tree.jpg" alt="A bare tree"><figcaption>The hornbeam in March</figcaption></figure>
<img src="/cup.jpg" alt="A cup on a sill"><img src="/IMG_2034.jpg" alt="">
<p>See <a href="/one">the <em>first</em> part</a>, and <a href="https://blog.example/two">the second</a>.</p>
<h3>When the room is open</h3>
<ol start="3"><li>The office is open on Mondays<ul><li>by phone<ul><li>in the mornings</li></ul></li>
<li>by post</li></ul></li><li>The office is shut on Fridays</li></ol>
<p>Roses are red<br>and <strong>so on</strong>.</p>"""


def feed_posts(feed: bytes, month: str = "2026-11") -> tuple[ReadPost, ...]:
    """A month's posts of a feed, come by the program's own way."""
    fetched = Fetched(url=f"{SITE}/feed", final_url=f"{SITE}/feed", body=feed)
    parsed = parse(fetched, zone=ZONE, now=NOW)
    assert isinstance(parsed, ParsedFeed)
    merged = merge(state=FeedState(url=fetched.url), known=(), parsed=parsed, now=NOW)
    return tuple(
        ReadPost(post=post, reading=read_post(post))
        for post in merged.new
        if str(Period.of(post.dated, ZONE)) == month
    )


def _sample() -> tuple[Sequence[ReadPost], Choices]:
    return feed_posts(squarespace_rss(sample_posts())), Choices()


def _seed() -> tuple[Sequence[ReadPost], Choices]:
    return [seed_post()], Choices()


def _checklists() -> tuple[Sequence[ReadPost], Choices]:
    posts = [
        own_post("tips_headings", title="Seven ways to rest", day=3),
        own_post("tips_list", title="How to set a boundary", day=4),
        own_post("five_things", title="Five things", day=5),
        essay(day=6),
    ]
    return posts, Choices(lead="tips_headings")


def _sensitive() -> tuple[Sequence[ReadPost], Choices]:
    grave = essay("<p>Years ago a friend of mine died by suicide, and nobody said the word.</p>", id="g7")
    return [grave, own_post("survivor_guilt", title="Those who stay", day=8)], Choices()


def _rich() -> tuple[Sequence[ReadPost], Choices]:
    posts = [
        a_post(ESSAY + RICH, id="r1", title="A tree & a cup"),
        own_post("moments", title="Moments", day=9),
    ]
    return posts, Choices(note=NOTE, lead="r1")


PICTURED = """<figure><img src="/tree.jpg" alt="A bare tree in a field"><figcaption>The hornbeam in
<em>March</em></figcaption></figure><p>It stood there as it always stands.</p>
<img src="/cup.jpg" alt="A cup on a sill"><p>And the cup stood on the sill.</p>
<img src="/knot.jpg" alt=""><p>A knot.</p><img src="/late.jpg" alt="A late train"><p>It came.</p>"""


def _pictured() -> tuple[Sequence[ReadPost], Choices]:
    return [a_post(ESSAY + PICTURED, id="pic", title="A tree, a cup, a knot")], Choices(
        descriptions=(("https://blog.example/knot.jpg", ""),)
    )


def pictured() -> tuple[KeptPicture, ...]:
    """What was kept of that letter's pictures: one full, one small, an ornament; one was not had."""
    at = "https://blog.example"
    return (
        kept("pic", f"{at}/tree.jpg"),
        kept("pic", f"{at}/cup.jpg", a_copy(300, 240)),
        kept("pic", f"{at}/knot.jpg", a_copy(400, 100)),
        failed("pic", f"{at}/late.jpg"),
    )


_MAKERS: dict[str, Callable[[], tuple[Sequence[ReadPost], Choices]]] = {
    "sample": _sample,
    "seed": _seed,
    "checklists": _checklists,
    "sensitive": _sensitive,
    "rich": _rich,
    "pictured": _pictured,
}
KINDS = tuple(_MAKERS)


@cache
def rendered(kind: str) -> Letter:
    """The letter of that kind; skips the test where the seed is not at hand."""
    posts, choices = _MAKERS[kind]()
    return letter_of(posts, choices=choices, kept=pictured())


@cache
def filled(kind: str) -> Message:
    """The letter of that kind as one reader gets it."""
    return message_of(rendered(kind))
