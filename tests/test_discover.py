"""Feeds that a page names."""

from __future__ import annotations

import pytest

from pipeline.collect.discover import WELL_KNOWN, Candidate, candidates

BASE = "https://example.org/blog/"


def found(html: str) -> list[str]:
    return [candidate.url for candidate in candidates(html.encode(), BASE)]


def link(href: str, *, rel: str = "alternate", kind: str = "application/rss+xml", title: str = "") -> str:
    return f'<link rel="{rel}" type="{kind}" href="{href}" title="{title}">'


def test_feeds_are_found_in_order_with_their_titles() -> None:
    page = link("/feed/", title="Gate &raquo;\n Feed") + link("atom.xml", kind="application/atom+xml")
    assert candidates(f"<html><head>{page}</head>".encode(), BASE) == (
        Candidate(url="https://example.org/feed/", title="Gate » Feed"),
        Candidate(url="https://example.org/blog/atom.xml", title=""),
    )


@pytest.mark.parametrize(
    "kind",
    [
        "application/rss+xml",
        "Application/Atom+XML; charset=utf-8",
        "application/feed+json",
        "application/json",
    ],
)
def test_every_kind_of_feed_counts(kind: str) -> None:
    assert found(link("/feed", kind=kind)) == ["https://example.org/feed"]


IGNORED = {
    "comments, WordPress": link("/comments/feed/"),
    "comments, of a post": link("/post/comments/feed"),
    "comments, old WordPress": link("/wp-commentsrss2.php?feed=comments-rss2"),
    "comments, Blogger": link("/feeds/comments/default"),
    "oEmbed": link("/wp-json/oembed/1.0/embed?url=x", kind="application/json"),
    "oEmbed as XML": link("/oembed?format=xml", kind="text/xml"),
    "WordPress's interface": link("/wp-json/wp/v2/pages/2", kind="application/json"),
    "another language": link("/de/", kind="text/html"),
    "a style": link("/feed.css", rel="stylesheet"),
    "no address": link(""),
    "another scheme": link("feed:javascript"),
    "no type": '<link rel="alternate" href="/feed">',
    "no relation": '<link type="application/rss+xml" href="/feed">',
    "a remark": f"<!-- {link('/feed')} -->",
    "a script": f"<script>'{link('/feed')}'</script>",
}


@pytest.mark.parametrize("html", IGNORED.values(), ids=IGNORED.keys())
def test_what_is_no_feed_of_posts_is_ignored(html: str) -> None:
    assert found(html) == []


def test_an_address_that_is_named_twice_is_one_with_its_first_title() -> None:
    page = link("/feed", title="One") + link("/other") + link("/feed", title="Two")
    assert candidates(page.encode(), BASE) == (
        Candidate(url="https://example.org/feed", title="One"),
        Candidate(url="https://example.org/other", title=""),
    )


@pytest.mark.parametrize(
    "title", ["Gate &raquo; On rain Comments Feed", "Tor &raquo; Kommentar-Feed", "Flux des commentaires"]
)
def test_the_comments_on_a_post_are_known_by_their_title(title: str) -> None:
    page = link("/feed/", title="Gate &raquo; Feed") + link("/2026/on-rain/feed/", title=title)
    assert found(page) == ["https://example.org/feed/"]


def test_a_blog_may_be_called_after_comments() -> None:
    assert found(link("/feed/", title="No comment")) == ["https://example.org/feed/"]


def test_a_base_moves_what_is_relative() -> None:
    assert found('<base href="https://example.net/x/">' + link("feed")) == ["https://example.net/x/feed"]
    assert found('<base target="_top"><base href="ftp:x">' + link("feed")) == [
        "https://example.org/blog/feed"
    ]


def test_broken_pages_give_what_they_can() -> None:
    assert found("<html><head " + link("/feed") + link("/b") + "<") == ["https://example.org/b"]
    assert candidates(b'<?xml version="1.0" encoding="zlib"?>' + link("/feed").encode(), BASE) == ()


def test_the_usual_addresses_are_paths_and_no_address_twice() -> None:
    assert all(path.startswith("/") for path in WELL_KNOWN)
    assert len(set(WELL_KNOWN)) == len(WELL_KNOWN) == 11
