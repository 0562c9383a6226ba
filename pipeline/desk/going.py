"""The letter on its way: sent from here where she presses the button, and watched either way."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from pipeline.app import mail
from pipeline.app.yes import agreed
from pipeline.desk.changes import done
from pipeline.desk.choosing import require_seen
from pipeline.desk.room import Room
from pipeline.errors import NotAllowed
from pipeline.model import IssueState

LOOKS_EVERY_S = 0.4


def add_to(site: Flask, room: Room) -> None:
    def post(path: str, way: object) -> None:
        site.add_url_rule(path, f"do-{path[1:]}", way, methods=["POST"])  # type: ignore[arg-type]

    post("/send", lambda: _send(room))
    post("/pause", lambda: _pause(room))
    post("/resume", lambda: _resume(room))
    post("/cancel", lambda: _cancel(room))
    site.add_url_rule("/progress", "progress", lambda: _progress(room))


def _name() -> str:
    return request.form.get("letter", "")


def _send(room: Room) -> AnyResponse:
    """Begin at once, or go on with a letter that is under way."""
    with room.changing:
        app = room.app
        record = require_seen(app, _name(), request.form.get("version", ""))
        if record is None or record.state not in (IssueState.APPROVED, IssueState.SENDING):
            raise NotAllowed("nobody has said yes to this letter yet")
        if record.state is IssueState.APPROVED:
            agreed(app, record)  # what would stop it is said on a page, not in a thread
    room.courier.carry(_name())
    room.courier.begun.wait(timeout=10)
    return redirect("/", 303)


def _pause(room: Room) -> AnyResponse:
    mail.pause(room.app, _name())
    return done("paused")


def _resume(room: Room) -> AnyResponse:
    mail.resume(room.app, _name())
    room.courier.carry(_name())
    return redirect("/", 303)


def _cancel(room: Room) -> AnyResponse:
    mail.cancel(room.app, _name())
    return redirect("/past", 303)


def _progress(room: Room) -> Response:
    name = request.args.get("letter", "")
    return Response(_told(room, name), mimetype="text/event-stream")


def _told(room: Room, name: str) -> Iterator[str]:
    """The totals as server-sent events, each when it differs; ends when the letter is out or rests."""
    last = ""
    while not room.closing.is_set():
        app = room.app
        record = app.store.issues.get(name)
        going = record is not None and record.state is IssueState.SENDING and not record.paused
        totals = app.store.ledger.totals(name)
        told = json.dumps(
            {
                "frozen": totals.frozen,
                "done": totals.frozen - totals.queued,
                "accepted": totals.accepted,
                "refused": totals.refused,
                "suppressed": totals.suppressed,
                "unknown": totals.unknown,
                "queued": totals.queued,
                "problem": room.courier.problem,
                "going": going and (room.courier.is_carrying or not room.courier.problem),
            }
        )
        if told != last:
            yield f"data: {told}\n\n"
            last = told
        else:
            yield ": still here\n\n"  # so that a window that was closed is noticed
        if not json.loads(told)["going"]:
            return
        room.closing.wait(LOOKS_EVERY_S)
