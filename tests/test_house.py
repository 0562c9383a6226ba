"""The house is as its plan says."""

from __future__ import annotations

import ast
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "pipeline").rglob("*.py"))
LONGEST_FILE = 400  # lines
FEEDPARSER_ROOM = "pipeline/collect/parse.py"


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_module_lies_in_a_layer() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = [c["layers"] for c in config["tool"]["importlinter"]["contracts"] if c["type"] == "layers"]
    named = {room.strip() for layer in layers for room in layer.replace(":", "|").split("|")}
    outside = {"pipeline", "pipeline.__main__"}  # the package itself, and the door to the command line
    for path in MODULES:
        name = name_of(path)
        assert name in outside or any(name == room or name.startswith(f"{room}.") for room in named), name


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_is_one_room(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(ast.parse(text)), "a module says what it is"


def test_feedparser_is_imported_in_one_module() -> None:
    rooms = [str(p.relative_to(ROOT)) for p in MODULES if "import feedparser" in p.read_text("utf-8")]
    assert rooms == [FEEDPARSER_ROOM]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_pinned_asks_for_no_extra_that_is_not(name: str) -> None:
    """pip refuses `coverage[toml]` where only `coverage` is pinned, on the day a newer one comes out."""
    pins = {
        canonicalize_name(pin.name): pin
        for line in (ROOT / name).read_text("utf-8").splitlines()
        if "==" in line and not line.startswith((" ", "#"))
        for pin in [Requirement(line.rstrip(" \\"))]
    }
    assert pins
    for pinned in pins:
        try:
            asked = metadata.requires(pinned) or []
        except metadata.PackageNotFoundError:
            continue  # for another system
        for needed in (Requirement(one) for one in asked):
            if needed.extras and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
                assert needed.extras <= pins[canonicalize_name(needed.name)].extras, f"{pinned}: {needed}"
