"""Readers who join and leave, one after the other, in a process that is cut off from power."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from pipeline.model import NewReader
from pipeline.store import database, open_store

URL = "sqlite:///letters.db"


def leave_and_join(arguments: Mapping[str, Any]) -> int:
    """Until it is ended: one joins, and one who joined before leaves; each told once it is durable."""
    if synchronous := arguments["synchronous"]:
        database.durability = lambda version: database.Durability("DELETE", synchronous)  # noqa: ARG005
    told = os.open(arguments["told"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open_store(URL, base=Path(arguments["folder"])) as store:
        for number in count():
            now = datetime.now(UTC)
            store.readers.add([NewReader(email=address(number), name="", consent="asked")], now)
            os.write(told, f"joined {number}\n".encode())
            if number % 2:
                store.readers.remove(address(number - 1), now)
                os.write(told, f"left {number - 1}\n".encode())
    return 0


def address(number: int) -> str:
    return f"reader{number}@example.org"
