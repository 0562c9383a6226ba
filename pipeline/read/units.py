"""Lists and runs of headings that act as one: steps to follow, moments told, or facts listed.

There are three kinds of list, and most real ones are the third. A checklist needs two
witnesses: items that instruct, and either an announcement of steps or nearly all items
instructing. Where the evidence is thin a list is information: it is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.model import Block, BlockKind, Unit, UnitKind
from pipeline.read.cues import count, is_call_to_action, is_instruction
from pipeline.read.lexicon import pattern, straight
from pipeline.read.sentences import words

_MARKED = re.compile(r"^(?:[•·▪●◦‣*–—-]\s+|\(?(\d{1,2})[.)]\s+)\S")
_NUMBERED = re.compile(
    r"^(?:step|tip|way|rule|no\.?|#)?\s*#?\(?\d{1,2}\s*[.):–—-]|^(?:step|tip|rule) (?:\d|one|two|three"
    r"|four|five|six|seven)",
    re.IGNORECASE,
)
_TELLING = re.compile(
    r"^\W*(?:you|you're|you've|you'd|your|i|i'm|i've|we|we're|she|he|they|somebody|someone|the (?:man"
    r"|woman|client|silence|day|moment|first|time)|a (?:man|woman|client|mother|father)|when you|when i"
    r"|there was|it's the|it was)(?!\w)"
)
_TELLING_YOU_MUST = re.compile(
    r"^\W*you (?:can|could|should|need to|must|may want|might want|will learn|will be able)(?!\w)"
)
_SPEECH = re.compile(r"^\W{0,2}[\"“‘']")
_ING = re.compile(r"^\W*(?:not )?([a-z]{3,}ing)(?!\w)")
_FEWEST_ITEMS = 2
_FEWEST_HEADINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Blocks that may be one unit. `items` are indices of what counts, `texts` their words."""

    first: int
    last: int
    items: tuple[int, ...]
    texts: tuple[str, ...]
    ahead: str  # what announces it: headings above, the paragraph before


def find_units(blocks: Sequence[Block], *, title: str) -> tuple[tuple[Block, ...], tuple[Unit, ...]]:
    """The blocks with the units they belong to, and the units in the order of the post."""
    found: list[Unit] = []
    for group in _heading_runs(blocks, title):
        found.append(_unit(group, *_judge_headings(group, blocks)))
    taken = {i for unit in found for i in range(unit.first, unit.last + 1)}
    for group in _lists(blocks, title):
        if not taken.intersection(range(group.first, group.last + 1)):
            found.append(_unit(group, *_judge_list(group)))
    found.sort(key=lambda unit: unit.first)
    named = tuple(replace(unit, id=f"u{number}") for number, unit in enumerate(found, start=1))
    owner = {i: unit.id for unit in named for i in range(unit.first, unit.last + 1)}
    return tuple(replace(block, unit=owner.get(i)) for i, block in enumerate(blocks)), named


def _unit(group: _Group, kind: UnitKind, reasons: Iterable[str]) -> Unit:
    return Unit(
        id="", kind=kind, items=len(group.items), first=group.first, last=group.last, reasons=tuple(reasons)
    )


# --- lists -----------------------------------------------------------------------------------


def _lists(blocks: Sequence[Block], title: str) -> list[_Group]:
    groups: list[_Group] = []
    i = 0
    while i < len(blocks):
        end = _list_end(blocks, i)
        if end is None:
            i += 1
            continue
        top = min(b.level for b in blocks[i:end] if b.kind is BlockKind.ITEM or _is_marked(b))
        items = [j for j in range(i, end) if blocks[j].level == top and _counts(blocks[j])]
        if len(items) >= _FEWEST_ITEMS:
            texts = tuple(_MARK_OFF.sub("", blocks[j].text) for j in items)
            groups.append(
                _Group(first=i, last=end - 1, items=tuple(items), texts=texts, ahead=_ahead(blocks, i, title))
            )
        i = end
    return groups


_MARK_OFF = re.compile(r"^(?:[•·▪●◦‣*–—-]\s+|\(?\d{1,2}[.)]\s+)")


def _is_marked(block: Block) -> bool:
    return block.kind is BlockKind.PROSE and bool(_MARKED.match(block.text))


def _counts(block: Block) -> bool:
    return block.kind is BlockKind.ITEM or _is_marked(block)


def _list_end(blocks: Sequence[Block], start: int) -> int | None:
    """Index after the list that begins at `start`; None where none begins."""
    if blocks[start].kind is BlockKind.ITEM:
        own, end = blocks[start].list_id, start + 1
        for j in range(start + 1, len(blocks)):
            block = blocks[j]
            if block.kind is BlockKind.ITEM and (block.list_id == own or block.level > 0):
                end = j + 1
            elif block.kind not in (BlockKind.PICTURE, BlockKind.PROSE) or j - end >= 2:
                break
        return end
    if _is_marked(blocks[start]):
        end = start
        while end < len(blocks) and _is_marked(blocks[end]):
            end += 1
        # Two paragraphs that open with a dash are dialogue.
        return (
            end
            if end - start >= _FEWEST_HEADINGS and not blocks[start].text.startswith(("–", "—", "-"))
            else None
        )
    return None


def _ahead(blocks: Sequence[Block], first: int, title: str) -> str:
    """What is said just before: the paragraph that leads in, and the heading above."""
    parts: list[str] = []
    for block in reversed(blocks[:first]):
        if block.kind is BlockKind.HEADING:
            parts.append(block.text)
            break
        if not parts and block.kind is BlockKind.PROSE:
            last = block.sentences[-1] if block.sentences else (block.start, block.end)
            parts.append(block.text[last[0] - block.start :])
    else:
        parts.append(title)
    return " / ".join(reversed(parts))


def _judge_list(group: _Group) -> tuple[UnitKind, list[str]]:
    total = len(group.texts)
    texts = [straight(text) for text in group.texts]
    orders = sum(map(is_instruction, texts)) + sum(bool(_TELLING_YOU_MUST.match(text)) for text in texts)
    told = sum(_is_told(text) for text in texts)
    gerunds = sum(bool(_ING.match(text)) for text in texts)
    questions = sum(text.rstrip("\"'”’) ").endswith("?") for text in texts)
    ahead = straight(group.ahead)
    steps_cue = pattern("voice", "units.steps_ahead").search(ahead)
    facts_cue = pattern("voice", "units.information_ahead").search(ahead)
    moments_cue = pattern("voice", "units.moments_ahead").search(ahead)
    service = pattern("voice", "units.services").search(ahead) or sum(map(_is_service, texts)) * 3 >= total
    said = f"{told} of {total} items tell a moment rather than give an instruction"
    if service:
        return UnitKind.INFORMATION, ["it lists what is offered, not what the reader should do"]
    if told * 2 >= total and orders * 3 <= total:
        return UnitKind.NARRATIVE, [said, *_quoted("announced as moments", moments_cue)]
    if questions * 2 > total:
        return UnitKind.INFORMATION, [f"{questions} of {total} items are questions, not steps"]
    steps = orders + (gerunds if steps_cue else 0)
    instructing = f"{orders} of {total} items begin with an instruction"
    if steps_cue and steps * 5 >= total * 2 and not (moments_cue and told):
        return UnitKind.CHECKLIST, [instructing, *_quoted("announced as steps", steps_cue)]
    if orders * 10 >= total * 7 and not facts_cue:
        return UnitKind.CHECKLIST, [instructing]
    if moments_cue and told * 3 >= total:
        return UnitKind.NARRATIVE, [said, *_quoted("announced as moments", moments_cue)]
    short = sum(len(words(text)) <= 6 for text in texts)
    why = f"{short} of {total} items only name something" if short * 2 >= total else "its items state facts"
    return UnitKind.INFORMATION, [why, *_quoted("announced as a list of facts", facts_cue)]


def _is_told(text: str) -> bool:
    if is_instruction(text) or _TELLING_YOU_MUST.match(text):
        return False
    if _SPEECH.match(text):
        return True
    return bool(_TELLING.match(text)) and len(words(text)) >= 6 and not text.rstrip().endswith("?")


def _is_service(text: str) -> bool:
    return bool(pattern("voice", "units.services").search(text)) or is_call_to_action(text)


def _quoted(what: str, found: re.Match[str] | None) -> list[str]:
    return [f"{what} (“{found[0]}”)"] if found else []


# --- runs of headings ------------------------------------------------------------------------


def _heading_runs(blocks: Sequence[Block], title: str) -> list[_Group]:
    """Runs of three or more sibling headings that look like items of one list."""
    groups: list[_Group] = []
    heads = [i for i, block in enumerate(blocks) if block.kind is BlockKind.HEADING]
    for siblings in _siblings(blocks, heads):
        ahead = " / ".join((title, _parent(blocks, siblings[0])))
        cue = bool(pattern("voice", "units.steps_ahead").search(straight(ahead)))
        for run in _alike(blocks, siblings, cue=cue):
            last = _run_end(blocks, run)
            texts = tuple(blocks[i].text for i in run)
            group = _Group(first=run[0], last=last, items=tuple(run), texts=texts, ahead=ahead)
            if _judge_headings(group, blocks)[0] is UnitKind.CHECKLIST or not _holds_list(blocks, group):
                groups.append(group)
    # A run inside another's section belongs to it.
    return [
        g for g in groups if not any(o is not g and o.first <= g.first and g.last <= o.last for o in groups)
    ]


def _siblings(blocks: Sequence[Block], heads: Sequence[int]) -> list[list[int]]:
    """Headings of one level with nothing higher between them."""
    runs: list[list[int]] = []
    for level in (1, 2, 3):
        run: list[int] = []
        for i in heads:
            if blocks[i].level == level:
                run.append(i)
            elif blocks[i].level < level:
                runs.append(run)
                run = []
        runs.append(run)
    return [run for run in runs if len(run) >= _FEWEST_HEADINGS]


def _alike(blocks: Sequence[Block], siblings: Sequence[int], *, cue: bool) -> list[list[int]]:
    """The longest stretches of siblings that all look like a step (or are all numbered)."""
    runs: list[list[int]] = [[]]
    for i in siblings:
        if _is_step_heading(blocks[i].text, cue=cue):
            runs[-1].append(i)
        else:
            runs.append([])
    return [run for run in runs if len(run) >= _FEWEST_HEADINGS]


def _is_step_heading(text: str, *, cue: bool) -> bool:
    low = straight(text)
    if pattern("voice", "units.endings").match(low) or low.endswith("?"):
        return False
    if _NUMBERED.match(low) or is_instruction(low):
        return True
    # Under "5 ways to …" a bare noun or a gerund names a step: "Movement", "Setting limits".
    return cue and (bool(_ING.match(low)) or len(words(low)) <= 4) and not low.endswith(".")


def _parent(blocks: Sequence[Block], at: int) -> str:
    higher = [b.text for b in blocks[:at] if b.kind is BlockKind.HEADING and b.level < blocks[at].level]
    return higher[-1] if higher else ""


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


def _holds_list(blocks: Sequence[Block], group: _Group) -> bool:
    return any(block.kind is BlockKind.ITEM for block in blocks[group.first : group.last + 1])


def _judge_headings(group: _Group, blocks: Sequence[Block]) -> tuple[UnitKind, list[str]]:
    total = len(group.texts)
    orders = sum(map(is_instruction, group.texts))
    inside = " ".join(b.text for b in blocks[group.first : group.last + 1] if b.kind is BlockKind.PROSE)
    length = max(1, len(words(inside)))
    own_voice = 100 * len(count("first_person", inside)) / length
    ahead = straight(group.ahead)
    cue = pattern("voice", "units.steps_ahead").search(ahead)
    moments = pattern("voice", "units.moments_ahead").search(ahead)
    if moments or (own_voice >= 4 and orders * 2 < total):
        return UnitKind.NARRATIVE, [f"{total} headings under which she tells of herself and others"]
    if orders * 2 >= total or cue:
        why = f"{total} headings in a row act as steps, {orders} of them as an instruction"
        return UnitKind.CHECKLIST, [why, *_quoted("announced as steps", cue)]
    return UnitKind.INFORMATION, [f"{total} headings in a row list facts; few of them instruct"]
