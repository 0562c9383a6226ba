"""Which pictures a letter shows, at what size, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from pipeline.model import Block, BlockKind, Issue, KeptPicture, Picture, ReadPost

COLUMN_PX = 552
HEAVIEST_BYTES = 1_000_000  # all pictures of a letter together

Place = tuple[str, str]  # (a post's id, a picture's address in it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What the letter does with each picture that its posts show."""

    shown: Mapping[Place, Picture] = field(default_factory=dict)  # in the letter's order
    left: Mapping[Place, str] = field(default_factory=dict)  # stays a link, and why
    described: Mapping[str, str] = field(default_factory=dict)  # address → the author's description

    @property
    def attached(self) -> tuple[Picture, ...]:
        """Each picture once, also where two posts show it."""
        return tuple({picture.cid: picture for picture in self.shown.values()}.values())


def pictures_of(issue: Issue, posts: Sequence[ReadPost], kept: Sequence[KeptPicture]) -> Pictures:
    """The letter's pictures, given what was `kept` of them; those first that come first."""
    copies = {(one.post, one.source): one for one in kept}
    shown: dict[Place, Picture] = {}
    left: dict[Place, str] = {}
    for place, _ in picture_blocks(issue, posts):
        if place in shown or place in left:
            continue
        copy = copies.get(place)
        if copy is None:
            left[place] = "it was not fetched yet"
        elif not copy.sha256:
            left[place] = copy.problem
        elif sum(one.size for one in shown.values()) + copy.size > HEAVIEST_BYTES:
            left[place] = f"the letter's pictures would weigh more than {HEAVIEST_BYTES // 1000} kB"
        else:
            shown[place] = in_letter(copy)
    return Pictures(shown=shown, left=left, described=dict(issue.descriptions))


def picture_blocks(issue: Issue, posts: Sequence[ReadPost]) -> Iterator[tuple[Place, Block]]:
    """Every picture among the blocks that the letter shows, in its order."""
    by_id = {read.post.id: read for read in posts}
    for placed in issue.posts:
        for block in by_id[placed.post].reading.blocks[: placed.shown]:
            if block.kind is BlockKind.PICTURE and block.src:
                yield (placed.post, block.src), block


def in_letter(copy: KeptPicture) -> Picture:
    """A copy as it travels with a letter."""
    # Named after its bytes, so that the letter is the same wherever the picture came from.
    return Picture(
        cid=f"{copy.sha256[:24]}@picture.warmletter",
        sha256=copy.sha256,
        size=copy.size,
        width=copy.width,
        height=copy.height,
    )


def shown_size(picture: Picture) -> tuple[int, int]:
    """(width, height) on the page, px: as wide as the column, but never larger than it is."""
    width = min(COLUMN_PX, picture.width)
    return width, max(1, round(picture.height * width / picture.width))


def file_name(source: str) -> str:
    """What a person calls the picture: the last part of its address, else the whole address."""
    try:
        path = urlsplit(source).path
    except ValueError:
        return source
    return unquote(path.rstrip("/").rpartition("/")[2]) or source
