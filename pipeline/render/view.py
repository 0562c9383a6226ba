"""The issue laid out in pieces: what the templates see, and nothing they must work out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.model import Block, BlockKind, Issue, Period, Placed, Reading, ReadPost, Run, Unit, UnitKind
from pipeline.read import read_html
from pipeline.read.safety import is_safety
from pipeline.render.inline import Pictures, shown_size
from pipeline.render.look import OURS, Look
from pipeline.render.words import Words, crisis_line

NOTE = "note"  # stands where a post's id stands for what comes from the author's opening note
PS = "ps"  # and for her P.S.
DESCRIPTION = "description"  # and for what she said of a picture when she chose
_OWN_PS = re.compile(r"\W*(?:P\.?[ -]{0,2}[SD]\b|ps\b|O\.N\b)")


class PieceKind(StrEnum):
    HEADING = "heading"
    PROSE = "prose"
    LIST = "list"
    VIGNETTES = "vignettes"
    QUOTE = "quote"
    PICTURE = "picture"
    PULL = "pull"
    TAKE = "take"  # the line over a checklist


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    runs: tuple[Run, ...]
    said: str
    inner: ItemList | None = None  # a list inside this item


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemList:
    items: tuple[ListItem, ...]
    ordered: bool
    start: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture in the letter: where the mail holds it, and its size on the page in px."""

    cid: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing in the letter's column. `said` is the post whose author's words it shows."""

    kind: PieceKind
    said: str
    runs: tuple[Run, ...] = ()
    level: int = 2  # of a heading, in the letter
    quiet: bool = False  # belongs to a checklist
    items: ItemList | None = None  # for lists and vignettes only
    href: str = ""  # where a picture can be seen
    alt: str = ""
    described: str = ""  # whose words `alt` is
    picture: Shown | None = None  # None: no picture, or one that stays a link

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One post as the letter shows it."""

    post: str
    title: str
    url: str
    pieces: tuple[Piece, ...]
    whole: bool
    recording: str  # where it can be listened to; "" where it cannot
    corrected: str  # a quiet line that says what it corrects; "" where it does not
    care: str  # a quiet line before it; "" without one
    lines: str  # where to turn; "" without
    level: int  # heading level of its title
    language: str  # its own tag, where it is not that of the letter; else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """All that a letter shows, the same for every reader."""

    subject: str
    preheader: str
    kicker: str
    note: tuple[Piece, ...]
    lead: Story
    others: tuple[Story, ...]
    style: str
    ps: tuple[Piece, ...] = ()  # below her name
    ps_label: str = ""  # "P.S."; "" where she wrote it herself


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the practice's settings say about every letter."""

    practice: str
    author: str
    address: str
    site: str
    country: str
    language: str
    style: str
    checklist_line: str  # "": the language's own
    sign_off: str  # "": the language's own
    pictures: str = "link"  # or "inline"
    look: Look = OURS


def lay_out(
    issue: Issue, posts: Sequence[ReadPost], house: House, words: Words, pictures: Pictures
) -> LetterView:
    """The issue as pieces. `posts` holds every post the issue names, in any order."""
    by_id = {read.post.id: read for read in posts}
    stories = [
        _with_pictures(_story(placed, by_id[placed.post], issue, house, words), pictures)
        for placed in issue.posts
    ]
    period = Period.parse(issue.name)
    month = words.month_of(period.year, period.month)
    return LetterView(
        subject=issue.subject,
        preheader=issue.preheader,
        kicker=words.say("kicker", author=house.author, month=month),
        note=tuple(_written(issue.note, NOTE)),
        lead=stories[0],
        others=tuple(stories[1:]),
        style=house.style,
        ps=tuple(_written(issue.ps, PS)),
        ps_label="" if _OWN_PS.match(issue.ps) else words.say("ps"),
    )


def note_html(markdown: str) -> str:
    """The opening note or the P.S. as HTML. Raw HTML in it stays the text it is (CommonMark, html off)."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).render(markdown))


def _written(markdown: str, said: str) -> Iterator[Piece]:
    """What she wrote for this letter, as pieces."""
    if not markdown.strip():
        return
    reading = read_html(note_html(markdown), title="", base="")
    yield from _pieces(reading, len(reading.blocks), said=said, top=2)


def _story(placed: Placed, read: ReadPost, issue: Issue, house: House, words: Words) -> Story:
    is_lead = placed.post == issue.lead
    pull = issue.quote if issue.quote and is_lead else None
    leads = is_lead and house.style != "essay"  # where all are alike, each has its title over it
    pieces = list(_pieces(read.reading, placed.shown, said=placed.post, top=2 if leads else 3))
    if pull:
        place = _after(read.reading, pull.after, placed.shown)
        said = Piece(kind=PieceKind.PULL, said=pull.post, runs=(Run(text=pull.text),))
        pieces.insert(place, said)
    care, lines = _care(placed.post, issue, house, words)
    return Story(
        post=placed.post,
        title=placed.title,
        url=placed.url,
        pieces=tuple(pieces),
        whole=placed.whole,
        recording=read.post.recording,
        corrected=_corrected(read, words),
        care=care,
        lines=lines,
        level=1 if leads else 2,
        language="" if _primary(read.reading.language) == words.language else read.reading.language,
    )


def _corrected(read: ReadPost, words: Words) -> str:
    if not read.post.corrects:
        return ""
    period = Period.parse(read.post.corrects)
    return words.say("corrected", month=words.month_of(period.year, period.month))


def _primary(tag: str) -> str:
    return tag.lower().split("-")[0]


def _with_pictures(story: Story, pictures: Pictures) -> Story:
    pieces = tuple(
        _pictured(piece, story, pictures) if piece.kind is PieceKind.PICTURE else piece
        for piece in story.pieces
    )
    return replace(story, pieces=pieces)


def _pictured(piece: Piece, story: Story, pictures: Pictures) -> Piece:
    hers = pictures.described.get(piece.href)
    if hers is not None:
        piece = replace(piece, alt=hers, described=DESCRIPTION)
    picture = pictures.shown.get((story.post, piece.href))
    if picture is None:
        return piece
    width, height = shown_size(picture)
    # Who reads the text part is led to the post: what the letter shows need not be looked up twice.
    return replace(
        piece,
        href=story.url or piece.href,
        picture=Shown(cid=picture.cid, width=width, height=height),
    )


def _care(post: str, issue: Issue, house: House, words: Words) -> tuple[str, str]:
    note = next((care for care in issue.care if care.post == post), None)
    if note is None:
        return "", ""
    if not note.topics:
        return words.say("care_asked"), ""
    care = words.say("care_about" if note.about else "care_mention", topics=words.series(note.topics))
    if not note.crisis:
        return care, ""
    line = crisis_line(house.country)
    if line is None:
        return care, words.say("care_lines_elsewhere")
    return care, words.say("care_lines", lines=line.said_in(words), emergency=line.emergency_in(words))


def _after(reading: Reading, block: int, shown: int) -> int:
    """How many pieces stand before the place after `block`: a list's items are one piece."""
    return len(list(_groups(reading.blocks[: min(block + 1, shown)], reading)))


def _pieces(reading: Reading, shown: int, *, said: str, top: int) -> Iterator[Piece]:
    for group in _groups(reading.blocks[:shown], reading):
        yield from _piece(group, reading, said=said, top=top)


@dataclass(frozen=True, slots=True)
class _Group:
    """Blocks that make one piece: a block alone, or a list's items together."""

    blocks: tuple[Block, ...]
    take: bool  # a checklist begins here


def _groups(blocks: Sequence[Block], reading: Reading) -> Iterator[_Group]:
    units = {unit.id: unit for unit in reading.units}
    index = 0
    seen: set[str] = set()
    while index < len(blocks):
        block = blocks[index]
        size = 1
        while (
            block.kind is BlockKind.ITEM
            and index + size < len(blocks)
            and _same_list(block, blocks[index + size])
        ):
            size += 1
        unit = units.get(block.unit or "")
        begins = unit is not None and _is_quiet(unit, reading) and unit.id not in seen
        if begins and unit is not None:
            seen.add(unit.id)
            yield _Group((), take=True)
        yield _Group(tuple(blocks[index : index + size]), take=False)
        index += size


def _is_quiet(unit: Unit, reading: Reading) -> bool:
    """A checklist is set quieter under its line; steps for safety never are."""
    return unit.kind is UnitKind.CHECKLIST and not is_safety(reading, unit)


def _same_list(first: Block, other: Block) -> bool:
    """Whether an item belongs to the list that `first` began, or to one inside it."""
    inside = other.list_id == first.list_id or other.level > first.level
    return other.kind is BlockKind.ITEM and inside


def _piece(group: _Group, reading: Reading, *, said: str, top: int) -> Iterator[Piece]:
    if group.take:
        yield Piece(kind=PieceKind.TAKE, said="", quiet=True)
        return
    block = group.blocks[0]
    units = {unit.id: unit for unit in reading.units}
    unit = units.get(block.unit or "")
    quiet = unit is not None and _is_quiet(unit, reading)
    match block.kind:
        case BlockKind.HEADING:
            level = min(top + max(block.level, 1) - 1, 4)
            yield Piece(kind=PieceKind.HEADING, said=said, runs=block.runs, level=level, quiet=quiet)
        case BlockKind.ITEM:
            narrative = unit is not None and unit.kind is UnitKind.NARRATIVE
            yield Piece(
                kind=PieceKind.VIGNETTES if narrative else PieceKind.LIST,
                said=said,
                items=_nest(group.blocks, said),
                quiet=quiet,
            )
        case BlockKind.QUOTE:
            yield Piece(kind=PieceKind.QUOTE, said=said, runs=block.runs)
        case BlockKind.PICTURE:
            yield Piece(
                kind=PieceKind.PICTURE,
                said=said,
                runs=block.runs,
                href=block.src,
                alt=block.alt,
                described=said,
            )
        case BlockKind.PROSE | BlockKind.OTHER:
            yield Piece(kind=PieceKind.PROSE, said=said, runs=block.runs, quiet=quiet)


def _nest(blocks: Sequence[Block], said: str) -> ItemList:
    """Items with their depths as lists within items. A depth that jumps counts as one deeper."""
    depth = blocks[0].level
    items: list[ListItem] = []
    index = 0
    while index < len(blocks):
        end = index + 1
        while end < len(blocks) and blocks[end].level > depth:
            end += 1
        inner = _nest(blocks[index + 1 : end], said) if end > index + 1 else None
        items.append(ListItem(runs=blocks[index].runs, said=said, inner=inner))
        index = end
    number = blocks[0].number
    return ItemList(items=tuple(items), ordered=number is not None, start=number or 1)
