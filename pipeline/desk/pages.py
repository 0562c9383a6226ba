"""The pages that show: none of them changes anything."""

from __future__ import annotations

import re

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from pipeline.app.draft import prepare
from pipeline.desk import shown
from pipeline.desk.margin import PAD, WIDTH, month, told
from pipeline.desk.past import MOST_BARS, past_letters
from pipeline.desk.room import Room
from pipeline.desk.seen import desk_seen, letter_on_the_desk
from pipeline.errors import StoreError
from pipeline.model import IssueState

SAID = {
    "saved": "Saved.",
    "undone": "Taken back.",
    "test": "The test is on its way to you.",
    "approved": "Thank you. It goes out at its hour.",
    "unapproved": "Your yes is taken back; the letter is a draft again.",
    "skipped": "There is no letter for that month.",
    "looked": "The blog was looked at just now.",
    "made": "Here is the letter.",
    "readers": "The readers were added.",
    "paused": "Paused. What is on its way now is still finished.",
    "cancelled": "Stopped for good. Who has not got the letter gets none.",
    "aside": "Put aside for now.",
    "held": "That is settled.",
}


def add_to(site: Flask, room: Room) -> None:
    site.add_url_rule("/", "home", lambda: _home(room))
    site.add_url_rule("/letter", "letter", lambda: _letter(room))
    site.add_url_rule("/picture/<sha256>", "picture", lambda sha256: _picture(room, sha256))
    site.add_url_rule("/read/<post>", "read", lambda post: _read(room, post))
    site.add_url_rule("/past", "past", lambda: _past(room))
    site.add_url_rule("/version", "version", lambda: _version(room))


def _home(room: Room) -> str | AnyResponse:
    if room.is_new:
        return redirect("/begin", 303)
    seen = desk_seen(room)
    said = SAID.get(request.args.get("said", ""), "")
    if seen.record and seen.record.state is IssueState.SENDING:
        totals = room.app.store.ledger.totals(seen.name)
        return render_template("going.html", desk=seen, totals=totals, said=said, courier=room.courier)
    if seen.letter is None:
        return render_template("empty.html", desk=seen, said=said)
    return render_template(
        "home.html", desk=seen, letter=seen.letter, said=said, look=_look(), width=WIDTH, pad=PAD
    )


def _look() -> shown.Look:
    given = request.args
    kind, scheme = given.get("kind", "letter"), given.get("scheme", "light")
    return shown.Look(
        kind=kind if kind in shown.KINDS else "letter",
        scheme=scheme if scheme in shown.LOOKS else "light",
        pictures=given.get("pictures", "on") != "off",
    )


def _letter(room: Room) -> Response:
    app = room.app
    name = letter_on_the_desk(app)
    prepared = prepare(app, name)
    answer = Response(shown.page(shown.sample(app, prepared), _look()), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = shown.CSP
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _picture(room: Room, sha256: str) -> Response:
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        abort(404)
    try:
        jpeg = room.app.store.pictures.jpeg(sha256)
    except StoreError:
        abort(404)
    return Response(jpeg, mimetype="image/jpeg")


def _read(room: Room, post: str) -> str:
    app = room.app
    stored = app.store.posts.get(post)
    if stored is None:
        abort(404)
    read = app.read(stored)
    (point,) = month((read,), lead="", left_out=frozenset())
    return render_template(
        "reading.html", read=read, point=point, blocks=told(read.reading), practice=app.settings.practice.name
    )


def _past(room: Room) -> str:
    letters = past_letters(room.app)
    bars = [one for one in reversed(letters) if one.went_out][-MOST_BARS:]
    return render_template(
        "past.html",
        letters=letters,
        bars=bars,
        most=max((one.report.totals.frozen for one in bars), default=0),
        practice=room.app.settings.practice.name,
    )


def _version(room: Room) -> Response:
    """Asked by an open page that comes to the front again: is it still what it shows?"""
    from pipeline.desk.choosing import version

    app = room.app
    name = letter_on_the_desk(app)
    return jsonify(version=version(app.store.issues.get(name)))
