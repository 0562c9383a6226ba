"""The opening note as the letter will show it, without making the letter."""

from __future__ import annotations

from pipeline.model import Block, BlockKind, Run
from pipeline.read import read_html
from pipeline.render.view import note_html

Tree = list[object]  # of texts and [tag, [..]] pairs
MOST = 20_000  # characters


def tree(markdown: str) -> Tree:
    """What the note becomes, as nested lists: ["p", ["some ", ["em", ["text"]]]].

    Made from the same blocks that the letter is made from. Links are only underlined.
    """
    reading = read_html(note_html(markdown[:MOST]), title="", base="")
    return [_block(block) for block in reading.blocks]


def _block(block: Block) -> object:
    match block.kind:
        case BlockKind.HEADING:
            return ["h4", _runs(block.runs)]
        case BlockKind.QUOTE:
            return ["blockquote", _runs(block.runs)]
        case BlockKind.ITEM:
            mark = "• " if block.number is None else f"{block.number}. "
            return ["p", [mark, *_runs(block.runs)]]
        case _:
            return ["p", _runs(block.runs) or [block.text]]


def _runs(runs: tuple[Run, ...]) -> Tree:
    return [_run(run) for run in runs]


def _run(run: Run) -> object:
    said: object = ["br", []] if run.text == "\n" else run.text
    if run.em:
        said = ["em", [said]]
    if run.strong:
        said = ["strong", [said]]
    return ["u", [said]] if run.href else said
