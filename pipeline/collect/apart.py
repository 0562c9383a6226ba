"""Parsing in a process of its own, with limits: a feed that hangs or swells kills only that.

A document of 200 kB can keep feedparser busy for minutes, and one that declares an odd
encoding can crash it. The child gets bytes and gives back JSON; whatever kills it is the
outcome `broken`, and the parent goes on.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
from pydantic import TypeAdapter

from pipeline.model import FeedOutcome, Fetched, NotParsed, ParsedFeed

Parsed = ParsedFeed | NotParsed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLimits:
    """What one parse may use. Honest feeds of 11 MB take 2 s and 250 MB."""

    cpu_s: int = 20
    wall_s: float = 25.0
    memory_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ApartParser:
    """`collect.parse.parse` in a child process."""

    limits: ChildLimits = ChildLimits()

    def __call__(self, fetched: Fetched, *, zone: ZoneInfo, now: datetime) -> Parsed:
        order = {
            "url": fetched.url,
            "final_url": fetched.final_url,
            "content_type": fetched.content_type,
            "zone": zone.key,
            "now": now.isoformat(),
            "cpu_s": self.limits.cpu_s,
            "memory_bytes": self.limits.memory_bytes,
        }
        try:
            # -P: the folder we stand in cannot put a module before ours. The environment is empty
            # but for where we lie: no key of a provider is in reach of what a feed might do.
            child = subprocess.run(
                [sys.executable, "-P", "-m", "pipeline.collect.child"],
                input=orjson.dumps(order) + b"\n" + fetched.body,
                env={"PYTHONPATH": str(Path(str(files("pipeline"))).parent)},
                capture_output=True,
                timeout=self.limits.wall_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _broken("reading it took too long")
        if child.returncode != 0:
            return _broken("reading it broke off")
        return _parsed().validate_json(child.stdout)


@cache
def _parsed() -> TypeAdapter[Parsed]:
    return TypeAdapter(Parsed)


def _broken(why: str) -> NotParsed:
    message = f"the feed could not be used: {why}; ask whoever looks after the blog to look at its feed"
    return NotParsed(outcome=FeedOutcome.BROKEN, message=message)
