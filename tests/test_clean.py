"""HTML as received → what a letter may show."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.errors import CannotRead
from pipeline.model import BlockKind
from pipeline.read import read_html
from pipeline.read.links import absolute, first_of_srcset, host, is_pixel, page_of
from tests.own_posts import BASE, NAMES, own, read, read_own, texts


@pytest.mark.parametrize(
    ("address", "becomes"),
    [
        pytest.param("/about", "https://blog.example/about", id="relative"),
        pytest.param("//cdn.example/a.png", "https://cdn.example/a.png", id="without a scheme"),
        pytest.param("HTTP://a.example/x", "http://a.example/x", id="scheme in capitals"),
        pytest.param("jav\tascript:alert(1)", "", id="script in pieces"),
        pytest.param("\u2028javascript:alert(1)", "", id="script behind an odd space"),
        pytest.param("data:text/html,x", "", id="data"),
        pytest.param("https://bank.example@evil.example/", "", id="names a user"),
        pytest.param("https://[broken", "", id="bracket left open"),
        pytest.param("https://a.example:x/", "", id="port that is no number"),
        pytest.param("http:///nowhere", "", id="no host"),
        pytest.param("  ", "", id="nothing"),
        pytest.param(
            "https://a.example/?utm_source=x&b=1&fbclid=2&mc_cid=3", "https://a.example/?b=1", id="tracking"
        ),
        pytest.param(
            "https://a.example/?sig=a%2Bb&x=", "https://a.example/?sig=a%2Bb&x=", id="signed, as it is"
        ),
        pytest.param(
            "mailto:m@practice.example?bcc=x@evil.example", "mailto:m@practice.example", id="blind copy"
        ),
        pytest.param("tel:116123", "tel:116123", id="telephone"),
        pytest.param("mailto:", "", id="mail to nobody"),
    ],
)
def test_an_address_becomes_absolute_or_nothing(address: str, becomes: str) -> None:
    assert absolute(address, BASE) == becomes


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_address_makes_it_fail_or_leaves_the_allowed_schemes(address: str, base: str) -> None:
    found = absolute(address, base)
    assert found == "" or found.partition(":")[0] in ("http", "https", "mailto", "tel")


@pytest.mark.parametrize(
    ("embed", "page"),
    [
        ("https://www.youtube-nocookie.com/embed/a1?start=12", "https://www.youtube.com/watch?v=a1&t=12"),
        (
            "https://www.youtube.com/embed/videoseries?list=x",
            "https://www.youtube.com/embed/videoseries?list=x",
        ),
        ("https://player.vimeo.com/video/123", "https://vimeo.com/123"),
        ("https://maps.example/embed/1", "https://maps.example/embed/1"),
    ],
    ids=["youtube", "youtube list", "vimeo", "other"],
)
def test_a_player_leads_to_the_page_a_person_opens(embed: str, page: str) -> None:
    assert page_of(embed) == page


def test_small_helpers_of_addresses() -> None:
    assert first_of_srcset(" https://a.example/x,y.png 400w, b 800w") == "https://a.example/x,y.png"
    assert first_of_srcset("  ") == ""
    assert host("https://www.a.example/x") == "a.example"
    assert is_pixel("https://pixel.wp.com/b.gif?x=1")
    assert not is_pixel("https://a.example/open-door.jpg")


def test_furniture_goes_and_the_words_stay() -> None:
    reading = read_own("quiet_room")
    assert "Share" not in reading.text
    assert "Related" not in reading.text
    assert "appeared first on" not in reading.text
    assert reading.text.endswith("I will be in one of them.")


def test_substack_keeps_picture_caption_quote_and_player() -> None:
    reading = read_own("substack")
    assert [
        (b.kind.value, b.text, b.src or b.runs[0].href)
        for b in reading.blocks
        if b.kind in (BlockKind.PICTURE, BlockKind.OTHER)
    ] == [
        ("picture", "The door, before it was painted", "https://cdn.example/door.jpg"),
        ("other", "Painting the door", "https://www.youtube.com/watch?v=a1b2c3d4e5f"),
    ]
    assert texts(reading, BlockKind.QUOTE) == [
        "Home is where somebody notices that you are missing.",
        "— a card on my wall",
    ]
    assert "ubscribe" not in reading.text
    assert "A door is a kind of promise." in texts(reading, BlockKind.PROSE)


@pytest.mark.parametrize(
    ("html", "src"),
    [
        pytest.param(
            '<img src="data:image/gif;base64,R0" data-src="/a.png">',
            "https://blog.example/a.png",
            id="data-src",
        ),
        pytest.param(
            '<img src="/wait.gif" data-lazy-src="/a.png">', "https://blog.example/a.png", id="stand-in"
        ),
        pytest.param('<img data-orig-file="/a.png">', "https://blog.example/a.png", id="original"),
        pytest.param('<img srcset="/a.png 1x, /b.png 2x">', "https://blog.example/a.png", id="srcset"),
        pytest.param("<noscript><img src=/a.png></noscript>", "https://blog.example/a.png", id="noscript"),
        pytest.param(
            "<img data-src=/a.png><noscript><img src=/b.png></noscript>",
            "https://blog.example/a.png",
            id="twin",
        ),
        pytest.param(
            "<picture><source srcset='/a.webp 1x'><img alt=x></picture>",
            "https://blog.example/a.webp",
            id="picture",
        ),
        pytest.param("<picture><source type=x><img alt=x></picture>", None, id="picture without an address"),
        pytest.param("<img src=/a.png width=1 height=1>", None, id="pixel by size"),
        pytest.param('<img src=/a.png style="width:1px">', None, id="pixel by style"),
        pytest.param("<img src=https://stats.wordpress.com/b.gif>", None, id="pixel by host"),
        pytest.param("<img src=tel:1>", None, id="no picture at all"),
    ],
)
def test_a_picture_has_its_real_address_or_goes(html: str, src: str | None) -> None:
    pictures = [b.src for b in read(f"<p>Words.</p>{html}").blocks if b.kind is BlockKind.PICTURE]
    assert pictures == ([src] if src else [])


def test_an_emoji_picture_is_the_emoji_again() -> None:
    assert (
        read('<p>Good <img class="emoji" src="https://s.example/1.svg" alt="🙂"> day</p>').text
        == "Good 🙂 day"
    )


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<style>p{}</style>",
        "<svg><text>x</text></svg>",
        "<!-- a -->",
        "<form><input value=x>Join</form>",
        "<p hidden>x</p>",
        '<p style="display:none">x</p>',
        "<button>x</button>",
        "<noscript>Please enable it</noscript>",
        "<iframe src=javascript:1></iframe>",
        "<video></video>",
        "<textarea>x</textarea>",
        "<p>&nbsp;</p>",
        "<p>\u200b</p>",
    ],
)
def test_what_is_no_text_leaves_nothing(html: str) -> None:
    assert read(f"<p>One.</p>{html}<p>Two.</p>").text == "One.\n\nTwo."


def test_sound_and_film_become_a_link_named_by_their_place() -> None:
    found = read('<audio><source src="https://www.sound.example/a.mp3"></audio>').blocks
    assert [(b.text, b.runs[0].href) for b in found] == [("sound.example", "https://www.sound.example/a.mp3")]


def test_what_follows_the_members_only_mark_is_not_ours_to_send() -> None:
    assert read("<p>For all.</p><!--members-only--><p>For some.</p>").text == "For all."


def test_controls_and_lone_surrogates_go() -> None:
    assert read("<p>a\x00\x01b\ud800c\u202ed</p>").text == "ab\ufffdcd"
    assert read("<p>x</p>", title="a\x07 \n b\ud800").title == "a b\ufffd"


def test_a_hundred_thousand_tags_deep_is_no_trouble() -> None:
    assert read("<div><b>" * 50_000 + "hello" + "</b></div>" * 50_000).text == "hello"


def test_an_empty_post_is_an_empty_reading() -> None:
    reading = read("")
    assert (reading.words, reading.text, reading.blocks, reading.voice.label) == (0, "", (), "mixed")


def test_where_the_parser_gives_up_the_post_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etree, "fromstring", lambda *_: None)
    with pytest.raises(CannotRead, match="My post: cannot be read"):
        read_html("<p>x</p>", title="My post", base=BASE)


def test_a_broken_parse_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr(etree, "fromstring", refuse)
    with pytest.raises(CannotRead, match=r"without a title: cannot be read \(no\)"):
        read_html("<p>x</p>", title="", base=BASE)


_BITS = (
    "<",
    ">",
    '"',
    "</p>",
    "<ul>",
    "<li>",
    "<table>",
    "<td>",
    "</div>",
    "<figure>",
    "<figcaption>",
    "</figure>",
    "<img src=/x>",
    "&#0;",
    "&",
    "\x00",
    "<pre>",
    "<h2>",
    "<ol start=9999999999>",
    "<br><br>",
    "<iframe>",
    "<noscript>",
    "</noscript>",
    "<svg>",
    "<blockquote>",
    "<dl>",
    "<dt>",
    "\ud800",
    "<a href='//['>",
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(_BITS), st.integers(0, 12)), max_size=8),
)
def test_a_damaged_post_never_does_more_than_refuse(name: str, damages: list[tuple[float, str, int]]) -> None:
    html = own(name)
    for where, bit, cut in damages:
        at = int(where * len(html))
        html = html[:at] + bit + html[at + cut :]
    try:
        reading = read(html)
    except CannotRead:
        return
    for block in reading.blocks:
        assert block.text == reading.text[block.start : block.end] == "".join(run.text for run in block.runs)
        for address in (block.src, *(run.href for run in block.runs)):
            assert address == "" or address.partition(":")[0] in ("http", "https", "mailto", "tel")
