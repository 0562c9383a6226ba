"""Which entries are new posts, and which are posts we know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.merge import Merged, merge, post_id
from pipeline.model import Entry, FeedState, ParsedFeed, Post

FEED = "https://example.org/feed"
THEN = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 8, 9, 0, tzinfo=UTC)
KNOWN_FEED = FeedState(url=FEED, last_success=THEN)


def an_entry(guid: str = "1", /, **fields: object) -> Entry:
    entry = Entry(
        guid=guid,
        url=f"https://example.org/{guid}",
        title="Tea",
        author="Robin",
        published=THEN,
        body="<p>Words.</p>",
        base=f"https://example.org/{guid}",
    )
    return replace(entry, **fields)  # type: ignore[arg-type]


def a_post(guid: str = "1", **fields: object) -> Post:
    post = Post(
        id=post_id(FEED, guid),
        feed=FEED,
        guid=guid,
        url=f"https://example.org/{guid}",
        title="Tea",
        author="Robin",
        published=THEN,
        body="<p>Words.</p>",
        base=f"https://example.org/{guid}",
        language="en",
        summary_only=False,
        first_seen=THEN,
        changed_at=THEN,
        backlog=True,
    )
    return replace(post, **fields)  # type: ignore[arg-type]


def merged(*entries: Entry, known: tuple[Post, ...] = (), state: FeedState = KNOWN_FEED) -> Merged:
    parsed = ParsedFeed(title="Gate", site="https://example.org/", language="en", entries=entries)
    return merge(state=state, known=known, parsed=parsed, now=NOW)


def test_a_new_post_is_kept_as_it_came() -> None:
    new = a_post(first_seen=NOW, changed_at=NOW, backlog=False)
    assert merged(an_entry()) == Merged(new=(new,), changed=(), touched=(), known=0)


def test_a_posts_id_is_made_of_its_feed_and_its_guid() -> None:
    assert post_id(FEED, "1") == "554187ca7d31"
    assert post_id(FEED, "2") != post_id(FEED, "1") != post_id(FEED + "/", "1")


def test_all_that_comes_with_the_first_contact_is_backlog() -> None:
    first = merged(an_entry("1"), an_entry("2"), state=FeedState(url=FEED, last_try=THEN, failures=3))
    assert [post.backlog for post in first.new] == [True, True]


def test_new_posts_come_oldest_first_and_in_the_order_of_writing() -> None:
    entries = (
        an_entry("d", published=None),
        an_entry("c", published=THEN + timedelta(days=1)),
        an_entry("b"),
        an_entry("a"),
    )
    assert [post.guid for post in merged(*entries).new] == ["a", "b", "c", "d"]


def test_a_known_post_is_not_new_whatever_else_changed() -> None:
    entry = an_entry(title="Toast", body="<p>Others.</p>", url="https://example.org/x", published=NOW)
    result = merged(entry, known=(a_post(),))
    assert (result.new, result.known) == ((), 1)


def test_nothing_changed_is_nothing_to_store() -> None:
    result = merged(an_entry(), known=(a_post(),))
    assert (result.to_store, result.known) == ((), 1)


@pytest.mark.parametrize("change", [{"title": "Toast"}, {"body": "<p>Other words.</p>"}])
def test_new_words_replace_the_old_and_nothing_else(change: dict[str, str]) -> None:
    result = merged(an_entry(**change), known=(a_post(),))
    expected = a_post(changed_at=NOW, **change)
    assert (result.changed, result.touched) == ((expected,), ())


def test_a_new_address_is_learnt_without_being_a_change() -> None:
    result = merged(an_entry(url="https://example.org/new"), known=(a_post(),))
    assert result.touched == (a_post(url="https://example.org/new"),)
    assert result.changed == ()


def test_the_first_date_stays_and_a_missing_one_is_filled() -> None:
    dated = merged(an_entry(published=NOW, title="Toast"), known=(a_post(),))
    filled = merged(an_entry(published=NOW), known=(a_post(published=None),))
    assert dated.changed[0].published == THEN
    assert filled.touched[0].published == NOW


@pytest.mark.parametrize(
    "worse", [{"body": ""}, {"body": " "}, {"body": "<p>Wor…</p>", "summary_only": True}], ids=repr
)
def test_a_teaser_or_nothing_never_replaces_a_post(worse: dict[str, object]) -> None:
    assert merged(an_entry(**worse), known=(a_post(),)).to_store == ()


def test_a_whole_post_replaces_a_teaser() -> None:
    teaser = a_post(body="<p>Wor…</p>", summary_only=True)
    assert merged(an_entry(), known=(teaser,)).changed == (a_post(changed_at=NOW),)


def test_a_first_body_replaces_nothing_even_where_it_is_a_teaser() -> None:
    result = merged(an_entry(body="<p>Wor…</p>", summary_only=True), known=(a_post(body=""),))
    assert result.changed[0].body == "<p>Wor…</p>"


MOVES = {
    "to https": ("http://example.org/?p=7", "https://example.org/?p=7"),
    "from www": ("https://www.example.org/a", "https://example.org/a"),
    "to another domain": ("https://example.org/a", "https://example.net/a"),
    "from no host": ("/Dispatch_No.7", "https://example.org/Dispatch_No.7"),
    "joined with its link": ("1", "1 https://example.org/1"),
}


@pytest.mark.parametrize(("before", "after"), MOVES.values(), ids=MOVES.keys())
def test_a_guid_that_only_moved_is_the_same_post(before: str, after: str) -> None:
    post = a_post(before, url="https://example.org/1")
    result = merged(an_entry(after, url="https://example.org/1", base=post.base), known=(post,))
    assert (result.new, result.to_store, result.known) == ((), (), 1)


def test_a_guid_that_is_no_longer_joined_is_the_same_post() -> None:
    post = a_post("1 https://example.org/1", url="https://example.org/1")
    assert merged(an_entry("1"), known=(post,)).new == ()


DIFFERENT = {
    "an address that two posts claim": (
        ("http://a.example/x",),
        ("https://b.example/x", "https://c.example/x"),
    ),
    "two known posts with one path": (("http://a.example/x", "http://b.example/x"), ("https://c.example/x",)),
    "a known post that is still there": (
        ("http://a.example/x",),
        ("http://a.example/x", "https://b.example/x"),
    ),
    "a guid that is only a host": (("http://a.example/",), ("https://b.example/",)),
    "a guid without a path": (("http://a.example",), ("https://b.example",)),
}


@pytest.mark.parametrize(("known", "entries"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_where_it_is_in_doubt_a_post_is_its_own(known: tuple[str, ...], entries: tuple[str, ...]) -> None:
    posts = tuple(a_post(guid, url="") for guid in known)
    result = merged(*(an_entry(guid, url="") for guid in entries), known=posts)
    assert {post.guid for post in result.new} == set(entries) - set(known)


def test_no_post_is_found_twice_in_one_document() -> None:
    post = a_post("1", url="https://example.org/1")
    entries = (an_entry("1"), an_entry("1 https://example.org/1", url="https://example.org/1"))
    result = merged(*entries, known=(post,))
    assert (result.known, len(result.new)) == (1, 1)


def test_merging_again_what_was_merged_changes_nothing() -> None:
    entries = (an_entry("1"), an_entry("2", published=None), an_entry("3", summary_only=True))
    assert merged(*entries, known=merged(*entries).new).to_store == ()
