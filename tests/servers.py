"""Servers on loopback that misbehave, each in one way."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from types import TracebackType

Send = Callable[[bytes], None]
Behaviour = Callable[["Line"], None]


class Line:
    """One connection: the request's head, and what may be done with it."""

    def __init__(self, head: str, sock: socket.socket, stop: threading.Event) -> None:
        self.head = head
        self.path = head.split(" ", 2)[1] if " " in head else ""
        self.send = sock.sendall
        self._stop = stop

    def beats(self, *, every_s: float) -> Iterable[None]:
        """One step now and then until the server is closed."""
        while not self._stop.wait(every_s):
            yield


class Server:
    """Answers each connection with `behaviour`; `heads` keeps the requests.

    `tls` makes it an https server.
    """

    def __init__(self, behaviour: Behaviour, *, tls: ssl.SSLContext | None = None) -> None:
        self._behaviour = behaviour
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self._stop = threading.Event()
        self._lines: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.heads: list[str] = []
        self.names: list[str | None] = []  # what TLS clients asked for

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, path: str = "/feed", *, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        for line in self._lines:
            line.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                sock, _ = self._listener.accept()
                line = threading.Thread(target=self._serve, args=(sock,), daemon=True)
                line.start()
                self._lines.append(line)

    def _serve(self, raw: socket.socket) -> None:
        raw.settimeout(5)
        # The client may hang up at any moment: that is what most of these tests are about.
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(raw)
            sock = raw
            if self._tls:
                self._tls.sni_callback = lambda _sock, name, _context: self.names.append(name)
                sock = stack.enter_context(self._tls.wrap_socket(raw, server_side=True))
            head = _head(sock)
            self.heads.append(head)
            self._behaviour(Line(head, sock, self._stop))


def _head(sock: socket.socket) -> str:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = sock.recv(4096)
        if not chunk:
            break
        received += chunk
    return received.decode("latin-1")


def answer(
    body: bytes = b"", *, status: str = "200 OK", headers: Iterable[str] = (), length: int | None = None
) -> Behaviour:
    """A complete answer; `length` is what it claims for its length."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers]
    head = "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n"
    return lambda line: line.send(head + body)


def redirect(target: str, *, status: str = "302 Found") -> Behaviour:
    return answer(status=status, headers=(f"Location: {target}",))


def by_path(pages: dict[str, Behaviour]) -> Behaviour:
    return lambda line: pages.get(line.path, answer(status="404 Not Found"))(line)


def dripping_head(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in line.beats(every_s=0.02):
        line.send(b"a")


def dripping_body(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<rss>")
    for _ in line.beats(every_s=0.02):
        line.send(b" ")


def silent(line: Line) -> None:
    for _ in line.beats(every_s=0.05):
        pass


def endless(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in line.beats(every_s=0):
        line.send(b"x" * 65536)


def endless_chunks(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in line.beats(every_s=0):
        line.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def endless_gzip(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n")
    member = gzip.compress(b"x" * 65536)
    for _ in line.beats(every_s=0):
        line.send(member)


def endless_head(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\n")
    for _ in line.beats(every_s=0):
        line.send(b"X-More: and more\r\n" * 100)


def endless_header(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in line.beats(every_s=0):
        line.send(b"x" * 65536)


def broken_chunks(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")


def no_http(line: Line) -> None:
    line.send(b"220 mail.example.org ESMTP\r\n")


def gzip_bomb(megabytes: int) -> Behaviour:
    return answer(gzip.compress(b"0" * megabytes * 1_000_000, 9), headers=("Content-Encoding: gzip",))
