"""Do the letter's links answer? Each page is asked once, within limits, when somebody wants to know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urldefrag, urlsplit

import lxml.html
from lxml.html import HtmlElement

from pipeline.app.context import App
from pipeline.check.answers import Asked
from pipeline.model import FeedOutcome, Letter, NotFetched, Validators

MOST = 40  # pages asked for one letter
LONGEST_S = 60.0  # after so long no further one is asked
PAUSE_S = 0.5  # between two pages of one site


def ask_links(app: App, letter: Letter) -> Iterator[Asked]:
    """Each page that the letter links to, once, in its order.

    Private addresses are refused by the fetcher; a reader's own address is never asked.
    """
    until = app.clock.now() + timedelta(seconds=LONGEST_S)
    before = ""
    for number, (address, label) in enumerate(_pages(letter).items()):
        site = urlsplit(address).hostname or ""
        if number >= MOST or app.clock.now() > until:
            yield Asked(label=label, site=site, problem="there was no time left to ask")
            continue
        if site == before:
            app.clock.sleep(PAUSE_S)
        before = site
        yield _asked(app, address, label, site)


def _asked(app: App, address: str, label: str, site: str) -> Asked:
    found = app.pictures.fetch(address, Validators())
    if not isinstance(found, NotFetched):
        return Asked(label=label, site=site)
    problem = found.message.partition(":")[0].partition(";")[0]
    return Asked(label=label, site=site, problem=problem, gone=found.outcome is FeedOutcome.GONE)


def _parsed(html: str) -> HtmlElement:
    return lxml.html.document_fromstring(html)


def _pages(letter: Letter) -> dict[str, str]:
    """Address without fragment → the words of the first link to it."""
    pages: dict[str, str] = {}
    for anchor in _parsed(letter.html).iter("a"):
        href = anchor.get("href") or ""
        if href.lower().startswith(("http://", "https://")) and letter.mark not in href:
            label = " ".join(str(anchor.text_content()).split())
            pages.setdefault(urldefrag(href).url, label)
    return pages
