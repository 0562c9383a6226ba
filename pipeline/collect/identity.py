"""Which known post an entry is, if any: by its names, else by its title and its words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.collect.names import guid_name, link_name, own_links, path_name
from pipeline.collect.resemblance import Look, another_text, look, same
from pipeline.model import Alias, Entry, Post

Name = tuple[str, str]
_COMPARED = 200  # posts an unknown entry is compared with: those of its title, then the newest
_OLDER = 2  # posts older than a missing one that show it was taken away


class How(StrEnum):
    """By what a post was found, the most trusted first."""

    GUID = "guid"
    JOINED = "joined"
    PATH = "path"
    LINK = "link"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An entry and the post it is; `displaced` is the post whose address it took."""

    entry: Entry
    post: Post | None = None
    how: How | None = None
    displaced: Post | None = None


def find(
    entries: Sequence[Entry], known: Sequence[Post], *, aliases: Sequence[Alias], feed: str, site: str
) -> tuple[Match, ...]:
    """A match for each entry, in order; no post twice.

    A name finds a post where one entry claims it and one post has it. The more trusted names
    are asked first, for all entries: a post that stands there under its own guid is not found
    by another's link. `known` are the posts of all feeds, this one's first.
    """
    own = own_links(entries, site)
    stored = _by_name(aliases)
    rounds: tuple[tuple[How, Callable[[Entry], Iterable[Name]], Callable[[Post], Iterable[Name]]], ...] = (
        (How.GUID, lambda e: [guid_name(e.guid, feed)], lambda p: [guid_name(p.guid, p.feed)]),
        # A guid is joined with its link while another entry has it, too (see items): then, and
        # when it stands alone again, it is the same post.
        (How.JOINED, lambda e: _joined(e.guid, e.url, feed), lambda p: _joined(p.guid, p.url, p.feed)),
        (How.PATH, lambda e: _some(path_name(e.guid, feed)), lambda p: _some(path_name(p.guid, p.feed))),
        (
            How.LINK,
            lambda e: [name for name in _some(link_name(e.url)) if name[1] in own],
            lambda p: _some(link_name(p.url)),
        ),
    )
    found: dict[str, tuple[Post, How]] = {}
    displaced: dict[str, Post] = {}
    for how, of_entry, of_post in rounds:
        taken = {post.id for post, _ in found.values()}
        free = [post for post in known if post.id not in taken]
        loose = [entry for entry in entries if entry.guid not in found]
        for guid, post in _round(loose, free, of_entry, of_post, stored, feed):
            if how is How.LINK and _took_the_address(loose, guid, post):
                displaced[guid] = post
            else:
                found.setdefault(guid, (post, how))
    _by_words(entries, known, found)
    return tuple(
        Match(
            entry=entry,
            post=found[entry.guid][0] if entry.guid in found else None,
            how=found[entry.guid][1] if entry.guid in found else None,
            displaced=displaced.get(entry.guid) if entry.guid not in found else None,
        )
        for entry in entries
    )


def _round(
    entries: Sequence[Entry],
    posts: Sequence[Post],
    of_entry: Callable[[Entry], Iterable[Name]],
    of_post: Callable[[Post], Iterable[Name]],
    stored: Mapping[Name, frozenset[str]],
    feed: str,
) -> Iterable[tuple[str, Post]]:
    by_id = {post.id: post for post in posts}
    owners: defaultdict[Name, set[str]] = defaultdict(set)
    for post in posts:
        for name in of_post(post):
            owners[name].add(post.id)
    claims = Counter(name for entry in entries for name in set(of_entry(entry)))
    taken: set[str] = set()
    for entry in entries:
        for name in of_entry(entry):
            ids = {post for post in owners[name] | stored.get(name, frozenset()) if post in by_id} - taken
            # A mirror has the same post under the same guid: each feed's own comes first.
            mine = {post for post in ids if by_id[post].feed == feed} or ids
            if len(mine) == 1 and claims[name] == 1:
                (post_id,) = mine
                taken.add(post_id)
                yield entry.guid, by_id[post_id]
                break


def _by_words(entries: Sequence[Entry], known: Sequence[Post], found: dict[str, tuple[Post, How]]) -> None:
    """The second look: the same title and nearly the same words, in a post that is not in the document."""
    loose = [entry for entry in entries if entry.guid not in found]
    if not loose:
        return
    taken = {post.id for post, _ in found.values()}
    free = [post for post in known if post.id not in taken]
    looks = {post.id: post_look(post) for post in compared(free, [entry.title for entry in loose])}
    by_id = {post.id: post for post in free}
    for entry in loose:
        mine = entry_look(entry)
        hits = [post for post, other in looks.items() if same(mine, other)]
        if len(hits) == 1:
            found[entry.guid] = (by_id[hits[0]], How.WORDS)
            del looks[hits[0]]


def compared(posts: Sequence[Post], titles: Sequence[str]) -> list[Post]:
    """The posts worth comparing with: those of one of the titles, then the newest, 200 in all."""
    wanted = {normal for title in titles if (normal := title.casefold().strip())}
    newest = sorted(
        posts, key=lambda post: (post.title.casefold().strip() in wanted, post.dated), reverse=True
    )
    return newest[:_COMPARED]


def post_look(post: Post) -> Look:
    return look(post.title, post.body, post.published.date() if post.published else None)


def entry_look(entry: Entry) -> Look:
    day: date | None = entry.published.date() if entry.published else None
    return look(entry.title, entry.body, day)


def withdrawn(known: Sequence[Post], present: Sequence[Post]) -> list[Post]:
    """Posts that are gone though older ones still stand in the document.

    Two older ones, or half of all: one old post may be pinned to the top, and what falls out at
    the window's end has none older than itself.
    """
    here = {post.id for post in present}
    dates = sorted(post.dated for post in present)
    gone = []
    for post in known:
        older = sum(moment < post.dated for moment in dates)
        if post.id not in here and older and (older >= _OLDER or older * 2 >= len(dates)):
            gone.append(post)
    return gone


def _took_the_address(entries: Sequence[Entry], guid: str, post: Post) -> bool:
    entry = next(entry for entry in entries if entry.guid == guid)
    return another_text((post.title, post.body), (entry.title, entry.body))


def _by_name(aliases: Sequence[Alias]) -> Mapping[Name, frozenset[str]]:
    named: defaultdict[Name, set[str]] = defaultdict(set)
    for alias in aliases:
        named[alias.scope, alias.name].add(alias.post)
    return {name: frozenset(posts) for name, posts in named.items()}


def _joined(guid: str, url: str, feed: str) -> list[Name]:
    return [guid_name(guid, feed), guid_name(f"{guid} {url}", feed)]


def _some(name: Name | None) -> list[Name]:
    return [] if name is None else [name]
