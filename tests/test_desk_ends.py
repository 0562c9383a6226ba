"""The desk as a process: it ends in order, however it is told to."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desks import a_feed
from tests.practice import configure

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_closes_when_it_is_told_to(tmp_path: Path, told: signal.Signals) -> None:
    a_feed(tmp_path)
    command = [sys.executable, "-m", "pipeline", "preview", "--no-open", "--config", str(configure(tmp_path))]
    desk = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert desk.stdout is not None
    first = desk.stdout.readline()
    assert first == "The desk is open. Its way in works once:\n"
    desk.send_signal(told)
    said, errors = desk.communicate(timeout=20)
    assert (desk.returncode, errors) == (0, "")
    assert said.endswith("The desk is closed.\n")
