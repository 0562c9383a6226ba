"""Who may talk to the desk: one browser on this computer, from the desk's own pages.

A page of another site that the author has open can make her browser send requests here, also
under a name of its own that leads to 127.0.0.1 (DNS rebinding). So every request must name the
desk as its host and bring the cookie of this run; every change must also come from a page of ours.
"""

from __future__ import annotations

import hmac
import secrets
import threading

from flask import Flask, Response, make_response, redirect, request
from werkzeug.exceptions import Forbidden, MethodNotAllowed, MisdirectedRequest
from werkzeug.wrappers import Response as AnyResponse

PAGE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
USED = "This way in was used already. Run `warmletter preview` again: it gives a new one."
STRANGE = "This page belongs to somebody's letters. Run `warmletter preview`: it gives the way in."


class Guard:
    """The secrets of one run of the desk, and the questions each request is asked."""

    def __init__(self, *, secret: str, port: int) -> None:
        """`secret` opens the desk once; the cookie and the forms' token are made anew for each run."""
        self._hosts = frozenset((f"127.0.0.1:{port}", f"localhost:{port}"))
        self._entrance: str | None = secret
        self._cookie = secrets.token_urlsafe(32)
        self._entering = threading.Lock()
        # Browsers keep cookies by host whatever the port: two desks must not take each other's place.
        self.cookie = f"warmletter_desk_{port}"
        self.token = secrets.token_urlsafe(32)

    def stands_before(self, site: Flask) -> None:
        site.before_request(self._ask)
        site.after_request(_with_headers)
        site.add_url_rule("/enter/<entrance>", "enter", self._enter)

    def _ask(self) -> None:
        """Raises what is answered instead of the page. Asked of every request, whatever its path."""
        host = request.environ.get("HTTP_HOST", "")
        if host not in self._hosts:
            raise MisdirectedRequest("The desk is at 127.0.0.1 only.")
        if request.method not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed(("GET", "HEAD", "POST"))
        if request.method == "POST":
            self._ask_a_change(host)
        if request.endpoint == "enter":
            return
        if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            raise Forbidden(STRANGE)
        if not _same(request.cookies.get(self.cookie, ""), self._cookie):
            raise Forbidden(STRANGE)

    def _ask_a_change(self, host: str) -> None:
        # Every browser names the origin of a POST; one that does not is no browser of today.
        if request.headers.get("Origin") != f"http://{host}":
            raise Forbidden(STRANGE)
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Forbidden(STRANGE)
        if not _same(request.cookies.get(self.cookie, ""), self._cookie):
            raise Forbidden(STRANGE)
        if not _same(request.form.get("token", ""), self.token):
            raise Forbidden("This page is of an earlier day. Load it again, and repeat what you did.")

    def _enter(self, entrance: str) -> AnyResponse:
        if request.method == "HEAD":  # a program that looks whether the link is alive does not use it up
            return Response(status=204)
        with self._entering:
            if self._entrance is None or not _same(entrance, self._entrance):
                raise Forbidden(USED)
            self._entrance = None
        answer = make_response(redirect("/", 303))
        answer.set_cookie(self.cookie, self._cookie, httponly=True, samesite="Strict", path="/")
        return answer


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), kept.encode())


def _with_headers(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", PAGE_CSP)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # Not "no-referrer": under that a browser says "Origin: null" of our own forms (Fetch, §3.2.5).
    # Other sites are told nothing either way.
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
