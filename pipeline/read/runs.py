"""Runs of headings, and of paragraphs with a name in front, that may be items of one list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pipeline.model import Block, BlockKind
from pipeline.read.announce import Cue, announced, announces
from pipeline.read.cues import is_instruction
from pipeline.read.groups import (
    FEWEST_IN_A_RUN,
    LOOK_BACK,
    NUMBERED,
    Group,
    ahead_of,
    is_marked,
    last_words,
    unmarked,
)
from pipeline.read.lexicon import pattern, straight
from pipeline.read.sentences import words

_ING = re.compile(r"^\W*(?:not )?[a-z]{3,}ing(?!\w)")
_LONGEST_NAME = 12  # words of "Name the feeling." in bold before a paragraph
# A stretch may hold strays as long as 6 in 10 of its headings are steps.
_FOR, _AGAINST = 2, 3


def runs(blocks: Sequence[Block], title: str) -> list[Group]:
    """Runs of three or more sibling headings, or named paragraphs, that may be items of one list."""
    groups = [
        group
        for siblings in _siblings(blocks)
        if (group := _run(blocks, siblings, _parents(blocks, siblings[0], title))) is not None
    ]
    named = [
        _named_run(blocks, siblings, title)
        for siblings in _named(blocks)
        if _is_run_of_names(blocks, siblings)
    ]
    return groups + named


def _siblings(blocks: Sequence[Block]) -> list[list[int]]:
    """Headings of one level with nothing higher between them."""
    heads = [i for i, block in enumerate(blocks) if block.kind is BlockKind.HEADING]
    found: list[list[int]] = []
    for level in (1, 2, 3):
        run: list[int] = []
        for i in heads:
            if blocks[i].level == level:
                run.append(i)
            elif blocks[i].level < level:
                found.append(run)
                run = []
        found.append(run)
    return [run for run in found if len(run) >= FEWEST_IN_A_RUN]


def _parents(blocks: Sequence[Block], at: int, title: str) -> tuple[list[str], list[str]]:
    """What announces a run of headings, nearest first: a line before it, or the heading above it."""
    level, above = blocks[at].level, []
    for block in reversed(blocks[max(0, at - LOOK_BACK) : at]):
        if block.kind is BlockKind.HEADING and block.level < level:
            above.append(block.text)
            level = block.level
    above.append(title)
    before = last_words(blocks[at - 1])[:1] if at and blocks[at - 1].kind is BlockKind.PROSE else []
    return [text for text in before if text.rstrip().endswith(":")] + above[:1], above[1:]


def _run(
    blocks: Sequence[Block], siblings: Sequence[int], ahead: tuple[list[str], list[str]]
) -> Group | None:
    said = announced(*ahead)
    steps = [i for i in siblings if is_step(blocks[i].text, steps_ahead=said.cue is Cue.STEPS)]
    stretch = _longest_stretch(siblings, steps)
    if len(stretch) < FEWEST_IN_A_RUN:
        return None
    return Group(
        first=stretch[0], last=_run_end(blocks, stretch), items=tuple(stretch),
        texts=tuple(unmarked(blocks[i].text) for i in stretch), announced=said,
        numbered=all(NUMBERED.match(blocks[i].text) for i in stretch),
    )  # fmt: skip


def _longest_stretch(siblings: Sequence[int], steps: Sequence[int]) -> list[int]:
    """The longest stretch of siblings, from a step to a step, of which enough are steps.

    In one pass and not by trying all pairs: a hostile post may hold ten thousand headings.
    """
    known = set(steps)
    sums = [0]
    for i in siblings:
        sums.append(sums[-1] + (_FOR if i in known else -_AGAINST))
    starts = [0]
    for at, total in enumerate(sums):
        if total < sums[starts[-1]]:
            starts.append(at)
    first, last = 0, 0
    for end in range(len(sums) - 1, 0, -1):
        while starts and sums[starts[-1]] <= sums[end]:
            start = starts.pop()
            if end - start > last - first:
                first, last = start, end
    stretch = list(siblings[first:last])
    while stretch and stretch[0] not in known:
        stretch = stretch[1:]
    while stretch and stretch[-1] not in known:
        stretch.pop()
    return stretch


def is_step(heading: str, *, steps_ahead: bool) -> bool:
    """Whether a heading may be one item of a list of steps."""
    low = straight(heading).strip()
    if NUMBERED.match(low):
        return True
    if low.endswith("?"):
        return False
    if is_instruction(low):
        return True
    if announces(low) or pattern("voice", "units.topics").match(low):
        return False
    # Under "5 ways to …" a bare noun or a gerund names a step: "Movement", "Setting limits".
    return bool(_ING.match(low)) or (steps_ahead and len(words(low)) <= 4 and not low.endswith("."))


def _section_end(blocks: Sequence[Block], at: int) -> int:
    for j in range(at + 1, len(blocks)):
        if blocks[j].kind is BlockKind.HEADING and blocks[j].level <= blocks[at].level:
            return j - 1
    return len(blocks) - 1


def _run_end(blocks: Sequence[Block], run: Sequence[int]) -> int:
    """The last block of the last step.

    No heading parts the last step from what she says to close the post: paragraphs that go on
    for longer than the longest step before are the closing, and no step.
    """
    end = _section_end(blocks, run[-1])
    longest = max(after - at - 1 for at, after in pairwise(run))
    while (
        (end == len(blocks) - 1 or blocks[end + 1].kind is BlockKind.PROSE)
        and end > run[-1] + longest
        and blocks[end].kind is BlockKind.PROSE
    ):
        end -= 1
    return end


# --- paragraphs that begin with their name ----------------------------------------------------


def _name_of(block: Block) -> str:
    """ "Name the feeling." in bold, or "2. Name the feeling", at the head of a paragraph; else empty."""
    if block.kind is not BlockKind.PROSE or not block.runs:
        return ""
    first = block.runs[0].text.strip()
    if block.runs[0].strong and len(block.runs) > 1 and len(words(first)) <= _LONGEST_NAME:
        return first
    if NUMBERED.match(block.text) and block.sentences:
        a, b = block.sentences[0]
        return block.text[: b - a]
    return ""


def _named(blocks: Sequence[Block]) -> list[list[int]]:
    """Paragraphs with a name in front, at most four blocks apart, with no heading between."""
    found: list[list[int]] = [[]]
    for i, block in enumerate(blocks):
        if block.kind is BlockKind.HEADING:
            found.append([])
        elif _name_of(block):
            if found[-1] and i - found[-1][-1] > 4:
                found.append([])
            found[-1].append(i)
    return found


def _is_run_of_names(blocks: Sequence[Block], run: Sequence[int]) -> bool:
    """Three or more; not a typed list, which is one already, and not people who speak in turn."""
    if len(run) < FEWEST_IN_A_RUN:
        return False
    typed = all(is_marked(blocks[i]) for i in run) and run[-1] - run[0] == len(run) - 1
    speakers = len({_name_of(blocks[i]) for i in run}) < len(run)
    return not typed and not speakers


def _named_run(blocks: Sequence[Block], run: Sequence[int], title: str) -> Group:
    longest = max(after - at - 1 for at, after in pairwise(run))
    last = run[-1]
    while last < min(len(blocks) - 1, run[-1] + longest) and blocks[last + 1].kind is not BlockKind.HEADING:
        last += 1
    near, far = ahead_of(blocks, run[0], title)
    return Group(
        first=run[0], last=last, items=tuple(run),
        texts=tuple(unmarked(_name_of(blocks[i])) for i in run), announced=announced(near, far),
        numbered=all(NUMBERED.match(blocks[i].text) for i in run),
    )  # fmt: skip
