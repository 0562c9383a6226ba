"""What one run of the desk holds: the opened program, what can be undone, what was put aside."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pipeline.app.context import App
from pipeline.desk.courier import Courier
from pipeline.desk.opening import Opener


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change, and the way back from it."""

    words: str  # "the subject"
    back: Callable[[], None]


MOST_STEPS = 100


class Room:
    """Shared by all requests. `changing` is held by whoever changes something."""

    def __init__(self, opener: Opener, config: Path, *, allow_private: bool = False) -> None:
        """`config`: looked at, so that a changed config.toml counts from the next page on."""
        self.config = config
        self.allow_private = allow_private  # for the first fetch, while there is no config.toml
        self.changing = threading.RLock()
        self.closing = threading.Event()
        self.steps: dict[str, list[Step]] = {}  # by letter, the latest last
        self.aside: set[str] = set()  # troubles that can wait until the desk is opened again
        self.courier = Courier(opener)
        self._opener = opener
        self._opening = threading.Lock()
        self._stack = ExitStack()
        self._app: App | None = None
        self._seen: tuple[int, int] | None = None

    @property
    def is_new(self) -> bool:
        """Whether there is no practice yet: no config.toml, or the example as it comes."""
        from pipeline import example

        return not self.config.exists() or self.config.read_bytes() == example.text().encode()

    @property
    def app(self) -> App:
        """The program as config.toml now describes it. Raises ConfigError."""
        with self._opening:
            stat = self.config.stat() if self.config.exists() else None
            now = (stat.st_mtime_ns, stat.st_size) if stat else None
            if self._app is None or now != self._seen:
                self._stack.close()
                self._app = self._stack.enter_context(self._opener())
                self._seen = now
            return self._app

    def remember(self, name: str, step: Step) -> None:
        """The last change of the letter `name`, or of what stands on the desk beside it."""
        steps = self.steps.setdefault(name, [])
        steps.append(step)
        del steps[:-MOST_STEPS]

    def close(self) -> None:
        self.closing.set()
        self.courier.close()
        self._stack.close()
