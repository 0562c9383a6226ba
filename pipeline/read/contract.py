"""The JSON shape of a reading, as other programs see it: add to it, never rename."""

from __future__ import annotations

from pipeline.model import Reading


def as_json(reading: Reading) -> dict[str, object]:
    """One object of `warmletter read --json`: only strings, numbers, None, lists and dicts."""
    return {
        "title": reading.title,
        "language": reading.language,
        "words": reading.words,
        "voice": {
            "score": reading.voice.score,
            "label": reading.voice.label,
            "reasons": list(reading.voice.reasons),
        },
        "blocks": [
            {"kind": block.kind.value, "text": block.text, "score": block.score, "unit": block.unit}
            for block in reading.blocks
        ],
        "units": [
            {"id": unit.id, "kind": unit.kind.value, "items": unit.items, "reasons": list(unit.reasons)}
            for unit in reading.units
        ],
        "quotes": [
            {"text": quote.text, "score": quote.score, "block": quote.block} for quote in reading.quotes
        ],
        "care": [
            {"topic": care.topic, "level": care.level, "evidence": care.evidence, "block": care.block}
            for care in reading.care
        ],
        "concerns": [
            {
                "kind": concern.kind,
                "evidence": concern.evidence,
                "advice": concern.advice,
                "block": concern.block,
            }
            for concern in reading.concerns
        ],
    }
