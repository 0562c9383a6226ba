"""Blocks that may act as one, and what stands before them: lists, and lists that were only typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import Block, BlockKind
from pipeline.read.announce import Announced, announced
from pipeline.read.sentences import words

_BULLET = r"[•·▪●◦‣*–—-]\s+"
_NUMBER = r"(?:(?:step|tip|way|rule|no\.?|#)\s*)?[#(]?\d{1,2}(?:\ufe0f?\u20e3|[.)](?!\d)|\s?[:–—-](?=\s))\s*"
_MARK = re.compile(rf"^(?:{_BULLET}|{_NUMBER})(?=\S)", re.IGNORECASE)
NUMBERED = re.compile(
    rf"^(?:{_NUMBER}|(?:step|tip|rule) (?:\d|one|two|three|four|five|six|seven))", re.IGNORECASE
)
_DASHES = ("–", "—", "-")
_FEWEST_ITEMS = 2
FEWEST_IN_A_RUN = 3
LOOK_BACK = 80  # blocks; what stands further up announces nothing here


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Blocks that may be one unit. `items` are indices of what counts, `texts` their words.

    `numbered`: every heading of a run bears a number.
    """

    first: int
    last: int
    items: tuple[int, ...]
    texts: tuple[str, ...]
    announced: Announced
    numbered: bool = False


def unmarked(text: str) -> str:
    """An item's words without the bullet or number typed before them."""
    return _MARK.sub("", text)


def lists(blocks: Sequence[Block], title: str) -> list[Group]:
    groups: list[Group] = []
    i = 0
    while i < len(blocks):
        end = _list_end(blocks, i)
        if end is None:
            i += 1
            continue
        top = min(block.level for block in blocks[i:end] if _counts(block))
        items = [j for j in range(i, end) if blocks[j].level == top and _counts(blocks[j])]
        if len(items) >= _FEWEST_ITEMS:
            near, far = ahead_of(blocks, i, title)
            groups.append(
                Group(
                    first=i,
                    last=end - 1,
                    items=tuple(items),
                    texts=tuple(unmarked(blocks[j].text) for j in items),
                    announced=announced(near, far),
                )
            )
        i = end
    return groups


def is_marked(block: Block) -> bool:
    return block.kind is BlockKind.PROSE and bool(_MARK.match(block.text))


def _counts(block: Block) -> bool:
    return block.kind is BlockKind.ITEM or is_marked(block)


def _list_end(blocks: Sequence[Block], start: int) -> int | None:
    """Index after the list that begins at `start`; None where none begins."""
    if blocks[start].kind is BlockKind.ITEM:
        return _items_end(blocks, start)
    if not is_marked(blocks[start]):
        return None
    end = start
    while end < len(blocks) and is_marked(blocks[end]):
        end += 1
    # Paragraphs that open with a dash are dialogue.
    dialogue = blocks[start].text.startswith(_DASHES)
    return end if end - start >= FEWEST_IN_A_RUN and not dialogue else None


def _items_end(blocks: Sequence[Block], start: int) -> int:
    own, end = blocks[start].list_id, start + 1
    for j in range(start + 1, len(blocks)):
        block = blocks[j]
        if block.kind is BlockKind.ITEM and (block.list_id == own or block.level > 0):
            end = j + 1
        elif block.kind not in (BlockKind.PICTURE, BlockKind.PROSE) or j - end >= 2:
            break
    return end


def ahead_of(blocks: Sequence[Block], first: int, title: str) -> tuple[list[str], list[str]]:
    """What is said right before, nearest first; and the headings above, with the title."""
    near: list[str] = []
    far: list[str] = []
    level = 9
    for block in reversed(blocks[max(0, first - LOOK_BACK) : first]):
        if block.kind is BlockKind.HEADING and block.level < level:
            (far if near else near).append(block.text)
            level = block.level
        elif block.kind is BlockKind.PROSE and not near:
            near += last_words(block)
    return near, [*far, title]


def last_words(block: Block) -> list[str]:
    """A paragraph's last sentence, and the one before it where that one is only a few words."""
    said = [block.text[a - block.start : b - block.start] for a, b in block.sentences]
    return said[:-3:-1] if len(said) > 1 and len(words(said[-1])) <= 12 else said[-1:]
