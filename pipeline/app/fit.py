"""Which posts may be in a letter now, which not yet, and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.model import Post


def unfit(post: Post, now: datetime) -> str:
    """Why the post may be in no letter now; "" where it may."""
    if post.dropped:
        return "you said that it is for no letter"
    if post.withdrawn:
        return "it was taken off the blog"
    if post.held:
        return f"it waits for your word (`warmletter held`): {post.held}"
    if post.dated > now:
        return f"it is dated {post.dated:%Y-%m-%d}, and waits until then"
    return ""


def settles_at(post: Post, settle: timedelta) -> datetime:
    """From when on the post counts as finished: some time after its last change.

    What was there at the first contact, and is as it was, is finished: nobody waits an hour
    for the first letter from a blog of years.
    """
    if post.backlog and post.changed_at == post.first_seen:
        return post.first_seen
    return post.changed_at + settle
