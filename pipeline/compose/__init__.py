"""The month's posts → an issue: what stands where, in whose words, and why.

The author's choices always win; every choice that is not hers carries its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.compose.arrange import place
from pipeline.compose.choose import Chosen, choose
from pipeline.compose.pull import pull_quote
from pipeline.compose.theme import theme
from pipeline.compose.words import preheader, subject
from pipeline.model import CareNote, Choices, Issue, ReadPost
from pipeline.read.language import is_english

__all__ = ["compose"]

_ALWAYS_CRISIS = frozenset({"suicide", "self-harm"})
_CRISIS_IF_ABOUT = frozenset({"crisis", "abuse"})


def compose(
    *, name: str, posts: Sequence[ReadPost], choices: Choices, max_posts: int, style: str = "letter"
) -> Issue:
    """The issue called `name`. The order of `posts` does not matter.

    Raises: NothingToSay without a post to show; UsageError where a choice or the style names
    nothing; NotVerbatim where the quote chosen is not in a post.
    """
    chosen = choose(posts, choices=choices, max_posts=max_posts)
    lead = chosen.posts[0]
    placed = tuple(place(item, lead=item is lead, style=style) for item in chosen.posts)
    subject_line, why_subject = subject(lead.reading, choices)
    preview, why_preview = preheader(lead.reading, choices, subject_line=subject_line)
    quote, why_quote = pull_quote(
        chosen.posts, shown=placed[0].shown, chosen=choices.quote, taken=(subject_line, preview)
    )
    care, no_care = _care_notes(chosen.posts, dict(choices.care))
    note = choices.note or ""
    ps = choices.ps if choices.ps and choices.ps.strip() else ""
    return Issue(
        name=name, subject=subject_line, preheader=preview, lead=lead.post.id, posts=placed, quote=quote,
        note=note, care=care, left_out=chosen.left_out,
        reasons=(
            ("lead", chosen.why_lead),
            ("order", chosen.why_order),
            ("opening", _why_opening(note)),
            ("quote", why_quote),
            ("subject", why_subject),
            ("preheader", why_preview),
            ("care", _why_care(care, no_care, chosen.posts)),
            ("left out", _why_left_out(chosen)),
            *_theme(chosen.posts),
        ),
        descriptions=choices.descriptions, fine=choices.fine, ps=ps, no_care=no_care,
        waits=choices.wait,
    )  # fmt: skip


def _why_opening(note: str) -> str:
    return "you wrote it" if note.strip() else "there is no opening note; the letter begins with its lead"


def _care_notes(
    posts: Sequence[ReadPost], hers: Mapping[str, bool]
) -> tuple[tuple[CareNote, ...], tuple[CareNote, ...]]:
    """The notes of the letter, and those that the author took away; `hers`: what she said, by post."""
    notes, taken_away = [], []
    for item in posts:
        note, wanted = _care_note(item), hers.get(item.post.id)
        if wanted is False and note:
            taken_away.append(note)
        elif wanted and not note:
            mentioned = tuple(topic.topic for topic in item.reading.care)
            notes.append(CareNote(post=item.post.id, topics=mentioned, crisis=False, about=False))
        elif note:
            notes.append(note)
    return tuple(notes), tuple(taken_away)


def _care_note(item: ReadPost) -> CareNote | None:
    """The note for a post that is about a topic, or names suicide or self-harm at all; else None.

    A passing word on any other topic is said to the author, not to the reader: a letter that
    warns of everything is read with a flinch.
    """
    about = tuple(topic.topic for topic in item.reading.care if topic.level == "about")
    grave = tuple(topic.topic for topic in item.reading.care if topic.topic in _ALWAYS_CRISIS)
    if not about and not grave:
        return None
    crisis = bool(grave or _CRISIS_IF_ABOUT.intersection(about))
    return CareNote(post=item.post.id, topics=about or grave, crisis=crisis, about=bool(about))


def _theme(posts: Sequence[ReadPost]) -> list[tuple[str, str]]:
    """What the posts share, said to the author alone: in the letter it would be our word, not hers."""
    shared = theme(posts)
    if shared is None:
        return []
    titles = " and ".join(f"“{item.reading.title}”" for item in shared.posts)
    return [("theme", f"{titles} share the word “{shared.word}”; your note could take it up")]


def _why_care(care: Sequence[CareNote], no_care: Sequence[CareNote], posts: Sequence[ReadPost]) -> str:
    noted = {note.post for note in (*care, *no_care)}
    about = dict.fromkeys(topic for note in care if note.about for topic in note.topics)
    grave = dict.fromkeys(topic for note in care if not note.about for topic in note.topics)
    passing = dict.fromkeys(
        topic.topic for item in posts if item.post.id not in noted for topic in item.reading.care
    )
    parts = [f"a care note stands before what is about {', '.join(about)}"] if about else []
    parts += [f"a care note stands before what mentions {', '.join(grave)}"] if grave else []
    parts += ["crisis lines stand with it"] if any(note.crisis for note in care) else []
    parts += ["you asked for a care note"] if any(not note.topics for note in care) else []
    taken_away = dict.fromkeys(topic for note in no_care for topic in note.topics)
    parts += [f"you took away the care note about {', '.join(taken_away)}"] if taken_away else []
    parts += [f"{', '.join(passing)}: mentioned in passing, said only to you"] if passing else []
    unread = [item.reading.language for item in posts if not is_english(item.reading.language)]
    parts += (
        [f"hard topics are looked for in English only ({', '.join(unread)}): look yourself"] if unread else []
    )
    return "; ".join(parts) or "no post touches a topic that asks for a care note"


def _why_left_out(chosen: Chosen) -> str:
    if not chosen.left_out:
        return "no post was left out"
    return "; ".join(f"“{out.title or 'untitled'}”: {out.reason}" for out in chosen.left_out)
