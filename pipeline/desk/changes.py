"""The ways to change the letter and what waits for her word: each a form that a page sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Flask, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from pipeline.app import correct, held, yes
from pipeline.app.choices import NO_CHOICES
from pipeline.app.collect import collect
from pipeline.app.context import App
from pipeline.app.draft import compose_issue, eligible, prepare
from pipeline.app.mail import send_test
from pipeline.desk.choosing import NOTE, PS, ChangedElsewhere, change, require_seen, undo, version
from pipeline.desk.note import tree
from pipeline.desk.room import Room, Step
from pipeline.desk.seen import letter_on_the_desk
from pipeline.errors import NothingToSay, UsageError
from pipeline.model import Choices, IssueState, NewReader, Period, Post
from pipeline.subscribers.addresses import clean_name, normalise

Answer = AnyResponse | tuple[str, int] | Response


def add_to(site: Flask, room: Room) -> None:
    ways: dict[str, Callable[[Room], Answer]] = {
        "choose": _choose,
        "note": _note,
        "note/shown": _note_shown,
        "undo": _undo,
        "make": _make,
        "look": _look_again,
        "held": _held,
        "correct": _correct,
        "aside": _aside,
        "readers": _readers,
        "test": _test,
        "approve": _approve,
        "unapprove": _unapprove,
        "skip": _skip,
    }
    for path, way in ways.items():
        site.add_url_rule(f"/{path}", f"do-{path}", _with(room, way), methods=["POST"])
    site.register_error_handler(ChangedElsewhere, _changed_elsewhere)


def _with(room: Room, way: Callable[[Room], Answer]) -> Callable[[], Answer]:
    return lambda: way(room)


def done(said: str, place: str = "") -> AnyResponse:
    """Back to the desk, which says what was done, at the place where it was done."""
    return redirect(f"/?said={said}" + (f"#{place}" if place else ""), 303)


def _field(name: str) -> str:
    return request.form.get(name, "").strip()


def _changed_elsewhere(problem: Exception) -> Answer:
    if request.path == "/note":
        return jsonify(problem=str(problem)), 409  # type: ignore[return-value]
    return render_template("changed.html"), 409


def _choose(room: Room) -> Answer:
    """One choice. The form names it in `what`; an empty field is the program's own choice again."""
    what, value = _field("what"), _field("value")
    seen, name = _field("version"), _field("letter")
    match what:
        case "lead":
            change(room, name, seen=seen, words="which post leads", chosen=Choices(lead=value))
        case "leave-out":
            change(room, name, seen=seen, words="a post left out", chosen=Choices(leave_out=(value,)))
        case "wait":
            change(room, name, seen=seen, words="a post that waits", chosen=Choices(wait=(value,)))
        case "order":
            change(room, name, seen=seen, words="the order of the posts", chosen=_ordered(room, name, value))
        case "care":
            chosen = Choices(care=((value, _field("wanted") == "on"),))
            change(room, name, seen=seen, words="a care note", chosen=chosen)
        case "put-back":
            change(room, name, seen=seen, words="a post put back", put_back=(value,))
        case "quote":
            chosen = Choices(quote="" if value == "none" else value)
            change(room, name, seen=seen, words="the sentence set large", chosen=chosen)
        case "subject" | "preheader" if value:
            words = "the subject" if what == "subject" else "the line beside the subject"
            chosen = Choices(subject=value) if what == "subject" else Choices(preheader=value)
            change(room, name, seen=seen, words=words, chosen=chosen)
        case "picture":
            chosen = Choices(descriptions=((value, _field("words")),))
            change(room, name, seen=seen, words="a picture’s description", chosen=chosen)
        case "fine":
            change(room, name, seen=seen, words="“this is fine”", fine=(value,))
        case "subject" | "preheader":
            change(room, name, seen=seen, words=f"your {what}", forget=(what,))
        case "forget" if value in ("lead", "quote", "subject", "preheader", "order"):
            change(room, name, seen=seen, words="a choice of yours", forget=(value,))
        case _:
            raise UsageError("the desk does not know that choice")
    return done("saved", _field("place"))


def _ordered(room: Room, name: str, posts: str) -> Choices:
    """Her order, from ids with a space between; whichever post stands first leads."""
    order = tuple(posts.split())
    if not order:
        raise UsageError("the desk does not know that order")
    record = room.app.store.issues.get(name)
    leads = record.draft.lead if record and record.draft else ""
    return Choices(order=order, lead=order[0] if order[0] != leads else None)


def _note(room: Room) -> Answer:
    """Save the opening note or the P.S.: by its button, or by itself while she types."""
    note = request.form.get("value", "").replace("\r\n", "\n")
    name, what = _field("letter"), "ps" if _field("what") == "ps" else "note"
    words, chosen = (PS, Choices(ps=note)) if what == "ps" else (NOTE, Choices(note=note))
    kept = chosen if note.strip() else NO_CHOICES
    forget = () if note.strip() else (what,)
    with room.changing:
        change(room, name, seen=_field("version"), words=words, chosen=kept, forget=forget)
        record = room.app.store.issues.get(name)
        # The page shows the letter anew, so what she says yes to on it is this one.
        shown_now = prepare(room.app, name).fingerprint
    if request.accept_mimetypes.best == "application/json":
        state = record.state.value if record else ""
        return jsonify(version=version(record), fingerprint=shown_now, state=state)
    return done("saved", what)


def _note_shown(_room: Room) -> Answer:
    """The note as it will stand in the letter, as a tree that the page builds without any HTML."""
    return jsonify(tree(request.form.get("value", "")))


def _undo(room: Room) -> Answer:
    undo(room, _field("letter"), seen=_field("version"))
    return done("undone")


def _visit(app: App) -> None:
    for _ in collect(
        posts=app.store.posts,
        fetcher=app.fetcher,
        parser=app.parser,
        clock=app.clock,
        feeds=app.settings.feed_sources,
        zone=app.settings.practice.zone,
        followed=app.settings.feed_sources,
    ):
        pass


def make(room: Room) -> str:
    """Look at the blog and make the letter at work; its name.

    A first letter of a month without a post is that of the newest post, so that there is one to see.
    """
    with room.changing:
        app = room.app
        _visit(app)
        name = app.issue_to_compose(None)
        newest = app.store.posts.newest()
        if not eligible(app, name) and not app.store.issues.all() and newest:
            name = str(Period.of(newest.dated, app.settings.practice.zone))
        compose_issue(app, name)
        return name


def _make(room: Room) -> Answer:
    """The letter that the form names, where it names one: of a month that was skipped, say."""
    if name := _field("letter"):
        with room.changing:
            compose_issue(room.app, name)
    else:
        make(room)
    return done("made")


def _look_again(room: Room) -> Answer:
    """Visit the feeds; a draft takes up what is new. What was approved is left alone."""
    with room.changing:
        app = room.app
        _visit(app)
        name = app.issue_to_compose(None)
        record = app.store.issues.get(name)
        if record is None or record.state is IssueState.DRAFT:
            try:
                compose_issue(app, name)
            except NothingToSay:
                return done("looked")
    return done("looked")


def _held(room: Room) -> Answer:
    with room.changing:
        decide = held.release if _field("what") == "release" else held.drop
        _decided(room, decide, "a post that may go in" if decide is held.release else "a post that stays out")
    return done("held")


def _decided(room: Room, decide: Callable[[App, str], object], words: str) -> None:
    """Her word on a post, which can be taken back."""
    app = room.app
    name = letter_on_the_desk(app)
    before = app.store.posts.get(_field("value"))
    decide(app, _field("value"))
    _refresh(app)
    if before is not None:
        room.remember(name, Step(words=words, back=lambda: _undecide(room, before)))


def _undecide(room: Room, before: Post) -> None:
    room.app.store.posts.undecide(before)
    _refresh(room.app)


def _refresh(app: App) -> None:
    """The draft, where there is one, with what was decided just now."""
    name = app.issue_to_compose(None)
    record = app.store.issues.get(name)
    if record and record.state is IssueState.DRAFT and record.draft:
        compose_issue(app, name)


def _correct(room: Room) -> Answer:
    with room.changing:
        _decided(room, correct.correct, "a correction")
    return done("held")


def _aside(room: Room) -> Answer:
    what = _field("value")
    room.aside.add(what)
    back = Step(words="what you put aside", back=lambda: room.aside.discard(what))
    room.remember(letter_on_the_desk(room.app), back)
    return done("aside")


def _readers(room: Room) -> Answer:
    """Add readers, an address a line; all or none, with the number of the line that is wrong."""
    consent = _field("consent")
    if not consent:
        raise UsageError("how and when did they agree?", hint="Write it in a few words; the law asks for it.")
    new = []
    for number, line in enumerate(request.form.get("addresses", "").splitlines(), 1):
        if line.strip():
            new.append(_reader(line, number, consent))
    if not new:
        raise UsageError("there is no address", hint="Write one a line; a name may stand before it.")
    with room.changing:
        app = room.app
        now = app.clock.now()
        added, _, _ = app.store.readers.add(new, now)
        if added:
            words = "one reader added" if added == 1 else f"{added} readers added"
            back = Step(words=words, back=lambda: _take_back(room, new, now))
            room.remember(letter_on_the_desk(app), back)
    return done("readers", "approve")


def _take_back(room: Room, added: Sequence[NewReader], at: datetime) -> None:
    room.app.store.readers.take_back([reader.email for reader in added], added_at=at)


def _reader(line: str, number: int, consent: str) -> NewReader:
    name, _, address = line.strip().rpartition(" ")
    try:
        return NewReader(email=normalise(address.strip("<>,;")), name=clean_name(name), consent=consent)
    except ValueError as problem:
        raise UsageError(f"line {number} is no email address: {problem}") from problem


def _test(room: Room) -> Answer:
    try:
        to = normalise(_field("address"))
    except ValueError as problem:
        raise UsageError(f"that is no email address: {problem}") from problem
    send_test(room.app, _field("letter"), to)
    return done("test", "approve")


def _approve(room: Room) -> Answer:
    """The yes to what the page showed: its version and its fingerprint, and the number she typed."""
    name, typed = _field("letter"), _field("readers").replace(",", "").replace(" ", "")
    if not (typed.isascii() and typed.isdigit()):
        raise UsageError("please type the number of readers", hint="It stands above the field.")
    with room.changing:
        app = room.app
        require_seen(app, name, _field("version"))
        agreed = yes.approve(app, name, int(typed))
        # It is rendered anew for the yes: a post that changed since she looked is not what she saw.
        if agreed.fingerprint != _field("fingerprint"):
            yes.unapprove(app, name)
            raise ChangedElsewhere(f"the letter {name} changed meanwhile")
    return done("approved", "approve")


def _unapprove(room: Room) -> Answer:
    with room.changing:
        require_seen(room.app, _field("letter"), _field("version"))
        yes.unapprove(room.app, _field("letter"))
    return done("unapproved", "approve")


def _skip(room: Room) -> Answer:
    reason = _field("reason") or "you decided so"
    with room.changing:
        app = room.app
        require_seen(app, _field("letter"), _field("version"))
        app.store.issues.skip(_field("letter"), reason, app.clock.now())
    return done("skipped")
