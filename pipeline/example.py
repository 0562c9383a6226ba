"""The commented example of config.toml, and the same with other values filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files


def text() -> str:
    """The example as it comes with the program; the checkout's own config.toml is the user's."""
    return (files("pipeline") / "config.example.toml").read_text("utf-8")


def filled(answers: Mapping[str, object]) -> str:
    """The example with other values, its comments kept. Keys are like "practice.name".

    Values are str, bool, int or lists of str. Raises KeyError for a key the example lacks.
    """
    left = dict(answers)
    table, lines = "", []
    for line in text().split("\n"):
        if heading := re.match(r"\[(\w+)\]", line):
            table = heading[1]
        setting = re.match(r'(\w+) = ("[^"]*"|\[[^\]]*\]|\w+)(\s*)(#.*)?$', line)
        key = f"{table}.{setting[1]}" if setting else ""
        if setting and key in left:
            comment = f"   {setting[4]}" if setting[4] else ""
            line = f"{setting[1]} = {_toml(left.pop(key))}{comment}"
        lines.append(line)
    if left:
        raise KeyError(next(iter(left)))
    return "\n".join(lines)


def _toml(value: object) -> str:
    # A TOML basic string is a JSON string but for DEL, which no answer should hold.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "")
