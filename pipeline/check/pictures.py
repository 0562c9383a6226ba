"""Whether every picture is there, and described for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.check.draft import Draft, Finding, block, warn
from pipeline.model import Block
from pipeline.render.inline import Place, file_name, picture_blocks


def pictures(draft: Draft) -> Iterator[Finding]:
    seen: set[Place] = set()
    for place, shown in picture_blocks(draft.issue, draft.posts):
        if place not in seen:
            seen.add(place)
            yield from _one(draft, place, shown)
    attached = {picture.cid for picture in draft.letter.pictures}
    for image in draft.tree.iter("img"):
        source = image.get("src") or ""
        if source.startswith("cid:") and source.removeprefix("cid:") not in attached:
            yield block("the letter shows a picture that does not travel with it", "look at your template")


def carried(draft: Draft) -> Iterator[Finding]:
    inside = {picture.cid for picture in draft.letter.pictures}
    if draft.carries_pictures or not inside:
        return
    of_posts = {picture.cid for picture in draft.pictures.attached}
    ways = (
        '[letter] pictures = "link"' if inside & of_posts else "",
        '[look] portrait = ""' if inside - of_posts else "",
    )
    yield block(
        "your mail service cannot carry pictures inside a letter",
        f"write {' and '.join(filter(None, ways))} in config.toml, or choose another in [send]",
    )


def portrait(draft: Draft) -> Iterator[Finding]:
    if draft.portrait_problem:
        yield warn(
            f"your portrait is not in the letter: {draft.portrait_problem}",
            "look.portrait names a picture file beside config.toml; JPEG and PNG always work",
        )


def _one(draft: Draft, place: Place, shown: Block) -> Iterator[Finding]:
    post, source = place
    title = draft.post(post).post.title
    name = f"“{file_name(source)}” in “{title}”"
    if draft.house.pictures == "inline" and (problem := draft.pictures.left.get(place)):
        yield warn(
            f"the picture {name} stays a link: {problem}",
            "`warmletter compose` fetches again what could not be had; or leave it so",
        )
    if shown.alt or shown.text or source in draft.pictures.described:
        return
    if place in draft.pictures.shown:
        yield block(
            f"please describe this picture: {name}",
            f'`warmletter compose --describe "{file_name(source)}" "what it shows"` '
            '("" if it is only an ornament), or describe it on the blog',
        )
    else:
        yield warn(
            f"a picture in “{title}” has no description",
            "describe it on the blog, so that those who cannot see it know what it shows",
        )
