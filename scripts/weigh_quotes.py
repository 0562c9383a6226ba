"""Make `pipeline/read/tables/quote_weights.toml`: how much each trait of a sentence weighs.

    python scripts/weigh_quotes.py DATA [--check]

Needs numpy, in an environment of its own. Every trait begins with the same step, one quarter of its
spread, in the direction that common sense gives it (`SENSE`: 3 means three steps); a ridge lets the
labelled sentences of DATA/posts.jsonl move it a little from there. With so few labelled posts (27)
a free fit loses: it is printed beside the one that is kept, cross-validated by source.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.evaluation import data  # noqa: E402
from benchmarks.evaluation.html import reading  # noqa: E402
from benchmarks.evaluation.quotes import is_hit  # noqa: E402
from pipeline.read.standing import standing  # noqa: E402
from pipeline.read.traits import around, traits  # noqa: E402

TABLE = ROOT / "pipeline" / "read" / "tables" / "quote_weights.toml"
SENSE = {
    "large": 3, "relation": 1, "hope": 1, "contrast": 1, "permission": 1, "universal": 1, "essence": 1,
    "image": 1, "feeling": 1, "closes": 1, "central": 1, "tools_aside": 0.5, "concrete": 0.5,
    "long_words": -1, "hedge": -0.5, "aside": -0.5, "dated": -0.5, "sad": -0.5, "case": -1, "fragment": -1,
    "order": -1, "withheld": -0.5, "turns_away": -3, "tools": -0.5, "number": -0.5,
}  # fmt: skip
STEP = 0.25
RIDGE = 60.0


class Material:
    """The sentences that may stand alone, by post: traits in units of their spread, and hits."""

    def __init__(self, folder: Path) -> None:
        self.source: list[str] = []
        self.rows: list[np.ndarray] = []
        self.hits: list[np.ndarray] = []
        for post in data.posts(folder):
            if not post.pull_quotes:
                continue
            read = reading(post)
            barred = {concern.evidence for concern in read.concerns}
            found = list(standing(read.blocks, read.units, barred))
            near = around(read.blocks)
            has = [traits(sentence, near).value for sentence in found]
            self.source.append(post.source)
            self.rows.append(np.array([[one[name] for name in SENSE] for one in has]).reshape(-1, len(SENSE)))
            self.hits.append(np.array([is_hit(one.text, post.pull_quotes) for one in found], dtype=bool))
        # A floor: what is rare here would weigh far too much where it is there.
        self.spread = np.maximum(np.vstack(self.rows).std(0), 0.15)

    def fitted(self, among: list[int], ridge: float = RIDGE) -> np.ndarray:
        """Listwise logistic weights, in units of spread, held near common sense."""
        start = STEP * np.array(list(SENSE.values()))
        w = start.copy()
        for step in range(300):
            gradient = ridge * (w - start)
            for i in among:
                if self.hits[i].any():
                    x = self.rows[i] / self.spread
                    odds = np.exp(x @ w - (x @ w).max())
                    held = odds * self.hits[i]
                    gradient += x.T @ (odds / odds.sum() - held / held.sum())
            w -= 0.02 * (1 - step / 300) * gradient
        return w

    def measured(self, w: list[np.ndarray]) -> str:
        ranks = []
        for i, hits in enumerate(self.hits):
            order = np.argsort(-(self.rows[i] / self.spread @ w[i]), kind="stable")
            ranks.append(next((at for at, j in enumerate(order) if hits[j]), 99))
        return " ".join(f"hit@{k} {np.mean([rank < k for rank in ranks]):.3f}" for k in (1, 3, 5))

    def without_its_source(self, ridge: float) -> list[np.ndarray]:
        by_source = {
            source: self.fitted([i for i, own in enumerate(self.source) if own != source], ridge)
            for source in sorted(set(self.source))
        }
        return [by_source[source] for source in self.source]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--check", action="store_true", help="only print the figures")
    given = parser.parse_args()
    if not TABLE.exists():
        TABLE.write_text("middle = 0\n[weights]\n", "utf-8")  # `read` needs one to start from
    material = Material(given.data)
    everything = list(range(len(material.rows)))
    start = STEP * np.array(list(SENSE.values()))
    print("common sense, nothing fitted:", material.measured([start] * len(everything)))
    for ridge in (5.0, 20.0, RIDGE):
        print(
            f"ridge {ridge:.0f}, cross-validated by source:",
            material.measured(material.without_its_source(ridge)),
        )
    w = material.fitted(everything)
    print("in-sample:", material.measured([w] * len(everything)))
    worth = np.concatenate([rows @ (w / material.spread) for rows in material.rows])
    middle = float(np.quantile(worth, 0.85))
    lines = "".join(f"{name} = {w[i] / material.spread[i]:.2f}\n" for i, name in enumerate(SENSE))
    if not given.check:
        TABLE.write_text(
            "# How much each trait of a sentence weighs for a pull quote.\nversion = 1\n"
            'provenance = "scripts/weigh_quotes.py: one step a trait, moved a little by 27 labelled posts"\n'
            f"middle = {middle:.2f}  # of seven sentences that may stand alone, one weighs more\n\n"
            f"[weights]\n{lines}",
            "utf-8",
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
