"""The visit to the feeds: what is stored, what is said, what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.app.collect import collect
from pipeline.app.discover import MAX_CANDIDATES, Found, find_feeds
from pipeline.collect.discover import WELL_KNOWN
from pipeline.collect.fetch import HttpFetcher
from pipeline.collect.parse import parse
from pipeline.errors import WarmletterError
from pipeline.model import (
    FeedOutcome,
    FeedReport,
    FeedState,
    Fetched,
    NotFetched,
    NotModified,
    Validators,
)
from pipeline.ports import Posts
from pipeline.store import open_store
from tests.fakes import Answer, FakeClock, FakeFetcher, MemoryPosts
from tests.servers import Server, answer, by_path

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
URL = "https://example.org/feed"
HOUR = timedelta(hours=1)


def feed(*titles: str, body: str = "Words.") -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{title}</guid><title>{title}</title>"
        f"<description>{body}</description></item>"
        for title in titles
    )
    return f"<rss version='2.0'><channel><title>Gate</title>{items}</channel></rss>".encode()


def fetched(body: bytes, *, etag: str = "", moved_to: str = "") -> Fetched:
    return Fetched(
        url=URL,
        final_url=moved_to or URL,
        body=body,
        validators=Validators(etag=etag),
        moved=bool(moved_to),
    )


class Visits:
    """A feed, what it answers from visit to visit, and a store to keep it."""

    def __init__(self, *answers: Answer, posts: Posts | None = None) -> None:
        self.posts = posts or MemoryPosts()
        self.clock = FakeClock(NOW)
        self.fetcher = FakeFetcher({URL: list(answers)})

    def visit(self) -> FeedReport:
        (report,) = collect(
            posts=self.posts, fetcher=self.fetcher, parser=parse, clock=self.clock, feeds=(URL,), zone=LONDON
        )
        self.clock.forward(HOUR)
        return report

    @property
    def state(self) -> FeedState:
        return self.posts.feed(URL)


@pytest.fixture(params=["memory", "sqlite"])
def posts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Posts]:
    if request.param == "memory":
        yield MemoryPosts()
        return
    store = open_store("sqlite:///data/warmletter.db", base=tmp_path)
    yield store.posts
    store.close()


def test_a_feed_is_read_and_read_again(posts: Posts) -> None:
    visits = Visits(feed("A"), feed("B", "A"), feed("B", "A", body="Other words."), posts=posts)
    first, second, third = visits.visit(), visits.visit(), visits.visit()
    assert [report.message for report in (first, second, third)] == [
        "1 new post, 0 known",
        "1 new post, 1 known",
        "0 new posts, 2 changed, 2 known",
    ]
    assert [post.backlog for post in first.new + second.new] == [True, False]
    assert all(report.outcome is FeedOutcome.CHANGED for report in (first, second, third))
    assert {post.title: (post.body, post.changed_at) for post in posts.known(URL)} == {
        "A": ("Other words.", NOW + 2 * HOUR),
        "B": ("Other words.", NOW + 2 * HOUR),
    }
    assert {post.title: post.first_seen for post in posts.known(URL)} == {"A": NOW, "B": NOW + HOUR}


def test_the_state_of_a_feed_says_how_it_went(posts: Posts) -> None:
    visits = Visits(fetched(feed("A"), etag='"1"'), posts=posts)
    visits.visit()
    assert replace(visits.state, body_sha256="") == FeedState(
        url=URL,
        title="Gate",
        validators=Validators(etag='"1"'),
        last_try=NOW,
        last_success=NOW,
        outcome=FeedOutcome.CHANGED,
        message="1 new post, 0 known",
    )


def test_a_dead_feed_does_not_stop_the_others() -> None:
    good, other = "https://example.org/a", "https://example.org/c"
    fetcher = FakeFetcher({good: feed("A"), "https://example.org/b": b"<html>", other: feed("C")})
    feeds = (good, "https://example.org/b", "https://example.org/gone", good, other)
    reports = list(
        collect(
            posts=MemoryPosts(), fetcher=fetcher, parser=parse, clock=FakeClock(NOW), feeds=feeds, zone=LONDON
        )
    )
    assert [(report.feed, report.outcome.value, len(report.new)) for report in reports] == [
        (good, "changed", 1),
        ("https://example.org/b", "not-a-feed", 0),
        ("https://example.org/gone", "gone", 0),
        (other, "changed", 1),
    ]
    assert all(report.message for report in reports)


def test_reports_come_as_the_feeds_are_visited() -> None:
    fetcher = FakeFetcher({})
    reports = collect(
        posts=MemoryPosts(),
        fetcher=fetcher,
        parser=parse,
        clock=FakeClock(NOW),
        feeds=("a", "b"),
        zone=LONDON,
    )
    next(reports)
    assert [source for source, _ in fetcher.asked] == ["a"]


def test_validators_are_sent_back_and_a_304_is_unchanged() -> None:
    unchanged = NotModified(url=URL, validators=Validators(etag='"2"'))
    visits = Visits(fetched(feed("A"), etag='"1"'), unchanged)
    visits.visit()
    report = visits.visit()
    assert (report.outcome, report.message) == (FeedOutcome.UNCHANGED, "nothing new, 1 known")
    assert visits.fetcher.asked[1] == (URL, Validators(etag='"1"'))
    assert visits.state.validators == Validators(etag='"2"')
    assert visits.state.last_success == NOW + HOUR


def test_the_same_bytes_are_unchanged_even_without_a_304() -> None:
    visits = Visits(fetched(feed("A"), etag='"1"'), fetched(feed("A"), etag='"2"'))
    visits.visit()
    report = visits.visit()
    assert (report.outcome, report.known, report.new) == (FeedOutcome.UNCHANGED, 1, ())
    assert visits.state.validators == Validators(etag='"2"')


def test_other_bytes_with_the_same_posts_are_unchanged_too() -> None:
    visits = Visits(feed("A"), feed("A") + b"\n")
    visits.visit()
    assert visits.visit().outcome is FeedOutcome.UNCHANGED


FAILURES = {
    "cut": (feed("B", "A")[:-20], FeedOutcome.TRUNCATED),
    "a page": (fetched(b"<html></html>", etag='"9"'), FeedOutcome.NOT_A_FEED),
    "nobody there": (
        NotFetched(url=URL, outcome=FeedOutcome.BROKEN, message="no answer"),
        FeedOutcome.BROKEN,
    ),
    "empty": (fetched(feed(), etag='"9"'), FeedOutcome.BROKEN),
}


@pytest.mark.parametrize(("failure", "outcome"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failing_visit_changes_no_post_and_no_validator(failure: Answer, outcome: FeedOutcome) -> None:
    visits = Visits(fetched(feed("A"), etag='"1"'), failure, failure, fetched(feed("A"), etag='"3"'))
    visits.visit()
    before, kept = visits.state, visits.posts.known(URL)
    report = visits.visit()
    visits.visit()
    assert (report.outcome, report.known, report.new) == (outcome, 1, ())
    assert visits.posts.known(URL) == kept
    assert visits.state == replace(
        before, last_try=NOW + 2 * HOUR, outcome=outcome, message=report.message, failures=2
    )
    assert visits.visit().outcome is FeedOutcome.UNCHANGED
    assert visits.state.failures == 0


def test_an_empty_feed_says_so_where_there_were_posts() -> None:
    visits = Visits(feed("A", "B"), feed())
    visits.visit()
    assert visits.visit().message == (
        "the feed is empty, though it had 2 posts; nothing was changed; "
        "see whether the blog still shows its posts"
    )


def test_a_new_blog_may_be_empty_and_its_first_post_is_new() -> None:
    visits = Visits(feed(), feed("A"))
    assert visits.visit().outcome is FeedOutcome.UNCHANGED
    assert [post.backlog for post in visits.visit().new] == [False]


def test_a_busy_site_is_left_alone_until_its_time() -> None:
    busy = NotFetched(
        url=URL, outcome=FeedOutcome.THROTTLED, message="busy", retry_at=NOW + timedelta(hours=2)
    )
    visits = Visits(busy, feed("A"))
    reports = [visits.visit(), visits.visit(), visits.visit()]
    assert [report.outcome.value for report in reports] == ["throttled", "throttled", "changed"]
    assert reports[1].message == "not asked: the site wants to be left alone until 03 November, 11:00"
    assert len(visits.fetcher.asked) == 2
    assert visits.state.retry_at is None


def test_a_feed_that_moved_for_good_is_told_with_its_new_address() -> None:
    new = "https://example.net/feed"
    visits = Visits(*[fetched(feed("A"), moved_to=new)] * 3, fetched(feed("B", "A"), moved_to=new))
    first, second = visits.visit(), visits.visit()
    assert (first.outcome, second.outcome) == (FeedOutcome.CHANGED, FeedOutcome.UNCHANGED)
    visits.clock.forward(timedelta(hours=22))
    third, fourth = visits.visit(), visits.visit()
    assert (third.outcome, fourth.outcome) == (FeedOutcome.MOVED, FeedOutcome.MOVED)
    assert third.message == f"nothing new, 1 known; the feed has moved for good: put {new} under [feeds]"
    assert fourth.message == f"1 new post, 1 known; the feed has moved for good: put {new} under [feeds]"
    assert len(visits.posts.known(URL)) == 2


def test_an_item_too_long_for_a_post_is_said() -> None:
    long = f"<item><title>Long</title><description>{'x' * 2_000_001}</description></item></channel>"
    report = Visits(feed("A").replace(b"</channel>", long.encode())).visit()
    assert report.message == "1 new post, 0 known, 1 passed over (longer than any post)"


def test_a_visit_is_one_commit() -> None:
    memory = MemoryPosts()
    Visits(feed("A", "B"), posts=memory).visit()
    assert memory.commits == 1


def test_the_real_fetcher_and_a_real_server_agree() -> None:
    pages = {"/feed": answer(feed("A"), headers=('ETag: "1"',))}
    with Server(by_path(pages)) as server:
        fetcher = HttpFetcher(allow_private=True)
        arguments = {
            "posts": MemoryPosts(),
            "fetcher": fetcher,
            "parser": parse,
            "clock": FakeClock(NOW),
            "zone": LONDON,
        }
        feeds = (server.url(), server.url("/none"))
        good, gone = collect(feeds=feeds, **arguments)  # type: ignore[arg-type]
    assert [post.title for post in good.new] == ["A"]
    assert gone.message.startswith("the site answered 404 Not Found")


@pytest.mark.parametrize(("followed", "changed"), [((), 1), ((URL,), 0)], ids=["left", "followed"])
def test_an_edit_is_taken_from_the_feed_that_is_followed(followed: tuple[str, ...], changed: int) -> None:
    """The blog moved: what config.toml no longer names tells nothing more of its posts."""
    new, posts = "https://new.example/feed", MemoryPosts()
    before, after = (
        feed("A", body=body).replace(b"<guid", b"<link>https://quiet.example/a</link><guid")
        for body in ("Words.", "Other words.")
    )
    fetcher = FakeFetcher({URL: before, new: [before, after]})
    clock = FakeClock(NOW)

    def visit(source: str, followed: tuple[str, ...]) -> FeedReport:
        (report,) = collect(
            posts=posts,
            fetcher=fetcher,
            parser=parse,
            clock=clock,
            feeds=(source,),
            zone=LONDON,
            followed=followed,
        )
        clock.forward(HOUR)
        return report

    visit(URL, ())
    assert visit(new, followed).known == 1
    assert len(visit(new, followed).changed) == changed


def test_what_a_feed_asks_for_is_kept_from_document_and_headers() -> None:
    """The document's own wish outlives a 304, which can bring only the headers' one."""
    document = feed("A").replace(b"<channel>", b"<channel><ttl>180</ttl>")
    first = answer(document, headers=('ETag: "1"', "Cache-Control: max-age=600"))
    again = answer(status="304 Not Modified", headers=("Cache-Control: max-age=900",))
    pages = iter([first, again, answer(status="410 Gone"), answer(status="404 Not Found"), first])
    posts, clock = MemoryPosts(), FakeClock(NOW)
    kept = []
    with Server(lambda line: next(pages)(line)) as server:
        for _ in range(5):
            list(
                collect(
                    posts=posts,
                    fetcher=HttpFetcher(allow_private=True),
                    parser=parse,
                    clock=clock,
                    feeds=(server.url(),),
                    zone=LONDON,
                )
            )
            state = posts.feed(server.url())
            kept.append((state.pause_s, state.fresh_s, state.failures, state.lasting))
            clock.forward(HOUR)
    assert kept == [
        (10_800, 600, 0, False),
        (10_800, 900, 0, False),
        (10_800, 900, 1, True),
        (10_800, 900, 2, False),
        (10_800, 600, 0, False),
    ]


# --- finding the feed of a blog --------------------------------------------------------------

HOME = "https://example.org"


def page(*links: str) -> bytes:
    named = "".join(f'<link rel="alternate" type="application/rss+xml" href="{link}">' for link in links)
    return f"<html><head>{named}</head></html>".encode()


def test_an_address_that_is_a_feed_is_found_at_once() -> None:
    body = feed("A").replace(b"<item>", b"<item><pubDate>2026-11-02</pubDate>")
    fetcher = FakeFetcher({URL: body})
    assert find_feeds(fetcher=fetcher, parser=parse, address=f" {URL} ") == (
        Found(url=URL, title="Gate", entries=1, newest=datetime(2026, 11, 2, tzinfo=UTC)),
    )


def test_what_a_page_names_is_fetched_and_only_feeds_are_found() -> None:
    fetcher = FakeFetcher(
        {HOME: page("/a", "/none", "/b"), f"{HOME}/a": feed("A", "B"), f"{HOME}/b": b"<html>"}
    )
    assert find_feeds(fetcher=fetcher, parser=parse, address="example.org") == (
        Found(url=f"{HOME}/a", title="Gate", entries=2, newest=None),
    )
    assert [source for source, _ in fetcher.asked] == [HOME, f"{HOME}/a", f"{HOME}/none", f"{HOME}/b"]


def test_a_page_with_many_feeds_is_not_followed_to_its_end() -> None:
    links = [f"/{number}" for number in range(20)]
    fetcher = FakeFetcher({HOME: page(*links), **{HOME + link: feed("A") for link in links}})
    assert len(find_feeds(fetcher=fetcher, parser=parse, address=HOME)) == MAX_CANDIDATES


def test_the_usual_addresses_are_tried_up_to_the_first_that_is_a_feed() -> None:
    fetcher = FakeFetcher(
        {f"{HOME}/blog": page(), f"{HOME}/rss.xml": feed("A"), f"{HOME}/atom.xml": feed("B")}
    )
    (found,) = find_feeds(fetcher=fetcher, parser=parse, address=f"{HOME}/blog")
    assert found.url == f"{HOME}/rss.xml"
    tried = [source.removeprefix(HOME) for source, _ in fetcher.asked[1:]]
    assert tried == list(WELL_KNOWN[: WELL_KNOWN.index("/rss.xml") + 1])


def test_a_page_without_a_feed_gives_nothing() -> None:
    assert find_feeds(fetcher=FakeFetcher({HOME: page()}), parser=parse, address=HOME) == ()


def test_an_answer_that_cannot_be_gives_nothing() -> None:
    assert find_feeds(fetcher=FakeFetcher({HOME: NotModified(url=HOME)}), parser=parse, address=HOME) == ()


def test_a_feed_that_moved_for_good_is_found_where_it_is_now() -> None:
    new = "https://example.net/feed"
    (found,) = find_feeds(
        fetcher=FakeFetcher({URL: fetched(feed("A"), moved_to=new)}), parser=parse, address=URL
    )
    assert found.url == new


def test_an_address_that_does_not_answer_stops_with_the_reason() -> None:
    with pytest.raises(WarmletterError, match=r"https://example\.org: the site answered 404"):
        find_feeds(fetcher=FakeFetcher({}), parser=parse, address="example.org")
