"""The letter as a page for the archive: no script, nothing fetched from elsewhere, nobody's data.

Made from the rendered letter, so that the page shows what was mailed, with whatever a template of
the user's own made of it. What only a mail says stands in elements of the class `mail-only`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import lxml.html
from lxml.etree import _Comment
from lxml.html import HtmlElement

from pipeline.errors import TemplateProblem
from pipeline.model import Letter
from pipeline.render.letter import Leaving

# 'self' is where the page and its pictures lie; the letter's styles stand on its elements.
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_HEAD = {"viewport", "color-scheme"}  # of its named metas, what a page has a use for


def web_copy(letter: Letter, pictures: Mapping[str, str], *, leaving: Leaving) -> str:
    """The page. `pictures`: cid → address beside the page.

    Raises TemplateProblem where a template puts a reader's data where it cannot be taken out.
    """
    root: HtmlElement = lxml.html.document_fromstring(letter.html)
    for element in _mail_only(root, letter.mark, leaving):
        if element.find(".//h1") is not None:
            raise _in_the_way()
        if element.getparent() is not None:
            element.drop_tree()  # but not what stands after it
    for image in root.iter("img"):
        cid = (image.get("src") or "").removeprefix("cid:")
        if cid in pictures:
            image.set("src", pictures[cid])
    for article in root.xpath("//*[@role='article']"):
        # On a page of its own the letter is the main thing; in a webmail it must not claim that.
        article.tag = "main"
        for name in ("role", "aria-roledescription", "aria-label"):
            article.attrib.pop(name, None)
    _with_a_head_of_its_own(root)
    page = f"<!DOCTYPE html>\n{lxml.html.tostring(root, encoding='unicode')}\n"
    if letter.mark in page:
        raise _in_the_way()
    return page


def _in_the_way() -> TemplateProblem:
    return TemplateProblem(
        "a template puts a reader's own data where the web copy cannot leave it out",
        hint='put it into an element with class="mail-only"',
    )


def _mail_only(root: HtmlElement, mark: str, leaving: Leaving) -> list[HtmlElement]:
    """Comments for Outlook, what is not shown or marked, and the smallest thing around a placeholder."""
    out = f"mailto:{leaving.mail_to}?subject="
    found: list[HtmlElement] = []
    for element in root.iter():
        if isinstance(element, _Comment):
            found.append(element)
            continue
        classes = (element.get("class") or "").split()
        own = " ".join((element.text or "", *(child.tail or "" for child in element)))
        values = " ".join(str(value) for value in element.attrib.values())
        href = element.get("href") or ""
        if (
            {"mail-only", "preheader"} & set(classes)
            or mark in own + values
            or (not leaving.by_web and href.startswith(out))
        ):
            found.append(element)
    return found


def _with_a_head_of_its_own(root: HtmlElement) -> None:
    head = root.find("head")
    if head is None:
        raise TemplateProblem("the letter has no head", hint="use the built-in letter/body.html")
    for meta in head.findall("meta"):
        if meta.get("charset") is None and meta.get("name") not in _HEAD:
            meta.drop_tree()
    for style in head.findall("style"):
        style.attrib.pop("data-css-inline", None)
        style.text = re.sub(r"^\[data-ogs[cb]\].*$\n?", "", style.text or "", flags=re.MULTILINE)
    for place, attributes in enumerate(
        (
            {"http-equiv": "Content-Security-Policy", "content": POLICY},
            {"name": "referrer", "content": "no-referrer"},
        ),
        1,
    ):
        meta = lxml.html.Element("meta")
        for name, value in attributes.items():
            meta.set(name, value)
        head.insert(place, meta)
    for name in [name for name in root.attrib if str(name).startswith("xmlns")]:
        del root.attrib[name]
    for body in root.iter("body"):
        body.attrib.pop("xml:lang", None)
