"""What the desk shows: gathered from the use cases, in the words of the page. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.app.context import App
from pipeline.app.correct import Changed
from pipeline.app.draft import Prepared, eligible, prepare
from pipeline.app.reports import standing
from pipeline.desk.choosing import version
from pipeline.desk.inboxes import LISTS, LOCK_SCREENS, Seen, seen
from pipeline.desk.margin import Point, month
from pipeline.desk.plainly import Found, found
from pipeline.desk.room import Room
from pipeline.desk.rows import Row, rows_in, rows_out
from pipeline.due import last_due
from pipeline.errors import WarmletterError
from pipeline.model import Choices, FeedState, IssueRecord, IssueState, Post, Quotable, ReadPost
from pipeline.read.ethics import name_of, same_words
from pipeline.render.inline import file_name, picture_blocks

CLIPPED_BYTES = 102_000  # where Gmail cuts a letter off


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of ethics that is open."""

    name: str
    kind: str
    sentence: str
    title: str
    post: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture of the letter, and what is said of it."""

    source: str
    name: str
    title: str
    sha256: str  # of our copy; "": it stays a link
    words: str  # the author's own, or the blog's
    missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSeen:
    """The letter at work, and everything that can be chosen for it."""

    prepared: Prepared
    found: tuple[Found, ...]
    asked: tuple[Asked, ...]
    rows: tuple[Row, ...]  # in the letter, in order
    out: tuple[Row, ...]  # not in it
    quotes: tuple[Quotable, ...]
    pictures: tuple[Shown, ...]
    points: tuple[Point, ...]
    lists: tuple[Seen, ...]
    locks: tuple[Seen, ...]
    why: dict[str, str]
    bytes: int

    @property
    def weight(self) -> int:
        """Per cent of what Gmail shows."""
        return min(100, round(100 * self.bytes / CLIPPED_BYTES))

    @property
    def blocked(self) -> bool:
        return any(one.blocks for one in self.found)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSeen:
    """The whole desk at one moment."""

    name: str
    month: str  # "November 2026"
    record: IssueRecord | None
    version: str
    letter: LetterSeen | None
    trouble: str  # why there is no letter to show; "" where there is one
    quiet: bool  # the blog was read, and the month has no post
    held: tuple[Post, ...]
    changed: tuple[Changed, ...]
    feeds: tuple[FeedState, ...]  # that give trouble
    readers: int
    due: str  # in words, when it goes; "" where its hour is not known
    skipped: tuple[IssueRecord, ...]  # the latest letter, where it was skipped
    undo: str  # what can be undone
    practice: str
    reply_to: str
    provider: str
    in_config: bool  # config.toml chooses for this letter, too

    @property
    def choices(self) -> Choices:
        return self.record.choices if self.record else Choices()

    @property
    def state(self) -> str:
        return self.record.state.value if self.record else "draft"


def letter_on_the_desk(app: App) -> str:
    """The letter that is going out, else the one at work, else the next."""
    going = [one.name for one in app.store.issues.all() if one.state is IssueState.SENDING]
    return going[0] if going else app.issue_to_compose(None)


def desk_seen(room: Room) -> DeskSeen:
    app = room.app
    name = letter_on_the_desk(app)
    record = app.store.issues.get(name)
    now = standing(app)
    letter, trouble = None, ""
    if record and record.draft:
        try:
            letter = _letter(app, record, prepare(app, name))
        except WarmletterError as problem:
            trouble = problem.problem
    steps = room.steps.get(name)
    latest = [one for one, _ in now.issues][:1]
    return DeskSeen(
        name=name,
        month=month_words(name),
        record=record,
        version=version(record),
        letter=letter,
        trouble=trouble,
        quiet=letter is None and not trouble and bool(now.feeds) and not eligible(app, name),
        held=now.held,
        changed=tuple(
            one for one in now.changed if not one.asked and f"changed {one.post.id}" not in room.aside
        ),
        feeds=tuple(feed for feed in now.feeds if feed.failures and f"feed {feed.url}" not in room.aside),
        readers=now.readers,
        due=_due(app, name),
        skipped=tuple(
            one
            for one in latest
            if one.state is IssueState.SKIPPED and f"skipped {one.name}" not in room.aside
        ),
        undo=steps[-1].words if steps else "",
        practice=app.settings.practice.name,
        reply_to=app.settings.send.answers,
        provider=app.settings.send.provider,
        in_config=name in app.settings.issue,
    )


def month_words(name: str) -> str:
    return f"{datetime.strptime(name, '%Y-%m'):%B %Y}"  # noqa: DTZ007 (a month has no zone)


def _due(app: App, name: str) -> str:
    coming = app.next_due()
    zone = app.settings.practice.zone
    if str(coming.period) == name:
        local = coming.at.astimezone(zone)
        return f"on {local:%A}, {local.day} {local:%B %Y, at %H:%M}"
    last = last_due(app.clock.now(), app.rule, app.settings.schedule.time, zone)
    return "as soon as `warmletter run` runs" if str(last.period) == name else ""


def _letter(app: App, record: IssueRecord, prepared: Prepared) -> LetterSeen:
    issue = prepared.issue
    by_id = {read.post.id: read for read in prepared.posts}
    others = tuple(
        app.read(post) for out in issue.left_out if (post := app.store.posts.get(out.post)) is not None
    )
    subject, preheader = prepared.letter.subject, prepared.letter.preheader
    return LetterSeen(
        prepared=prepared,
        found=tuple(found(prepared.checks)),
        asked=_asked(prepared),
        rows=rows_in(prepared),
        out=rows_out(record, prepared),
        quotes=by_id[issue.lead].reading.quotes[:5],
        pictures=_pictures(app, prepared),
        points=month(
            (*prepared.posts, *others),
            lead=issue.lead,
            left_out=frozenset(out.post for out in issue.left_out),
        ),
        lists=tuple(seen(inbox, subject, preheader) for inbox in LISTS),
        locks=tuple(seen(inbox, subject, preheader) for inbox in LOCK_SCREENS),
        why=dict(issue.reasons),
        bytes=len(prepared.letter.html.encode()),
    )


def _asked(prepared: Prepared) -> tuple[Asked, ...]:
    fine = {(kind, same_words(sentence)) for kind, sentence in prepared.issue.fine}
    return tuple(
        Asked(
            name=name_of(one.kind, one.evidence),
            kind=one.kind,
            sentence=one.evidence,
            title=read.post.title or "untitled",
            post=read.post.id,
            advice=one.advice,
        )
        for read in prepared.posts
        for one in read.reading.concerns
        if (one.kind, same_words(one.evidence)) not in fine
    )


def _pictures(app: App, prepared: Prepared) -> tuple[Shown, ...]:
    issue, reads = prepared.issue, {read.post.id: read for read in prepared.posts}
    kept = {
        (one.post, one.source): one.sha256 for one in app.store.pictures.kept([p.post for p in issue.posts])
    }
    hers = dict(issue.descriptions)
    there: dict[str, Shown] = {}
    for (post, source), block in picture_blocks(issue, prepared.posts):
        said = source in hers or bool(block.alt or block.text)
        there.setdefault(
            source,
            Shown(
                source=source,
                name=file_name(source),
                title=_title(reads[post]),
                sha256=kept.get((post, source), ""),
                words=hers.get(source, block.alt or block.text),
                missing=not said,
            ),
        )
    return tuple(there.values())


def _title(read: ReadPost) -> str:
    return read.post.title or "untitled"
