"""What the author chose for a letter: added up, taken back, and applied to the posts that are there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from pipeline.app.pictures import still_there
from pipeline.errors import UsageError
from pipeline.model import Choices, Post, ReadPost

NO_CHOICES = Choices()
Item = TypeVar("Item")


def merged(before: Choices, now: Choices) -> Choices:
    """The choices before, with those made now on top.

    What was left out, put off, described or called fine adds up. A post leads, is left out or
    waits, as she said last; of what is said at once, that it leads, then that it is left out.
    """
    aside = (*now.leave_out, *now.wait)
    made = {f.name: value for f in fields(now) if (value := getattr(now, f.name)) not in (None, ())}
    adds_up = {
        "lead": now.lead or (None if before.lead in aside else before.lead),
        "leave_out": _all(_but(before.leave_out, (*now.wait, now.lead)), _but(now.leave_out, (now.lead,))),
        "wait": _but(_all(before.wait, now.wait), (*now.leave_out, now.lead)),
        "descriptions": tuple({**dict(before.descriptions), **dict(now.descriptions)}.items()),
        "fine": _all(before.fine, now.fine),
        "care": tuple({**dict(before.care), **dict(now.care)}.items()),
    }
    return replace(before, **{**made, **adds_up})


def without(choices: Choices, forget: Sequence[str], put_back: Collection[str]) -> Choices:
    """The choices but for those named, and with posts no longer left out, nor waiting."""
    kept = replace(choices, leave_out=_but(choices.leave_out, put_back), wait=_but(choices.wait, put_back))
    return replace(kept, **{name: getattr(NO_CHOICES, name) for name in forget})


def with_ids(choices: Choices, posts: Sequence[Post]) -> Choices:
    """The choices with posts named by id; an address or the beginning of a title names one too.

    Raises UsageError for a name of none of the posts, or of several.
    """
    return replace(
        choices,
        lead=named(choices.lead, posts) if choices.lead is not None else None,
        leave_out=tuple(named(name, posts) for name in choices.leave_out),
        wait=tuple(named(name, posts) for name in choices.wait),
        order=tuple(named(name, posts) for name in choices.order),
        care=tuple((named(name, posts), wanted) for name, wanted in choices.care),
    )


def applicable(choices: Choices, reads: Sequence[ReadPost]) -> Choices:
    """The choices but for what names, by its id, a post or a picture that is not there."""
    posts = {read.post.id for read in reads}
    return replace(
        choices,
        lead=choices.lead if choices.lead in posts else None,
        leave_out=tuple(post for post in choices.leave_out if post in posts),
        wait=tuple(post for post in choices.wait if post in posts),
        order=tuple(post for post in choices.order if post in posts),
        care=tuple((post, wanted) for post, wanted in choices.care if post in posts),
        descriptions=still_there(choices.descriptions, reads),
    )


def named(name: str, posts: Sequence[Post]) -> str:
    """The id of the post that is meant by an id, an address, a title or its beginning. Raises UsageError."""
    for post in posts:
        if name and name in (post.id, post.url):
            return post.id
    folded = name.strip().casefold()
    exact = [post.id for post in posts if folded and post.title.casefold() == folded]
    found = exact or [post.id for post in posts if folded and post.title.casefold().startswith(folded)]
    if len(found) == 1:
        return found[0]
    listed = "; ".join(f"{post.id} “{post.title}”" for post in posts)
    problem = "names more than one post" if found else "is none of this letter's posts"
    raise UsageError(f"{name!r} {problem}", hint=f"choose from: {listed}")


def _all(before: tuple[Item, ...], now: tuple[Item, ...]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys((*before, *now)))


def _but(posts: tuple[str, ...], gone: Collection[str | None]) -> tuple[str, ...]:
    return tuple(post for post in posts if post not in gone)
