"""The sentence set large, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.errors import NotVerbatim
from pipeline.model import Block, BlockKind, PullQuote, ReadPost, UnitKind
from pipeline.read.care import topics_in
from pipeline.read.language import is_english

_GOOD_ENOUGH = 0.3
_EARLIEST = 2  # after the third block
_AWAY = 2
_WORTH_OF_A_PAUSE = 4.0  # blocks further from the middle
_QUOTES = '"“”„«»'
_APOSTROPHES = "'‘’ʼ"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()


def pull_quote(
    posts: Sequence[ReadPost], *, shown: int, chosen: str | None, taken: Sequence[str]
) -> tuple[PullQuote | None, str]:
    """(the pull quote, why).

    `posts` has the lead first, `shown` are the lead's blocks, `taken` the letter's other lines.

    Raises: NotVerbatim where the author's choice is not whole sentences of one of the posts.
    """
    if chosen is not None:
        return _hers(posts, shown, chosen)
    lead = posts[0]
    for candidate in lead.reading.quotes:
        if candidate.score < _GOOD_ENOUGH or candidate.block >= shown or candidate.text in taken:
            continue
        if topics_in(candidate.text):
            continue
        after = _place(lead, shown, own=candidate.block)
        if after is None:
            return None, "the lead is too short for a sentence set large"
        return _quote(
            candidate.text, lead, lead, after
        ), f"of the lead's sentences it is the strongest: {candidate.reason}"
    if not is_english(lead.reading.language):
        return None, f"sentences are weighed in English only, and the lead is in {lead.reading.language}"
    return None, "no sentence of the lead stands well enough by itself"


def _hers(posts: Sequence[ReadPost], shown: int, chosen: str) -> tuple[PullQuote | None, str]:
    chosen = chosen.strip()
    if not chosen:
        return None, "you chose to have none"
    if chosen[0] in _QUOTES and chosen[-1] in _QUOTES and _is_in(posts, chosen[1:-1]):
        chosen = chosen[1:-1]  # copied from where it was shown, marks and all
    for item in posts:
        found = _verbatim(item.reading.blocks, chosen)
        if found is not None:
            block, text = found
            own = block if item is posts[0] else None
            after = _place(posts[0], shown, own=own)
            # Her choice stands even in a lead with no good place for it: at its end.
            last = max(shown - 1, 0)
            quote = _quote(text, item, posts[0], last if after is None else after)
            hard = topics_in(text)
            return quote, "you chose it" + (f"; it names {' and '.join(hard)}" if hard else "")
    raise NotVerbatim(
        f"quote: no post of this letter says {chosen.strip()!r} in whole sentences",
        hint="copy one or more whole sentences of one paragraph from a post, or leave the quote empty",
    )


def _is_in(posts: Sequence[ReadPost], text: str) -> bool:
    return bool(text.strip()) and any(_verbatim(item.reading.blocks, text) for item in posts)


def _quote(text: str, post: ReadPost, lead: ReadPost, after: int) -> PullQuote:
    return PullQuote(text=text, post=post.post.id, after=after, where=_where(lead.reading.blocks, after))


def _verbatim(blocks: Sequence[Block], wanted: str) -> tuple[int, str] | None:
    """(block, its own text) where whole sentences read as `wanted`.

    White space and the shape of quotation marks may differ in what was typed; what is returned
    is always the post's own run.
    """
    loose = re.compile(r"\s+".join("".join(map(_loosely, word)) for word in wanted.split()))
    for number, block in enumerate(blocks):
        starts = {a - block.start for a, _ in block.sentences}
        ends = {b - block.start for _, b in block.sentences}
        for found in loose.finditer(block.text):
            if found.start() in starts and found.end() in ends:
                return number, found[0]
    return None


def _loosely(char: str) -> str:
    if char in _APOSTROPHES or char in _QUOTES:
        return f"[{_APOSTROPHES}{_QUOTES}]"
    return re.escape(char)


def _place(lead: ReadPost, shown: int, *, own: int | None) -> int | None:
    """The block after which the quote stands, near the lead's middle; None where there is no place."""
    blocks = lead.reading.blocks
    checklists = {unit.id for unit in lead.reading.units if unit.kind is UnitKind.CHECKLIST}
    places = [i for i in range(_EARLIEST, shown - 1) if _is_gap(blocks[i], blocks[i + 1], checklists)]
    if not places:
        return None

    def cost(i: int) -> tuple[bool, float]:
        near = own is not None and min(abs(i - own), abs(i + 1 - own)) < _AWAY
        # A section's end is a pause already; in mid-thought the quote would interrupt.
        pause = 0.0 if blocks[i + 1].kind is BlockKind.HEADING else _WORTH_OF_A_PAUSE
        return near, abs(i + 1 - shown / 2) + pause

    return min(places, key=cost)


def _is_gap(above: Block, below: Block, checklists: set[str]) -> bool:
    if above.kind is not BlockKind.PROSE or below.kind not in (BlockKind.PROSE, BlockKind.HEADING):
        return False
    if above.text.rstrip().endswith((":", ",")):
        return False
    return above.unit not in checklists and below.unit not in checklists


def _where(blocks: Sequence[Block], after: int) -> str:
    count = sum(block.kind is BlockKind.PROSE for block in blocks[: after + 1])
    if not count or blocks[after].kind is not BlockKind.PROSE:
        return "at the end of the lead"
    nth = _ORDINALS[count - 1] if count <= len(_ORDINALS) else f"{count}th"
    return f"after the {nth} paragraph of the lead"
