"""How one post is read: a post in the store, a file, or an address."""

from __future__ import annotations

from pathlib import Path

import lxml.html
from lxml.etree import ParserError

from pipeline.errors import CannotRead
from pipeline.model import NotFetched, NotModified, Reading, Validators
from pipeline.ports import Fetcher, Posts
from pipeline.read import read_html, read_post
from pipeline.render.verbatim import plain

PAGE_BYTES = 8 * 1024 * 1024


def read_source(source: str, *, title: str, posts: Posts | None, fetcher: Fetcher) -> Reading:
    """The reading of `source`: a post's id or address, a file, or a page's address.

    `title` is used where the source has none. `posts` is None where there is no store yet.
    Raises CannotRead with the source and the reason.
    """
    known = _known(source, posts)
    if known is not None:
        return known
    if source.startswith(("http://", "https://")):
        fetched = fetcher.fetch(source, Validators())
        if isinstance(fetched, NotFetched):
            raise CannotRead(f"{source}: {fetched.message}")
        if isinstance(fetched, NotModified):
            raise CannotRead(f"{source}: the server sent no page")
        return read_page(fetched.body, title=title, base=fetched.final_url, source=source)
    return read_page(_file(source), title=title, base="", source=source)


def _known(source: str, posts: Posts | None) -> Reading | None:
    if posts is None:
        return None
    post = posts.get(source) or next(
        (post for feed in posts.feeds() for post in posts.known(feed.url) if source == post.url and source),
        None,
    )
    return read_post(post) if post else None


def _file(source: str) -> bytes:
    path = Path(source)
    try:
        if path.stat().st_size > PAGE_BYTES:
            raise CannotRead(f"{source}: larger than {PAGE_BYTES // 2**20} MiB; that is no post")
        return path.read_bytes()
    except OSError as problem:
        raise CannotRead(
            f"{source}: {problem.strerror or 'cannot be read'}",
            hint="give a file of HTML, the address of a page, or a post's id from `warmletter compose`",
        ) from problem


def read_page(body: bytes, *, title: str, base: str, source: str) -> Reading:
    """A document or a fragment: its title from `<title>`, else its first h1, else `title`.

    Of a page with exactly one `<article>` (else `<main>`) only that is read: the rest is
    navigation.
    """
    text = _decoded(body)
    if not text.strip():
        raise CannotRead(f"{source}: the file is empty")
    try:
        root = lxml.html.document_fromstring(text)
    except (ParserError, ValueError) as problem:
        raise CannotRead(f"{source}: not HTML") from problem
    named = (
        plain(lxml.html.tostring(e, encoding="unicode", with_tail=False)) for e in root.iter("title", "h1")
    )
    own = next((words for words in named if words), "")
    for tag in ("article", "main", "body"):
        found = list(root.iter(tag))
        if len(found) == 1:
            root = found[0]
            break
    inner = lxml.html.tostring(root, encoding="unicode")
    language = root.getroottree().getroot().get("lang") or ""
    return read_html(inner, title=own or title, base=base, url=base, language=str(language))


def _decoded(body: bytes) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("windows-1252", errors="replace")
    return "".join(c for c in text if c in "\t\n\r" or not (ord(c) < 32 or ord(c) == 127))
