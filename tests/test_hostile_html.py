"""Hostile HTML in every field of a post, through the whole program: the letter stays a letter.

The letter's HTML is read again by html5lib, which shares no code with what made it, and opened in
a Chromium in which scripts are allowed to run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from playwright.sync_api import Browser, Dialog, Frame, Route

from pipeline.errors import NotVerbatim
from pipeline.model import Choices, Message
from pipeline.render.templates import Templates
from tests.browser import launched
from tests.hostile import OWN, UNSEEN
from tests.letters import SENTENCES, letter_of, message_of
from tests.sample_letters import feed_posts

_SHARED = Path(__file__).parents[2] / "shared" / "feeds" / "hostile_html.json"
XHTML = "{http://www.w3.org/1999/xhtml}"
# What our own templates set; there is no other tag or attribute in a letter.
TAGS = frozenset(
    "html head meta title style body div table tbody tr td h1 h2 h3 h4 p span a strong em br hr ul ol li "
    "blockquote".split()
)
ATTRIBUTES = frozenset(
    "lang dir class style role aria-label aria-roledescription width align bgcolor border cellpadding "
    "cellspacing href start xml:lang".split()
)
SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})
_BAD_STYLE = re.compile(r"url\s*\(|expression|javascript|@import|behavior|binding|position|\\", re.IGNORECASE)
_UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

TEMPLATES = Templates()
Feed = Callable[[str], bytes]


def _items(hostile: str) -> tuple[str, str]:
    """Two bodies: one is shown whole, one is a teaser that leads to the blog."""
    return (
        f"<p>{SENTENCES}</p>{hostile}<p>And after. {SENTENCES}</p>",
        f"<p>{SENTENCES}</p>{hostile}<p>And a half [...]</p>",
    )


def rss(hostile: str) -> bytes:
    """The text in title, author, link, body, enclosure and what else there is."""
    whole, half = (body.replace("]]>", "]]]]><![CDATA[>") for body in _items(hostile))
    bad = escape(hostile)
    fields = (
        f"<author>{bad}</author><dc:creator>{bad}</dc:creator><category>{bad}</category>"
        f'<enclosure url="{bad}" type="image/jpeg" length="1"/><media:content url="{bad}" medium="image"/>'
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>{bad}</title><link>{bad}</link><description>{bad}</description>
<item><title>Whole {bad}</title><link>{bad}</link><guid>1{bad}</guid>{fields}
<pubDate>Tue, 03 Nov 2026 09:00:00 +0000</pubDate>
<content:encoded><![CDATA[{whole}]]></content:encoded></item>
<item><title>{bad}</title><link>https://blog.example/?q={bad}</link><guid>2{bad}</guid>{fields}
<pubDate>Wed, 04 Nov 2026 09:00:00 +0000</pubDate>
<description><![CDATA[{half}]]></description></item>
</channel></rss>""".encode("utf-8", "surrogatepass")


def jsonfeed(hostile: str) -> bytes:
    """The same as JSON, where no character is forbidden."""
    whole, half = _items(hostile)
    fields = {
        "authors": [{"name": hostile, "url": hostile, "avatar": hostile}],
        "attachments": [{"url": hostile, "mime_type": "image/jpeg"}],
        "image": hostile,
        "banner_image": hostile,
    }
    items = [
        {"id": f"1{hostile}", "url": hostile, "title": f"Whole {hostile}", "content_html": whole,
         "date_published": "2026-11-03T09:00:00Z", **fields},
        {"id": f"2{hostile}", "url": f"https://blog.example/?q={hostile}", "title": hostile,
         "content_html": half, "date_published": "2026-11-04T09:00:00Z", **fields},
    ]  # fmt: skip
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": hostile,
        "home_page_url": hostile,
        "items": items,
    }
    return json.dumps(feed).encode()


def shared() -> dict[str, str]:
    if not _SHARED.exists():
        pytest.skip("the shared feeds are not beside this checkout")
    return {
        f"{place} {one['id']}": one["payload"] for place, one in enumerate(json.loads(_SHARED.read_text()))
    }


@cache
def letter(hostile: str, feed: Feed = rss) -> Message:
    posts = feed_posts(feed(hostile))
    assert len(posts) == 2, "a post was lost"
    whole = next(read for read in posts if read.post.title.startswith("Whole"))
    made = letter_of(posts, choices=Choices(lead=whole.post.id), templates=TEMPLATES)
    return message_of(made)


def refused(corpus: Mapping[str, str], feed: Feed = rss) -> set[str]:
    """Those of which no letter is made, since the words could not be proved to be hers."""
    names = set()
    for name, hostile in corpus.items():
        try:
            letter(hostile, feed)
        except NotVerbatim:
            names.add(name)
    return names


def reread(html: str) -> Any:
    """html5lib's tree; where a comment stands, its `tag` is no text."""
    return html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=True)


@cache
def our_head() -> list[str]:
    return head_of(reread(letter("Nothing bad.").html))


def head_of(tree: Any) -> list[str]:
    """All that stands in the head but the title, which is the post's."""
    head = tree.find(f"{XHTML}head")
    assert head is not None
    return [
        f"{element.tag} {sorted(element.items())} {element.text or ''}"
        for element in head.iter()
        if isinstance(element.tag, str) and element.tag != f"{XHTML}title" and element is not head
    ]


def faults(html: str) -> list[str]:
    """What a letter must not hold."""
    tree = reread(html)
    found = [] if head_of(tree) == our_head() else ["the head is another one"]
    for element in tree.iter():
        if not isinstance(element.tag, str):  # a comment: ours are for Outlook
            if not re.fullmatch(r"\[if mso\]>.*<!\[endif\]", element.text or "", re.DOTALL):
                found.append(f"a comment: {element.text}")
            continue
        tag = element.tag.removeprefix(XHTML)
        if tag not in TAGS:
            found.append(f"<{tag}>")
        found += [
            fault for name, value in element.items() for fault in faults_of(f"<{tag} {name}>", name, value)
        ]
    return found


def faults_of(where: str, name: str, value: str) -> Iterator[str]:
    allowed_in_head = where.startswith(("<meta ", "<html ", "<style "))
    if name not in ATTRIBUTES and not allowed_in_head:
        yield f"{where}: no attribute of ours"
    if name.lower().startswith("on"):
        yield f"{where}: a handler"
    if name == "href" and urlsplit(value).scheme not in SCHEMES:
        yield f"{where}: {value!r}"
    if name == "href" and _UNSEEN.search(value):
        yield f"{where}: characters that are not seen: {value!r}"
    if name == "style" and _BAD_STYLE.search(value):
        yield f"{where}: {value!r}"


def test_the_corpus_is_our_own_and_large_enough() -> None:
    assert len(OWN) >= 60
    assert len(set(OWN.values())) == len(OWN)


SEEN_BY_THE_TEST = {
    "a tag": ("<script>x</script>", "<script>"),
    "a handler": ("<p onclick=x>x</p>", "<p onclick>: a handler"),
    "a scheme": ("<a href='javascript:x'>x</a>", "<a href>: 'javascript:x'"),
    "no scheme": ("<a href='/x'>x</a>", "<a href>: '/x'"),
    "a style": ("<p style='background: url(x)'>x</p>", "<p style>: 'background: url(x)'"),
    "a comment": ("<!-- x -->", "a comment:  x "),
}


@pytest.mark.parametrize(("html", "fault"), SEEN_BY_THE_TEST.values(), ids=SEEN_BY_THE_TEST)
def test_what_must_not_be_there_would_be_seen(html: str, fault: str) -> None:
    clean = letter("Nothing bad.").html
    assert faults(clean) == []
    assert fault in faults(clean.replace("</h1>", f"</h1>{html}", 1))


by_each_feed = pytest.mark.parametrize("feed", [rss, jsonfeed], ids=["RSS", "JSON Feed"])


@by_each_feed
@pytest.mark.parametrize("hostile", OWN.values(), ids=OWN)
def test_nothing_of_our_own_corpus_is_left_in_the_letter(hostile: str, feed: Feed) -> None:
    if refused({"it": hostile}, feed):
        return  # how many these are is the next test's
    message = letter(hostile, feed)
    assert faults(message.html) == []
    assert _UNSEEN.findall(message.text) == []
    assert "nothing needed to be mended" in " ".join(message.text.split())
    assert len(message.subject.splitlines()) == 1


@by_each_feed
def test_hardly_any_letter_is_refused_for_what_is_in_it(feed: Feed) -> None:
    assert refused(OWN, feed) <= {"tables closed", "deep", "deep formatting"}


@by_each_feed
@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN)
def test_no_character_that_is_not_seen_is_left_in_the_letter(unseen: str, feed: Feed) -> None:
    message = letter(f"<p>{unseen}</p>", feed)
    assert _UNSEEN.findall(message.text + message.subject) == []
    assert _UNSEEN.findall("".join(reread(message.html).itertext())) == []


def test_nothing_of_the_shared_corpus_is_left_in_the_letter_and_nothing_runs(chromium: Browser) -> None:
    corpus = shared()
    without = refused(corpus)
    assert len(without) <= 2
    messages = {name: letter(hostile) for name, hostile in corpus.items() if name not in without}
    found = {name: faults(message.html) for name, message in messages.items()}
    found |= {name: found[name] + _UNSEEN.findall(message.text) for name, message in messages.items()}
    assert {name: what for name, what in found.items() if what} == {}
    assert live(chromium, {name: message.html for name, message in messages.items()}) == {}


# --- in a browser ----------------------------------------------------------------------------

_TOUCH_ALL = """() => {
  const kinds = ['mouseover', 'pointerover', 'mouseenter', 'focus', 'focusin', 'error', 'load', 'toggle',
                 'beforetoggle', 'animationstart', 'begin', 'click'];
  for (const link of document.querySelectorAll('a, area, form, button')) {
    link.addEventListener('click', event => event.preventDefault());
  }
  for (const element of document.querySelectorAll('*')) {
    for (const kind of kinds) element.dispatchEvent(new Event(kind, {bubbles: true, cancelable: true}));
  }
}"""
_CANARY = """['alert', 'prompt', 'confirm', 'print', 'open'].forEach(name => {
  window[name] = (...said) => { window.canary(name); };
});"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def live(chromium: Browser, pages: Mapping[str, str]) -> dict[str, list[str]]:
    """By name of the page, what ran in it and what it asked for. Each is a frame of one page."""
    found: dict[str, list[str]] = {}

    def saw(frame: Frame, what: str) -> None:
        while frame.parent_frame and frame.parent_frame.parent_frame:
            frame = frame.parent_frame  # a frame in the page's own frame
        found.setdefault(frame.name, []).append(what)

    def ran(source: dict[str, Frame], name: str) -> None:
        saw(source["frame"], name)

    def asked(route: Route) -> None:
        saw(route.request.frame, route.request.url)
        route.abort()

    def said(dialog: Dialog) -> None:
        found.setdefault("", []).append(dialog.type)
        dialog.dismiss()

    context = chromium.new_context(java_script_enabled=True)
    try:
        page = context.new_page()
        context.expose_binding("canary", ran)
        context.add_init_script(_CANARY)
        context.route("**/*", asked)
        context.on("page", lambda other: saw(other.main_frame, "a window"))
        page.on("dialog", said)
        page.set_content(
            "".join(
                f'<iframe name="{escape(n)}" srcdoc="{escape(html)}"></iframe>' for n, html in pages.items()
            )
        )
        for frame in page.frames[1:]:
            if not frame.is_detached() and frame.url == "about:srcdoc" and frame.name in pages:
                frame.evaluate(_TOUCH_ALL)
        for frame in page.frames[1:]:
            if frame.url != "about:srcdoc" or frame.name not in pages:
                saw(frame, f"{frame.name!r} is at {frame.url}")
        page.evaluate("() => 1")  # all that was called before has come
    finally:
        context.close()
    return found


RUNS = {
    "a script": "<script>alert(1)</script>",
    "a picture's handler": "<img src=x: onerror=alert(1)>",
    "SVG's handler": "<svg onload=alert(1)>",
    "a frame": "<iframe src='javascript:parent.alert(1)'></iframe>",
    "a handler that waits": "<p onmouseover=alert(1)>x</p>",
    "a link that is touched": "<p onclick='prompt(1)'>x</p>",
}


def test_the_canary_sees_a_script_that_runs(chromium: Browser) -> None:
    clean = letter("Nothing bad.").html
    found = live(chromium, {name: clean.replace("</h1>", f"</h1>{html}", 1) for name, html in RUNS.items()})
    assert {name for name, seen in found.items() if {"alert", "prompt"} & set(seen)} == set(RUNS)


def test_the_canary_sees_a_request_that_leaves(chromium: Browser) -> None:
    pixel, background = "https://evil.example/p.gif", "https://evil.example/q.gif"
    page = f"<img src='{pixel}'><p style='background: url({background})'>x</p>"
    assert {name: sorted(seen) for name, seen in live(chromium, {"a": page, "b": "x"}).items()} == {
        "a": [pixel, background]
    }


def test_much_of_our_own_corpus_runs_or_asks_where_nobody_cleans_it(chromium: Browser) -> None:
    pages = {name: f"<!doctype html><body>{hostile}" for name, hostile in OWN.items()}
    assert len(live(chromium, pages)) >= 50


@by_each_feed
def test_nothing_of_our_own_corpus_runs_in_a_letter(chromium: Browser, feed: Feed) -> None:
    without = refused(OWN, feed)
    pages = {name: letter(hostile, feed).html for name, hostile in OWN.items() if name not in without}
    assert live(chromium, pages) == {}
