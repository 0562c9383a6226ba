"""A provider's far end on loopback: it writes down what it was asked, and answers as scripted."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True)
class Call:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        parsed = json.loads(self.body)
        assert isinstance(parsed, dict)
        return parsed

    @property
    def form(self) -> list[tuple[str, bytes, str, str]]:
        """(field, value, file's name, type) of each part, by the standard library's own reading."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        # policy.HTTP keeps line ends and long lines; a part without a type is text.
        parsed = message_from_bytes(head + self.body, policy=policy.HTTP)
        parts = []
        for part in parsed.iter_parts():
            value = part.get_payload(decode=True)
            assert isinstance(value, bytes)
            kind = part.get_content_type() if part["Content-Type"] else ""
            name = part.get_param("name", header="content-disposition")
            parts.append((str(name), value, part.get_filename() or "", kind))
        return parts


Script = Callable[[BaseHTTPRequestHandler, Call], None]


def reply(status: int, body: object = b"", **headers: str) -> Script:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler, call: Call) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def _stays(handler: BaseHTTPRequestHandler) -> bool:
    """Whether the connection is kept, as Amazon keeps it."""
    return handler.path.startswith("/v2/email")


def hang_up(handler: BaseHTTPRequestHandler, call: Call) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@dataclass
class FarEnd:
    """`script` answers the next calls, `usual` all others; `calls` is what was asked."""

    usual: Script
    url: str = ""
    script: list[Script] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def posted(self) -> list[Call]:
        return [call for call in self.calls if call.method == "POST"]


@contextmanager
def serving(usual: Script) -> Iterator[FarEnd]:
    fake = FarEnd(usual=usual)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 0.5  # of silence, then a kept connection ends

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(method=self.command, path=self.path, headers=headers, body=body)
            fake.calls.append(call)
            script = fake.script.pop(0) if fake.script else fake.usual
            script(self, call)
            self.close_connection = not _stays(self)

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # hanging up is part of the script

    with Server(("127.0.0.1", 0), Handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
