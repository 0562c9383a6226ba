"""A clean tree → the post's blocks, in order, with their place in its text.

The tree is walked as a flat row of events, never by recursion: a post may nest as deep as it
likes. White space is collapsed and nothing else is altered, so that each block's text is a
verbatim run of the post.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lxml import etree

from pipeline.model import Block, BlockKind, Run
from pipeline.read.links import host
from pipeline.read.lists import ListCount
from pipeline.read.sentences import sentences

Element = etree._Element

_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BOLD_LINE = 7  # a bold line acting as a heading ranks under every real one
_BREAKING = frozenset(
    "address article aside blockquote caption center dd details div dl dt figcaption figure footer "
    "header hr "
    "li main nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
) | frozenset(_HEADINGS)
_EM, _STRONG = frozenset({"em", "i", "cite"}), frozenset({"strong", "b"})
_LISTS = frozenset({"ul", "ol"})
_LAYOUT_INSIDE = ("p", "div", "ul", "ol", "img", "table", "blockquote", "iframe", "figure", *_HEADINGS)

# Soft hyphens and zero-width spaces are layout, not text; joiners (U+200C, U+200D) are text.
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
_SPACES = re.compile(r"\s+")
_FILE_NAME = re.compile(
    r"^(img|dsc|dscn|dscf|image|photo|pxl|screenshot|screen.shot|unsplash|pexels|shutterstock|istock)?"
    r"[\w\-.,+% ()]*\.(jpe?g|png|gif|webp|avif|heic|tiff?|svg|bmp)$|^(img|dsc|dscn|pxl"
    r"|image)?[_\- ]?\d[\d_\-]*$",
    re.IGNORECASE,
)
_FEED_FOOTER = re.compile(
    r"^The post .{1,300} (appeared first on|first appeared on) .{1,200}$"
    r"|^(This post|This article) .{0,200}(appeared first on|was first published on) .{1,200}$",
    re.DOTALL,
)


@dataclass(slots=True)
class _Buffer:
    """Inline text on its way to become one block."""

    parts: list[Run] = field(default_factory=list)

    def add(self, text: str, style: Run) -> None:
        visible = _SPACES.sub(" ", _UNSEEN.sub("", text))
        if visible.startswith(" ") and (not self.parts or self.parts[-1].text.endswith((" ", "\n"))):
            visible = visible[1:]
        if not visible:
            return
        last = self.parts[-1] if self.parts else None
        if last is not None and last.text != "\n" and replace(last, text="") == replace(style, text=""):
            self.parts[-1] = replace(last, text=last.text + visible)
        else:
            self.parts.append(replace(style, text=visible))

    def line(self) -> None:
        self._trim()
        if self.parts and self.parts[-1].text != "\n":
            self.parts.append(Run(text="\n"))

    def take(self) -> tuple[Run, ...]:
        """The runs so far, without space at either end; empties the buffer."""
        self._trim()
        while self.parts and self.parts[-1].text == "\n":
            self.parts.pop()
            self._trim()
        runs, self.parts = tuple(self.parts), []
        return runs

    def _trim(self) -> None:
        while self.parts and self.parts[-1].text.endswith(" "):
            shorter = self.parts[-1].text.rstrip(" ")
            if shorter:
                self.parts[-1] = replace(self.parts[-1], text=shorter)
                return
            self.parts.pop()


@dataclass(slots=True)
class _Figure:
    """A figure that is still open: its pictures wait for their caption."""

    pictures: list[Block] = field(default_factory=list)
    caption: tuple[Run, ...] = ()


class _Builder:
    """Takes the tree's events in order; `blocks` is the result, without offsets."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._buffer = _Buffer()
        self._styles: list[Run] = [Run(text="")]
        self._open: dict[str, int] = {}
        self._figures: list[_Figure] = []
        self._lists = ListCount()
        self._rows: list[bool] = []  # open tables: does it hold data (True) or is it layout?
        self._pictures: list[Block] = []  # met inside a paragraph: set after it, not through it
        self._breaks = 0

    # A class because some twenty tags change nine pieces of state; nothing outlives `blocks_of`.

    def start(self, element: Element) -> None:
        tag = str(element.tag)
        self._boundary(tag)
        self._open[tag] = self._open.get(tag, 0) + 1
        if tag in _LISTS:
            self._lists.open(element)
        elif tag == "li":
            self._lists.item(element)
        elif tag == "figure":
            self._figures.append(_Figure())
        elif tag == "table":
            self._rows.append(_holds_data(element))
        elif tag == "br":
            self._line_break()
        elif tag == "img":
            self._picture(element)
        elif tag == "iframe":
            self._flush()
            self._embed(element)
        style = self._styles[-1]
        self._styles.append(
            Run(
                text="",
                em=style.em or tag in _EM,
                strong=style.strong
                or tag in _STRONG
                or (tag in _HEADINGS and self._inside("li"))
                or tag == "dt",
                href=(element.get("href") or style.href) if tag == "a" else style.href,
            )
        )
        self._text(element.text, verse=self._inside("pre"))

    def end(self, element: Element) -> None:
        tag = str(element.tag)
        self._styles.pop()
        self._boundary(tag, closing=True)
        self._open[tag] -= 1
        if tag in _LISTS:
            self._lists.close()
        elif tag == "li":
            self._lists.end_item()
        elif tag == "figure":
            self._close_figure()
        elif tag == "table":
            self._rows.pop()
        self._text(element.tail, verse=self._inside("pre"))

    def finish(self) -> list[Block]:
        self._flush()
        return self.blocks

    def _inside(self, *tags: str) -> bool:
        return any(self._open.get(tag) for tag in tags)

    def _text(self, text: str | None, *, verse: bool) -> None:
        if not text:
            return
        if text.strip():
            self._breaks = 0
        lines = text.split("\n") if verse else [text]
        for number, line in enumerate(lines):
            if number:
                self._buffer.line()
            self._buffer.add(line, self._styles[-1])

    def _line_break(self) -> None:
        self._breaks += 1
        if self._breaks > 1 and not self._inside("li", "pre", *_HEADINGS):
            self._flush()  # two breaks are how Blogger ends a paragraph
        else:
            self._buffer.line()

    def _boundary(self, tag: str, *, closing: bool = False) -> None:
        if tag not in _BREAKING:
            return
        self._breaks = 0
        if tag in ("td", "th") and self._rows and self._rows[-1]:
            self._buffer.add(" ", Run(text=""))
        elif (
            tag not in _LISTS and tag != "li" and self._lists.in_item and tag not in ("figure", "figcaption")
        ):
            self._buffer.line()  # paragraphs of one item stay one item, on lines of their own
        elif any(self._open.get(h) for h in _HEADINGS) and tag not in _HEADINGS:
            self._buffer.line()
        else:
            self._flush(heading=_HEADINGS.get(tag, 0) if closing else 0)

    def _flush(self, *, heading: int = 0) -> None:
        runs = self._buffer.take()
        self._breaks = 0
        if runs and self._figures and self._inside("figcaption"):
            before = self._figures[-1].caption
            self._figures[-1].caption = (*before, Run(text="\n"), *runs) if before else runs
        elif runs:
            self._emit(runs, heading)
        self.blocks += self._pictures
        self._pictures = []

    def _emit(self, runs: tuple[Run, ...], heading: int) -> None:
        if self._lists.in_item:
            place = self._lists.place()
            if place is not None:
                self._add(BlockKind.ITEM, runs, level=place.level, list_id=place.list_id, number=place.number)
            else:  # the item's own words go on after a nested list or a picture
                self._add(BlockKind.PROSE, runs)
        elif self._inside("blockquote"):
            self._add(BlockKind.QUOTE, runs)
        elif heading:
            self._add(BlockKind.HEADING, tuple(replace(run, strong=False) for run in runs), level=heading)
        elif (self._rows and self._rows[-1]) or self._inside("pre"):
            self._add(BlockKind.OTHER, runs)
        elif _is_bold_line(runs) and not self._inside("dl"):
            self._add(BlockKind.HEADING, tuple(replace(run, strong=False) for run in runs), level=_BOLD_LINE)
        else:
            self._add(BlockKind.PROSE, runs)

    def _add(
        self,
        kind: BlockKind,
        runs: tuple[Run, ...],
        *,
        level: int = 0,
        list_id: int | None = None,
        number: int | None = None,
    ) -> None:
        text = "".join(run.text for run in runs)
        if not _FEED_FOOTER.match(text):
            self.blocks.append(
                Block(
                    kind=kind,
                    text=text,
                    start=0,
                    end=0,
                    runs=runs,
                    level=level,
                    list_id=list_id,
                    number=number,
                )
            )

    def _picture(self, element: Element) -> None:
        alt = " ".join(_UNSEEN.sub("", element.get("alt") or "").split())
        picture = Block(
            kind=BlockKind.PICTURE, text="", start=0, end=0, src=element.get("src") or "",
            alt="" if _FILE_NAME.match(alt) else alt,
        )  # fmt: skip
        if self._figures:
            self._figures[-1].pictures.append(picture)
        else:
            self._pictures.append(picture)

    def _close_figure(self) -> None:
        figure = self._figures.pop()
        if figure.pictures and figure.caption:
            text = "".join(run.text for run in figure.caption)
            figure.pictures[-1] = replace(figure.pictures[-1], text=text, runs=figure.caption)
        elif figure.caption:
            self._emit(figure.caption, 0)
        if self._figures and figure.pictures:  # a gallery: its pictures come out together
            self._figures[-1].pictures += figure.pictures
        else:
            self.blocks += figure.pictures

    def _embed(self, element: Element) -> None:
        address = element.get("src") or ""
        name = " ".join(_UNSEEN.sub("", element.get("title") or "").split()) or host(address)
        if name:
            self._add(BlockKind.OTHER, (Run(text=name, href=address),))


def _holds_data(table: Element) -> bool:
    """Whether a table is one of rows and columns; else its cells are laid-out text."""
    if any(table.find(f".//{tag}") is not None for tag in _LAYOUT_INSIDE):
        return False
    return any(len(row.findall("td")) + len(row.findall("th")) > 1 for row in table.iter("tr"))


def _is_bold_line(runs: tuple[Run, ...]) -> bool:
    text = "".join(run.text for run in runs)
    bold = all(run.strong or not run.text.strip() for run in runs)
    short = len(text) <= 80 and len(text.split()) <= 12 and "\n" not in text
    return bold and short and text[-1] not in ".!…,;\"'”’" and any(c.isalpha() for c in text)


def blocks_of(root: Element) -> tuple[tuple[Block, ...], str]:
    """The post's blocks with offsets and sentences, and the text they are slices of."""
    builder = _Builder()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            builder.start(element)
        else:
            builder.end(element)
    return _placed(_renumbered(builder.finish()))


def _renumbered(blocks: Iterable[Block]) -> list[Block]:
    """Headings from 1 without gaps, in the post's own nesting; at most three levels."""
    above: list[int] = []
    out: list[Block] = []
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            while above and above[-1] >= block.level:
                above.pop()
            above.append(block.level)
            block = replace(block, level=min(len(above), 3))
        out.append(block)
    return out


def _placed(blocks: Iterable[Block]) -> tuple[tuple[Block, ...], str]:
    out: list[Block] = []
    at = 0
    for block in blocks:
        end = at + len(block.text)
        if block.kind is BlockKind.HEADING:
            spans: tuple[tuple[int, int], ...] = ((at, end),)
        else:
            spans = tuple((at + a, at + b) for a, b in sentences(block.text))
        out.append(replace(block, start=at, end=end, sentences=spans))
        at = end + 2
    return tuple(out), "\n\n".join(block.text for block in out)
