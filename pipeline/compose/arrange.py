"""How much of each post is shown: always its first whole blocks, never part of one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.errors import UsageError
from pipeline.model import Block, BlockKind, Placed, Reading, ReadPost, UnitKind
from pipeline.read.safety import is_help, is_safety
from pipeline.read.sentences import words

STYLES = ("letter", "essay", "plain")
_SHORT_WORDS = 180  # a post up to here is shown whole: a link to forty more words is a nuisance
_LETTER_WORDS = (120, 160)  # stop after the first, do not pass the second
_ESSAY_WORDS = (220, 280)
_LITTLE_LEFT = 40
# Of a letter's 80 kB; Gmail cuts at 102. Each block carries its styles beside its words.
HEAVIEST_BYTES = 45_000
_STYLES_BYTES = 230

_LEADS_IN = re.compile(
    r"(?<!\w)(?:here (?:are|is)|here's|the following|below|listed here|as follows"
    r"|these (?:\w+ )?(?:steps|tips|ways|things))(?!\w)[^.!?]*[.!]?$",
    re.IGNORECASE,
)


def place(item: ReadPost, *, lead: bool, style: str) -> Placed:
    """A post's place in the letter. `whole` is False for a teaser, however much of it is shown."""
    if style not in STYLES:
        raise UsageError(f"letter.style: {style!r} is no style", hint=f"choose from: {', '.join(STYLES)}")
    blocks = item.reading.blocks
    if lead and style != "essay":
        shown, why = _in_full(item.reading)
    else:
        shown, why = excerpt(item.reading, *(_ESSAY_WORDS if style == "essay" else _LETTER_WORDS))
    if item.post.summary_only:
        why = "the feed gives only a teaser; the link leads to the post"
    return Placed(
        post=item.post.id, title=item.reading.title, url=item.post.url, shown=shown,
        whole=shown == len(blocks) and not item.post.summary_only, reason=why,
    )  # fmt: skip


def _in_full(reading: Reading) -> tuple[int, str]:
    blocks = reading.blocks
    if weight(blocks) <= HEAVIEST_BYTES:
        return len(blocks), "it leads the letter and is shown in full"
    light = next(n for n in range(1, len(blocks) + 1) if weight(blocks[:n]) > HEAVIEST_BYTES) - 1
    most = sum(len(words(block.text)) for block in blocks[:light])
    checklist = _first_checklist(reading)
    # Never past what fits: a list that does not end in time is left to the blog, whole.
    shown = _outside(
        min(light, checklist), _ranges(reading), blocks, limit=most, ceiling=min(light, checklist)
    )
    shown = _without_lead_in(blocks, shown)
    if not shown:
        return 0, "its first passage alone is too long for a mail: the title leads to it"
    return (
        shown,
        f"it leads, but {reading.words} words are too many for a mail: its beginning, in whole paragraphs",
    )


def weight(blocks: Sequence[Block]) -> int:
    """About how many bytes of HTML the blocks come to."""
    return sum(len(block.text.encode("utf-8", "replace")) + _STYLES_BYTES for block in blocks)


def excerpt(reading: Reading, enough: int, most: int) -> tuple[int, str]:
    """How many leading blocks to show for about so many words, and why just these.

    It stops before a checklist, outside lists and steps for safety, and never on a heading or
    on words that announce what is cut. 0 where nothing can be shown without breaking one of these.
    """
    blocks = reading.blocks
    if reading.words <= _SHORT_WORDS:
        return len(blocks), "it is short and is shown in full"
    if _holds_safety_steps(reading):
        return len(blocks), "it holds steps for safety, which are never cut: it is shown in full"
    checklist = _first_checklist(reading)
    budget = _within(blocks, enough, most)
    kept_whole = _ranges(reading)
    shown = _outside(min(budget, checklist), kept_whole, blocks, limit=2 * most, ceiling=checklist)
    shown = _without_lead_in(blocks, shown)
    if weight(blocks[:shown]) > HEAVIEST_BYTES:
        return 0, "its first passage alone is too long for a mail: the title leads to it"
    if not any(block.text for block in blocks[:shown]):
        shown = _first_passage(kept_whole, blocks, ceiling=checklist)
    if shown == 0:
        return 0, "it opens with a checklist, which is never cut: the title leads to it"
    rest = sum(len(words(block.text)) for block in blocks[shown:])
    if checklist == len(blocks) and rest <= _LITTLE_LEFT and not _holds_items(blocks[shown:]):
        return len(blocks), "little is left after the excerpt, so it is shown in full"
    if checklist <= budget and checklist < len(blocks):
        return shown, "its beginning, up to the checklist, which stays whole on the blog"
    return shown, "its beginning, in whole paragraphs"


def _holds_items(blocks: Sequence[Block]) -> bool:
    return any(block.kind is BlockKind.ITEM for block in blocks)


def _holds_safety_steps(reading: Reading) -> bool:
    return any(unit.kind is UnitKind.CHECKLIST and is_safety(reading, unit) for unit in reading.units)


def _first_checklist(reading: Reading) -> int:
    firsts = [unit.first for unit in reading.units if unit.kind is UnitKind.CHECKLIST]
    return min(firsts, default=len(reading.blocks))


def _within(blocks: Sequence[Block], enough: int, most: int) -> int:
    """Leading blocks that come nearest to the budget; at least one with text."""
    so_far = 0
    for number, block in enumerate(blocks):
        after = so_far + len(words(block.text))
        too_far = after > most and after - enough > enough - so_far
        if so_far and (so_far >= enough or too_far):
            return number
        so_far = after
    return len(blocks)


def _ranges(reading: Reading) -> list[tuple[int, int]]:
    """(first, last) of what is shown whole or not at all: lists, and steps for safety."""
    blocks = reading.blocks
    found = [
        (unit.first, unit.last)
        for unit in reading.units
        if _is_list(blocks, unit.first) or is_safety(reading, unit)
    ]
    for is_part in (_is_item, is_help):
        start: int | None = None
        for number in range(len(blocks) + 1):
            if number < len(blocks) and is_part(blocks[number]):
                start = number if start is None else start
            elif start is not None:
                found.append((start, number - 1))
                start = None
    return found


def _is_list(blocks: Sequence[Block], first: int) -> bool:
    return blocks[first].kind is not BlockKind.HEADING


def _is_item(block: Block) -> bool:
    return block.kind is BlockKind.ITEM


def _outside(
    cut: int, ranges: Sequence[tuple[int, int]], blocks: Sequence[Block], *, limit: int, ceiling: int
) -> int:
    """`cut` moved out of every range: past its end where that stays short, else before its start."""
    moved = True
    while moved:
        moved = False
        for first, last in ranges:
            if first < cut <= last:
                length = sum(len(words(block.text)) for block in blocks[: last + 1])
                cut = last + 1 if length <= limit and last < ceiling else first
                moved = True
    return cut


def _without_lead_in(blocks: Sequence[Block], shown: int) -> int:
    """`shown` without what only announces the part that is cut."""
    while 0 < shown < len(blocks) and _announces(blocks[shown - 1]):
        shown -= 1
    return shown


def _announces(block: Block) -> bool:
    if block.kind is BlockKind.HEADING:
        return True
    text = block.text.rstrip()
    return block.kind is BlockKind.PROSE and (text.endswith(":") or bool(_LEADS_IN.search(text)))


def _first_passage(ranges: Sequence[tuple[int, int]], blocks: Sequence[Block], *, ceiling: int) -> int:
    """The end of the first passage that may be shown where the budget leaves nothing."""
    for number in range(1, ceiling + 1):
        inside = any(first < number <= last for first, last in ranges)
        whole = number == len(blocks) or not _announces(blocks[number - 1])
        if blocks[number - 1].text and whole and not inside:
            return number
    return 0
