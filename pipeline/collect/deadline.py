"""A moment after which a socket is shut, whatever it is doing."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType


class Deadline:
    """Shuts the watched sockets `seconds` after it was entered.

    A timeout in requests is a limit on one read: a server that sends a byte now and then is
    never late (42 s were measured with `timeout=3`). So the end comes from outside. A shut
    socket reads as a normal end, therefore ask `passed` before believing a body.
    """

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self.passed = False

    @property
    def left_s(self) -> float:
        """Seconds until the end; below zero after it."""
        return self._ends - time.monotonic()

    def watch(self, sock: socket.socket) -> None:
        # A duplicate, since TLS takes the descriptor away from the socket it wraps; shutdown
        # works on the connection behind both.
        with self._lock:
            self._watched.append(sock.dup())
        if self.passed:
            self._shut()

    def _shut(self) -> None:
        with self._lock:
            self.passed = True
            for sock in self._watched:
                with contextlib.suppress(OSError):  # the far end may have gone already
                    sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        for sock in self._watched:
            sock.close()
