"""Posts that wait for a person's word, and the word."""

from __future__ import annotations

from pipeline.app.context import App
from pipeline.errors import NotAllowed, UsageError
from pipeline.model import Post


def held(app: App) -> tuple[Post, ...]:
    """Posts that wait, oldest first."""
    return app.store.posts.held()


def release(app: App, post_id: str) -> Post:
    """The post may be in a letter.

    Raises UsageError where there is none of that id, NotAllowed where it does not wait.
    """
    post = _decided(app, post_id)
    if not post.held and not post.dropped:
        raise NotAllowed(f"“{post.title}” does not wait; it may be in a letter as it is")
    app.store.posts.release(post.id, app.clock.now())
    return post


def drop(app: App, post_id: str) -> Post:
    """The post is for no letter, ever; `release` takes that back. Raises as `release` does."""
    post = _decided(app, post_id)
    app.store.posts.drop(post.id)
    return post


def _decided(app: App, post_id: str) -> Post:
    post = app.store.posts.get(post_id)
    if post is None:
        raise UsageError(f"{post_id!r} is no post's id", hint="`warmletter held` lists them, id first")
    if post.id in app.store.posts.mailed(except_issue=""):
        raise NotAllowed(f"“{post.title}” was mailed already, and is never mailed again")
    return post
