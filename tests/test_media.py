"""Which picture stands for a post, where its recording is, and what the letter does with them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.app.draft import compose_issue, prepare
from pipeline.collect.media import MediaPlace, Medium, picture, recording
from pipeline.collect.parse import parse
from pipeline.model import BlockKind, Entry, Fetched, ParsedFeed
from pipeline.read import read_html
from tests.practice import WORDS, collected, practice, write_feed

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
CONTENT, THUMBNAIL, ENCLOSURE, COVER = MediaPlace


def named(address: str, place: MediaPlace, kind: str = "", width: int = 0) -> Medium:
    return Medium(address=address, place=place, type=kind, width=width)


PICTURES = {
    "none": ([], ""),
    "content first": ([named("t", THUMBNAIL), named("c", CONTENT, "image/png")], "c"),
    "the widest": ([named("a", CONTENT, "image", 700), named("b", CONTENT, "image", 1200)], "b"),
    "none that is small": ([named("a", CONTENT, "image", 150), named("b", THUMBNAIL, width=72)], ""),
    "a thumbnail": ([named("t", THUMBNAIL, width=640)], "t"),
    "an enclosure": ([named("e", ENCLOSURE, "image/jpeg")], "e"),
    "an enclosure of no type": ([named("e", ENCLOSURE)], ""),
    "no film": ([named("f", CONTENT, "video/mp4")], ""),
    "a cover": ([named("s", ENCLOSURE, "audio/mpeg"), named("i", COVER, "image")], "i"),
    "no portrait": ([named("https://1.gravatar.com/avatar/x", CONTENT, "image")], ""),
    "no address": ([named("http://[", CONTENT, "image")], "http://["),
}


@pytest.mark.parametrize(("media", "chosen"), PICTURES.values(), ids=PICTURES.keys())
def test_one_picture_is_chosen(media: list[Medium], chosen: str) -> None:
    assert picture(media) == chosen


def test_a_recording_is_the_first_sound() -> None:
    media = [
        named("i", ENCLOSURE, "image/png"),
        named("s", ENCLOSURE, "Audio/mpeg"),
        named("t", ENCLOSURE, "audio/mp4"),
    ]
    assert recording(media) == "s"
    assert recording(media[:1]) == ""


EPISODE = """<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Room</title>
<link>https://practice.example/</link><item><title>Rain, read aloud</title><guid>1</guid>
<link>https://practice.example/rain</link><description>Ten minutes of it.</description>
<pubDate>Tue, 03 Nov 2026 09:00:00 GMT</pubDate>
<enclosure url="/sound/rain.mp3" type="audio/mpeg" length="0"/>
<enclosure url="javascript:alert(1)" type="audio/mpeg" length="0"/>
<media:content url="https://practice.example/small.jpg" medium="image" width="150"/>
<media:content url="https://practice.example/large.jpg" medium="image" width="1200"/>
<itunes:image href="https://practice.example/cover.jpg"/></item></channel></rss>"""

JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "Room", "items": [{"id": "1",
"title": "Rain, read aloud", "content_html": "<p>Ten minutes of it.</p>",
"image": "https://practice.example/large.jpg", "attachments": [
{"url": "https://practice.example/sound/rain.mp3", "mime_type": "audio/mpeg"}, 7]}]}"""


def the_entry(document: str) -> Entry:
    source = "https://practice.example/feed"
    parsed = parse(
        Fetched(url=source, final_url=source, body=document.encode()), zone=ZoneInfo("UTC"), now=NOW
    )
    assert isinstance(parsed, ParsedFeed)
    return parsed.entries[0]


@pytest.mark.parametrize("document", [EPISODE, JSON], ids=["rss", "json"])
def test_an_entry_has_its_picture_and_its_recording(document: str) -> None:
    entry = the_entry(document)
    assert (entry.picture, entry.recording) == (
        "https://practice.example/large.jpg",
        "https://practice.example/sound/rain.mp3",
    )


def test_what_is_no_web_address_is_no_recording() -> None:
    first = '<enclosure url="/sound/rain.mp3" type="audio/mpeg" length="0"/>'
    assert the_entry(EPISODE.replace(first, "")).recording == ""


@pytest.mark.parametrize(
    ("body", "pictures"),
    [
        ("<p>Rain.</p>", ["https://practice.example/over.jpg"]),
        ('<p>Rain.</p><img src="/own.jpg" alt="A window">', ["https://practice.example/own.jpg"]),
        ("", ["https://practice.example/over.jpg"]),
    ],
    ids=["over a text", "not over one with its own", "alone"],
)
def test_the_picture_stands_before_a_text_that_shows_none(body: str, pictures: list[str]) -> None:
    reading = read_html(body, title="", base="https://practice.example/", picture="/over.jpg")
    assert [block.src for block in reading.blocks if block.kind is BlockKind.PICTURE] == pictures
    assert reading.text.strip() == read_html(body, title="", base="https://practice.example/").text.strip()


@pytest.mark.parametrize("shown", [False, True])
def test_a_letter_links_to_the_recording_and_shows_the_picture_if_asked(
    tmp_path: Path, *, shown: bool
) -> None:
    episode = EPISODE.partition("<item>")[2].partition("</item>")[0]
    whole = f"<item>{episode.replace('Ten minutes of it.', f'<![CDATA[{WORDS}]]>')}</item>"
    write_feed(tmp_path, whole.replace("/sound/", "https://practice.example/sound/"))
    text = (tmp_path / "feed.xml").read_text("utf-8")
    names = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    (tmp_path / "feed.xml").write_text(text.replace("<rss ", f"<rss {names} "), "utf-8")
    with practice(tmp_path, NOW, letter__feature_pictures=shown, letter__pictures="link") as app:
        collected(app)
        compose_issue(app, "2026-11")
        letter = prepare(app, "2026-11").letter
    assert re.search(
        r'href="https://practice.example/sound/rain.mp3"[^>]*>\s*Listen: Rain, read aloud</a>', letter.html
    )
    assert "Listen: Rain, read aloud\nhttps://practice.example/sound/rain.mp3" in letter.text
    assert ("large.jpg" in letter.html) is shown
