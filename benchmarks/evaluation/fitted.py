"""What weights fitted on labels would reach on a source they have not seen.

The program's own weights are set by hand. This is their touchstone: where the fitted ones did
much better on unseen sources, the hand would have to move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_RIDGE = 10.0  # pulls weights towards nothing; 118 posts cannot carry a dozen free ones


def across_sources(
    measured: Mapping[str, Mapping[str, float]], labels: Mapping[str, float], sources: Mapping[str, str]
) -> dict[str, float]:
    """Each post scored by weights fitted on the posts of all other sources."""
    ids = list(measured)
    rows = dict(zip(ids, _even([list(measured[post].values()) for post in ids]), strict=True))
    scores: dict[str, float] = {}
    for source in sorted(set(sources.values())):
        seen = [post for post in ids if sources[post] != source]
        middle = sum(labels[post] for post in seen) / len(seen)
        weights = _fit([rows[post] for post in seen], [labels[post] - middle for post in seen])
        for post in ids:
            if sources[post] == source:
                scores[post] = sum(w * x for w, x in zip(weights, rows[post], strict=True))
    return scores


def _even(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Each column around 0, with a spread of 1."""
    columns = []
    for column in zip(*rows, strict=True):
        mean = sum(column) / len(column)
        spread = (sum((x - mean) ** 2 for x in column) / len(column)) ** 0.5 or 1.0
        columns.append([(x - mean) / spread for x in column])
    return [list(row) for row in zip(*columns, strict=True)]


def _fit(rows: Sequence[Sequence[float]], wanted: Sequence[float]) -> list[float]:
    """Ridge regression by elimination: a dozen unknowns ask for no library."""
    size = len(rows[0])
    system = [
        [sum(row[i] * row[j] for row in rows) + (_RIDGE if i == j else 0.0) for j in range(size)]
        + [sum(row[i] * y for row, y in zip(rows, wanted, strict=True))]
        for i in range(size)
    ]
    for i in range(size):
        best = max(range(i, size), key=lambda k: abs(system[k][i]))
        system[i], system[best] = system[best], system[i]
        for k in range(size):
            if k != i:
                by = system[k][i] / system[i][i]
                system[k] = [a - by * b for a, b in zip(system[k], system[i], strict=True)]
    return [system[i][size] / system[i][i] for i in range(size)]
