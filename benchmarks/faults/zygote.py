"""A process that has imported everything, and forks one child a run: none waits half a second for imports.

It has one thread, and opens neither database nor socket before it forks. A child is a process like any
other: it is really killed, really ends at a step, and shares nothing that a run of its own would not have.

`python -m benchmarks.faults.zygote` reads a line a run, `{"what": …, "arguments": …, "output": …}`, and
writes `started PID`, and later `ended PID CODE` (a negative code: the signal that ended it).
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0


class Zygote:
    """The driver's end. Runs are started one after the other; any number may be under way."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.faults.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._tell = self._process.stdin
        self._hear = self._process.stdout
        self._heard = b""
        self._started: list[int] = []
        self.ended: dict[int, int] = {}

    def start(self, what: str, arguments: object, *, output: Path | None = None) -> Run:
        line = {"what": what, "arguments": arguments, "output": str(output or os.devnull)}
        self._tell.write(json.dumps(line).encode() + b"\n")
        self._tell.flush()
        while not self._started:
            self.listen(PATIENCE_S)
        return Run(self, self._started.pop())

    def listen(self, seconds: float) -> None:
        """Take in what the process says, waiting at most so long for it."""
        if not select.select([self._hear], [], [], seconds)[0]:
            return
        said = os.read(self._hear.fileno(), 65_536)
        if not said:
            raise AssertionError("the process that forks has ended: its imports fail")
        *lines, self._heard = (self._heard + said).split(b"\n")
        for line in lines:
            word, *numbers = line.split()
            if word == b"started":
                self._started.append(int(numbers[0]))
                self.ended.pop(int(numbers[0]), None)  # the number of one that ended long ago
            else:
                self.ended[int(numbers[0])] = int(numbers[1])

    def close(self) -> None:
        self._tell.close()
        self._process.wait()
        self._hear.close()


class Run:
    """A child under way."""

    def __init__(self, zygote: Zygote, pid: int) -> None:
        self._zygote = zygote
        self.pid = pid

    def wait(self, seconds: float = PATIENCE_S) -> int | None:
        """Its exit code, 128 and more for a signal as in a shell; None where it is still at work then."""
        until = time.monotonic() + seconds
        while self.pid not in self._zygote.ended:
            left = until - time.monotonic()
            if left <= 0:
                return None
            self._zygote.listen(left)
        code = self._zygote.ended[self.pid]
        return 128 - code if code < 0 else code

    def signal(self, number: signal.Signals) -> None:
        self._zygote.listen(0)
        if self.pid not in self._zygote.ended:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def killed_after(self, seconds: float) -> bool:
        """Whether it was still at work then; it is not any more."""
        if self.wait(seconds) is not None:
            return False
        self.signal(signal.SIGKILL)
        return self.wait() == 128 + signal.SIGKILL


def _serve() -> None:
    # What is there now is shared with all children, and no collection of theirs should copy it.
    gc.collect()
    gc.freeze()
    waiting: dict[int, int] = {}  # the child's descriptor → its pid
    received = b""
    while True:
        for ready in select.select([0, *waiting], [], [])[0]:
            if ready in waiting:
                pid = waiting.pop(ready)
                os.close(ready)
                _say(f"ended {pid} {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")
                continue
            said = os.read(0, 65_536)
            if not said:
                return
            *lines, received = (received + said).split(b"\n")
            for line in lines:
                pid = os.fork()
                if not pid:
                    _child(json.loads(line), waiting)
                waiting[os.pidfd_open(pid)] = pid
                _say(f"started {pid}")


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def _child(run: Mapping[str, Any], inherited: Mapping[int, int]) -> None:
    from benchmarks.faults.runs import RUNS

    code = 1
    # What is started in a shell's background ignores it from birth; a user's command does not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        output = os.open(run["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number, copy in ((0, nothing), (1, output), (2, output)):
            os.dup2(copy, number)
        for descriptor in (nothing, output, *inherited):
            os.close(descriptor)
        code = RUNS[run["what"]](run["arguments"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    import benchmarks.faults.runs  # noqa: F401 (all that a run imports, once)

    _serve()
