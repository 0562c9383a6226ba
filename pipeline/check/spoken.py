"""What a screen reader makes of it, and what a webmail leaves of its frame."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipeline.check.draft import Draft, Finding, block, warn
from pipeline.render.inline import COLUMN_PX

DEEPEST_TABLES = 3
_PUT_BACK = "take the line from the built-in letter/body.html"
_SHOWN_EVERYWHERE = (".jpg", ".jpeg", ".png", ".gif")


def frame(draft: Draft) -> Iterator[Finding]:
    """Language and direction stand inside the body too: webmails throw the rest of the frame away."""
    tree = draft.tree
    if not (tree.get("lang") and tree.get("dir")):
        yield warn("the letter does not say in which language and direction it runs", _PUT_BACK)
    title = tree.findtext("head/title") or ""
    if " ".join(title.split()) != " ".join(draft.letter.subject.split()):
        yield warn("the letter's <title> is not its subject", _PUT_BACK)
    viewport = str(tree.xpath("string(//meta[@name='viewport']/@content)"))
    if re.search(r"user-scalable\s*=\s*(no|0)|maximum-scale", viewport):
        yield warn("the letter cannot be made larger with two fingers", "let the viewport be scaled")
    articles: list[HtmlElement] = tree.xpath("//*[@role='article']")
    if len(articles) != 1:
        yield warn("no one element holds the letter as its article", _PUT_BACK)
        return
    missing = [name for name in ("lang", "dir", "aria-label") if not articles[0].get(name)]
    if missing:
        yield warn(f"the letter's article lacks {' and '.join(missing)}: webmails keep only these", _PUT_BACK)


def order(draft: Draft) -> Iterator[Finding]:
    """Headings without gaps, tables a few deep, ids once, comments for Outlook whole."""
    levels = [int(str(h.tag)[1]) for h in draft.tree.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    if 1 not in levels:
        yield warn("the letter has no main heading", "let your template set one h1")
    for before, after in itertools.pairwise(levels):
        if after > before + 1:
            yield warn(
                f"a heading of level {after} stands under one of level {before}",
                "leave no level out: screen readers lead by them",
            )
            break
    if any(len(list(table.iterancestors("table"))) >= DEEPEST_TABLES for table in draft.tree.iter("table")):
        yield warn(f"tables stand more than {DEEPEST_TABLES} deep", "lay it out in one column")
    ids = Counter(str(element.get("id")) for element in draft.tree.xpath("//*[@id]"))
    for name in [name for name, times in ids.items() if times > 1][:3]:
        yield warn(f"the id “{name}” is there twice", "take one out of your template")
    if draft.tree.xpath("//*[@aria-labelledby or @aria-describedby]"):
        yield warn("a label points to an id, and webmails rename ids", "use aria-label")
    yield from _for_outlook(draft.letter.html)


def _for_outlook(html: str) -> Iterator[Finding]:
    """What only Outlook reads stands in comments: the table that holds the column at 600 px."""
    begins, ends = len(re.findall(r"<!--\[if", html)), html.count("<![endif]-->")
    inside = "".join(re.findall(r"<!--\[if mso.*?\]>(.*?)<!\[endif\]-->", html, re.DOTALL))
    if begins != ends or inside.count("<table") != inside.count("</table>"):
        yield block("a part for Outlook begins and does not end, or ends and never began", _PUT_BACK)
    if 'width="600"' not in inside:
        yield warn("Outlook would set the letter as wide as its window", _PUT_BACK)
    if inside.count("<table") != inside.count('role="presentation"'):
        yield warn("Outlook's table for layout is read aloud as a table", 'give it role="presentation"')


def images(draft: Draft) -> Iterator[Finding]:
    for image in draft.tree.iter("img"):
        source = image.get("src") or ""
        name = source.rpartition("/")[2] or "a picture"
        if image.get("alt") is None:
            yield block(f"“{name}” has no alt text, not even an empty one", 'write alt="…" in your template')
        width, height = image.get("width") or "", image.get("height") or ""
        if not (width.isdigit() and height.isdigit()):
            yield warn(f"“{name}” does not say how large it is", "give width and height in your template")
        elif int(width) > COLUMN_PX:
            yield warn(
                f"“{name}” is {width} px wide and would push the page wider than a phone",
                f"{COLUMN_PX} is as wide as the column",
            )
        if not source.startswith("cid:") and not source.lower().partition("?")[0].endswith(_SHOWN_EVERYWHERE):
            yield warn(f"“{name}” is in a format that Outlook does not show", "use JPEG or PNG")
