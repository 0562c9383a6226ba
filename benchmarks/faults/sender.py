"""One run of sending, in a process that may be killed: `python -m benchmarks.faults.sender FOLDER KIND PORT`.

Its clock runs a thousand times faster while it waits, so that a pause of half a minute is not one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from benchmarks.sending import ISSUE, filling
from pipeline.app.send import deliver
from pipeline.deliver.providers.postmark import Postmark
from pipeline.errors import Busy, ProviderStop, StoreError
from pipeline.model import Claim, Message
from pipeline.ports import Provider
from pipeline.store import open_store

FASTER = 1000
STEPS = frozenset("recover claim intend record settle totals finish offer".split())


class QuickClock:
    """The machine's, but for waiting."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / FASTER)
        self._ahead += timedelta(seconds=seconds)


class Crashing:
    """Counts every step of the ledger and the provider down, and ends the process at nought."""

    def __init__(self, target: object, steps: list[int], *, after: bool) -> None:
        self._target = target
        self._steps = steps
        self._after = after

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._target, name)
        if name not in STEPS or not self._steps[0]:
            return inner

        def step(*values: Any, **named: Any) -> Any:
            self._steps[0] -= 1
            end = self._steps[0] == 0
            if end and not self._after:
                os._exit(137)
            result = inner(*values, **named)
            if end:
                os._exit(137)
            return result

        return step


def provider(kind: str, port: int) -> Provider:
    url = f"http://127.0.0.1:{port}"
    if kind == "postmark":
        return Postmark(token=SecretStr("token"), endpoint=url, deadline_s=10)
    from pipeline.deliver.providers.resend import Resend

    return Resend(key=SecretStr("key"), sender="letters@example.org", endpoint=url, deadline_s=10)


def main(arguments: Sequence[str]) -> int:
    """0: nothing is left that may be offered; 3: told to come again."""
    folder, kind, port, *crash = arguments
    steps, after = [int(crash[0])] if crash else [0], crash[1:] == ["after"]
    common = filling()

    def fill(claim: Claim) -> Sequence[Message]:
        return common.messages(claim.recipients)

    with open_store("sqlite:///letters.db", base=Path(folder)) as store:
        try:
            *_, totals = deliver(
                ledger=Crashing(store.ledger, steps, after=after),
                provider=Crashing(provider(kind, int(port)), steps, after=after),
                clock=QuickClock(),
                issue=ISSUE,
                fill=fill,
                per_minute=0,
                stop=lambda: False,
            )
        except (ProviderStop, Busy, StoreError) as problem:
            print(problem, file=sys.stderr)
            return 3
    return 3 if totals.queued else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
