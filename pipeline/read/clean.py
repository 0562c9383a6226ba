"""HTML as received → a tree that holds only what a letter may show.

nh3 (an HTML5 parser with an allow-list) comes first, so that everything after it sees one
well-formed tree; what it lets through besides text is rescued or dropped here. Nothing is
ever written back as HTML: only texts and vetted addresses leave `read`.
"""

from __future__ import annotations

import re

import nh3
from lxml import etree

from pipeline.errors import CannotRead
from pipeline.read.furniture import classes, is_furniture, open_cards
from pipeline.read.links import absolute, first_of_srcset, is_pixel, page_of

Element = etree._Element

_INLINE = frozenset(
    "a abbr b bdi cite code dfn em font i ins kbd mark q s small span strong sub sup time u var".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt figcaption figure footer "
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p picture pre section source summary table tbody td "
    "tfoot th "
    "thead tr ul img".split()
)
_EMBEDS = frozenset({"iframe", "embed", "video", "audio"})
_DROPPED = frozenset({"form", "button", "map", "dialog"})  # allowed, so that they can be taken out whole
_SILENT = frozenset(
    "script style svg math object template title textarea select datalist canvas xml noframes applet "
    "head".split()
)
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file", "data-image")
_ADDRESSES = frozenset({"href", "src", "poster", *_LAZY})
_KEPT = {
    "*": {"class", "id", "style", "hidden"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "srcset", "data-srcset", "data-lazy-srcset", *_LAZY},
    "source": {"src", "srcset", "data-srcset"},
    "iframe": {"src", "title", "data-src", "width", "height"},
    "embed": {"src", "title", "width", "height"},
    "video": {"src", "title"},
    "audio": {"src", "title"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}

# Lone surrogates cannot be encoded; the other C0 and C1 controls say nothing in HTML; embeddings,
# overrides and isolates make a text read otherwise than it is written.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_NOSCRIPT = re.compile(r"<(/?)noscript\b[^>]*>", re.IGNORECASE)
_MEMBERS_ONLY = re.compile(r"<!--\s*members-only\s*-->", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*>")
_TINY = re.compile(r"^\s*[012]\s*(px)?\s*$", re.IGNORECASE)
_TINY_STYLE = re.compile(r"(^|[;\s])(width|height)\s*:\s*[012]px", re.IGNORECASE)
_NOT_NESTING = frozenset("br hr img input meta link source p li dt dd tr td th option wbr col area".split())
_DEEPEST = 200


def plain(text: str) -> str:
    """`text` without control characters and lone surrogates."""
    return _CONTROLS.sub("", _SURROGATES.sub("\ufffd", text))


def tree_of(html: str, *, title: str, base: str, picture: str = "") -> Element:
    """The post's tree: allowed tags, absolute addresses, real pictures, no furniture.

    `picture` is the address of one that is set first where the text shows none.
    Raises CannotRead where the parser makes nothing of it.
    """
    text = _MEMBERS_ONLY.split(plain(html), maxsplit=1)[0]
    text = _NOSCRIPT.sub(r"<\1span class=wl-noscript>", _shallow(text))

    def vet(_tag: str, name: str, value: str) -> str | None:
        return (absolute(value, base) or None) if name in _ADDRESSES else value

    safe = nh3.clean(
        text,
        tags=set(_INLINE | _BLOCKS | _EMBEDS | _DROPPED),
        clean_content_tags=set(_SILENT),
        attributes=_KEPT,
        attribute_filter=vet,
        link_rel=None,
        url_schemes=set({"http", "https", "mailto", "tel"}),
    )
    safe = plain(safe)  # again: references are characters by now
    parser = etree.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        page = etree.fromstring(f"<html><body><div>{safe}</div></body></html>".encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as cause:
        raise _unreadable(title, str(cause)) from cause
    root = page.find("body/div") if page is not None else None
    if root is None:
        raise _unreadable(title, "the parser found no content")
    open_cards(root)
    _drop_furniture(root)
    _name_captions(root)
    _settle_pictures(root, base)
    _set_first(root, absolute(picture, base))
    _settle_embeds(root)
    return root


def _unreadable(title: str, why: str) -> CannotRead:
    return CannotRead(
        f"{title or 'a post without a title'}: cannot be read ({why})",
        hint="open the post in the blog's editor and save it again, or leave it out of the letter",
    )


def _shallow(html: str) -> str:
    """`html` with tags nested deeper than 200 taken away; all but hostile pages stay as they are.

    html5ever takes quadratic time on deep trees (15 s at 100,000) and libxml2 cuts them off.
    """
    depth, deep = 0, False
    kept: list[str] = []
    done = 0
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if name in _NOT_NESTING:
            continue
        if tag[1]:
            drop = depth > _DEEPEST
            depth = max(0, depth - 1)
        else:
            depth += 1
            drop = depth > _DEEPEST
        if drop:
            deep = True
            kept += (html[done : tag.start()], "" if name in _INLINE else " ")
            done = tag.end()
    return "".join((*kept, html[done:])) if deep else html


def _remove(element: Element) -> None:
    """Take an element out, keeping what follows it; words on its two sides stay two."""
    parent = element.getparent()
    if parent is None:
        return
    mark = etree.Element("hr" if element.tag not in _INLINE | {"img"} else "span")
    mark.tail = element.tail
    parent.replace(element, mark)


def _drop_furniture(root: Element) -> None:
    for element in list(root.iter(etree.Element)):
        if element is not root and is_furniture(element):
            _remove(element)


def _name_captions(root: Element) -> None:
    """Give old captions (WordPress, Blogger) the tags that today's have."""
    for element in root.iter("div", "p", "table", "td"):
        names = classes(element)
        if "wp-caption" in names or "tr-caption-container" in names:
            element.tag = "figure"
        elif "wp-caption-text" in names or "tr-caption" in names:
            element.tag = "figcaption"


def _source_of(image: Element, base: str) -> str:
    for name in ("src", *_LAZY):
        if image.get(name):
            return image.get(name) or ""
    for name in ("data-srcset", "data-lazy-srcset", "srcset"):
        if address := absolute(first_of_srcset(image.get(name) or ""), base):
            return address
    # libxml2 does not know that `source` is empty and puts the picture inside it.
    for picture in image.iterancestors("picture"):
        for source in picture.iter("source"):
            listed = source.get("srcset") or source.get("data-srcset") or ""
            if address := absolute(first_of_srcset(listed), base):
                return address
    return ""


def _is_tiny(image: Element) -> bool:
    sizes = (image.get("width") or "", image.get("height") or "")
    return any(_TINY.match(size) for size in sizes) or bool(_TINY_STYLE.search(image.get("style") or ""))


def _settle_pictures(root: Element, base: str) -> None:
    """Every picture that stays has its real address in `src`; pixels and stand-ins go."""
    for image in list(root.iter("img")):
        if {"emoji", "wp-smiley"} & set(classes(image)):
            _put_text(image, image.get("alt") or "")
            continue
        # A placeholder in `src` beside a `data-src` is the blog's loading picture.
        lazy = next((image.get(name) for name in _LAZY[:3] if image.get(name)), None)
        source = lazy or _source_of(image, base)
        if not source or not source.startswith("http") or is_pixel(source) or _is_tiny(image):
            _remove(image)
        else:
            image.set("src", source)
    for span in [s for s in root.iter("span") if "wl-noscript" in classes(s)]:
        around = [near for near in (span.getprevious(), span.getnext()) if near is not None]
        has_twin = any(near.tag == "img" or near.find(".//img") is not None for near in around)
        if has_twin or span.find(".//img") is None:
            _remove(span)


def _set_first(root: Element, picture: str) -> None:
    if not picture.startswith("http") or is_pixel(picture) or root.find(".//img") is not None:
        return
    image = etree.Element("img", {"src": picture})
    image.tail, root.text = root.text, None
    root.insert(0, image)


def _put_text(element: Element, text: str) -> None:
    """Replace an element by text: WordPress turns the author's emoji into pictures."""
    span = etree.Element("span")
    span.text, span.tail = text, element.tail
    parent = element.getparent()
    if parent is not None:
        parent.replace(element, span)


def _settle_embeds(root: Element) -> None:
    """Players keep their page's address in `src` and nothing inside; others go."""
    for embed in list(root.iter(*_EMBEDS)):
        inner = next((source.get("src") for source in embed.iter("source") if source.get("src")), "")
        address = embed.get("src") or embed.get("data-src") or inner or ""
        if not address.startswith("http") or is_pixel(address) or _is_tiny(embed):
            _remove(embed)
            continue
        tail, name = embed.tail, embed.get("title") or ""
        embed.clear()
        embed.tag, embed.tail = "iframe", tail
        embed.set("src", page_of(address))
        embed.set("title", name)
