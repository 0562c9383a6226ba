"""A listener on every address of this machine: whoever connects to any of them is counted."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<rss/>"


class Canary:
    """Counts connections; exact once it is left, as the system has queued them all by then."""

    def __init__(self) -> None:
        self.v6 = socket.has_dualstack_ipv6()
        if self.v6:
            self._listener = socket.create_server(
                ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512
            )
        else:
            self._listener = socket.create_server(("0.0.0.0", 0), backlog=512)
        self._listener.settimeout(0.02)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Canary:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except TimeoutError:
                if self._stop.is_set():  # looked at only when the queue is empty
                    return
                continue
            self.connections += 1
            with sock, contextlib.suppress(OSError):
                sock.settimeout(1)
                sock.recv(4096)
                sock.sendall(_ANSWER)
