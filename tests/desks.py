"""A desk on loopback: the program behind it is real, its clock stands still."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient

from pipeline import wiring
from pipeline.app.context import App
from pipeline.desk.choosing import version
from pipeline.desk.room import Room
from pipeline.desk.serve import opened_at, room_of
from pipeline.desk.site import desk
from pipeline.settings import load
from tests.fake_provider import FakeClock
from tests.practice import WORDS, configure, item, write_feed

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
PORT = 7777
SECRET = "the-way-in"
STEPS = "<p>Try this tonight.</p><ol><li>Breathe out.</li><li>Put the phone away.</li><li>Wait.</li></ol>"
CURE = "<p>I promise that this will cure your anxiety for good.</p>"


def a_feed(folder: Path, *more: str) -> None:
    write_feed(
        folder,
        item("The slow hour", WORDS * 4, "03 Nov 2026"),
        item(
            "Rain on the window",
            WORDS * 3 + "<h2>After</h2><p>We listened to it together.</p>",
            "08 Nov 2026",
        ),
        item("Three steps", STEPS + WORDS + CURE, "12 Nov 2026"),
        *more,
    )


def opener(config: Path) -> AbstractContextManager[App]:
    return wiring.wired(load(config), FakeClock(NOW))


def a_site(folder: Path, *, config: Path | None = None, **answers: object) -> Flask:
    path = config or configure(folder, **answers)
    return desk(lambda: opener(path), config=path, secret=SECRET, port=PORT)


def room_in(site: Flask) -> Room:
    room = site.extensions["room"]
    assert isinstance(room, Room)
    return room


class Author:
    """Somebody at the desk, with a browser of today: it names its origin and keeps its cookie."""

    def __init__(self, site: Flask, *, enters: bool = True) -> None:
        self.site = site
        self.client: FlaskClient = site.test_client()
        self.host = {"Host": f"127.0.0.1:{PORT}"}
        if enters:
            assert self.get(f"/enter/{SECRET}").status_code == 303

    @property
    def app(self) -> App:
        return room_in(self.site).app

    def get(self, path: str, **headers: str):  # type: ignore[no-untyped-def]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(
            path, headers={**self.host, **named}, base_url=f"http://127.0.0.1:{PORT}", buffered=True
        )

    def post(self, path: str, fields: Mapping[str, str] | None = None, **headers: str | None):  # type: ignore[no-untyped-def]
        """A form of the desk's own, unless `headers` says otherwise; None leaves one out."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        whole = {**self.host, "Origin": f"http://127.0.0.1:{PORT}", "Sec-Fetch-Site": "same-origin", **named}
        sent = {"token": self.token, **(fields or {})}
        return self.client.post(
            path,
            data=sent,
            headers={name: value for name, value in whole.items() if value is not None},
            base_url=f"http://127.0.0.1:{PORT}",
            buffered=True,
        )

    @cached_property
    def token(self) -> str:
        for path in ("/", "/begin"):
            if found := re.search(r'name="token" value="([^"]+)"', self.get(path).text):
                return found[1]
        return ""

    def seal(self, name: str = "2026-11") -> dict[str, str]:
        return {"letter": name, "version": version(self.app.store.issues.get(name))}

    def choose(self, what: str, value: str, **more: str):  # type: ignore[no-untyped-def]
        return self.post("/choose", {**self.seal(), "what": what, "value": value, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A desk that listens."""

    address: str  # the one-time way in
    room: Room

    @property
    def origin(self) -> str:
        return "http://" + urlsplit(self.address).netloc

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    def ask(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, **headers: str
    ) -> tuple[int, str]:
        """A request by hand, with these headers and no others."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            body = urlencode(fields) if fields is not None else None
            kind = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {**kind, **named})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()


@contextmanager
def served(config: Path, *, allow_private: bool = False) -> Iterator[Served]:
    server, address = opened_at(lambda: opener(config), config=config, allow_private=allow_private)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Served(address=address, room=room_of(server))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        room_of(server).close()
