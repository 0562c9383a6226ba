"""The first time: six questions, and a first letter from the real blog."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from pipeline import example, wiring
from pipeline.app.discover import Found, find_feeds
from pipeline.desk.changes import make
from pipeline.desk.room import Room
from pipeline.errors import ConfigError, NothingToSay, WarmletterError
from pipeline.settings import parsed

COUNTRIES = (
    ("GB", "United Kingdom"),
    ("IE", "Ireland"),
    ("US", "United States"),
    ("CA", "Canada"),
    ("AU", "Australia"),
    ("NZ", "New Zealand"),
    ("DE", "Germany"),
    ("NL", "Netherlands"),
    ("FR", "France"),
    ("ES", "Spain"),
)
DAYS = (
    ("first tuesday", "the first Tuesday"),
    ("first monday", "the first Monday"),
    ("first friday", "the first Friday"),
    ("second tuesday", "the second Tuesday"),
    ("last friday", "the last Friday"),
    ("1", "the 1st"),
    ("15", "the 15th"),
)
_ASKED = ("site", "author", "name", "sender", "address", "country", "day", "time", "zone", "feed")
_BEGINS = {"country": "GB", "day": "first tuesday", "time": "09:00", "zone": "Europe/London"}

Answer = AnyResponse | str | tuple[str, int]


def add_to(site: Flask, room: Room) -> None:
    site.add_url_rule("/begin", "begin", lambda: _ask(room))
    site.add_url_rule("/begin", "do-begin", lambda: _begin(room), methods=["POST"])


def _ask(room: Room) -> Answer:
    if not room.is_new:
        return redirect("/", 303)
    return _asked({name: _BEGINS.get(name, "") for name in _ASKED})


def _asked(answers: dict[str, str], *, problem: str = "", found: tuple[Found, ...] = ()) -> str:
    return render_template(
        "begin.html", answers=answers, problem=problem, found=found, countries=COUNTRIES, days=DAYS
    )


def _begin(room: Room) -> Answer:
    """Find the feed, write config.toml, and make the first letter."""
    if not room.is_new:
        return redirect("/", 303)
    answers = {name: " ".join(request.form.get(name, "").split()) for name in _ASKED}
    try:
        found = _feeds(room, answers)
        if len(found) > 1:
            return _asked(answers, found=found)
        _write(room, answers, found[0])
    except ConfigError as problem:
        return _asked(answers, problem=problem.problem.replace("config.toml: ", "")), 400
    except WarmletterError as problem:
        return _asked(answers, problem=str(problem)), 400
    with contextlib.suppress(NothingToSay):  # the desk says so, and what can be done
        make(room)
    return redirect("/?said=made", 303)


def _feeds(room: Room, answers: dict[str, str]) -> tuple[Found, ...]:
    """The feeds of her blog; only the one she picked, where there were several."""
    missing = [name for name in ("site", "author", "sender", "address") if not answers[name]]
    if missing:
        raise WarmletterError("Please answer every question.")
    found = find_feeds(
        fetcher=wiring.fetcher(allow_private=room.allow_private),
        parser=wiring.parser(),
        address=answers["feed"] or answers["site"],
    )
    if not found:
        raise WarmletterError(
            f"There is no feed at {answers['site']}.",
            hint="Give the address of the page where your posts are listed.",
        )
    return found


def _write(room: Room, answers: dict[str, str], feed: Found) -> None:
    """config.toml, readable by her alone. Raises ConfigError before anything is written."""
    host = (urlsplit(feed.url).hostname or "practice.example").removeprefix("www.")
    site = answers["site"] if "://" in answers["site"] else f"https://{answers['site']}"
    if answers["site"].startswith(("/", ".")):  # a file on this computer is no web site
        site = ""
    text = example.filled(
        {
            "practice.name": answers["name"] or feed.title or host,
            "practice.author": answers["author"],
            "practice.address": answers["address"],
            "practice.site": site,
            "practice.country": answers["country"].upper(),
            "practice.timezone": _zone(answers["zone"]),
            "feeds.urls": [feed.url],
            "feeds.allow_private": room.allow_private,
            "schedule.day": answers["day"],
            "schedule.time": answers["time"],
            "send.from": answers["sender"],
            "send.reply_to": "",
        }
    )
    parsed(text, room.config)
    with room.changing:
        room.config.touch(mode=0o600)
        room.config.write_text(text, "utf-8")
        room.config.chmod(0o600)


def _zone(name: str) -> str:
    """What the browser says; a name that is not known here is London's."""
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        return "Europe/London"
