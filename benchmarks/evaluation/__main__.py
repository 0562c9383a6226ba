"""`python -m benchmarks.evaluation FOLDER`: the whole table, one part of the reading after the other."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.evaluation import care, concerns, data, quotes
from benchmarks.evaluation import units as unit_figures
from benchmarks.evaluation import voice as voice_figures
from benchmarks.evaluation.figures import line
from benchmarks.evaluation.material import readings

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
    print("voice and units: rules and weights were set by hand with posts like these in view; what is fitted")
    print("on the other sources never saw the source it is measured on")
    read = readings(posts)
    judged = unit_figures.judged(posts, units, read)
    for figure in (*voice_figures.figures(posts, read), *unit_figures.figures(judged)):
        print(line(figure))
    print(unit_figures.kept(judged))
    print(*unit_figures.by_source(judged), sep="\n")
    print(*map(line, quotes.figures(posts)), sep="\n")
    print(*map(line, care.figures(posts, answers)), sep="\n")
    print(*map(line, concerns.figures(posts, answers)), sep="\n")
    if show:
        print(*concerns.shown(answers), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
