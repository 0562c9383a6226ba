"""The sample blog on a port of this computer, for a first try and for tests."""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from pipeline.demo.feeds import (
    TITLE,
    picture,
    sample_posts,
    squarespace_rss,
    with_pictures_at,
    wordpress_rss,
)

SQUARESPACE = "/blog?format=rss"
WORDPRESS = "/feed/"
_PAGE = f"""<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{TITLE}</title>
<link rel="alternate" type="application/rss+xml" title="{TITLE}" href="{SQUARESPACE}">
</head><body><h1>{TITLE}</h1><p>The posts are in the feed.</p></body></html>
"""


class BlogServer:
    """Serves the sample blog on 127.0.0.1 while it is entered.

    Until `edited` is set, one post of the newest month is in its first version. A `port` that
    is taken is replaced by a free one. Only pictures have this server's address: they are fetched.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.edited = False
        handler = partial(_Handler, self)
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        except OSError:
            if not port:
                raise
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        """The blog's home page."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """The feed as Squarespace would make it."""
        return f"{self.address}{SQUARESPACE}"

    @property
    def wordpress_url(self) -> str:
        """The feed as WordPress would make it."""
        return f"{self.address}{WORDPRESS}"

    def __enter__(self) -> BlogServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str) -> tuple[str, bytes] | None:
        """(content type, body) of a page, or None where there is none."""
        posts = with_pictures_at(sample_posts(edited=self.edited), self.address)
        match path:
            case "/blog?format=rss":
                return "application/rss+xml; charset=utf-8", squarespace_rss(posts)
            case "/feed/" | "/feed":
                return "application/rss+xml; charset=UTF-8", wordpress_rss(posts)
            case "/" | "/blog" | "/blog/":
                return "text/html; charset=utf-8", _PAGE.encode()
            case _ if path.startswith("/pictures/"):
                found = picture(path.removeprefix("/pictures/"))
                return None if found is None else ("image/jpeg", found)
            case _:
                return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, blog: BlogServer, *args: object) -> None:
        self._blog = blog
        super().__init__(*args)  # type: ignore[arg-type]  # socketserver's own three

    def do_GET(self) -> None:
        found = self._blog.answer(self.path)
        if found is None:
            self._send(404, "text/plain", b"There is nothing here.")
            return
        content_type, body = found
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._send(304, "", b"", etag)
        else:
            self._send(200, content_type, body, etag)

    def _send(self, status: int, content_type: str, body: bytes, etag: str = "") -> None:
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a server for one reader has nobody to tell."""
