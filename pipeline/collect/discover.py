"""Where a web page says that its feed is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from pipeline.collect.encoding import UnknownCharset, to_text
from pipeline.collect.items import web_address
from pipeline.collect.text import one_line

# Where blogs keep their feed when the page does not say (1 of 10 real home pages), the usual
# systems first: WordPress, Ghost, static generators, Wix, Squarespace, Blogger.
WELL_KNOWN = (
    "/feed/",
    "/feed",
    "/rss/",
    "/rss.xml",
    "/atom.xml",
    "/index.xml",
    "/feed.xml",
    "/feed.json",
    "/blog-feed.xml",
    "/blog?format=rss",
    "/feeds/posts/default",
)
_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/json",
        "application/rdf+xml",
        "application/xml",
        "text/xml",
    }
)
# WordPress names the comments on a post as <post>/feed/, which only its title tells from posts.
_OF_COMMENTS = re.compile(
    r"\b(?:comments?|kommentare?|commentaires?|comentarios|comentários|commenti|reacties)\b"
    r"|\bkommentar-?feed\b",
    re.IGNORECASE,
)
_NOT_POSTS = ("/comments/feed", "comments-rss2", "/feeds/comments", "/comments/default", "oembed", "/wp-json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address that a page names as a feed; nobody has looked there yet."""

    url: str  # absolute
    title: str  # "" where the page gives none


def candidates(html: bytes, base: str) -> tuple[Candidate, ...]:
    """The feeds that a page names, in its order, each address once.

    Feeds of comments and oEmbed descriptions are left out; `base` is the page's own address.
    """
    try:
        text = to_text(html, "")
    except UnknownCharset:
        return ()
    page = _Page(base)
    page.feed(text)
    page.close()
    first: dict[str, Candidate] = {}
    for found in page.found:
        first.setdefault(found.url, found)
    of_posts = [found for found in first.values() if not _OF_COMMENTS.search(found.title)]
    # A blog may itself be called “No comment”: then it is all there is.
    return tuple(of_posts or first.values())


class _Page(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = base
        self.found: list[Candidate] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in reversed(attrs)}  # the first of two counts
        if tag == "base" and "href" in attributes:
            self._base = web_address(attributes["href"], self._base) or self._base
        if tag == "link":
            self._link(attributes)

    def _link(self, attributes: dict[str, str]) -> None:
        relations = attributes.get("rel", "").lower().split()
        kind = attributes.get("type", "").partition(";")[0].strip().lower()
        url = web_address(attributes.get("href", ""), self._base)
        if not url or "alternate" not in relations or kind not in _TYPES:
            return
        if any(part in url.lower() for part in _NOT_POSTS):
            return
        self.found.append(Candidate(url=url, title=one_line(attributes.get("title", ""))))
