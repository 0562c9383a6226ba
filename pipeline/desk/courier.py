"""Carries one letter at a time in a thread of its own, with a program of its own."""

from __future__ import annotations

import threading

from pipeline.app.mail import send
from pipeline.desk.opening import Opener
from pipeline.desk.plainly import plain
from pipeline.errors import WarmletterError


class Courier:
    """Sends what she told it to send. What goes wrong is kept as `problem`, to be shown."""

    def __init__(self, opener: Opener) -> None:
        self.problem = ""
        self.begun = threading.Event()  # the audience is frozen, or it could not begin
        self._opener = opener
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def is_carrying(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def carry(self, name: str) -> None:
        """Begin, or go on; nothing where it is at it already."""
        with self._starting:
            if self.is_carrying:
                return
            self.problem = ""
            self._stop.clear()
            self.begun.clear()
            self._thread = threading.Thread(target=self._carry, args=(name,), name="courier")
            self._thread.start()

    def close(self) -> None:
        """Finish the call that is under way and stop; `send` goes on from there another time."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _carry(self, name: str) -> None:
        try:
            with self._opener() as app:
                for _ in send(app, name, stop=self._stop.is_set):
                    self.begun.set()
        except WarmletterError as problem:
            self.problem = plain(problem.problem)
        finally:
            self.begun.set()
