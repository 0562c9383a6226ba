"""Subject and preheader: the author's own words, whole, and nothing that outs a reader."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.model import Block, BlockKind, Choices, Reading
from pipeline.read.care import topics_in
from pipeline.read.lexicon import pattern, straight

SUBJECT_CHARS = 60
_PREHEADER_CHARS = (30, 110)
_AMONG_FIRST = 8


def subject(lead: Reading, choices: Choices) -> tuple[str, str]:
    """(subject, why).

    A lead without a title gives its first sentence of at most 60 characters that touches no hard
    topic; where it has none, the beginning of its first sentence, whole words and an ellipsis.
    """
    if chosen := _one_line(choices.subject):
        return chosen, "you chose it" + _warning(chosen)
    if lead.title:
        return lead.title, "it is the lead's title" + _warning(lead.title)
    said = sentences_of(lead.blocks, listed=True) or [_first_words(lead)]
    for sentence in said:
        if len(sentence) <= SUBJECT_CHARS and not topics_in(sentence):
            return sentence, "the lead has no title, so it is its first short sentence"
    beginning = next((sentence for sentence in said if not topics_in(sentence)), said[0])
    cut = _whole_words(beginning, SUBJECT_CHARS)
    return cut, "the lead has no title, so it is how one of its sentences begins" + _warning(cut)


def _first_words(lead: Reading) -> str:
    """The first block that says anything, on one line; two blocks together are nobody's sentence."""
    return next((line for block in lead.blocks if (line := _one_line(block.text))), _one_line(lead.text))


def preheader(lead: Reading, choices: Choices, *, subject_line: str) -> tuple[str, str]:
    """(preheader, why): a whole sentence of the lead; never empty, never the subject again if avoidable."""
    if chosen := _one_line(choices.preheader):
        return chosen, "you chose it" + _warning(chosen)
    low, high = _PREHEADER_CHARS
    said = [s for s in sentences_of(lead.blocks) if s != subject_line and not topics_in(s)]
    early = sentences_of(lead.blocks)[:_AMONG_FIRST]
    fitting = [s for s in said if s in early and low <= len(s) <= high and not s.endswith((":", ","))]
    if fitting:
        # max keeps the earliest of equals.
        best = max(fitting, key=_warmth)
        return best, "it is a whole sentence from the lead's beginning" + (
            ", and it speaks of being with another" if _warmth(best) else ""
        )
    if said:
        return min(
            said, key=len
        ), "it is the lead's shortest whole sentence; none near the beginning has a good length"
    fallback = lead.title or subject_line
    return fallback, "the lead has no sentence that may stand here, so it is its title" + _warning(fallback)


def sentences_of(blocks: Sequence[Block], *, listed: bool = False) -> list[str]:
    """The sentences of the running text, in order; with `listed`, those of items and quotations too."""
    kinds = {BlockKind.PROSE} | ({BlockKind.ITEM, BlockKind.QUOTE, BlockKind.HEADING} if listed else set())
    return [
        text
        for block in blocks
        if block.kind in kinds
        for a, b in block.sentences
        if "\n" not in (text := block.text[a - block.start : b - block.start])
    ]


def _warmth(sentence: str) -> int:
    low = straight(sentence)
    relation = len(set(pattern("quotes", "relation").findall(low)))
    question = 1 if sentence.endswith("?") else 0
    sad = len(pattern("quotes", "sad").findall(low))
    return max(0, min(relation, 2) - question - sad)


def _warning(text: str) -> str:
    topics = topics_in(text)
    return f"; it names {' and '.join(topics)}, which anybody sees who looks at the inbox" if topics else ""


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _whole_words(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return head[: head.rfind(" ")].rstrip(" ,;:–—-") + "…" if " " in head else head + "…"
