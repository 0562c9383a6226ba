"""Which entries of a document are new posts, and which are posts we know."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.collect.holding import ANOTHER_TEXT, reheld, with_holds
from pipeline.collect.identity import How, Match, find, withdrawn
from pipeline.collect.names import aliases as names_of
from pipeline.collect.names import own_links
from pipeline.collect.resemblance import another_text
from pipeline.model import Alias, Entry, FeedState, ParsedFeed, Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a document means for the posts of its feed."""

    new: tuple[Post, ...]  # oldest first
    changed: tuple[Post, ...]  # known posts whose title or body became another
    touched: tuple[Post, ...]  # known posts of which only the address, author or date was learnt anew
    known: int  # entries that are known posts, changed or not
    withdrawn: tuple[Post, ...] = ()  # known posts that were taken off the blog since
    learnt: tuple[Alias, ...] = field(default=(), compare=False)  # follows from the posts above

    @property
    def to_store(self) -> tuple[Post, ...]:
        return self.new + self.changed + self.touched + self.withdrawn

    @property
    def held(self) -> tuple[Post, ...]:
        """New and changed posts that wait for a person's word."""
        return tuple(post for post in self.new + self.changed if post.waits)


def post_id(feed: str, guid: str) -> str:
    return hashlib.sha256(f"{feed}\n{guid}".encode("utf-8", "replace")).hexdigest()[:12]


def merge(
    *,
    state: FeedState,
    known: Sequence[Post],
    parsed: ParsedFeed,
    now: datetime,
    aliases: Sequence[Alias] = (),
    others: Sequence[Post] = (),
    mailed: Container[str] = (),
    silent: Container[str] = (),
) -> Merged:
    """New and changed posts of a feed, each new one held where a person had better look.

    `known` are the feed's own posts, `others` those of the practice's other feeds: an entry that
    is one of these is known, and the other feed goes on telling of it, unless it fell `silent`
    (the blog has a new feed, say). On the first contact
    everything is backlog. Of a post that was mailed (ids in `mailed`) changes are kept, and nobody
    is asked: it is never mailed again.
    """
    everything = (*known, *others)
    matches = find(parsed.entries, everything, aliases=aliases, feed=state.url, site=parsed.site)
    new = [_new(match, state=state, language=parsed.language, now=now) for match in matches if not match.post]
    changed, touched = [], []
    for match in matches:
        post = match.post
        if post is None or (post.feed != state.url and post.feed not in silent):
            continue
        after = _learnt(post, match, now)
        if post.id in mailed:
            after = replace(after, held=post.held)
        if (after.title, after.body) != (post.title, post.body):
            changed.append(after)
        elif after != post:
            touched.append(after)
    # Feeds list the newest first; reversed, posts of the same moment keep the order of writing.
    new.reverse()
    new.sort(key=lambda post: post.dated)
    here = [match.post for match in matches if match.post and match.post.feed == state.url]
    gone = [replace(post, withdrawn=True) for post in withdrawn(known, here) if not post.withdrawn]
    return Merged(
        new=with_holds(
            new,
            everything,
            here={match.post.id for match in matches if match.post},
            last_look=state.last_success,
        ),
        changed=tuple(changed),
        touched=tuple(touched),
        known=sum(match.post is not None for match in matches),
        withdrawn=tuple(gone),
        learnt=_names(matches, parsed, state.url, aliases),
    )


def _names(
    matches: Sequence[Match], parsed: ParsedFeed, feed: str, aliases: Sequence[Alias]
) -> tuple[Alias, ...]:
    """The names that are not stored yet."""
    own = own_links(parsed.entries, parsed.site)
    found = (
        alias
        for match in matches
        for alias in names_of(
            match.entry,
            match.post.id if match.post else post_id(feed, match.entry.guid),
            feed=feed,
            own=own,
        )
    )
    return tuple(sorted(set(found) - set(aliases)))


def _new(match: Match, *, state: FeedState, language: str, now: datetime) -> Post:
    entry = match.entry
    return Post(
        id=post_id(state.url, entry.guid),
        feed=state.url,
        guid=entry.guid,
        url=entry.url,
        title=entry.title,
        author=entry.author,
        published=entry.published or entry.due,
        body=entry.body,
        base=entry.base,
        language=language,
        summary_only=entry.summary_only,
        picture=entry.picture,
        recording=entry.recording,
        first_seen=now,
        changed_at=now,
        backlog=state.last_success is None,
        held=ANOTHER_TEXT if match.displaced else "",
    )


def _learnt(post: Post, match: Match, now: datetime) -> Post:
    """The post with what the entry has of it.

    The first believable date stays: sites date everything anew on a deploy, and Atom feeds
    without `published` date a post by its last edit; either would send old posts again. A
    teaser or nothing never replaces a whole post.
    """
    entry = match.entry
    worse = not entry.body.strip() or (entry.summary_only and not post.summary_only)
    keep_body = worse and bool(post.body.strip())
    after = replace(
        post,
        url=entry.url or post.url,
        title=entry.title or post.title,
        author=entry.author or post.author,
        published=_date(post, entry, now),
        body=post.body if keep_body else entry.body,
        base=post.base if keep_body else entry.base,
        summary_only=post.summary_only if keep_body else entry.summary_only,
        picture=entry.picture or post.picture,
        recording=entry.recording or post.recording,
        withdrawn=False,
    )
    if (after.title, after.body) != (post.title, post.body):
        another = another_text((post.title, post.body), (after.title, after.body))
        return replace(reheld(post, after, another=another), changed_at=now)
    # A new guid or address under old words: she is still at it, or the site was built anew.
    return replace(after, changed_at=now) if match.how in (How.LINK, How.WORDS) else after


def _date(post: Post, entry: Entry, now: datetime) -> datetime | None:
    if post.published and post.published > now:
        return entry.published or entry.due or post.published  # a plan may change
    return post.published or entry.published or entry.due
