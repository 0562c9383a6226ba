"""Pictures copied in a process of its own, with limits: a hostile one can only kill that."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import orjson

from pipeline.collect.apart import ChildLimits
from pipeline.model import Copy, NoCopy

# Those of a feed: the largest picture we take, clear in parts, was 4 s and 600 MB; a phone's is 0.3 s.
LIMITS = ChildLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApartCopier:
    """`render.pictures.own_copy` in a child process."""

    limits: ChildLimits = LIMITS

    def __call__(self, received: bytes) -> Copy | NoCopy:
        order = {"cpu_s": self.limits.cpu_s, "memory_bytes": self.limits.memory_bytes}
        try:
            # As in `apart`: no module of the folder we stand in, and no key of a provider, is in reach.
            child = subprocess.run(
                [sys.executable, "-P", "-m", "pipeline.collect.copying_child"],
                input=orjson.dumps(order) + b"\n" + received,
                env={"PYTHONPATH": str(Path(str(files("pipeline"))).parent)},
                capture_output=True,
                timeout=self.limits.wall_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return NoCopy(problem="reading it took too long")
        if child.returncode != 0:
            return NoCopy(problem="reading it broke off")
        head, _, jpeg = child.stdout.partition(b"\n")
        said = orjson.loads(head)
        if said["problem"]:
            return NoCopy(problem=said["problem"])
        return Copy(jpeg=jpeg, width=said["width"], height=said["height"])
