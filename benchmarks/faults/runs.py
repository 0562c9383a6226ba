"""What a child of the zygote may be told to run; importing this imports all that they need."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

# Imported by the commands only once they run, and here so that no child has to.
import rich.console
import rich.progress  # noqa: F401

import pipeline.app.mail
import pipeline.app.reports
import pipeline.cli.rate
import pipeline.deliver.providers.outbox
import pipeline.report
import pipeline.wiring  # noqa: F401
from benchmarks.faults import leaving, sender
from benchmarks.faults.gate import pass_gate
from pipeline.cli.main import main


def command(arguments: Mapping[str, Any]) -> int:
    """`warmletter …`, as a user runs it; `gate`: a file that all wait at until it is opened."""
    sys.argv = ["warmletter", *arguments["words"]]
    os.environ.update(arguments.get("environment", {}))
    if gate := arguments.get("gate"):
        pass_gate(gate)
    main()
    return 0


RUNS: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "command": command,
    "send": sender.send,
    "resolve": sender.resolve,
    "leave and join": leaving.leave_and_join,
}
