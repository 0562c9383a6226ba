"""Which post leads, in what order the rest follow, and which are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import NothingToSay, UsageError
from pipeline.model import Choices, LeftOut, ReadPost

# A shorter post cannot carry a letter; in the trial this veto cost no lead a human would take.
ENOUGH_TO_LEAD = 150
# A post about a hard topic may lead, with its care note, but not for the sake of a hair.
_CARE_HANDICAP = 0.15
_LEFT_OUT = "you chose to leave it out"
_WAITS = "you chose to let it wait for the next letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The posts of the letter, the lead first, and why they stand so."""

    posts: tuple[ReadPost, ...]
    left_out: tuple[LeftOut, ...]
    why_lead: str
    why_order: str


def choose(posts: Sequence[ReadPost], *, choices: Choices, max_posts: int) -> Chosen:
    """The letter's posts in order.

    Raises: UsageError where a choice names no post of the month, NothingToSay where no post is left.
    """
    _known(posts, choices)
    aside = {**dict.fromkeys(choices.wait, _WAITS), **dict.fromkeys(choices.leave_out, _LEFT_OUT)}
    out = [_by_author(item, aside[item.post.id]) for item in posts if item.post.id in aside]
    staying = [item for item in posts if item.post.id not in aside]
    out += [_empty(item) for item in staying if not item.reading.words]
    staying = [item for item in staying if item.reading.words]
    if not staying:
        raise NothingToSay(
            "no post for this letter" + (": every one of them is left out, or waits" if out else ""),
            hint="take a post back in, or let the month be skipped",
        )
    lead, why = _lead(staying, choices.lead)
    hers = {post: place for place, post in enumerate(choices.order)}
    rest = sorted(
        (item for item in staying if item is not lead),
        key=lambda item: (hers.get(item.post.id, len(hers)), _after_voice(item)),
    )
    room = max(max_posts, 1) - 1
    out += [_beyond(item, max_posts) for item in rest[room:]]
    kept = (lead, *rest[:room])
    order = "they follow in the order that you chose" if hers and len(kept) > 2 else _why_order(kept)
    return Chosen(posts=kept, left_out=tuple(out), why_lead=why, why_order=order)


def _known(posts: Sequence[ReadPost], choices: Choices) -> None:
    ids = [item.post.id for item in posts]
    named = [("lead", choices.lead)] if choices.lead is not None else []
    named += [("leave out", post) for post in choices.leave_out]
    named += [("wait", post) for post in choices.wait]
    for what, value in named:
        if value not in ids:
            offered = ", ".join(f"{item.post.id} ({item.reading.title or 'untitled'})" for item in posts)
            raise UsageError(
                f"{what}: {value!r} is no post of this letter",
                hint=f"choose from: {offered or 'there is none'}",
            )
    for aside, what in ((choices.leave_out, "is also to be left out"), (choices.wait, "is also to wait")):
        if choices.lead is not None and choices.lead in aside:
            raise UsageError(f"lead: {choices.lead!r} {what}", hint="take it back in, or choose another lead")


def _after_voice(item: ReadPost) -> tuple[float, float, str]:
    return -item.reading.voice.score, -item.post.dated.timestamp(), item.post.id


def _is_heavy(item: ReadPost) -> bool:
    return any(topic.level == "about" for topic in item.reading.care)


def _lead(posts: Sequence[ReadPost], pinned: str | None) -> tuple[ReadPost, str]:
    for item in posts:
        if item.post.id == pinned:
            return item, f"you chose “{_name(item)}” to lead"
    if len(posts) == 1:
        return posts[0], "it is the only post of this letter"
    fit, passed_over = _able(posts)
    lead = min(fit, key=lambda item: (-_worth(item), -item.post.dated.timestamp(), item.post.id))
    if len(fit) == 1:
        return lead, f"it is the one post that can carry the letter{passed_over}"
    tied = [item for item in fit if _worth(item) == _worth(lead) and item is not lead]
    tie = "; of those alike, it is the newest" if tied else ""
    care = "; it is about a hard topic, so a care note stands before it" if _is_heavy(lead) else ""
    return (
        lead,
        f"of the posts{passed_over} it speaks most from person to person ({_first_reason(lead)}){tie}{care}",
    )


def _able(posts: Sequence[ReadPost]) -> tuple[list[ReadPost], str]:
    """The posts that can carry a letter, and in words which were passed over."""
    fit, aside = list(posts), []
    whole = [item for item in fit if not item.post.summary_only]
    if whole and len(whole) < len(fit):
        fit, aside = whole, ["teasers"]
    fresh = [item for item in fit if not item.post.corrects]
    if fresh and len(fresh) < len(fit):
        fit, aside = fresh, [*aside, "corrections"]
    long = [item for item in fit if item.reading.words >= ENOUGH_TO_LEAD]
    if long and len(long) < len(fit):
        fit, aside = long, [*aside, f"posts under {ENOUGH_TO_LEAD} words"]
    return fit, f" ({' and '.join(aside)} set aside)" if aside else ""


def _worth(item: ReadPost) -> float:
    return item.reading.voice.score - (_CARE_HANDICAP if _is_heavy(item) else 0.0)


def _why_order(kept: Sequence[ReadPost]) -> str:
    if len(kept) == 1:
        return "there is one post, and it is the letter"
    each = "; ".join(f"“{_name(item)}”: {_first_reason(item)}" for item in kept[1:])
    quiet = "; a checklist stands last, set quieter" if kept[-1].reading.voice.label == "checklist" else ""
    return f"after the lead, the posts that speak most from person to person come first ({each}){quiet}"


def _first_reason(item: ReadPost) -> str:
    voice = item.reading.voice
    return voice.reasons[0] if voice.reasons else voice.label


def _name(item: ReadPost) -> str:
    return item.reading.title or "a post without a title"


def _by_author(item: ReadPost, reason: str) -> LeftOut:
    return LeftOut(post=item.post.id, title=item.reading.title, reason=reason)


def _empty(item: ReadPost) -> LeftOut:
    return LeftOut(post=item.post.id, title=item.reading.title, reason="there are no words in it to read")


def _beyond(item: ReadPost, max_posts: int) -> LeftOut:
    many = "one post" if max_posts <= 1 else f"{max_posts} posts"
    why = f"the letter holds at most {many}, and the others speak more from person to person or are newer"
    return LeftOut(post=item.post.id, title=item.reading.title, reason=why)
