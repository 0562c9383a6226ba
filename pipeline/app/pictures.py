"""The pictures of a letter: fetched once, when it is composed, and described by the author."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from pipeline.app.context import App
from pipeline.errors import UsageError
from pipeline.model import (
    Attachment,
    BlockKind,
    Copy,
    Fetched,
    Issue,
    KeptPicture,
    Letter,
    NoCopy,
    ReadPost,
    Validators,
)
from pipeline.render.inline import Place, file_name, picture_blocks

MOST = 12  # tried for one letter
LONGEST_S = 60.0  # after so long no further one is begun
_NO_TIME = NoCopy(problem="there was no time left to fetch it")

Descriptions = tuple[tuple[str, str], ...]


def fetch_pictures(app: App, issue: Issue, posts: Sequence[ReadPost]) -> None:
    """Get our own copy of each picture that the letter shows and that we lack.

    A copy once made stays what it is, so that a letter that was agreed to stays what it was.
    """
    if app.settings.letter.pictures != "inline":
        return
    places = list(dict.fromkeys(place for place, _ in picture_blocks(issue, posts)))
    there = {(one.post, one.source) for one in app.store.pictures.kept(_posts(issue)) if one.sha256}
    until = app.clock.now() + timedelta(seconds=LONGEST_S)
    for place in places[:MOST]:
        if place not in there:
            in_time = app.clock.now() < until
            _keep(app, place, _own_copy(app, place[1]) if in_time else _NO_TIME)
    for place in places[MOST:]:
        if place not in there:
            _keep(app, place, NoCopy(problem=f"a letter shows at most {MOST} pictures"))


def kept_pictures(app: App, issue: Issue) -> tuple[KeptPicture, ...]:
    """What the letter can show; nothing where its pictures are to stay links."""
    return app.store.pictures.kept(_posts(issue)) if app.settings.letter.pictures == "inline" else ()


def attachments(app: App, letter: Letter) -> tuple[Attachment, ...]:
    """The pictures that travel with a letter. Raises StoreError where one is no longer there."""
    return tuple(
        Attachment(
            cid=picture.cid,
            name=f"{picture.sha256[:12]}.jpg",
            media_type="image/jpeg",
            content=app.store.pictures.jpeg(picture.sha256),
        )
        for picture in letter.pictures
    )


def with_addresses(descriptions: Descriptions, posts: Sequence[ReadPost]) -> Descriptions:
    """The descriptions by address; a file's name names a picture too.

    Raises UsageError where a name fits no picture, or several.
    """
    sources = _sources(posts)
    return tuple((_the_one(name, sources), " ".join(words.split())) for name, words in descriptions)


def still_there(descriptions: Descriptions, posts: Sequence[ReadPost]) -> Descriptions:
    """Those of the descriptions whose picture the posts still show, by address."""
    sources = _sources(posts)
    named = [(_named(name, sources), words) for name, words in descriptions]
    return tuple({found[0]: " ".join(words.split()) for found, words in named if len(found) == 1}.items())


def _posts(issue: Issue) -> list[str]:
    return [placed.post for placed in issue.posts]


def _keep(app: App, place: Place, made: Copy | NoCopy) -> None:
    post, source = place
    now = app.clock.now()
    if isinstance(made, NoCopy):
        failed = KeptPicture(post=post, source=source, problem=made.problem, fetched_at=now)
        app.store.pictures.keep(failed, b"")
        return
    kept = KeptPicture(
        post=post,
        source=source,
        sha256=hashlib.sha256(made.jpeg).hexdigest(),
        size=len(made.jpeg),
        width=made.width,
        height=made.height,
        fetched_at=now,
    )
    app.store.pictures.keep(kept, made.jpeg)


def _own_copy(app: App, source: str) -> Copy | NoCopy:
    # The fetcher reads files too; what a post names is never one of ours.
    if not source.lower().startswith(("http://", "https://")):
        return NoCopy(problem="its address does not begin with https://")
    found = app.pictures.fetch(source, Validators())
    if isinstance(found, Fetched):
        return app.copier(found.body)
    problem = getattr(found, "message", "the site sent nothing")
    return NoCopy(problem=_of_a_picture(problem))


def _of_a_picture(message: str) -> str:
    """What the fetcher says of a feed, said of a picture; its advice is for feeds, and goes."""
    return re.sub(r"\bfeed\b", "picture", message.partition("; ")[0])


def _sources(posts: Iterable[ReadPost]) -> tuple[str, ...]:
    blocks = (block for read in posts for block in read.reading.blocks)
    return tuple(dict.fromkeys(b.src for b in blocks if b.kind is BlockKind.PICTURE and b.src))


def _named(name: str, sources: Sequence[str]) -> list[str]:
    if name in sources:
        return [name]
    return [source for source in sources if name and file_name(source).casefold() == name.casefold()]


def _the_one(name: str, sources: Sequence[str]) -> str:
    found = _named(name, sources)
    if len(found) == 1:
        return found[0]
    listed = "; ".join(found or sources) or "there is none in this month's posts"
    problem = "names more than one picture" if found else "is none of this letter's pictures"
    raise UsageError(f"{name!r} {problem}", hint=f"choose from: {listed}")
