"""The desk on a port of this computer, until it is told to stop."""

from __future__ import annotations

import secrets
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from pipeline.desk.opening import Opener
from pipeline.desk.room import Room
from pipeline.desk.site import desk
from pipeline.errors import WarmletterError

HERE = "127.0.0.1"  # never 0.0.0.0: the network has no business at the desk


class Quiet(WSGIRequestHandler):
    """Writes no log: the way in is an address, and addresses must not be written down."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


def serve(
    opener: Opener, *, config: Path, port: int = 0, allow_private: bool = False, ready: Callable[[str], None]
) -> None:
    """Serve until interrupted or told to end (SIGTERM, SIGHUP); `ready` is told the one-time address.

    Port 0: any free one. A letter that is going out is left after the call under way, and goes on
    another time. Raises WarmletterError where the port is taken.
    """
    server, address = opened_at(opener, config=config, port=port, allow_private=allow_private)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        ready(address)
        server.serve_forever()
    finally:
        room_of(server).close()
        server.server_close()


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """As Ctrl-C does it: a session that ends, or a window that is closed, closes the desk in order."""
    raise KeyboardInterrupt


def room_of(server: BaseWSGIServer) -> Room:
    """What the server's desk holds, to be closed after it."""
    assert isinstance(server.app, Flask)
    room = server.app.extensions["room"]
    assert isinstance(room, Room)
    return room


def opened_at(
    opener: Opener, *, config: Path, port: int = 0, allow_private: bool = False
) -> tuple[BaseWSGIServer, str]:
    """The server, listening, and the one-time address."""
    try:
        listening = socket.create_server((HERE, port))
    except OSError as problem:
        raise WarmletterError(
            f"port {port} is taken by another program",
            hint="leave --port out: a free one is found",
        ) from problem
    with listening:
        port = listening.getsockname()[1]
        secret = secrets.token_urlsafe(32)
        site = desk(opener, config=config, secret=secret, port=port, allow_private=allow_private)
        server = make_server(HERE, port, site, threaded=True, request_handler=Quiet, fd=listening.fileno())
    return server, f"http://{HERE}:{port}/enter/{secret}"
