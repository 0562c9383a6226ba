"""The desk's pages, put together."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, render_template
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from pipeline.desk import beginning, changes, going, pages
from pipeline.desk.guard import Guard
from pipeline.desk.opening import Opener
from pipeline.desk.plainly import plain
from pipeline.desk.room import Room
from pipeline.desk.seen import month_words
from pipeline.errors import WarmletterError
from pipeline.render.templates import built_in

MOST_BYTES = 512 * 1024  # of what a page may send here


def desk(opener: Opener, *, config: Path, secret: str, port: int, allow_private: bool = False) -> Flask:
    """The desk as a WSGI application, to be served on 127.0.0.1:`port` and nowhere else.

    `opener` opens the program that `config` describes; `secret` is the one-time way in.
    """
    site = Flask(
        "warmletter-desk",
        root_path=str(Path(__file__).parent),
        template_folder=str(built_in() / "desk"),
        static_folder="static",
    )
    site.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_MEMORY_SIZE=MOST_BYTES)
    site.jinja_env.undefined = StrictUndefined
    site.jinja_env.trim_blocks = site.jinja_env.lstrip_blocks = True
    guard = Guard(secret=secret, port=port)
    guard.stands_before(site)
    room = Room(opener, config, allow_private=allow_private)
    site.extensions["room"] = room
    site.context_processor(lambda: {"token": guard.token, "month_words": month_words})
    for part in (pages, changes, going, beginning):
        part.add_to(site, room)
    site.register_error_handler(WarmletterError, _problem)
    site.register_error_handler(HTTPException, _refused)
    return site


def _problem(problem: Exception) -> tuple[str, int]:
    assert isinstance(problem, WarmletterError)
    said = {"problem": plain(problem.problem), "hint": plain(problem.hint)}
    return render_template("problem.html", **said), 400


def _refused(problem: Exception) -> tuple[str, int, dict[str, str]]:
    """Plain text: whoever is refused is shown nothing of the desk."""
    assert isinstance(problem, HTTPException)
    return f"{problem.description}\n", problem.code or 500, {"Content-Type": "text/plain; charset=utf-8"}
