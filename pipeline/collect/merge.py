"""Which entries of a document are new posts, and which are posts we know."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.model import Entry, FeedState, ParsedFeed, Post

_HOST = re.compile(r"https?://[^/?#]+(?=/.)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a document means for the posts of its feed."""

    new: tuple[Post, ...]  # oldest first
    changed: tuple[Post, ...]  # known posts whose title or body became another
    touched: tuple[Post, ...]  # known posts of which only the address, author or date was learnt anew
    known: int  # entries that are known posts, changed or not

    @property
    def to_store(self) -> tuple[Post, ...]:
        return self.new + self.changed + self.touched


def post_id(feed: str, guid: str) -> str:
    return hashlib.sha256(f"{feed}\n{guid}".encode("utf-8", "replace")).hexdigest()[:12]


def merge(*, state: FeedState, known: Sequence[Post], parsed: ParsedFeed, now: datetime) -> Merged:
    """New and changed posts of a feed.

    The same (feed, guid) is the same post; so is the same guid on another host or scheme, as
    long as nobody else claims it. On the first contact everything is backlog.
    """
    posts = _find(parsed.entries, known)
    new = [
        _post(entry, state=state, language=parsed.language, now=now)
        for entry, post in zip(parsed.entries, posts, strict=True)
        if post is None
    ]
    changed, touched = [], []
    for entry, post in zip(parsed.entries, posts, strict=True):
        if post is None:
            continue
        after = _learnt(post, entry, now)
        if (after.title, after.body) != (post.title, post.body):
            changed.append(after)
        elif after != post:
            touched.append(after)
    # Feeds list the newest first; reversed, posts of the same moment keep the order of writing.
    new.reverse()
    new.sort(key=lambda post: post.dated)
    known_entries = sum(post is not None for post in posts)
    return Merged(new=tuple(new), changed=tuple(changed), touched=tuple(touched), known=known_entries)


def _find(entries: Sequence[Entry], known: Sequence[Post]) -> list[Post | None]:
    """The known post of each entry, no post twice: exact guids first, then the aliases."""
    exact = {post.guid: post for post in known}
    taken = {entry.guid for entry in entries if entry.guid in exact}
    free = [post for post in known if post.guid not in taken]
    loose = [entry for entry in entries if entry.guid not in exact]
    # A guid is joined with its link while another entry has it, too (see items): then, and when
    # it stands alone again, it is the same post.
    joined = {f"{post.guid} {post.url}": post for post in free}
    hostless = _unique((_without_host(post.guid), post) for post in free)
    claims = Counter(_without_host(entry.guid) for entry in loose)
    found: list[Post | None] = []
    for entry in entries:
        post = exact.get(entry.guid) or joined.get(entry.guid) or exact.get(f"{entry.guid} {entry.url}")
        alias = _without_host(entry.guid)
        if post is None and claims[alias] == 1:
            post = hostless.get(alias)
        found.append(post)
    return _once(found)


def _once(found: Iterable[Post | None]) -> list[Post | None]:
    seen: set[str] = set()
    result: list[Post | None] = []
    for post in found:
        result.append(None if post is None or post.id in seen else post)
        if post is not None:
            seen.add(post.id)
    return result


def _unique(pairs: Iterable[tuple[str, Post]]) -> Mapping[str, Post]:
    listed = [(alias, post) for alias, post in pairs if alias]
    counts = Counter(alias for alias, _ in listed)
    return {alias: post for alias, post in listed if counts[alias] == 1}


def _without_host(guid: str) -> str:
    """A guid that is an address, without its scheme and host; "" where nothing would be left."""
    rest = _HOST.sub("", guid, count=1)
    return rest if rest != guid or guid.startswith("/") else ""


def _post(entry: Entry, *, state: FeedState, language: str, now: datetime) -> Post:
    return Post(
        id=post_id(state.url, entry.guid),
        feed=state.url,
        guid=entry.guid,
        url=entry.url,
        title=entry.title,
        author=entry.author,
        published=entry.published,
        body=entry.body,
        base=entry.base,
        language=language,
        summary_only=entry.summary_only,
        first_seen=now,
        changed_at=now,
        backlog=state.last_success is None,
    )


def _learnt(post: Post, entry: Entry, now: datetime) -> Post:
    """The post with what the entry has of it.

    The first believable date stays: sites date everything anew on a deploy, and Atom feeds
    without `published` date a post by its last edit; either would send old posts again. A
    teaser or nothing never replaces a whole post.
    """
    worse = not entry.body.strip() or (entry.summary_only and not post.summary_only)
    keep_body = worse and bool(post.body.strip())
    after = replace(
        post,
        url=entry.url or post.url,
        title=entry.title or post.title,
        author=entry.author or post.author,
        published=post.published or entry.published,
        body=post.body if keep_body else entry.body,
        base=post.base if keep_body else entry.base,
        summary_only=post.summary_only if keep_body else entry.summary_only,
    )
    same_text = (after.title, after.body) == (post.title, post.body)
    return after if same_text else replace(after, changed_at=now)
