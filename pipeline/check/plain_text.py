"""The text part: the same letter, for who reads without HTML, and for filters that compare the two."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pipeline.check.draft import Draft, Finding, block, warn
from pipeline.check.sheet import shown
from pipeline.render.verbatim import normalised

SAME = 0.95  # of the words; SpamAssassin's MPART_ALT_DIFF is 2.2 points
NOT_AT_ALL = 0.5
LONGEST = 76
_NOISE = re.compile(r"\]\(|\*\*|^#+ |&(?:[a-z]+|#\d+);|</?[a-z]+>|[\u2007\ufeff\u034f\u200b]", re.MULTILINE)


def plain_text(draft: Draft) -> Iterator[Finding]:
    text = draft.letter.text
    share = overlap(draft)
    if share < SAME:
        say = block if share < NOT_AT_ALL else warn
        yield say(
            f"the text part has {share:.0%} of the letter's words; filters expect the same letter twice",
            "delete your own letter/body.txt to use the built-in one",
        )
    long = [line for line in text.split("\n") if len(line) > LONGEST and " " in line.strip()]
    if any("://" not in line for line in long):
        yield warn("a line of the text part is too long", "set it with {{ line(…) }}")
    # What she writes stays as it is: only the letter's own noise is a fault.
    hers = " ".join(read.reading.text for read in draft.posts)
    hers += draft.issue.note + draft.issue.ps
    if noise := next((n.group() for n in _NOISE.finditer(text) if n.group().strip() not in hers), ""):
        yield warn(f"“{noise}” stands in the text part", "it is for programs; take it out of your body.txt")


def overlap(draft: Draft) -> float:
    """The share of words that both parts have, between 0 and 1."""
    in_html = _words(" ".join(seen.text for seen in shown(draft.tree)))
    # Of a picture with a caption the text part says only that; filters do not count alt texts.
    alts = (image.get("alt") or "" for image in draft.tree.iter("img"))
    in_html += _words(" ".join(alt for alt in alts if normalised(alt) in normalised(draft.letter.text)))
    in_text = _words(re.sub(r"\S+://\S+|mailto:\S+|\[\d+\]", " ", draft.letter.text))
    both, all_ = (in_html & in_text).total(), in_html.total() + in_text.total()
    return 2 * both / all_ if all_ else 1.0


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", text.lower()))
