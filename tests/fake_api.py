"""A provider's API on loopback that answers, or fails, as scripted, and keeps a journal of its calls."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request as it came in; `body` is None for one without."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any = None


Script = Callable[[BaseHTTPRequestHandler, Call], None]


def reply(status: int, body: object, **headers: str) -> Script:
    """Answer with JSON, or with bytes as they are; `_` in a header's name is a hyphen."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler, call: Call) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def hang_up(handler: BaseHTTPRequestHandler, call: Call) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@dataclass
class FakeApi:
    """`usual` answers a call unless `script` holds an answer for it."""

    usual: Script
    url: str = ""
    script: list[Script] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def stall(self, handler: BaseHTTPRequestHandler, call: Call) -> None:
        """Drip a header at a time, for as long as the test takes."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.release.wait(0.02):
            handler.wfile.write(b"X-Wait: 1\r\n")


@contextmanager
def serving(fake: FakeApi, context: ssl.SSLContext | None = None) -> Iterator[FakeApi]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            self._answer(None)

        def _answer(self, body: object) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(method=self.command, path=self.path, headers=headers, body=body)
            fake.calls.append(call)
            (fake.script.pop(0) if fake.script else fake.usual)(self, call)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # hanging up is part of the script

    with Server(("127.0.0.1", 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        fake.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield fake
        finally:
            fake.release.set()
            server.shutdown()
            thread.join()
