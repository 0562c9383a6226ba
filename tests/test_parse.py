"""Documents as they come, and the entries they must become."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import feedparser
import pytest

from pipeline.collect.parse import parse
from pipeline.collect.text import author_text, title_text
from pipeline.model import Entry, FeedOutcome, Fetched, NotParsed, ParsedFeed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
FEEDS = Path(__file__).parent / "data" / "feeds"
URL = "https://example.org/feed"


def parsed(body: str | bytes, *, content_type: str = "", url: str = URL) -> ParsedFeed | NotParsed:
    raw = body.encode() if isinstance(body, str) else body
    fetched = Fetched(url=url, final_url=url, body=raw, content_type=content_type)
    return parse(fetched, zone=LONDON, now=NOW)


def read(body: str | bytes, *, content_type: str = "", url: str = URL) -> ParsedFeed:
    result = parsed(body, content_type=content_type, url=url)
    assert isinstance(result, ParsedFeed), result
    return result


def refused(body: str | bytes, *, content_type: str = "") -> tuple[FeedOutcome, str]:
    result = parsed(body, content_type=content_type)
    assert isinstance(result, NotParsed), result
    return result.outcome, result.message


def rss(*items: str, channel: str = "<link>https://example.org/</link>") -> str:
    joined = "".join(f"<item>{item}</item>" for item in items)
    names = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    )
    return f'<?xml version="1.0"?><rss version="2.0" {names}><channel>{channel}{joined}</channel></rss>'


def one(item: str, *, url: str = URL) -> Entry:
    (entry,) = read(rss(item), url=url).entries
    return entry


# --- whole documents -------------------------------------------------------------------------


def test_an_atom_feed_with_many_habits() -> None:
    site = "https://example.org/"
    assert read((FEEDS / "atom.xml").read_bytes()) == ParsedFeed(
        title="Garden & Gate",
        site=site,
        language="en-GB",
        entries=(
            Entry(
                guid="tag:example.org,2026:1",
                url="https://example.org/posts/one",
                title="On 1 < 2",
                author="Robin",
                published=datetime(2026, 11, 2, 8, 12, 41, tzinfo=UTC),
                body='<p>Tea &amp; <br><img src="pot.jpg"></p>',
                base="https://example.org/pictures/",
                published_raw="2026-11-02T09:12:41+01:00",
            ),
            Entry(
                guid="/two",
                url="",
                title="Two",
                author="Robin",
                published=datetime(2026, 9, 30, 23, 0, tzinfo=UTC),
                body="<p>First &lt;line&gt;<br>second</p><p>Third</p>",
                base=site,
                published_raw="2026-10-01",
            ),
            Entry(
                guid="three",
                url="https://example.org/posts/three",
                title="Three",
                author="Robin",
                published=None,
                body="<p>Only a glimpse.</p>",
                base="https://example.org/posts/three",
                summary_only=True,
            ),
        ),
    )


def test_an_rdf_feed_is_read() -> None:
    (entry,) = read((FEEDS / "rss1.xml").read_bytes()).entries
    assert (entry.guid, entry.title, entry.body) == ("https://example.org/1", "First", "Hello.")
    assert entry.published == datetime(2026, 11, 2, tzinfo=UTC)


def test_an_empty_channel_is_a_feed_without_entries() -> None:
    assert read(rss(channel="<title>Quiet</title>")) == ParsedFeed(
        title="Quiet", site="", language="", entries=()
    )


NO_FEEDS = {
    "a page": ("<!DOCTYPE html><html><body>Hello</body></html>", "a web page (text/html, 1 kB)"),
    "a page that shows a feed": ("<html><body><pre><rss></rss></pre></body></html>", "a web page"),
    "a captcha": ("<html><title>Just a moment...</title></html>", "whether we are human"),
    "nothing": ("", "came empty"),
    "a mark only": (b"\xef\xbb\xbf  ", "came empty"),
    "text": ("Hello.", "not a feed (text/html, 1 kB)"),
    "other XML": ("<sitemap><url/></sitemap>", "not a feed"),
    "a feed in a remark": ("<!-- <rss></rss> --><note/>", "not a feed"),
    "a remark without an end": ("<!-- " * 2000, "not a feed"),
    "fish": ("<feed><hay/></feed>", "though it begins like one"),
}


@pytest.mark.parametrize(("body", "said"), NO_FEEDS.values(), ids=NO_FEEDS.keys())
def test_what_is_no_feed_is_told_as_what_it_is(body: str | bytes, said: str) -> None:
    outcome, message = refused(body, content_type="text/html; charset=utf-8")
    assert outcome is FeedOutcome.NOT_A_FEED
    assert said in message


def test_a_feed_called_text_html_is_a_feed() -> None:
    assert read(rss("<title>One</title>"), content_type="text/html").entries[0].title == "One"


JUNK = {
    "a mark": b"\xef\xbb\xbf",
    "blank lines": b"\n\n  ",
    "a warning of PHP": b"<br />\n<b>Warning</b>: something in <b>/x.php</b> on line 3<br />\n",
    "a remark with a page": b"<!-- <html> -->",
    "an instruction": b"<?xml-stylesheet href='x.xsl'?>\n",
    "a document type": b'<!DOCTYPE rss [<!ENTITY a "b">]>',
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_junk_before_a_feed_is_passed_over(junk: bytes) -> None:
    body = junk + rss("<title>One</title>").encode()
    assert [entry.title for entry in read(body).entries] == ["One"]


@pytest.mark.parametrize("share", [30, 50, 70, 90, 99])
def test_of_a_feed_that_was_cut_nothing_is_used(share: int) -> None:
    whole = rss(
        *(f"<guid>{n}</guid><title>Post {n}</title><description>Words.</description>" for n in range(20))
    )
    outcome, message = refused(whole[: len(whole) * share // 100])
    assert outcome is FeedOutcome.TRUNCATED
    assert "breaks off" in message


def test_an_end_that_is_followed_by_a_short_remark_is_an_end() -> None:
    assert read(rss("<title>One</title>") + "\n<!-- cached -->" + " " * 100).entries
    assert refused(rss("<title>One</title>") + " " * 3000)[0] is FeedOutcome.TRUNCATED


def test_a_parser_that_fails_is_a_broken_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(feedparser, "parse", fail)
    outcome, message = refused(rss("<title>One</title>"))
    assert outcome is FeedOutcome.BROKEN
    assert "RecursionError" in message


def test_the_parser_is_never_given_a_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(rss("<title>Secret</title>"))
    assert refused(str(secret))[0] is FeedOutcome.NOT_A_FEED


# --- charsets --------------------------------------------------------------------------------

WORDS = "Café – ‘warm’"


def declared(charset: str) -> str:
    return rss(f"<title>{WORDS}</title>").replace('version="1.0"?', f'version="1.0" encoding="{charset}"?', 1)


CHARSETS = {
    "UTF-8": (declared("utf-8").encode(), ""),
    "UTF-8, declared as another": (declared("windows-1252").encode(), "text/xml; charset=iso-8859-1"),
    "windows-1252": (declared("windows-1252").encode("cp1252"), ""),
    "windows-1252, declared as Latin-1": (declared("iso-8859-1").encode("cp1252"), ""),
    "windows-1252, declared nowhere": (rss(f"<title>{WORDS}</title>").encode("cp1252"), ""),
    "windows-1252, declared as UTF-8": (declared("utf-8").encode("cp1252"), ""),
    "windows-1252, said by the server": (
        rss(f"<title>{WORDS}</title>").encode("cp1252"),
        'text/xml; charset="windows-1252"',
    ),
    "a charset with a wrong number": (declared("iso-8859-99").encode("cp1252"), ""),
    "UTF-16 with a mark": (declared("utf-16").encode("utf-16"), ""),
    "UTF-16 without a mark": (declared("utf-16").encode("utf-16-le"), ""),
    "UTF-16, the other end first": (declared("utf-16").encode("utf-16-be"), ""),
    "UTF-32": (declared("utf-32").encode("utf-32"), ""),
}


@pytest.mark.parametrize(("body", "content_type"), CHARSETS.values(), ids=CHARSETS.keys())
def test_words_are_the_same_in_every_charset(body: bytes, content_type: str) -> None:
    assert read(body, content_type=content_type).entries[0].title == WORDS


def test_one_bad_byte_does_not_spoil_the_others() -> None:
    body = rss(f"<title>{WORDS * 5}X</title>").encode().replace(b"X", b"\xff")
    assert read(body).entries[0].title == WORDS * 5 + "\ufffd"


@pytest.mark.parametrize("charset", ["punycode", "undefined", "idna", "zlib", "rot13", "utf-7", "no-such"])
def test_charsets_that_are_none_are_refused(charset: str) -> None:
    outcome, message = refused(declared(charset).encode())
    assert outcome is FeedOutcome.BROKEN
    assert repr(charset) in message


# --- titles, authors, dates ------------------------------------------------------------------

TITLES = {
    "plain": ("Tea", "Tea"),
    "escaped": ("Tea &amp; toast", "Tea & toast"),
    "escaped twice": ("Tea &amp;amp; toast &amp;#8217;s", "Tea & toast ’s"),
    "tags": ("<![CDATA[<b>Tea</b> and<br>toast]]>", "Tea and toast"),
    "an escaped tag": ("&lt;em&gt;Tea&lt;/em&gt;", "Tea"),
    "a comparison": ("1 &lt; 2 &gt; 0", "1 < 2 > 0"),
    "line ends": ("Tea\r\n  Bcc: you@example.org", "Tea Bcc: you@example.org"),
    "an escaped line end": ("Tea&#13;&#10;Bcc: x", "Tea Bcc: x"),
    "an escaped line end, twice": ("Tea&amp;#10;Bcc: x", "Tea Bcc: x"),
    "line separators": ("Tea&#x2028;and&#x2029;toast", "Tea and toast"),
    "directions": ("Tea &#x202E;tsaot&#x2066; &#x200F;", "Tea tsaot"),
    "controls": ("T&#1;e\u009ba&#127;", "Tea"),
    "a script": ("<![CDATA[<script>alert(1)</script>Tea<!-- x -->]]>", "Tea"),
    "missing": ("", ""),
}


@pytest.mark.parametrize(("raw", "expected"), TITLES.values(), ids=TITLES.keys())
def test_titles_become_text_on_one_line(raw: str, expected: str) -> None:
    assert one(f"<title>{raw}</title><link>https://example.org/1</link>").title == expected


def test_a_title_without_end_is_cut_before_it_is_read() -> None:
    assert len(title_text("<a" * 1_000_000)) <= 4000


AUTHORS = {
    "Miriam": "Miriam",
    "miriam@example.org (Miriam)": "Miriam",
    "Miriam (miriam@example.org)": "Miriam",
    "Miriam <miriam@example.org>": "Miriam",
    "Miriam (she/her)": "Miriam (she/her)",
    "miriam@example.org": "",
    "(miriam@example.org)": "",
    "": "",
}


@pytest.mark.parametrize(("raw", "expected"), AUTHORS.items(), ids=AUTHORS.keys())
def test_authors_are_names_and_never_addresses(raw: str, expected: str) -> None:
    assert author_text(raw.replace("<", "&lt;").replace(">", "&gt;")) == expected


def test_an_entry_without_an_author_has_the_feeds_own() -> None:
    body = rss("<title>One</title>", channel="<dc:creator>Robin</dc:creator>")
    assert read(body).entries[0].author == "Robin"


def test_a_date_without_a_zone_is_in_the_blogs_zone() -> None:
    entry = one("<title>One</title><pubDate>Mon, 06 Jul 2026 09:12:41</pubDate>")
    assert entry.published == datetime(2026, 7, 6, 8, 12, 41, tzinfo=UTC)


def test_a_date_that_cannot_be_believed_is_none_and_kept_as_written() -> None:
    entry = one("<title>One</title><pubDate>0000-00-00</pubDate>")
    assert (entry.published, entry.published_raw) == (None, "0000-00-00")


# --- identity --------------------------------------------------------------------------------


def guids(*items: str) -> list[str]:
    return [entry.guid for entry in read(rss(*items)).entries]


def test_the_id_comes_first_then_the_link() -> None:
    link = "<link>https://example.org/a</link><title>A</title>"
    assert guids(f"<guid isPermaLink='false'>x</guid>{link}", "<title>B</title><link>/b</link>") == [
        "x",
        "https://example.org/b",
    ]


def test_without_id_and_link_the_title_and_the_date_tell_posts_apart() -> None:
    first, second, third = guids(
        "<title>A</title><pubDate>2026-11-01</pubDate>",
        "<title>A</title><pubDate>2026-11-02</pubDate>",
        "<description>Words alone.</description>",
    )
    assert len({first, second, third}) == 3
    assert guids("<title>A</title><pubDate>2026-11-01</pubDate><description>Edited.</description>") == [first]


def test_one_id_for_several_posts_is_joined_with_their_links() -> None:
    assert guids(
        "<guid isPermaLink='false'>x</guid><link>https://example.org/a</link><title>A</title>",
        "<guid isPermaLink='false'>x</guid><link>https://example.org/b</link><title>B</title>",
    ) == ["x https://example.org/a", "x https://example.org/b"]


def test_one_id_and_one_link_for_several_posts_leaves_the_title() -> None:
    same = "<guid isPermaLink='false'>x</guid><link>https://example.org/</link>"
    assert len(set(guids(f"{same}<title>A</title>", f"{same}<title>B</title>"))) == 2


def test_one_link_for_several_posts_is_no_identity() -> None:
    same = "<link>https://example.org/</link>"
    found = guids(f"{same}<title>A</title>", f"{same}<title>B</title>")
    assert len(set(found)) == 2
    assert "https://example.org/" not in found


def test_a_post_that_is_listed_twice_is_one() -> None:
    item = "<guid>https://example.org/a</guid><title>A</title>"
    assert len(guids(item, item)) == 1


def test_items_that_hold_nothing_are_left_out() -> None:
    assert guids("<pubDate>2026-11-01</pubDate>", "<title> </title>", "<title>A</title><guid>a</guid>") == [
        "a"
    ]


# --- bodies, links, bases --------------------------------------------------------------------


def test_the_content_is_the_body_and_the_description_where_there_is_none() -> None:
    content = "<content:encoded><![CDATA[<p>All of it.</p>]]></content:encoded>"
    assert one(f"<description>Part …</description>{content}").body == "<p>All of it.</p>"
    assert one("<description>Part.</description><content:encoded> </content:encoded>").body == "Part."


def test_a_body_is_kept_as_it_came_but_for_controls() -> None:
    body = '<p onclick="x()">a\u200b<script>1</script><img src="/b.png"></p>'
    assert one(f"<description><![CDATA[{body}]]></description>").body == body
    assert one("<description><![CDATA[a\0b\x08c&#2;]]>\x0b</description>").body == "abc&#2;"


SUMMARIES = {
    "WordPress's excerpt": "Part of it [&#8230;]",
    "with its tail": "Part [&#8230;]</p><p>The post <a>One</a> appeared first on <a>Blog</a>.",
    "dots in brackets": "Part of it [...]",
    "dots": "Part of it...",
    "an ellipsis": "Part of it…",
    "a link": 'Part of it <a href="/x">Read more</a>',
    "another link": 'Part of it <a href="/x">Continue reading <span>One</span> →</a>',
}


@pytest.mark.parametrize("text", SUMMARIES.values(), ids=SUMMARIES.keys())
def test_a_teaser_is_known_by_how_it_ends(text: str) -> None:
    assert one(f"<description><![CDATA[<p>{text}</p>]]></description>").summary_only


WHOLE = {
    "a description that ends": "<description>All of it.</description>",
    "an ellipsis after much": f"<description>{'words ' * 300}…</description>",
    "an ellipsis in content": "<content:encoded><![CDATA[And then he laughed…]]></content:encoded>",
    "reading more in the middle": f"<description>I read more now. {'And so on. ' * 20}</description>",
}


@pytest.mark.parametrize("item", WHOLE.values(), ids=WHOLE.keys())
def test_a_whole_post_is_no_teaser(item: str) -> None:
    assert not one(item).summary_only


def test_a_link_is_absolute_or_none() -> None:
    assert one("<title>A</title><link>/a</link>").url == "https://example.org/a"
    assert one("<title>A</title><link>javascript:alert(1)</link>").url == ""
    assert one("<title>A</title><link>http://[broken</link>").url == ""
    assert one("<title>A</title><guid>https://example.org/a</guid>").url == "https://example.org/a"
    assert one("<title>A</title><guid isPermaLink='false'>5</guid>").url == ""


def test_the_true_link_behind_a_counting_one_is_taken() -> None:
    item = "<link>https://count.example.org/1</link><feedburner:origLink>https://example.org/1</feedburner:origLink>"
    assert one(f"<title>A</title>{item}").url == "https://example.org/1"


def test_the_base_is_the_posts_link_else_the_sites_else_the_feeds() -> None:
    assert one("<title>A</title><link>/a/b</link>").base == "https://example.org/a/b"
    assert one("<title>A</title>").base == "https://example.org/"
    assert read(rss("<title>A</title>", channel="")).entries[0].base == URL


BASES = ('<entry xml:base="https://other.example/x/">', '<entry xml:base = "https://other.example/x/">')


@pytest.mark.parametrize("opening", BASES, ids=["as usual", "with spaces"])
def test_the_base_of_one_entry_is_not_the_next_ones(opening: str) -> None:
    plain = (
        '<title>{0}</title><id>/{0}</id><link href="{0}"/><content type="html">&lt;p&gt;x</content></entry>'
    )
    feed = read(
        '<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://example.org/"/>'
        f"<entry>{plain.format('one')}{opening}{plain.format('two')}<entry>{plain.format('three')}</feed>"
    )
    assert [(entry.guid, entry.base) for entry in feed.entries] == [
        ("/one", "https://example.org/one"),
        ("https://other.example/two", "https://other.example/x/"),
        ("/three", "https://example.org/three"),
    ]


@pytest.mark.parametrize("body", ["x", "x base= y"], ids=["read as it is", "read with a base of ours"])
def test_ids_and_links_are_as_written_whether_a_base_is_given_or_not(body: str) -> None:
    entry = one(f"<title>A</title><guid>/a/1</guid><link>b?c</link><description>{body}</description>")
    assert (entry.guid, entry.url, entry.body) == ("/a/1", "https://example.org/b?c", body)


def test_a_file_gives_no_base_of_its_own() -> None:
    body = rss("<title>A</title><link>/a</link>", channel="")
    (entry,) = read(body, url="/home/me/feed.xml").entries
    assert (entry.url, entry.base) == ("", "")


def test_the_same_bytes_give_the_same_feed() -> None:
    body = (FEEDS / "atom.xml").read_bytes()
    assert read(body) == read(body)


def test_the_seed_post_is_read_whole() -> None:
    path = Path(__file__).parents[2] / "shared" / "feeds" / "seed.xml"
    if not path.exists():
        pytest.skip("the seed is not here")
    (entry,) = read(path.read_bytes()).entries
    assert entry == replace(entry, title="Why the relationship with your therapist matters the most")
    assert not entry.summary_only
    assert entry.body.startswith('<p class="">The relationship with your therapist matters more')


RELATIVE_IDS = [
    "/Dispatch_No.7",
    "three",
    "?p=7",
    "5e1f:0a77:f7",
    "tag:example.org,2026:1",
    "https://a.example/1",
]


@pytest.mark.parametrize("identity", RELATIVE_IDS)
def test_an_id_is_taken_as_it_is_written(identity: str) -> None:
    assert one(f"<guid isPermaLink='false'>{identity}</guid><title>A</title>").guid == identity
