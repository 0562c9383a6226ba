"""A reading on a terminal: the text with its margin, and the reasons."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from pipeline.model import Block, BlockKind, Reading, UnitKind

CONNECTION, CHECKLIST = 0.25, -0.25  # block scores beyond which the margin is tinted


def show(reading: Reading) -> None:
    console = Console(highlight=False, soft_wrap=False)
    console.print(Text(reading.title or "(no title)", style="bold"))
    console.print(
        f"{reading.words} words, {reading.language}; voice {reading.voice.score:+.2f}: {reading.voice.label}"
    )
    for reason in reading.voice.reasons:
        console.print(Text(f"  · {reason}"))
    console.print()
    units = {unit.id: unit.kind for unit in reading.units}
    for block in reading.blocks:
        _show_block(console, block, units.get(block.unit or ""))
    for unit in reading.units:
        console.print(Text(f"A {unit.kind.value} of {unit.items}: {'; '.join(unit.reasons)}", style="dim"))
    if reading.quotes:
        console.print(Text("\nSentences that could be set large:", style="bold"))
        for quote in reading.quotes:
            console.print(Text(f"  “{quote.text}”"))
            console.print(Text(f"    {quote.reason}", style="dim"))
    for care in reading.care:
        console.print(Text(f"Care: {care.level} {care.topic}: “{care.evidence}”", style="yellow"))
    for concern in reading.concerns:
        console.print(Text(f"A question: {concern.advice} “{concern.evidence}”", style="yellow"))
    console.print()


def _show_block(console: Console, block: Block, unit: UnitKind | None) -> None:
    margin, style = "  ", ""
    if block.score >= CONNECTION:
        margin, style = "♥ ", "green"
    elif block.score <= CHECKLIST or unit is UnitKind.CHECKLIST:
        margin, style = "☐ ", "magenta"
    text = block.text if block.kind is not BlockKind.PICTURE else f"[{block.alt or block.text or 'picture'}]"
    if block.kind is BlockKind.ITEM:
        text = "  " * block.level + ("• " if block.number is None else f"{block.number}. ") + text
    line = Text(margin, style=style) + Text(text, style="bold" if block.kind is BlockKind.HEADING else "")
    console.print(Padding(line, (0, 0, 1, 0)))
