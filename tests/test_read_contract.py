"""The JSON of a reading: a contract with other programs."""

from __future__ import annotations

import json

import pytest

from pipeline.read import contract
from tests.own_posts import NAMES, a_post, own, read, read_own

SHAPE = {
    "blocks": {"kind", "text", "score", "unit"},
    "units": {"id", "kind", "items", "reasons"},
    "quotes": {"text", "score", "block"},
    "care": {"topic", "level", "evidence", "block"},
    "concerns": {"kind", "evidence", "advice", "block"},
}


@pytest.mark.parametrize("name", NAMES)
def test_every_reading_has_the_shape_promised(name: str) -> None:
    found = json.loads(json.dumps(contract.as_json(read_own(name))))
    assert list(found) == ["title", "language", "words", "voice", *SHAPE]
    assert set(found["voice"]) == {"score", "label", "reasons"}
    for part, keys in SHAPE.items():
        assert all(set(entry) == keys for entry in found[part])


def test_a_small_post_in_full() -> None:
    html = "<h2>Rain</h2><p>We sat.</p><ul><li>Take a breath</li><li>Sit down</li></ul>"
    assert contract.as_json(read(html, title=" On  rain ")) == {
        "title": "On rain",
        "language": "en-GB",
        "words": 8,
        "voice": contract.as_json(read(html))["voice"],
        "blocks": [
            {"kind": "heading", "text": "Rain", "score": 0.0, "unit": None},
            {"kind": "prose", "text": "We sat.", "score": read(html).blocks[1].score, "unit": None},
            {"kind": "item", "text": "Take a breath", "score": read(html).blocks[2].score, "unit": "u1"},
            {"kind": "item", "text": "Sit down", "score": read(html).blocks[3].score, "unit": "u1"},
        ],
        "units": [
            {
                "id": "u1",
                "kind": "checklist",
                "items": 2,
                "reasons": ["2 of 2 items begin with an instruction"],
            }
        ],
        "quotes": [],
        "care": [],
        "concerns": [],
    }


def test_a_post_reads_as_its_body_does() -> None:
    assert a_post(own("moments")).reading == read_own("moments")
