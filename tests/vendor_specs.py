"""Request bodies against the vendors' own descriptions, tightened.

The descriptions lie beside the project (`../shared/specs`) and are no part of it; without them the
comparison is skipped. They let misspelt fields pass and leave out caps that the vendors' pages name:
here unknown fields are refused and the caps hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft4Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

SPECS = Path(__file__).parents[2] / "shared" / "specs"

_STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
_ASCII_TAG = {"type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[A-Za-z0-9_-]+$"}

# What a description gets wrong: where it stands, and how it reads on the vendor's pages and in its SDKs.
_MENDED: dict[str, dict[tuple[str, ...], object]] = {
    "brevo_swagger.yaml": {
        ("definitions", "sendSmtpEmail_messageVersions", "properties", "headers"): _STRINGS,
        ("definitions", "sendSmtpEmail", "properties", "headers"): _STRINGS,
    },
    "resend.yaml": {
        ("components", "schemas", "SendEmailRequest", "properties", "headers"): _STRINGS,
        ("components", "schemas", "Tag", "properties", "name"): _ASCII_TAG,
        ("components", "schemas", "Tag", "properties", "value"): _ASCII_TAG,
    },
}

# What a description leaves out: a schema beside its own.
_CAPS: dict[tuple[str, str, str], object] = {
    ("resend.yaml", "/emails/batch", "post"): {
        "type": "array",
        "minItems": 1,
        "maxItems": 100,
        "items": {
            "required": ["from", "to", "subject", "html", "text"],
            "not": {"anyOf": [{"required": ["attachments"]}, {"required": ["scheduled_at"]}]},
            "properties": {"to": {"type": "array", "minItems": 1, "maxItems": 1}},
        },
    },
    ("resend.yaml", "/emails", "post"): {
        "required": ["from", "to", "subject", "html", "text"],
        "properties": {"to": {"type": "array", "minItems": 1, "maxItems": 1}},
    },
    ("brevo_swagger.yaml", "/smtp/email", "post"): {
        "required": ["sender", "replyTo", "subject", "htmlContent", "headers", "messageVersions"],
        "not": {"anyOf": [{"required": ["to"]}, {"required": ["scheduledAt"]}]},
        "properties": {
            "headers": {"required": ["idempotencyKey"]},
            "messageVersions": {
                "minItems": 1,
                "maxItems": 1000,
                "items": {
                    "required": ["to", "htmlContent", "textContent"],
                    "properties": {"to": {"minItems": 1, "maxItems": 1}},
                },
            },
        },
    },
}


def validated(spec_file: str, operation: tuple[str, str], body: object) -> None:
    """Compare a body as parsed with what `operation` (path, method) takes.

    Raises AssertionError that names the places, not the values.
    """
    if not (SPECS / spec_file).exists():
        pytest.skip("the vendors' descriptions are not here")
    path, method = operation
    registry = Registry().with_resource("spec", DRAFT4.create_resource(_tightened(spec_file)))
    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in _place(spec_file, path, method))
    schemas = ({"$ref": f"spec#/{pointer}"}, _CAPS.get((spec_file, path, method), {}))
    problems = [
        f"{'/'.join(str(step) for step in error.absolute_path) or 'the body'}: {error.validator}"
        for schema in schemas
        for error in Draft4Validator(schema, registry=registry).iter_errors(body)
    ]
    assert not problems, problems


def _place(spec_file: str, path: str, method: str) -> tuple[str, ...]:
    """Where the schema of the body stands, in Swagger 2 or in OpenAPI 3."""
    said = _tightened(spec_file)["paths"][path][method]  # type: ignore[index]
    here = ("paths", path, method)
    if "requestBody" in said:
        media_type = next(iter(said["requestBody"]["content"]))
        return (*here, "requestBody", "content", media_type, "schema")
    number = next(n for n, one in enumerate(said["parameters"]) if one["in"] == "body")
    return (*here, "parameters", str(number), "schema")


@lru_cache(maxsize=8)
def _tightened(spec_file: str) -> Mapping[str, object]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, object] = yaml.load((SPECS / spec_file).read_text("utf-8"), loader)
    for place, schema in _MENDED.get(spec_file, {}).items():
        at = document
        for step in place[:-1]:
            at = at[step]  # type: ignore[assignment]
        at[place[-1]] = schema
    for schema in _objects(document):
        schema.setdefault("additionalProperties", False)
    return document


def _objects(node: object) -> Iterator[dict[str, object]]:
    """Every schema that names its fields; one without any takes what it is given."""
    if isinstance(node, list):
        for part in node:
            yield from _objects(part)
    if not isinstance(node, dict):
        return
    if node.get("type") == "object" and isinstance(node.get("properties"), dict) and node["properties"]:
        yield node
    for part in node.values():
        yield from _objects(part)
