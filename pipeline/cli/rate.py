"""How fast it goes, beside a progress bar."""

from __future__ import annotations

from rich.progress import ProgressColumn, Task
from rich.text import Text


class RateColumn(ProgressColumn):
    """Readers a second, or a minute where it goes slowly; nothing before it is known."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:.0f} a second" if speed >= 1 else f"{speed * 60:.0f} a minute")
