"""The author's portrait: read from the file beside config.toml, cut round, kept like any picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pipeline.app.context import App
from pipeline.model import Fetched, KeptPicture, NoCopy, Validators
from pipeline.render.portrait import ground_of, round_copy

_POST = "portrait"  # stands where a post's id stands; no post has an id that is no number


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    kept: KeptPicture | None = None
    problem: str = ""  # why it is not in the letter; "" where it is, or where none is asked for


def own_portrait(app: App) -> Portrait:
    """The portrait as the letter shows it. Another file, or another voice, is another picture."""
    name = app.settings.look.portrait
    if not name:
        return Portrait()
    if "://" in name:
        return Portrait(problem="look.portrait is an address; save the picture beside config.toml")
    found = app.pictures.fetch(str(app.settings.folder / name), Validators())
    if not isinstance(found, Fetched):
        return Portrait(problem=getattr(found, "message", "it cannot be read"))
    ground = ground_of(app.settings.letter.style)
    source = f"{hashlib.sha256(found.body).hexdigest()}{ground}"
    for one in app.store.pictures.kept([_POST]):
        if one.source == source and one.sha256:
            return Portrait(kept=one)
    copy = app.copier(found.body)
    if isinstance(copy, NoCopy):
        return Portrait(problem=copy.problem)
    disc = round_copy(copy, ground)
    kept = KeptPicture(
        post=_POST,
        source=source,
        sha256=hashlib.sha256(disc.jpeg).hexdigest(),
        size=len(disc.jpeg),
        width=disc.width,
        height=disc.height,
        fetched_at=app.clock.now(),
    )
    app.store.pictures.keep(kept, disc.jpeg)
    return Portrait(kept=kept)
