"""Why a post waits for a person's word before it may be in a letter. Nothing is ever dropped here."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.collect.identity import compared, post_look
from pipeline.collect.resemblance import alike, normal_title
from pipeline.collect.text import without_tags
from pipeline.model import Post

AGE = timedelta(days=14)  # dated so long before it was first seen: is it new, or only to us?
FLOOD = 5  # more new posts than that in one visit are no month's writing
LONGEST_EMPTY = 2000  # characters of HTML in which a filler text would show

PLACEHOLDER = "it looks like a test or an empty post"
ANOTHER_TEXT = "its address now holds another text"

_PLACEHOLDERS = {
    "test",
    "test post",
    "testing",
    "test test",
    "hello world",
    "sample post",
    "new post",
    "draft",
}
_SEEN = re.compile(r"<(?:img|picture|audio|video|iframe|svg|embed|object)\b", re.IGNORECASE)
_FILLER = re.compile(r"\s*lorem ipsum\b", re.IGNORECASE)


def is_placeholder(post: Post) -> bool:
    """Whether nobody meant it for readers: a test's title, a filler text, or nothing at all."""
    text = without_tags(post.body[:LONGEST_EMPTY])
    empty = not text and not _SEEN.search(post.body)
    return normal_title(post.title) in _PLACEHOLDERS or empty or bool(_FILLER.match(text))


def with_holds(
    new: Sequence[Post], known: Sequence[Post], *, here: Container[str], last_look: datetime | None
) -> tuple[Post, ...]:
    """The new posts, each held where there is a reason; `known` are those of before, of all feeds.

    `here` has the ids of the known posts that stand in the document, too.
    What came with the first contact is as old as it is, and as much. What is dated since
    `last_look` is no older than it must be, however long we were away.
    """
    flood = sum(not post.backlog for post in new)
    twins = _twins(new, known, here)
    return tuple(
        replace(post, held=post.held or _reason(post, twins.get(post.id), flood, last_look)) for post in new
    )


def _reason(post: Post, twin: Post | None, flood: int, last_look: datetime | None) -> str:
    if is_placeholder(post):
        return PLACEHOLDER
    if twin is not None:
        return f"it looks like “{twin.title}” ({twin.id})"
    if flood > FLOOD and not post.backlog:
        return f"{flood} posts came at once"
    was_there = last_look is not None and post.dated <= last_look
    if not post.backlog and was_there and post.first_seen - post.dated > AGE:
        return f"it is dated {post.dated:%Y-%m-%d}, long before it appeared"
    return ""


def _twins(new: Sequence[Post], known: Sequence[Post], here: Container[str]) -> dict[str, Post]:
    """For each new post one before it that it looks like, where there is one."""
    if not new:
        return {}
    before = compared(known, [post.title for post in new])
    posts = [*before, *new]
    looks = [replace(post_look(post), here=post.id in here) for post in before]
    pairs = alike([*looks, *(replace(post_look(post), here=True) for post in new)])
    return {posts[one].id: posts[other] for one, other in pairs.items() if one >= len(before)}


def reheld(before: Post, after: Post, *, another: bool) -> Post:
    """A post whose words changed: a test that became a post is free, and the other way round."""
    if another:
        return replace(after, held=ANOTHER_TEXT)
    if is_placeholder(after):
        return replace(after, held=after.held or PLACEHOLDER)
    return replace(after, held="" if before.held == PLACEHOLDER else after.held)
