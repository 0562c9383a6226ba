"""Which post an entry is where its guid does not say, and when a person is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.collect.holding import ANOTHER_TEXT, PLACEHOLDER, is_placeholder
from pipeline.collect.merge import Merged, merge, post_id
from pipeline.collect.resemblance import alike, another_text, look, normal_title, same, share, shingles
from pipeline.model import Entry, FeedState, ParsedFeed, Post
from tests.test_merge import FEED, KNOWN_FEED, NOW, THEN, a_post, an_entry, merged

DAY = timedelta(days=1)
WORDS = (
    "She poured the tea and waited until the street was quiet again before telling me "
    "what the letter said and why"
)
LONG = f"<p>{WORDS} it had been kept for so long in a drawer under the good linen.</p>"
HALF = f"<p>{WORDS} nobody else had opened it. We read on together, slowly, to the last of its lines.</p>"
OTHER = "<p>" + " ".join(f"other{number}" for number in range(60)) + "</p>"


def in_two_feeds(entry: Entry, post: Post, **more: object) -> Merged:
    """The entry in this feed, the post in the practice's other one."""
    parsed = ParsedFeed(title="Mirror", site="https://mirror.example/", language="en", entries=(entry,))
    there = replace(
        post, feed="https://other.example/feed", id=post_id("https://other.example/feed", post.guid)
    )
    state = FeedState(url=FEED, last_success=THEN)
    return merge(state=state, known=(), others=(there,), parsed=parsed, now=NOW, **more)  # type: ignore[arg-type]


# --- names that were learnt


def test_a_name_is_never_forgotten() -> None:
    first = merged(an_entry("a", url="https://example.org/old", body=LONG))
    post = first.new[0]
    moved = merge(
        state=KNOWN_FEED,
        known=(post,),
        aliases=first.learnt,
        parsed=ParsedFeed(
            title="", site="", language="", entries=(an_entry("a", url="https://example.org/new", body=LONG),)
        ),
        now=NOW,
    )
    names = (*first.learnt, *moved.learnt)
    back = ParsedFeed(
        title="", site="", language="", entries=(an_entry("b", url="https://example.org/old", body=LONG),)
    )
    again = merge(state=KNOWN_FEED, known=moved.touched, aliases=names, parsed=back, now=NOW)
    assert (again.new, again.known) == ((), 1)


def test_names_are_learnt_once() -> None:
    first = merged(an_entry("a"))
    assert [(alias.name, alias.post) for alias in first.learnt] == [
        ("link example.org/a", post_id(FEED, "a")),
        ("guid a", post_id(FEED, "a")),
    ]
    parsed = ParsedFeed(title="", site="", language="", entries=(an_entry("a"),))
    again = merge(state=KNOWN_FEED, known=first.new, aliases=first.learnt, parsed=parsed, now=NOW)
    assert again.learnt == ()


def test_a_new_guid_at_the_old_address_is_the_same_post_and_restarts_the_clock() -> None:
    post = a_post("1", url="https://example.org/a", body=LONG)
    result = merged(an_entry("2", url="http://www.example.org/a/", body=LONG, base=post.base), known=(post,))
    assert result.new == ()
    assert [(p.id, p.changed_at) for p in result.touched] == [(post.id, NOW)]


def test_another_text_at_an_old_address_is_a_post_that_waits() -> None:
    entry = an_entry("2", url="https://example.org/1", title="Toast", body=OTHER)
    result = merged(entry, known=(a_post("1", body=LONG),))
    assert [(post.guid, post.held) for post in result.new] == [("2", ANOTHER_TEXT)]


# --- the second look


def test_the_same_title_and_words_under_other_names_are_the_same_post() -> None:
    result = merged(an_entry("2", title="TEA!", body=LONG + "<p>More.</p>"), known=(a_post("1", body=LONG),))
    assert (result.new, result.known) == ((), 1)


def test_a_post_that_stands_beside_it_is_another_and_waits() -> None:
    result = merged(an_entry("2", body=LONG), an_entry("1", body=LONG), known=(a_post("1", body=LONG),))
    assert [post.held for post in result.new] == [f"it looks like “Tea” ({post_id(FEED, '1')})"]


def test_much_of_a_known_text_under_another_title_waits() -> None:
    result = merged(an_entry("2", title="Toast", body=LONG + HALF), known=(a_post("1", body=LONG),))
    assert "it looks like “Tea”" in result.new[0].held


def test_the_same_title_on_the_same_day_waits() -> None:
    result = merged(an_entry("2", body=OTHER), known=(a_post("1", body=LONG),))
    assert "it looks like “Tea”" in result.new[0].held


def test_the_same_title_on_another_day_with_other_words_is_free() -> None:
    result = merged(an_entry("2", body=OTHER, published=NOW), known=(a_post("1", body=LONG),))
    assert [post.held for post in result.new] == [""]


def test_two_titles_that_stand_side_by_side_are_two_posts() -> None:
    entries = (an_entry("2", title="Toast", body=LONG), an_entry("1", body=LONG))
    assert [post.held for post in merged(*entries, known=(a_post("1", body=LONG),)).new] == [""]


def test_what_three_share_makes_none_alike() -> None:
    notes = [look(title, LONG, None) for title in ("One", "Two", "Three")]
    assert alike(notes) == {}
    assert alike(notes[:2]) == {1: 0}


def test_short_texts_tell_nothing() -> None:
    assert share(shingles("<p>Back soon.</p>"), shingles("<p>Back soon.</p>")) == 0.0
    assert shingles("") == frozenset()
    assert not same(look("", LONG, None), look("", LONG, None))


def test_a_title_is_compared_without_case_and_signs() -> None:
    assert normal_title("  “Who’s  there?” ") == normal_title("who's THERE")


@pytest.mark.parametrize(
    ("after", "expected"),
    [(("Tea", OTHER), False), (("Toast", OTHER), True), (("Toast", LONG), False), (("Toast", ""), False)],
)
def test_another_text_is_a_new_title_over_other_words(after: tuple[str, str], expected: bool) -> None:
    assert another_text(("Tea", LONG), after) is expected


# --- holds


PLACEHOLDERS = {
    "Hello world!": "<p>Welcome to your blog.</p>",
    "TEST": "<p>test</p>",
    "Autumn": "<p>Lorem ipsum dolor sit amet.</p>",
    "Nothing": "<p> </p>",
}


@pytest.mark.parametrize(("title", "body"), PLACEHOLDERS.items(), ids=PLACEHOLDERS)
def test_what_nobody_meant_for_readers_waits_even_at_the_first_contact(title: str, body: str) -> None:
    entry = an_entry(title=title, body=body)
    for state in (KNOWN_FEED, FeedState(url=FEED)):
        assert merged(entry, state=state).new[0].held == PLACEHOLDER


def test_a_picture_is_something() -> None:
    assert not is_placeholder(a_post(body="<img src='a.jpg'>"))


def test_a_test_that_becomes_a_post_is_free_and_the_other_way_round() -> None:
    test = a_post(title="Test", body="<p>x</p>", held=PLACEHOLDER)
    post = merged(an_entry(title="Test", body=""), known=(test,))
    assert post.to_store == ()
    (freed,) = merged(an_entry(title="Tea", body="<p>x</p>"), known=(test,)).changed
    (caught,) = merged(an_entry(title="Test"), known=(a_post(),)).changed
    assert (freed.held, caught.held) == ("", PLACEHOLDER)


def test_a_post_dated_long_before_it_appeared_waits() -> None:
    entry = an_entry(published=NOW - 15 * DAY)
    assert "long before it appeared" in merged(entry).new[0].held


def test_a_post_of_the_time_we_were_away_is_free() -> None:
    away = replace(KNOWN_FEED, last_success=NOW - 40 * DAY)
    assert merged(an_entry(published=NOW - 30 * DAY), state=away).new[0].held == ""


@pytest.mark.parametrize(("count", "held"), [(5, 0), (6, 6)])
def test_more_than_five_at_once_wait(count: int, held: int) -> None:
    entries = [an_entry(str(n), title=f"Post {n}", body=f"<p>number {n}</p>") for n in range(count)]
    assert len(merged(*entries).held) == held
    assert merged(*entries, state=FeedState(url=FEED)).held == ()


def test_a_mailed_post_is_never_asked_about_again() -> None:
    parsed = ParsedFeed(title="", site="", language="", entries=(an_entry(title="Toast", body=OTHER),))
    post = a_post(body=LONG)
    free = merge(state=KNOWN_FEED, known=(post,), parsed=parsed, now=NOW, mailed={post.id})
    asked = merge(state=KNOWN_FEED, known=(post,), parsed=parsed, now=NOW)
    assert ([p.held for p in free.changed], [p.held for p in asked.changed]) == ([""], [ANOTHER_TEXT])
    assert free.changed[0].body == OTHER


# --- taken off the blog, and dates to come


def test_a_post_that_is_gone_while_older_ones_stand_is_withdrawn_and_may_come_back() -> None:
    posts = tuple(a_post(str(n), title=f"T{n}", published=THEN - n * DAY) for n in range(3))
    rest = [an_entry(str(n), title=f"T{n}", published=THEN - n * DAY) for n in range(3)]
    gone = merged(*rest[1:], known=posts)
    assert [(post.guid, post.withdrawn) for post in gone.withdrawn] == [("0", True)]
    assert gone.to_store == gone.withdrawn
    back = merged(*rest, known=(*gone.withdrawn, *posts[1:]))
    assert [(post.guid, post.withdrawn) for post in back.touched] == [("0", False)]
    assert merged(*rest[1:], known=(*gone.withdrawn, *posts[1:])).to_store == ()


def test_what_falls_out_of_the_window_is_not_withdrawn() -> None:
    posts = tuple(a_post(str(n), title=f"T{n}", published=THEN - n * DAY) for n in range(4))
    rest = [an_entry(str(n), title=f"T{n}", published=THEN - n * DAY) for n in (0, 1)]
    assert merged(*rest, known=posts).withdrawn == ()
    pinned = [an_entry("3", title="T3", published=THEN - 3 * DAY), *rest]
    assert merged(*pinned, known=posts).withdrawn == ()


def test_a_date_to_come_is_kept_and_may_change() -> None:
    planned = merged(an_entry(published=None, due=NOW + 9 * DAY)).new[0]
    assert planned.dated == NOW + 9 * DAY
    moved = merged(an_entry(published=None, due=NOW + 3 * DAY), known=(planned,))
    assert moved.touched[0].published == NOW + 3 * DAY
    assert merged(an_entry(published=NOW), known=(planned,)).touched[0].published == NOW


# --- several feeds


@pytest.mark.parametrize(
    ("entry", "post"),
    [
        (
            an_entry("9", url="https://a.example/x", body=LONG),
            a_post("1", url="https://a.example/x/", body=LONG),
        ),
        (an_entry("https://a.example/?p=7", url=""), a_post("https://a.example/?p=7", url="")),
        (an_entry("9", url="", body=LONG), a_post("1", url="", body=LONG)),
    ],
    ids=["link", "guid", "words"],
)
def test_a_post_in_two_feeds_is_one(entry: Entry, post: Post) -> None:
    result = in_two_feeds(entry, post)
    assert (result.new, result.to_store, result.known) == ((), (), 1)


def test_a_post_of_a_feed_that_fell_silent_is_told_of_by_the_new_one() -> None:
    post = a_post("1", url="https://a.example/x", body=LONG)
    entry = an_entry("9", url="https://a.example/x", body=LONG + "<p>More.</p>")
    (changed,) = in_two_feeds(entry, post, silent={"https://other.example/feed"}).changed
    assert (changed.feed, changed.body) == ("https://other.example/feed", entry.body)


def test_the_same_number_in_two_feeds_is_two_posts() -> None:
    entry = an_entry("1", url="", title="Toast", body=OTHER)
    assert len(in_two_feeds(entry, a_post("1", url="", body=LONG)).new) == 1
