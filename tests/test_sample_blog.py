"""The sample blog: what a stranger sees first, so it is held to what it promises."""

from __future__ import annotations

import html
import io
import re
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from pipeline.app.collect import collect
from pipeline.app.discover import find_feeds
from pipeline.collect.fetch import HttpFetcher
from pipeline.collect.parse import parse
from pipeline.demo.feeds import SamplePost, picture, sample_posts, squarespace_rss, wordpress_rss
from pipeline.demo.server import BlogServer
from pipeline.model import Copy, FeedOutcome, Fetched, ParsedFeed, Validators
from pipeline.render.pictures import own_copy
from tests.fakes import FakeClock, MemoryPosts

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
POSTS = sample_posts()
MAKERS = {"squarespace": squarespace_rss, "wordpress": wordpress_rss}
BOILERPLATE = re.compile(r"The post .* appeared first on .*|Share this:|Facebook")


def words(markup: str) -> list[str]:
    text = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<!--.*?-->", " ", markup)))
    return BOILERPLATE.sub(" ", re.sub(r"\s+", " ", text.replace("Share this:", "\n"))).split()


def read(body: bytes) -> ParsedFeed:
    address = "http://127.0.0.1/feed"
    result = parse(Fetched(url=address, final_url=address, body=body), zone=LONDON, now=NOW)
    assert isinstance(result, ParsedFeed)
    return result


def test_there_are_eight_posts_in_three_months_newest_first() -> None:
    months = [f"{post.date:%Y-%m}" for post in POSTS]
    assert Counter(months) == {"2026-11": 4, "2026-10": 2, "2026-09": 2}
    assert months == sorted(months, reverse=True)


def test_every_post_is_signed_and_on_the_reserved_name() -> None:
    assert {post.author for post in POSTS} == {"Miriam"}
    assert all(post.url == f"https://practice.example/blog/{post.slug}" for post in POSTS)
    assert len({post.slug for post in POSTS}) == 8


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_both_feeds_hold_every_post_whole(make: object) -> None:
    assert callable(make)
    feed = read(make(POSTS))
    assert (feed.title, feed.site, feed.language) == (
        "The Quiet Room",
        "https://practice.example/blog",
        "en-GB",
    )
    assert [(entry.title, entry.url, entry.published, entry.author) for entry in feed.entries] == [
        (post.title, post.url, post.date.astimezone(UTC), post.author) for post in POSTS
    ]
    assert not any(entry.summary_only for entry in feed.entries)
    for entry, post in zip(feed.entries, POSTS, strict=True):
        own = words(post.html)
        assert words(entry.body)[: len(own)] == own


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_a_post_keeps_its_guid_when_the_blog_grows(make: object) -> None:
    assert callable(make)
    older = [entry.guid for entry in read(make(POSTS[2:])).entries]
    assert [entry.guid for entry in read(make(POSTS)).entries][2:] == older
    assert len(set(older)) == 6


def test_the_feeds_have_the_habits_of_their_makers() -> None:
    squarespace, wordpress = squarespace_rss(POSTS).decode(), wordpress_rss(POSTS).decode()
    for habit in (
        '<p class="">',
        '<li><p class="">',
        "data-image=",
        "<enclosure",
        "<media:content",
        "sqs-block",
    ):
        assert habit in squarespace
    for habit in ("[&#8230;]", "appeared first on", "?p=", "&#8217;", "sharedaddy", "<!-- wp:", "srcset="):
        assert habit in wordpress
    assert "127.0.0.1" not in squarespace + wordpress
    assert ' src="' not in squarespace


def post(slug: str) -> SamplePost:
    return next(post for post in POSTS if post.slug == slug)


PICTURES = sorted(
    set(re.findall(r'src="https://practice.example/pictures/([^"]+)"', " ".join(p.html for p in POSTS)))
)


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_there_small_and_as_large_as_its_post_says(name: str) -> None:
    received = picture(name)
    assert received is not None
    assert len(received) <= 40_000
    with Image.open(io.BytesIO(received)) as image:
        size = image.size
    assert any(f'{name}"' in p.html and f'width="{size[0]}" height="{size[1]}"' in p.html for p in POSTS)
    made = own_copy(received)
    assert isinstance(made, Copy)
    assert made.width == 1104


def test_the_server_has_the_pictures_and_gives_its_own_address_for_them_alone() -> None:
    with BlogServer() as blog:
        fetcher = HttpFetcher(allow_private=True)
        feed = fetcher.fetch(blog.url, Validators())
        assert isinstance(feed, Fetched)
        assert set(re.findall(rb"http://127[^/]+(/\w+/)", feed.body)) == {b"/pictures/"}
        assert b"practice.example/pictures" not in feed.body
        got = fetcher.fetch(f"{blog.address}/pictures/lamp.jpg", Validators())
        assert isinstance(got, Fetched)
        assert got.body == picture("lamp.jpg")
        for none in ("nothing.jpg", "", "../2026-10-08-the-room.html"):
            assert not isinstance(fetcher.fetch(f"{blog.address}/pictures/{none}", Validators()), Fetched)


def test_the_posts_have_the_shapes_that_a_letter_must_bear() -> None:
    assert len(words(post("the-part-that-isnt-on-the-worksheet").html)) > 800
    assert post("how-would-i-know-if-it-was-working").html.count("<li>") == 7
    assert re.findall(r"<h2>(\d)\.", post("five-steps-for-a-bad-night").html) == list("12345")
    assert "suicide" in post("the-second-autumn").html
    assert 80 <= len(words(post("the-clocks-have-gone-back").html)) <= 150
    pictures = post("the-room").html
    assert (pictures.count("<img"), pictures.count(" alt="), pictures.count("<figcaption>")) == (3, 2, 2)
    assert post("you-neednt-wipe-your-feet").updated == datetime(2026, 11, 13, 8, 15, tzinfo=UTC)
    lamp = post("the-part-that-isnt-on-the-worksheet").html
    assert (lamp.count("<img"), lamp.count(" alt="), lamp.count("<figcaption>")) == (1, 1, 1)
    quoted = re.search(r"<blockquote>(.*)</blockquote>", post("a-letter-from-agnes").html, re.DOTALL)
    assert quoted
    assert len(words(quoted[1])) > 150


@pytest.mark.parametrize("sample", POSTS, ids=lambda sample: str(sample.slug))
def test_the_writing_keeps_to_the_house(sample: SamplePost) -> None:
    text = html.unescape(re.sub(r"<[^>]+>", " ", sample.html))
    assert not re.search(r"""["'—]""", text), "typographic quotes and en dashes"
    assert not re.search(r"\b\w+iz(e|ed|ing)\b", text.replace("size", "")), "UK spelling"
    assert not re.search(r"\b(cure|guarantee|heal your|journey|nervous system)\b", text, re.IGNORECASE)
    opened, closed = re.findall(r"<(\w+)(?=[\s>])", sample.html), re.findall(r"</(\w+)>", sample.html)
    assert Counter(tag for tag in opened if tag not in ("img", "hr")) == Counter(closed)


def test_one_post_of_the_newest_month_is_edited_and_no_other() -> None:
    before, after = sample_posts(edited=False), sample_posts(edited=True)
    changed = [new.slug for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ["you-neednt-wipe-your-feet"]


def test_the_server_is_collected_and_the_edit_is_one_change() -> None:
    with BlogServer() as blog:
        memory, clock, fetcher = MemoryPosts(), FakeClock(NOW), HttpFetcher(allow_private=True)

        def visit() -> tuple[FeedOutcome, str]:
            (report,) = collect(
                posts=memory, fetcher=fetcher, parser=parse, clock=clock, feeds=(blog.url,), zone=LONDON
            )
            return report.outcome, report.message

        assert visit() == (FeedOutcome.CHANGED, "8 new posts, 0 known")
        assert memory.feed(blog.url).validators != Validators()
        assert visit() == (FeedOutcome.UNCHANGED, "nothing new, 8 known")
        blog.edited = True
        assert visit() == (FeedOutcome.CHANGED, "0 new posts, 1 changed, 8 known")
        assert visit() == (FeedOutcome.UNCHANGED, "nothing new, 8 known")
        assert all(post.url.startswith("https://practice.example/blog/") for post in memory.known(blog.url))


def test_the_feed_is_found_from_the_blogs_address() -> None:
    with BlogServer() as blog:
        fetcher = HttpFetcher(allow_private=True)
        (found,) = find_feeds(fetcher=fetcher, parser=parse, address=f"{blog.address}/blog")
        assert (found.url, found.title, found.entries) == (blog.url, "The Quiet Room", 8)
        (wordpress,) = find_feeds(fetcher=fetcher, parser=parse, address=blog.wordpress_url)
        assert wordpress.entries == 8
        assert fetcher.fetch(f"{blog.address}/none", Validators()) != fetcher.fetch(blog.url, Validators())


def test_a_port_that_is_taken_is_replaced() -> None:
    with BlogServer() as first:
        port = int(first.address.rpartition(":")[2])
        with BlogServer(port=port) as second:
            assert second.address != first.address
    with BlogServer(port=port) as again:
        assert again.address == first.address
