"""The named steps of sending at which a process can be made to end, exactly before or exactly after.

In a child only, and by wrapping what is there: the program itself knows nothing of it.
"""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from sqlalchemy.engine.default import DefaultDialect

from pipeline.app.ahead import Line
from pipeline.deliver.providers import http as http_calls
from pipeline.deliver.providers.postmark import Postmark
from pipeline.deliver.providers.resend import Resend
from pipeline.render.message import Filling
from pipeline.store import calls, claiming, ledger
from pipeline.store.epoch import EpochFile
from pipeline.store.ledger import SqlLedger

# (what holds it, its name there): of transactions, and of what stands inside of one.
POINTS: dict[str, tuple[tuple[Any, str], ...]] = {
    "look whether the copy is current": ((SqlLedger, "require_current"),),
    "recover": ((SqlLedger, "recover"),),
    "claim": ((SqlLedger, "claims"),),
    "ask for the next hour": ((SqlLedger, "next_ready_at"),),
    "intend": ((SqlLedger, "intend"),),
    "record": ((SqlLedger, "record"),),
    "look whether the call stands": ((SqlLedger, "stands"),),
    "settle a batch": ((SqlLedger, "settle"),),
    "count": ((SqlLedger, "totals"),),
    "finish": ((SqlLedger, "finish"),),
    "look whether it goes on": ((SqlLedger, "is_going"),),
    "claim: take the batch": ((claiming, "take"),),
    "claim: its readers": ((claiming, "readers_of"),),
    "intend: ours and going": ((calls, "require_going"),),
    "intend: who left": ((calls, "not_to_be_offered"),),
    "intend: write the call": ((calls, "write_intent"),),
    "intend: raise the epoch": ((calls, "next_epoch"),),
    "record: the answers": ((ledger, "write_answers"),),
    "record: forget the call": ((calls, "forget_intent"),),
    "record: settle": ((calls, "settle"),),
    "record: the next call": ((calls, "go_on"),),
    "recover: inside": ((calls, "recover"),),
    "commit": ((DefaultDialect, "do_commit"),),
    "the epoch's file": ((EpochFile, "write"),),
    "the epoch's file: sync": ((os, "fsync"),),
    "the epoch's file: rename": ((Path, "replace"),),
    "fill": ((Filling, "messages"),),
    "pack": ((Postmark, "parcels"), (Resend, "parcels")),
    "look ahead": ((Line, "look_ahead"),),
    "offer": ((Postmark, "offer"), (Resend, "offer")),
    "call: connect, write, headers": ((requests.Session, "request"),),
    "call: take the body": ((http_calls._Body, "__iter__"),),
    "call: a piece on the wire": ((http.client.HTTPConnection, "send"),),
    "call: read the answer": ((http_calls, "_at_most"),),
}


def end_at(point: str, *, after: bool, turn: int) -> None:
    """Make this process end at the step, the `turn`-th time that it comes to it."""
    left = [turn]
    for holder, name in POINTS[point]:
        setattr(holder, name, _ending(getattr(holder, name), left, after=after))


def _ending(inner: Callable[..., Any], left: list[int], *, after: bool) -> Callable[..., Any]:
    def step(*values: Any, **named: Any) -> Any:
        left[0] -= 1
        end = left[0] == 0
        if end and not after:
            os._exit(137)
        result = inner(*values, **named)
        if end:
            os._exit(137)
        return result

    return step
