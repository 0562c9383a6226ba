"""The names of a post, and what they make one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.names import guid_name, link_name, names, own_links, path_name
from tests.test_merge import FEED, an_entry

SAME_LINKS = {
    "https": "http://quiet.example/a",
    "www": "https://www.quiet.example/a",
    "capitals in the host": "https://Quiet.Example/a",
    "port": "https://quiet.example:443/a",
    "slash": "https://quiet.example/a/",
    "index": "https://quiet.example/a/index.html",
    "amp": "https://quiet.example/a/amp/",
    "fragment": "https://quiet.example/a#comments",
    "tracking": "https://quiet.example/a?utm_source=x&fbclid=1&amp=1",
}


@pytest.mark.parametrize("link", SAME_LINKS.values(), ids=SAME_LINKS)
def test_one_address_has_many_ways_of_writing(link: str) -> None:
    assert link_name(link) == ("", "link quiet.example/a")


OTHER_LINKS = {
    "path": "https://quiet.example/A",
    "query": "https://quiet.example/a?p=1",
    "port": "https://quiet.example:8443/a",
    "host": "https://blog.quiet.example/a",
}


@pytest.mark.parametrize("link", OTHER_LINKS.values(), ids=OTHER_LINKS)
def test_what_tells_pages_apart_stays(link: str) -> None:
    assert link_name(link) != link_name("https://quiet.example/a")


def test_the_order_of_a_query_tells_nothing() -> None:
    assert link_name("https://q.example/?b=2&a=1") == link_name("https://q.example/?a=1&b=2")


@pytest.mark.parametrize(
    "link",
    ["", "https://quiet.example/", "https://quiet.example/index.php", "mailto:a@b.example", "http://[", "/a"],
)
def test_a_root_or_no_address_is_no_name(link: str) -> None:
    assert link_name(link) is None


@pytest.mark.parametrize(
    ("guid", "name"),
    [
        ("http://quiet.example/?p=7", "path ?p=7"),
        ("/Dispatch_No.7", "path /Dispatch_No.7"),
        ("https://quiet.example/log#3", "path /log#3"),
    ],
)
def test_a_guid_that_is_an_address_is_known_without_its_host(guid: str, name: str) -> None:
    assert path_name(guid, FEED) == (FEED, name)


@pytest.mark.parametrize("guid", ["7", "tag:quiet.example,2026:7", "https://quiet.example/", "http://[x"])
def test_a_guid_that_is_none_has_no_path(guid: str) -> None:
    assert path_name(guid, FEED) is None


@pytest.mark.parametrize(
    ("guid", "scope"), [("7", FEED), ("tag:a,2026:7", ""), ("https://a.example/?p=7", ""), ("/a", FEED)]
)
def test_a_number_is_a_name_in_its_own_feed_only(guid: str, scope: str) -> None:
    assert guid_name(guid, FEED) == (scope, f"guid {guid}")


def test_the_most_trusted_name_comes_first() -> None:
    found = names("https://a.example/x", "https://a.example/y", FEED)
    assert [name.partition(" ")[0] for _, name in found] == ["guid", "path", "link"]


def test_a_link_of_two_or_of_the_site_is_nobodys() -> None:
    links = (
        "https://a.example/one",
        "https://a.example/two",
        "https://a.example/two/",
        "https://a.example/blog",
    )
    entries = [an_entry(str(number), url=link) for number, link in enumerate(links)]
    assert own_links(entries, "https://a.example/blog/") == {"link a.example/one"}


@given(st.text(max_size=60))
def test_no_address_is_too_odd_for_a_name(address: str) -> None:
    for written in (address, f"https://{address}", f"https://a.example/{address}"):
        names(written, written, FEED)


@given(
    st.from_regex(
        r"https?://(www\.)?[a-z]{1,8}\.example(/[a-z0-9]{1,5}){1,3}/?(\?[a-z]=[0-9])?", fullmatch=True
    )
)
def test_a_name_as_an_address_has_the_same_name(link: str) -> None:
    found = link_name(link)
    assert found is not None
    assert link_name("https://" + found[1].removeprefix("link ")) == found
