"""The letter's styles as a mail program works them out: enough of CSS for what letters use.

Selectors of tags, classes and one attribute that mail programs set ([data-ogsc]), beside or inside
one another. Whatever else stands in a sheet is passed over: it can only come from a template of
the user's own, and the browser tests of CI see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from lxml.html import HtmlElement

from pipeline.render.look import RGB, rgb

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
DARK_MEDIA = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
_NAMED = {"white": "#FFFFFF", "black": "#000000", "red": "#FF0000", "silver": "#C0C0C0", "gray": "#808080"}
_LENGTH = re.compile(r"^(\d+(?:\.\d+)?)(px|pt|em|%)$")
_SIZES = {"small": 13.0, "smaller": 13.0, "x-small": 10.0, "xx-small": 9.0, "medium": 16.0, "large": 18.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A stretch of text as it is shown."""

    element: HtmlElement
    text: str
    colour: RGB
    ground: RGB
    size: float  # px


@dataclass(frozen=True, slots=True)
class _Inherited:
    colour: RGB
    ground: RGB
    size: float


Rules = tuple[tuple[str, Mapping[str, str]], ...]  # (selector, its declarations), in order

_LIGHT = _Inherited((0, 0, 0), (255, 255, 255), 16.0)
_DARK = _Inherited((255, 255, 255), (18, 18, 18), 16.0)


@lru_cache(maxsize=2048)
def declarations(style: str) -> Mapping[str, str]:
    """Property → value, in lower case, without `!important`."""
    found = {}
    for declaration in style.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip().lower()] = value.replace("!important", "").strip().lower()
    return found


def head_styles(tree: HtmlElement) -> str:
    return COMMENT.sub("", "\n".join(str(style.text or "") for style in tree.iter("style")))


def dark_rules(tree: HtmlElement) -> Rules:
    """What the letter says for dark mode; () where it says nothing."""
    return tuple(
        (" ".join(selector.split()), declarations(body))
        for media in DARK_MEDIA.findall(head_styles(tree))
        for selectors, body in RULE.findall(media)
        for selector in selectors.split(",")
    )


def shown(tree: HtmlElement, *, dark: Rules = ()) -> Iterator[Seen]:
    """Every stretch of text that can be seen, in order; with the `dark` rules, as they make it."""
    body = tree.find("body")
    if body is None:
        return
    # Iterative: whatever a template makes, it may nest deeper than Python's stack.
    stack: list[tuple[HtmlElement, _Inherited]] = [(body, _DARK if dark else _LIGHT)]
    while stack:
        element, above = stack.pop()
        if not isinstance(element.tag, str) or element.tag in ("style", "script"):
            continue
        own = dict(declarations(element.get("style") or ""))
        for selector, declared in dark:
            if matches(element, selector):
                own.update(declared)
        if own.get("display") == "none":
            continue
        here = _inherit(element, own, above)
        texts = (element.text, *(child.tail for child in element))
        for text in texts:
            if text and text.strip():
                yield Seen(
                    element=element,
                    text=" ".join(text.split()),
                    colour=here.colour,
                    ground=here.ground,
                    size=here.size,
                )
        stack += [(child, here) for child in reversed(element)]


def _inherit(element: HtmlElement, own: Mapping[str, str], above: _Inherited) -> _Inherited:
    ground = own.get("background-color") or own.get("background") or (element.get("bgcolor") or "").lower()
    return _Inherited(
        _colour(own.get("color", ""), above.colour),
        _colour(ground, above.ground),
        _size(own.get("font-size", ""), above.size),
    )


@cache
def _colour(value: str, otherwise: RGB) -> RGB:
    if found := re.fullmatch(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+).*\)", value):
        return min(int(found[1]), 255), min(int(found[2]), 255), min(int(found[3]), 255)
    try:
        return rgb(_NAMED.get(value, value))
    except ValueError:  # transparent, inherit, or a name we do not know
        return otherwise


@cache
def _size(value: str, above: float) -> float:
    found = _LENGTH.match(value)
    if found is None:
        return _SIZES.get(value, above)
    number = float(found[1])
    return number * {"px": 1.0, "pt": 4 / 3, "em": above, "%": above / 100}[found[2]]


def matches(element: HtmlElement, selector: str) -> bool:
    """Whether a selector of tags, classes and descendants, as `.foot a`, means this element."""
    *outer, own = selector.split()
    if not _is(element, own):
        return False
    around: HtmlElement | None = element.getparent()
    while outer and around is not None:
        if _is(around, outer[-1]):
            outer.pop()
        around = around.getparent()
    return not outer


def _is(element: HtmlElement, simple: str) -> bool:
    tag, *classes = simple.split(".")
    if tag and element.tag != tag:
        return False
    return not classes or set(classes) <= set((element.get("class") or "").split())
