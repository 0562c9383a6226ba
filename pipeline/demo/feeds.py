"""The sample blog as the RSS that Squarespace and WordPress make of it, with their habits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from importlib.resources import files

SITE = "https://practice.example"
TITLE = "The Quiet Room"
_FIRST = ".first.html"  # what a post was before it was edited
_IMAGE = re.compile(
    r'<img src="(?P<src>[^"]+)"(?: alt="(?P<alt>[^"]*)")? width="(?P<w>\d+)" height="(?P<h>\d+)">'
)
_CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>")
_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:media="http://search.yahoo.com/mrss/"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePost:
    title: str
    slug: str
    date: datetime
    updated: datetime | None  # None: never edited
    author: str
    tags: tuple[str, ...]
    html: str

    @property
    def url(self) -> str:
        return f"{SITE}/blog/{self.slug}"

    @property
    def last_touched(self) -> datetime:
        return self.updated or self.date


def sample_posts(*, edited: bool = True) -> tuple[SamplePost, ...]:
    """The eight posts, newest first; with `edited=False` as they were before the one was edited."""
    folder = files("pipeline.demo") / "blog"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".html")}
    names = [name for name in texts if not name.endswith(_FIRST)]
    first = {name.replace(_FIRST, ".html"): text for name, text in texts.items() if name.endswith(_FIRST)}
    chosen = [texts[name] if edited else first.get(name, texts[name]) for name in names]
    return tuple(sorted(map(_read, chosen), key=lambda post: post.date, reverse=True))


def _read(text: str) -> SamplePost:
    head, _, body = text.partition("\n\n")
    front = dict(line.split(": ", 1) for line in head.splitlines())
    return SamplePost(
        title=front["title"],
        slug=front["slug"],
        date=datetime.fromisoformat(front["date"]),
        updated=datetime.fromisoformat(front["updated"]) if "updated" in front else None,
        author=front["author"],
        tags=tuple(front["tags"].split(", ")),
        html=body.strip(),
    )


def with_pictures_at(posts: Iterable[SamplePost], address: str) -> tuple[SamplePost, ...]:
    """The posts with their pictures where they can be fetched; links stay on the reserved name."""
    return tuple(
        replace(post, html=post.html.replace(f'src="{SITE}/pictures/', f'src="{address}/pictures/'))
        for post in posts
    )


def picture(name: str) -> bytes | None:
    """A picture of the blog's, or None where there is none of that name."""
    folder = files("pipeline.demo") / "blog" / "pictures"
    found = {file.name: file for file in folder.iterdir()}.get(name)
    return found.read_bytes() if found else None


def squarespace_rss(posts: Iterable[SamplePost]) -> bytes:
    """As Squarespace makes it: the whole post in `description`, pictures that load late."""
    return _rss(posts, _squarespace_item, generator="Site-Server v6.0.0 (http://www.squarespace.com)")


def wordpress_rss(posts: Iterable[SamplePost]) -> bytes:
    """As WordPress makes it: an excerpt, the whole post beside it, and its own line below both."""
    return _rss(posts, _wordpress_item, generator="https://wordpress.org/?v=6.8.3")


def _rss(posts: Iterable[SamplePost], item: Callable[[SamplePost, int], str], *, generator: str) -> bytes:
    listed = tuple(posts)
    built = max(post.last_touched for post in listed)
    # Numbered from the oldest, so that a post keeps its number when another one is written.
    items = "\n".join(item(post, len(listed) - place) for place, post in enumerate(listed))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" {_NAMESPACES}>
<channel>
<title>{TITLE}</title>
<link>{SITE}/blog</link>
<description>Notes from an upstairs room</description>
<lastBuildDate>{_rfc822(built)}</lastBuildDate>
<language>en-GB</language>
<generator>{generator}</generator>
{items}
</channel>
</rss>
""".encode()


def _squarespace_item(post: SamplePost, _number: int) -> str:
    pictures = [match["src"] for match in _IMAGE.finditer(post.html)]
    enclosure = f'<enclosure url="{pictures[0]}" length="0" type="image/jpeg"/>\n' if pictures else ""
    media = "".join(f'<media:content url="{src}" medium="image" type="image/jpeg"/>\n' for src in pictures)
    mark = hashlib.sha256(post.slug.encode()).hexdigest()[:8]
    return f"""<item>
<title>{escape(post.title, quote=False)}</title>
<dc:creator>{post.author}</dc:creator>
<pubDate>{_rfc822(post.date)}</pubDate>
{_edited(post)}<link>{post.url}</link>
<guid isPermaLink="false">5e1f09a3:5e1f0a77:{mark}</guid>
<description><![CDATA[{_squarespace_html(post.html)}]]></description>
{enclosure}{media}</item>"""


def _squarespace_html(html: str) -> str:
    html = html.replace("<p>", '<p class="">').replace(
        "<hr>", '<div class="sqs-block-horizontalrule"><hr /></div>'
    )
    html = re.sub(r"<li>(.*?)</li>", r'<li><p class="">\1</p></li>', html)
    html = html.replace("<ul>", '<ul data-rte-list="default">')
    html = _CAPTION.sub(r'<figcaption class="image-caption-wrapper"><p class="">\1</p></figcaption>', html)
    html = html.replace("<figure>", '<figure class="sqs-block-image-figure intrinsic">')
    html = _IMAGE.sub(_late_image, html)
    html = "".join(line.strip() for line in html.splitlines())
    return (
        f'<div class="sqs-block html-block sqs-block-html"><div class="sqs-html-content">{html}</div></div>'
    )


def _late_image(match: re.Match[str]) -> str:
    """A picture whose address a browser learns by script: there is no src."""
    return (
        f'<img class="thumb-image" data-src="{match["src"]}" data-image="{match["src"]}" '
        f'data-image-dimensions="{match["w"]}x{match["h"]}" data-load="false" alt="{match["alt"] or ""}" />'
    )


def _wordpress_item(post: SamplePost, number: int) -> str:
    tail = (
        f'<p>The post <a href="{post.url}">{_entities(post.title)}</a> appeared first on '
        f'<a href="{SITE}">{TITLE}</a>.</p>'
    )
    words = re.sub(r"<[^>]+>", " ", post.html).split()
    excerpt = f"<p>{_entities(' '.join(words[:55]))} [&#8230;]</p>\n{tail}"
    categories = "".join(f"<category><![CDATA[{tag}]]></category>\n" for tag in post.tags)
    return f"""<item>
<title>{_entities(post.title)}</title>
<link>{post.url}</link>
<dc:creator><![CDATA[{post.author}]]></dc:creator>
<pubDate>{_rfc822(post.date)}</pubDate>
{_edited(post)}{categories}<guid isPermaLink="false">{SITE}/?p={number * 7 + 34}</guid>
<description><![CDATA[{excerpt}]]></description>
<content:encoded><![CDATA[{_wordpress_html(post.html)}
{tail}
]]></content:encoded>
</item>"""


def _wordpress_html(html: str) -> str:
    html = html.replace("<h2>", '<h2 class="wp-block-heading">').replace("<ul>", '<ul class="wp-block-list">')
    html = html.replace("<hr>", '<hr class="wp-block-separator has-alpha-channel-opacity"/>')
    html = html.replace("<blockquote>", '<blockquote class="wp-block-quote is-layout-flow">')
    html = html.replace("<figure>", '<figure class="wp-block-image size-large">')
    html = _CAPTION.sub(r'<figcaption class="wp-element-caption">\1</figcaption>', html)
    html = _IMAGE.sub(_wide_image, html)
    share = (
        '<div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">Share this:</h3>'
        f'<ul><li><a href="{SITE}/?share=facebook">Facebook</a></li></ul></div>'
    )
    # WordPress takes its editor's remarks out of a feed; some plugins leave them in.
    return _entities(f"<!-- wp:paragraph -->\n{html}\n<!-- /wp:paragraph -->\n{share}")


def _wide_image(match: re.Match[str]) -> str:
    src, alt = match["src"], match["alt"] or ""
    return (
        f'<img fetchpriority="high" decoding="async" width="{match["w"]}" height="{match["h"]}" src="{src}" '
        f'alt="{alt}" class="wp-image-12" srcset="{src} 1200w, {src}?w=300 300w" '
        'sizes="(max-width: 1200px) 100vw, 1200px" />'
    )


def _entities(text: str) -> str:
    """`text` with typography as numbers: &#8217; for an apostrophe."""
    return "".join(char if char.isascii() else f"&#{ord(char)};" for char in text)


def _edited(post: SamplePost) -> str:
    return f"<atom:updated>{post.updated.isoformat()}</atom:updated>\n" if post.updated else ""


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))
