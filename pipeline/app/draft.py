"""The month's draft: which posts, composed, rendered, checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.app.choices import NO_CHOICES, applicable, merged, named, with_ids, without
from pipeline.app.context import App
from pipeline.app.fine import answered
from pipeline.app.fit import settles_at, unfit
from pipeline.app.pictures import fetch_pictures, kept_pictures, with_addresses
from pipeline.app.portrait import own_portrait
from pipeline.approve import fingerprint
from pipeline.check import check
from pipeline.check.draft import Draft
from pipeline.compose import compose
from pipeline.errors import NotAllowed, NothingToSay
from pipeline.model import (
    Check,
    Choices,
    Issue,
    IssueRecord,
    IssueState,
    Letter,
    Period,
    Post,
    ReadPost,
)
from pipeline.render import render

CLOSED = {
    IssueState.SENDING: "is being sent",
    IssueState.SENT: "was sent",
    IssueState.CANCELLED: "was cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An issue with all that follows from it. `fingerprint` is what a yes now would be given to."""

    issue: Issue
    posts: tuple[ReadPost, ...]
    letter: Letter
    checks: tuple[Check, ...]
    readers: int
    fingerprint: str


def eligible(app: App, name: str) -> tuple[Post, ...]:
    """The posts a letter may tell of, oldest first.

    Those of its month, those that came, or were released, too late for the letter before it, and
    those that she let wait for it; never one that was mailed or is not fit now; of what a feed held
    when we first met it, only what is of the month. Only posts of the feeds in config.toml count, and
    one that two of them carry counts once.

    A post that is still settling is among them: who composes by hand reads what she approves.
    The schedule neither approves nor sends it before it is settled.
    """
    now = app.clock.now()
    return tuple(post for post in _of_issue(app, name) if not unfit(post, now))


def passed_over(app: App, name: str) -> tuple[tuple[Post, str], ...]:
    """The letter's posts that may not be in it now, each with the reason."""
    now = app.clock.now()
    posts = ((post, unfit(post, now)) for post in _of_issue(app, name))
    return tuple((post, reason) for post, reason in posts if reason and not post.dropped)


def settling(app: App, issue: Issue) -> tuple[Post, ...]:
    """Posts of the draft that changed so lately that the author may still be at them."""
    now, settle = app.clock.now(), app.settings.feeds.settle
    posts = (app.store.posts.get(placed.post) for placed in issue.posts)
    return tuple(post for post in posts if post and settles_at(post, settle) > now)


def no_longer_fit(app: App, issue: Issue) -> tuple[tuple[Post, str], ...]:
    """Posts of the draft that may be in no letter any more, each with the reason."""
    now = app.clock.now()
    posts = (app.store.posts.get(placed.post) for placed in issue.posts)
    return tuple((post, reason) for post in posts if post and (reason := unfit(post, now)))


def _of_issue(app: App, name: str) -> tuple[Post, ...]:
    zone, period, posts = app.settings.practice.zone, Period.parse(name), app.store.posts
    start, end = period.start(zone), period.next.start(zone)
    earlier = [record for record in app.store.issues.all() if record.name < name]
    sent_before = [record.started_at for record in earlier if record.started_at]
    late = posts.late(seen_after=sent_before[0], before=start) if sent_before else ()
    waiting = (post for i in _waiting(earlier) if (post := posts.get(i)))
    mailed = [post for i in posts.mailed(except_issue=name) if (post := posts.get(i))]
    seen = {_sameness(post) for post in mailed} | {post.id for post in mailed}
    carried = _carried(app)
    found: list[Post] = []
    for post in (*waiting, *late, *posts.dated_between(start, end)):
        ours = post.feed in app.settings.feed_sources or post.id in carried
        if ours and not seen & {post.id, _sameness(post)}:
            seen |= {post.id, _sameness(post)}
            found.append(post)
    return tuple(found)


def _waiting(earlier: Sequence[IssueRecord]) -> Iterator[str]:
    """Posts that she put off to the letter after these, newest first, or to one that was skipped since."""
    for record in earlier:
        yield from record.draft.waits if record.draft else ()
        if record.state not in (IssueState.SKIPPED, IssueState.CANCELLED):
            return


def _carried(app: App) -> frozenset[str]:
    """Posts that a feed of config.toml tells of, though another told of them first."""
    return frozenset(
        alias.post
        for feed in app.settings.feed_sources
        for alias in app.store.posts.aliases(feed)
        if alias.scope == feed
    )


def _sameness(post: Post) -> str:
    """What a post keeps when its feed's address changes: its own address and its title.

    Both, because some blogs give every post one address.
    """
    place = re.sub(r"^https?://(www\.)?|/$", "", post.url or post.guid)
    return f"{place}\n{post.title.casefold()}"


def compose_issue(
    app: App,
    name: str,
    chosen: Choices = NO_CHOICES,
    *,
    forget: Sequence[str] = (),
    put_back: Sequence[str] = (),
    fine: Sequence[str] = (),
) -> Issue:
    """Make or refresh the draft. `chosen` is added to what the author chose before; her choices stay.

    `forget` names choices (fields of Choices) that are the program's again, `put_back` posts that
    are no longer left out, `fine` questions of ethics (by the names `check` gives them) that she
    answered: each stays answered for as long as its sentence stands.

    Raises NothingToSay for a month without a post, NotAllowed once the letter is under way.
    """
    record = app.store.issues.get(name)
    if record and record.state in CLOSED:
        raise NotAllowed(
            f"the letter {name} {CLOSED[record.state]}; it can no longer be changed",
            hint=f"`warmletter report --issue {name}` says what happened to it",
        )
    before = record.choices if record else NO_CHOICES
    posts = eligible(app, name)
    if not posts:
        raise NothingToSay(f"there is no post for the letter {name}", hint=_where_posts_are(app, name))
    reads = tuple(app.read(post) for post in posts)
    chosen = replace(
        chosen, descriptions=with_addresses(chosen.descriptions, reads), fine=answered(fine, reads)
    )
    kept = without(before, forget, {named(post, posts) for post in put_back})
    stored = merged(kept, with_ids(chosen, posts))
    # A post that left the blog takes her choices of it along; they count again if it comes back.
    choices = with_ids(app.settings.chosen(name, applicable(stored, reads)), posts)
    choices = applicable(choices, reads)
    issue = compose(
        name=name,
        posts=reads,
        choices=choices,
        max_posts=app.settings.letter.max_posts,
        style=app.settings.letter.style,
    )
    # Kept only once they are known to make a letter: a wrong choice must not stick.
    if stored != before:
        app.store.issues.save_choices(name, stored)
    app.store.issues.save_draft(name, issue, app.clock.now())
    fetch_pictures(app, issue, reads)
    return issue


def _where_posts_are(app: App, name: str) -> str:
    if over := passed_over(app, name):
        return "\n  ".join(f"“{post.title}”: {reason}" for post, reason in over)
    newest = app.store.posts.newest()
    if newest is None:
        return "run `warmletter collect` first; nothing was collected yet"
    period = Period.of(newest.dated, app.settings.practice.zone)
    if str(period) == name:
        return f"all posts of {name} went into other letters"
    return f"the newest post is of {period}: `warmletter compose --issue {period}`"


def drafted(app: App, name: str) -> tuple[IssueRecord, Issue]:
    """The stored issue and its draft. Raises NotAllowed where it was never composed."""
    record = app.store.issues.get(name)
    if record is None or record.draft is None:
        raise NotAllowed(
            f"there is no draft of {name}", hint=f"run `warmletter compose --issue {name}` first"
        )
    return record, record.draft


def prepare(app: App, name: str) -> Prepared:
    """The draft as it now is: posts read again, letter rendered, checks run."""
    _, issue = drafted(app, name)
    posts = tuple(_read(app, placed.post) for placed in issue.posts)
    kept = kept_pictures(app, issue)
    portrait = own_portrait(app)
    letter = render(
        issue,
        posts,
        house=app.house,
        sender=app.sender,
        leaving=app.leaving,
        templates=app.templates,
        kept=kept,
        portrait=portrait.kept,
    )
    readers = app.store.readers.count_active()
    draft = Draft(
        letter=letter,
        issue=issue,
        posts=posts,
        house=app.house,
        leaving=app.leaving,
        readers=readers,
        today=app.clock.now().astimezone(app.settings.practice.zone).date(),
        kept=kept,
        portrait_problem=portrait.problem,
        carries_pictures=app.limits().pictures,
    )
    return Prepared(
        issue=issue,
        posts=posts,
        letter=letter,
        checks=check(draft),
        readers=readers,
        fingerprint=fingerprint(letter, readers),
    )


def _read(app: App, post_id: str) -> ReadPost:
    post = app.store.posts.get(post_id)
    if post is None:
        raise NotAllowed(f"the post {post_id} is no longer there", hint="run `warmletter compose` again")
    return app.read(post)
