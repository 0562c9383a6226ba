"""`python -m benchmarks.evaluation FOLDER`: the whole table, one part of the reading after the other."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.evaluation import care, concerns, data, quotes
from benchmarks.evaluation.figures import line

_USAGE = (
    "usage: python -m benchmarks.evaluation FOLDER [--show]   (posts.jsonl, units.jsonl, counselchat.jsonl)"
)


def main(arguments: list[str]) -> int:
    show = "--show" in arguments
    arguments = [argument for argument in arguments if argument != "--show"]
    if len(arguments) != 1 or not (Path(arguments[0]) / "posts.jsonl").is_file():
        print(_USAGE, file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    posts, units, answers = data.posts(folder), data.units(folder), data.answers(folder)
    print(f"{len(posts)} posts, {len(units)} units, {len(answers)} answers")
    # Each part of the reading adds its figures here.
    print(*map(line, quotes.figures(posts)), sep="\n")
    print(*map(line, care.figures(posts, answers)), sep="\n")
    print(*map(line, concerns.figures(posts, answers)), sep="\n")
    if show:
        print(*concerns.shown(answers), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
