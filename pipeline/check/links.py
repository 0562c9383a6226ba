"""Where its links lead, and that nothing in it can watch a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pipeline.check.draft import Draft, Finding, block, warn

MEANINGLESS = frozenset(
    ("click here", "here", "read more", "more", "link", "this link", "this", "continue reading", "learn more")
)
TRACKING_NAMES = re.compile(r"^(utm_\w+|fbclid|gclid|mc_[ce]id|_hs\w+|mkt_tok)$")


def links(draft: Draft) -> Iterator[Finding]:
    for anchor in draft.tree.iter("a"):
        href = anchor.get("href") or ""
        label = " ".join(str(anchor.text_content()).split())
        scheme = _parts(href).scheme.lower()
        if not href:
            yield block(f"the link “{label}” leads nowhere", "mend it on the blog or in your template")
        elif scheme not in ("http", "https", "mailto", "tel"):
            yield block(f"the link “{label}” has no whole address", "mend it on the blog")
        elif not label:
            yield warn(f"a link to {_site(href)} has no words", "give it some on the blog, or take it out")
        elif label.lower().strip(".…»→ ") in MEANINGLESS:
            yield warn(
                f"the link “{label}” to {_site(href)} says nothing when read aloud alone",
                "on the blog, link the words that say where it leads",
            )
        elif scheme == "http":
            yield warn(
                f"the link “{label}” is not encrypted (http)", f"use https for {_site(href)} on the blog"
            )


def tracking(draft: Draft) -> Iterator[Finding]:
    for element in draft.tree.iter("img", "source", "image"):
        source = element.get("src") or element.get("srcset") or ""
        if not source.startswith("cid:") and not _own(draft, source):
            yield block(
                f"a picture would be fetched from {_site(source) or 'elsewhere'} when the letter is opened",
                "that tells them who reads it, and when; take it out of your template",
            )
    for anchor in draft.tree.iter("a"):
        href = anchor.get("href") or ""
        if names := [n for n, _ in parse_qsl(_parts(href).query) if TRACKING_NAMES.match(n)]:
            yield block(
                f"a link to {_site(href)} carries the tracking mark {names[0]}",
                "take it out of your template",
            )
    if re.search(r"url\(\s*['\"]?(https?:)?//|@import|@font-face", draft.letter.html, re.I):
        yield block("a style fetches something when the letter is opened", "take it out of your style sheet")


def _own(draft: Draft, source: str) -> bool:
    return draft.leaving.by_web and source.startswith(draft.leaving.base_url + "/")


def _site(href: str) -> str:
    return _parts(href).hostname or href.split(":")[0]


def _parts(href: str) -> SplitResult:
    """The address in parts; one that is none has none."""
    try:
        return urlsplit(href)
    except ValueError:
        return urlsplit("")
