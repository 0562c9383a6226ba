"""The letter as plain text: 72 columns, headings underlined, links numbered and collected."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from pipeline.model import Run
from pipeline.render.view import ItemList, LetterView, Piece, PieceKind, Story
from pipeline.render.words import Words

COLUMNS = 72  # RFC 3676 §4.2 advises lines under 78; 72 leaves room for being quoted


class TextSetter:
    """Sets pieces as text and remembers the links it met, each once, in order."""

    def __init__(self, words: Words, checklist_line: str) -> None:
        self._words = words
        self._checklist_line = checklist_line or words.say("checklist_line")
        self._links: list[str] = []

    def line(self, text: str) -> str:
        return wrap(text)

    def title(self, text: str, underline: str) -> str:
        return (
            f"{wrap(text)}\n{underline * min(COLUMNS, max(map(len, wrap(text).split(chr(10)))))}\n"
            if text
            else ""
        )

    def story(self, story: Story) -> str:
        parts = [wrap(f"{story.care} {story.lines}".strip())] if story.care else []
        parts = [story.corrected, *parts] if story.corrected else parts
        parts += [self.pieces(story.pieces)]
        if story.recording:
            parts.append(self._way("listen", story.title, story.recording))
        if not story.whole and story.url:
            parts.append(self._way("read_on", story.title, story.url))
        return "\n\n".join(parts)

    def _way(self, words: str, title: str, address: str) -> str:
        label = self._words.say(words, title=title) if title else self._words.say(f"{words}_untitled")
        return f"{wrap(label)}\n{address}"

    def pieces(self, pieces: Sequence[Piece]) -> str:
        out, before = "", None
        for piece in pieces:
            text = self._piece(piece)
            if not text:
                continue
            # The paragraphs of one quotation hang together, as mail programs show them.
            quoted = piece.kind is PieceKind.QUOTE and before is PieceKind.QUOTE
            out += ("\n>\n" if quoted else "\n\n") + text if out else text
            before = piece.kind
        return out

    def ps(self, view: LetterView) -> str:
        """Her P.S., its label on the first paragraph's line."""
        first, *rest = view.ps
        if not view.ps_label:
            return self.pieces(view.ps)
        if first.kind is not PieceKind.PROSE:
            return f"{view.ps_label}\n\n{self.pieces(view.ps)}"
        began = wrap(f"{view.ps_label} {self._run(first.runs)}")
        return "\n\n".join(filter(None, (began, self.pieces(rest))))

    def links(self) -> str:
        """The addresses collected so far, numbered; "" where there are none."""
        return "\n".join(f"[{number}] {href}" for number, href in enumerate(self._links, 1))

    def _piece(self, piece: Piece) -> str:
        match piece.kind:
            case PieceKind.HEADING:
                text = wrap(self._run(piece.runs))
                return f"\n{text}\n{'-' * min(COLUMNS, max(map(len, text.split(chr(10)))))}"
            case PieceKind.LIST | PieceKind.VIGNETTES:
                return (
                    self._list(piece.items, "", loose=piece.kind is PieceKind.VIGNETTES)
                    if piece.items
                    else ""
                )
            case PieceKind.QUOTE:
                return wrap(self._run(piece.runs), first="> ", rest="> ")
            case PieceKind.PULL:
                return wrap(piece.text, first="    ", rest="    ")
            case PieceKind.PICTURE:
                return self._picture(piece)
            case PieceKind.TAKE:
                return wrap(self._checklist_line)
            case PieceKind.PROSE:
                return wrap(self._run(piece.runs))

    def _picture(self, piece: Piece) -> str:
        name = piece.text or piece.alt
        if piece.picture and not name:
            return ""  # an ornament: nothing is lost without it
        label = wrap(
            "[" + self._words.say("picture_text" if piece.picture else "picture", caption=name) + "]"
            if name
            else self._words.say("picture_nameless")
        )
        return f"{label} [{self._number(piece.href)}]" if piece.href else label

    def _list(self, items: ItemList, indent: str, *, loose: bool) -> str:
        lines = []
        for number, item in enumerate(items.items, items.start):
            mark = f"{number}. " if items.ordered else "* "
            first = indent if loose else f"{indent}{mark}"
            lines.append(wrap(self._run(item.runs), first=first, rest=" " * len(first)))
            if item.inner:
                lines.append(self._list(item.inner, " " * len(first), loose=loose))
        return ("\n\n" if loose else "\n").join(lines)

    def _run(self, runs: Sequence[Run]) -> str:
        """The runs' text; a link's number follows its last run."""
        out = []
        for index, run in enumerate(runs):
            out.append(run.text)
            following = runs[index + 1].href if index + 1 < len(runs) else ""
            if run.href and run.href != following:
                out.append(f" [{self._number(run.href)}]")
        return "".join(out)

    def _number(self, href: str) -> int:
        if href not in self._links:
            self._links.append(href)
        return self._links.index(href) + 1


def wrap(text: str, *, first: str = "", rest: str = "") -> str:
    """Text in lines of 72 columns; a line break in it stays one; a long address is not broken."""
    lines: list[str] = []
    for part in text.split("\n"):
        lines += textwrap.wrap(
            part,
            COLUMNS,
            initial_indent=rest if lines else first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [(rest if lines else first).rstrip()]
    return "\n".join(lines)


def tidy(text: str) -> str:
    """At most two blank lines in a row, none at the ends, no space at a line's end but `-- `."""
    lines = [line if line == "-- " else line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n") + "\n"
