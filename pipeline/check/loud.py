"""What shouts: words in capitals, pictures among the letters of a subject."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.check.draft import Draft, Finding, note, warn

# One such word is an abbreviation (NHS, EMDR, ADHD); two long ones in a row are a raised voice.
_SHOUTED = re.compile(r"\b[^\W\d_a-zà-öø-ÿ]{4,}(?:\W+[^\W\d_a-zà-öø-ÿ]{2,})+\b|\b[^\W\d_a-zà-öø-ÿ]{7,}\b")
# Pictographs, dingbats, flags, and what turns a sign into a picture.
_EMOJI = re.compile("[\u2600-\u27bf\u2b50\u2b55\ufe0f\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]")


def loud(draft: Draft) -> Iterator[Finding]:
    for place, text in (("subject", draft.letter.subject), ("preheader", draft.letter.preheader)):
        if found := _capitals(text):
            yield warn(
                f"the {place} shouts: “{found}”", f"choose a quieter {place}: spam filters mark capitals"
            )
        if emoji := _EMOJI.search(text):
            yield warn(
                f"the {place} has a little picture in it (U+{ord(emoji.group()):04X})",
                "some inboxes show an empty box; words do better",
            )
    for placed in draft.issue.posts:
        if _capitals(placed.title):
            yield warn(f"the title “{placed.title}” is in capitals", "write it in small letters on the blog")
    shouted = [found for placed in draft.issue.posts if (found := _in_blocks(draft, placed.post))]
    if shouted:
        # Hers, and meant: said, not judged.
        yield note(f"in capitals in the letter, as you wrote it: “{shouted[0]}”")


def _in_blocks(draft: Draft, post: str) -> str:
    texts = (block.text for block in draft.post(post).reading.blocks)
    return next((found for text in texts if (found := _capitals(text))), "")


def _capitals(text: str) -> str:
    """The first words in capitals; scripts without small letters have none."""
    for found in _SHOUTED.finditer(text):
        words = found.group()
        if words.isupper() and words != words.lower():
            return words
    return ""
