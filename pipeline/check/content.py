"""What the letter says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from pipeline.check.draft import Draft, Finding, block, warn
from pipeline.errors import NotVerbatim
from pipeline.read.care import topics_in
from pipeline.read.ethics import name_of, same_words
from pipeline.read.language import is_english
from pipeline.render.letter import sources
from pipeline.render.verbatim import assert_hers, expected_in_html, normalised
from pipeline.render.view import lay_out
from pipeline.render.words import crisis_line, review_days, words

SHORTEST_LETTER_WORDS = 40
UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")  # Thai, kana, Chinese
# Merge tags of mail providers and template leftovers. In a post they are text and stay text;
# in what we add they are a mistake, so only the letter's own words are looked at.
LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}|\*\|\w+\|\*|%recipient\.|\[\[\w+:|\bundefined\b|\bNone\b")


def verbatim(draft: Draft) -> Iterator[Finding]:
    view = lay_out(draft.issue, draft.posts, draft.house, words(draft.house.language), draft.pictures)
    try:
        assert_hers(expected_in_html(view), sources(draft.issue, draft.posts))
    except NotVerbatim as problem:
        yield block(problem.problem, problem.hint)


def empty(draft: Draft) -> Iterator[Finding]:
    shown = sum(_length(text) for text in _shown(draft))
    if shown < SHORTEST_LETTER_WORDS:
        yield block(
            f"the letter shows {shown} words of hers",
            "wait for the next post, or add an opening note",
        )


def _length(text: str) -> int:
    """Words; in scripts that write none apart, two characters count as one."""
    return len(text.split()) + len(UNSPACED.findall(text)) // 2


def _shown(draft: Draft) -> Iterator[str]:
    for placed in draft.issue.posts:
        yield from (b.text for b in draft.post(placed.post).reading.blocks[: placed.shown])
    yield draft.issue.note
    yield draft.issue.ps


def placeholders(draft: Draft) -> Iterator[Finding]:
    """Two placeholders are meant to be there; whatever else looks like one is left over."""
    meant = re.sub(rf"{draft.letter.mark}-(greeting|leave)-", "", draft.letter.html + draft.letter.text)
    if draft.letter.mark in meant:
        yield block("a placeholder of this letter is broken", "check your templates/ folder")
    if f"{draft.letter.mark}-greeting-" not in draft.letter.text:
        yield warn("the letter greets nobody", "put {{ greeting }} back into your template")
    hers = " ".join(_hers(draft))
    for leftover in sorted({found.group() for found in LEFTOVER.finditer(_ours(draft))}):
        if leftover not in hers:
            yield block(f"“{leftover}” is left over in the letter", "check your templates/ folder")


def _ours(draft: Draft) -> str:
    return normalised(str(draft.tree.text_content()))


def _hers(draft: Draft) -> Iterator[str]:
    yield draft.issue.note
    yield draft.issue.ps
    yield draft.issue.subject
    yield draft.issue.preheader
    for placed in draft.issue.posts:
        read = draft.post(placed.post)
        yield read.post.title
        yield read.reading.text


def sensitive(draft: Draft) -> Iterator[Finding]:
    """A lock screen shows the subject and the preheader to whoever is near."""
    places = (
        ("subject", draft.issue.subject),
        ("preheader", draft.issue.preheader),
        ("pull quote", draft.issue.quote.text if draft.issue.quote else ""),
    )
    for place, text in places:
        if topics := topics_in(text):
            yield warn(
                f"the {place} speaks of {words('en').series(topics)}",
                f"choose another {place}, unless you mean it to be read on a lock screen",
            )


def concerns(draft: Draft) -> Iterator[Finding]:
    """What the author's code of ethics would ask; what she called fine stays so for that sentence."""
    fine = {(kind, same_words(sentence)) for kind, sentence in draft.issue.fine}
    for placed in draft.issue.posts:
        read = draft.post(placed.post)
        for concern in read.reading.concerns:
            if (concern.kind, same_words(concern.evidence)) in fine:
                continue
            title = read.post.title or "untitled"
            yield warn(
                f"{concern.kind}: “{concern.evidence}” in “{title}”: {concern.advice}",
                "change it on the blog, or say that it is fine: "
                f"`warmletter compose --fine {name_of(concern.kind, concern.evidence)}`",
            )


def language(draft: Draft) -> Iterator[Finding]:
    """What was not read is said, so that silence is not taken for "nothing found"."""
    spoken = words(draft.house.language).language
    if draft.house.language.lower().split("-")[0] != spoken:
        yield warn(
            f"there are no letter words in “{draft.house.language}” yet: greeting and footer are in English",
            "translate templates/letter/parts, or leave it",
        )
    for placed in draft.issue.posts:
        read = draft.post(placed.post)
        if not is_english(read.reading.language):
            yield warn(
                f"“{read.post.title}” is in “{read.reading.language}”; only English is read for what it is",
                "look yourself for hard topics and for checklists",
            )


def care(draft: Draft) -> Iterator[Finding]:
    """A note that she took away is hers to take away; that it is missed should not surprise her."""
    for note in draft.issue.no_care:
        title = draft.post(note.post).post.title or "untitled"
        kind = "is about" if note.about else "mentions"
        lines = ", and the crisis line that stands with it," if note.crisis else ""
        yield warn(
            f"“{title}” {kind} {words('en').series(note.topics)}; the care note before it{lines} "
            "is left out by your choice",
            f"let it stand: `warmletter compose --care {note.post}`",
        )


def crisis_lines(draft: Draft) -> Iterator[Finding]:
    if not any(care.crisis for care in draft.issue.care):
        return
    line = crisis_line(draft.house.country)
    if line is None:
        yield warn(
            f"no crisis line is known for {draft.house.country}",
            "the letter names findahelpline.com instead; check practice.country",
        )
    elif draft.today - line.reviewed_on > timedelta(days=review_days()):
        yield warn(
            f"the crisis line for {line.country} was last looked at on {line.reviewed_on}",
            f"see whether “{line.line}” is still true ({line.source}), or update Warmletter",
        )
