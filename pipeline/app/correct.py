"""A post that was mailed and changed since: sent once more, by the author's word alone."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.app.context import App
from pipeline.collect.resemblance import words_sha256
from pipeline.errors import NotAllowed, UsageError
from pipeline.model import Mailing, Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A post whose words are others than those that were mailed in the letter `issue`."""

    post: Post
    issue: str
    asked: bool  # the author said that the next letter is to carry it


def changed_since_mailed(app: App) -> tuple[Changed, ...]:
    """Posts that were mailed and changed since, the one mailed last first. Nothing is done about them."""
    found = []
    for mailing in app.store.posts.mailings():
        post = app.store.posts.get(mailing.post)
        # Most posts are never touched again: their words need not be read to know that.
        if post is None or post.changed_at <= mailing.at or post.dropped or post.withdrawn:
            continue
        asked = _is_asked(post, mailing)
        if asked or _reads_otherwise(post, mailing):
            found.append(Changed(post=post, issue=mailing.issue, asked=asked))
    return tuple(found)


def correct(app: App, post_id: str, *, as_new: bool = False) -> Changed:
    """The next letter carries the post once more, said to be a correction.

    With `as_new` that is not said: the author wrote another post at the old one's address.

    Raises UsageError where there is none of that id, NotAllowed where it was not mailed or reads
    as it was mailed.
    """
    post = _post(app, post_id)
    mailing = _mailing(app, post)
    if mailing is None:
        raise NotAllowed(f"“{post.title}” was not mailed yet; the letter shows it as it is on the blog")
    if _is_asked(post, mailing):
        return Changed(post=post, issue=mailing.issue, asked=True)
    if not _reads_otherwise(post, mailing):
        raise NotAllowed(
            f"“{post.title}” reads as it was mailed in {mailing.issue}",
            hint="change it on the blog and run `warmletter collect`, then say it again",
        )
    app.store.posts.correct(post.id, "" if as_new else mailing.issue, app.clock.now())
    return Changed(post=post, issue=mailing.issue, asked=True)


def leave_as_mailed(app: App, post_id: str) -> Post:
    """Take `correct` back. Raises UsageError for no post, NotAllowed where nothing was asked."""
    post = _post(app, post_id)
    mailing = _mailing(app, post)
    if mailing is None or not _is_asked(post, mailing):
        raise NotAllowed(f"“{post.title}” is not to be corrected; there is nothing to take back")
    app.store.posts.leave_as_mailed(post.id)
    return post


def _post(app: App, post_id: str) -> Post:
    post = app.store.posts.get(post_id)
    if post is None:
        raise UsageError(f"{post_id!r} is no post's id", hint="`warmletter held` lists them, id first")
    return post


def _mailing(app: App, post: Post) -> Mailing | None:
    return next((one for one in app.store.posts.mailings() if one.post == post.id), None)


def _is_asked(post: Post, mailing: Mailing) -> bool:
    """Whether its correction was asked for and is not under way yet."""
    return post.edition > mailing.edition


def _reads_otherwise(post: Post, mailing: Mailing) -> bool:
    return bool(mailing.words_sha256) and mailing.words_sha256 != words_sha256(post.title, post.body)
