"""A reading on a terminal: the text with its margin, and the reasons.

The margin says with a sign, and again with a colour, what each paragraph was read as; where it is
piped there is no colour, and where the terminal has no such letters, the signs are plain ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.model import Block, BlockKind, Reading, Unit, UnitKind

CONNECTION, CHECKLIST = 0.25, -0.25  # block scores beyond which the margin is tinted
_STYLES = {UnitKind.CHECKLIST: "magenta", UnitKind.NARRATIVE: "green", UnitKind.INFORMATION: "cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    near: str
    between: str
    steps: str
    bullet: str
    opening: str
    closing: str

    @property
    def all(self) -> str:
        return "".join((self.near, self.between, self.steps, self.bullet, self.opening, self.closing))


_SIGNS = Signs(near="♥", between="·", steps="☑", bullet="•", opening="“", closing="”")
_PLAIN = Signs(near="+", between=".", steps="#", bullet="-", opening='"', closing='"')


def show(reading: Reading, console: Console | None = None) -> None:
    """Print the reading, wrapped at the terminal's width."""
    console = console or Console(highlight=False)
    signs = _signs(console.encoding)
    _show_head(console, reading, signs)
    _show_text(console, reading, signs)
    units = (
        (f"{unit.kind.value}, {unit.items} {'item' if unit.items == 1 else 'items'}", "; ".join(unit.reasons))
        for unit in reading.units
    )
    _show_list(console, "Lists and runs of headings", units, style="")
    quotes = (
        (f"{number}. {signs.opening}{quote.text}{signs.closing}", f"{quote.score:.2f}: {quote.reason}")
        for number, quote in enumerate(reading.quotes, 1)
    )
    _show_list(console, "Sentences that could be set large, best first", quotes, style="green")
    care = (
        (f"{topic.level}: {topic.topic}", f"{signs.opening}{topic.evidence}{signs.closing}")
        for topic in reading.care
    )
    _show_list(console, "Topics that ask for care", care, style="yellow")
    asked = (
        (
            f"{concern.kind}: {signs.opening}{concern.evidence}{signs.closing}",
            f"{concern.advice} (`warmletter check` asks it, and takes your answer.)",
        )
        for concern in reading.concerns
    )
    _show_list(console, "Questions to you", asked, style="yellow")


def _signs(encoding: str) -> Signs:
    try:
        _SIGNS.all.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _PLAIN
    return _SIGNS


def _show_head(console: Console, reading: Reading, signs: Signs) -> None:
    console.print(Text(reading.title or "(no title)", style="bold"))
    voice = reading.voice
    console.print(Text(f"{reading.words} words, {reading.language}; voice {voice.score:+.2f}: {voice.label}"))
    _print_rows(console, [(signs.bullet, "", Text(reason)) for reason in voice.reasons])
    key = f"{signs.near} from person to person   {signs.between} between   {signs.steps} steps"
    console.print(Text(f"\n{key}\n", style="dim"))


def _show_text(console: Console, reading: Reading, signs: Signs) -> None:
    units = {unit.id: unit for unit in reading.units}
    for block in reading.blocks:
        sign, style = _margin(block, units.get(block.unit or ""), signs)
        _print_rows(console, [(sign, style, _said(block, signs))])
        console.print()


def _margin(block: Block, unit: Unit | None, signs: Signs) -> tuple[str, str]:
    if unit is not None and unit.kind is UnitKind.CHECKLIST:
        return signs.steps, _STYLES[unit.kind]
    if block.kind in (BlockKind.HEADING, BlockKind.PICTURE):
        return "", ""
    if block.score >= CONNECTION:
        return signs.near, "green"
    if block.score <= CHECKLIST:
        return signs.steps, "magenta"
    return signs.between, "dim"


def _said(block: Block, signs: Signs) -> Text:
    if block.kind is BlockKind.PICTURE:
        return Text(f"[{block.alt or block.text or 'picture'}]", style="dim")
    if block.kind is BlockKind.ITEM:
        mark = signs.bullet if block.number is None else f"{block.number}."
        return Text("  " * block.level + f"{mark} {block.text}")
    style = {BlockKind.HEADING: "bold", BlockKind.QUOTE: "italic"}.get(block.kind, "")
    return Text(block.text, style=style)


def _show_list(console: Console, title: str, rows: Iterable[tuple[str, str]], *, style: str) -> None:
    told = list(rows)
    if not told:
        return
    console.print(Text(title, style="bold"))
    for what, why in told:
        _print_rows(console, [("", "", Text(what, style=style)), ("", "", Text(f"  {why}", style="dim"))])
    console.print()


def _print_rows(console: Console, rows: Sequence[tuple[str, str, Text]]) -> None:
    """Rows with a margin of two columns; what is wrapped stays right of it."""
    grid = Table.grid(padding=(0, 1, 0, 0), expand=False)
    grid.add_column(width=1, no_wrap=True)
    grid.add_column(overflow="fold")
    for sign, style, text in rows:
        grid.add_row(Text(sign, style=style), text)
    console.print(grid)
