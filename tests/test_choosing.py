"""`init` shows the feeds that were found, and takes the one that the person picks."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.cli.main import cli
from tests.servers import Server, answer, by_path

ANSWERS = (
    "--name N --author M --from m@practice.example --postal Lane --country GB --timezone Europe/London "
    "--allow-private"
).split()


def rss(title: str, *days: str) -> bytes:
    items = "".join(f"<item><title>{day}</title><pubDate>{day}</pubDate></item>" for day in days)
    return f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>".encode()


PAGE = """<!doctype html><html><head><base href="/notes/">
<link rel="alternate" type="application/rss+xml" title="Gate &raquo; Feed" href="feed/">
<link rel="alternate" type="application/rss+xml" title="Gate &raquo; Comments Feed" href="/comments/feed/">
<link rel="alternate" type="application/json" title="oEmbed (JSON)" href="/wp-json/oembed/1.0/embed?url=x">
<link rel="alternate" type="application/json" title="JSON" href="/wp-json/wp/v2/pages/2">
<link rel="alternate" type="application/rss+xml" title="Talks" href="/talks.xml">
<link rel="alternate" type="application/rss+xml" title="Gone" href="/gone.xml">
<link rel="alternate" type="application/atom+xml" title="Empty" href="../empty.xml">
</head><body></body></html>"""
PAGES = {
    "/": answer(PAGE.encode(), headers=("Content-Type: text/html",)),
    "/notes/feed/": answer(rss("Gate", "2026-11-03T09:00:00Z", "2026-10-01T09:00:00Z")),
    "/talks.xml": answer(rss("Talks", "2024-05-02T09:00:00Z")),
    "/empty.xml": answer(rss("")),
    "/comments/feed/": answer(rss("Comments", "2026-11-20T09:00:00Z")),
}


@pytest.fixture
def blog() -> Iterator[Server]:
    with Server(by_path(PAGES)) as server:
        yield server


def init(folder: Path, address: str, typed: str = "") -> tuple[Result, list[str]]:
    """What `init` said, and the feeds in the config it wrote."""
    config = folder / "config.toml"
    done = CliRunner().invoke(cli, ["init", address, *ANSWERS, "--config", str(config)], input=typed)
    feeds = tomllib.loads(config.read_text("utf-8"))["feeds"]["urls"] if config.exists() else []
    return done, feeds


def test_a_person_picks_one_of_several_feeds(
    blog: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.cli.choosing.is_terminal", lambda: True)
    done, feeds = init(tmp_path, blog.url("/"), typed="7\n2\n")
    assert done.exit_code == 0, done.output
    assert feeds == [blog.url("/talks.xml")]
    assert done.output.splitlines()[:7] == [
        "Found 3 feeds:",
        "  1  “Gate”, 2 posts, the newest of 3 November 2026",
        f"     {blog.url('/notes/feed/')}",
        "  2  “Talks”, 1 post, the newest of 2 May 2024",
        f"     {blog.url('/talks.xml')}",
        "  3  without a title, no posts",
        f"     {blog.url('/empty.xml')}",
    ]
    assert "7 is not in the range 1<=x<=3" in done.output


def test_a_person_who_only_presses_return_takes_the_first(
    blog: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.cli.choosing.is_terminal", lambda: True)
    assert init(tmp_path, blog.url("/"), typed="\n")[1] == [blog.url("/notes/feed/")]


def test_where_nobody_is_asked_the_first_is_taken_and_the_others_are_told(
    blog: Server, tmp_path: Path
) -> None:
    done, feeds = init(tmp_path, blog.url("/"))
    assert done.exit_code == 0, done.output
    assert feeds == [blog.url("/notes/feed/")]
    assert f"     {blog.url('/talks.xml')}" in done.output
    assert (
        f"Took the first, {blog.url('/notes/feed/')}, as nobody is here to choose. "
        f"For another one, say: warmletter init {blog.url('/talks.xml')} --force"
    ) in done.output


def test_one_feed_is_taken_without_a_question(
    blog: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.cli.choosing.is_terminal", lambda: True)
    done, feeds = init(tmp_path, blog.url("/talks.xml"))
    assert feeds == [blog.url("/talks.xml")]
    assert f"Found: {feeds[0]} (“Talks”, 1 post, the newest of 2 May 2024)" in done.output


def test_neither_comments_nor_programs_interfaces_are_asked(blog: Server, tmp_path: Path) -> None:
    init(tmp_path, blog.url("/"))
    asked = [head.split(" ", 2)[1] for head in blog.heads]
    assert asked == ["/", "/notes/feed/", "/talks.xml", "/gone.xml", "/empty.xml"]
