"""Steps for safety or crisis: set plainly, whole and in their place, whatever else a checklist is."""

from __future__ import annotations

import re

from pipeline.model import Block, BlockKind, Reading, Unit
from pipeline.read.care import topics_in

_TOPICS = frozenset({"suicide", "self-harm", "crisis"})
_HELP = re.compile(
    r"(?<!\d)(?:999|911|112|988|116 ?123|111|85258)(?!\d)|samaritans|emergency",
    re.IGNORECASE,
)
# A heading or a lead-in that announces such steps, where the steps themselves name nothing.
_ANNOUNCES = re.compile(
    r"(?<!\w)(?:safety|(?:not|keep|stay|are) safe|in danger|crisis|emergency)(?!\w)",
    re.IGNORECASE,
)
_BEFORE = 2  # blocks that may announce a list: its heading, and a lead-in


def is_help(block: Block) -> bool:
    """Whether a block names a line to call, or what one would call it for."""
    return bool(_HELP.search(block.text)) or bool(_TOPICS.intersection(topics_in(block.text)))


def is_safety(reading: Reading, unit: Unit) -> bool:
    """Whether a unit holds steps for safety: by its words, by what announces it, or by its post.

    In a post about suicide, self-harm or crisis every list of steps counts: one that is set too
    plainly costs a little quiet, one that is softened may cost more.
    """
    inside = reading.blocks[unit.first : unit.last + 1]
    if any(is_help(block) for block in inside):
        return True
    if any(topic.topic in _TOPICS and topic.level == "about" for topic in reading.care):
        return True
    before = reading.blocks[max(0, unit.first - _BEFORE) : unit.first + 1]
    return any(_leads(block) and _ANNOUNCES.search(block.text) for block in before)


def _leads(block: Block) -> bool:
    return block.kind is BlockKind.HEADING or block.text.rstrip().endswith(":")
