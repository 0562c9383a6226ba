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
_OFF = {"type": "object", "required": ["enable"], "properties": {"enable": {"enum": [False]}}}
_MAILGUN = ("components", "schemas", "POST-v3-domain_name-messages-multipart-form-data-RequestBody")

# What a description gets wrong: where it stands, and how it reads on the vendor's pages and in its SDKs.
_MENDED: dict[str, dict[tuple[str, ...], object]] = {
    "mailgun_openapi.yaml": {
        (*_MAILGUN, "additionalProperties"): False,
        # Described by an example each: h:X-My-Header and v:my-var.
        (*_MAILGUN, "patternProperties"): {"^[hv]:[A-Za-z-]+$": {"type": "string"}},
    },
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
    ("mailgun_openapi.yaml", "/v3/{domain_name}/messages", "post"): {
        # Without the variables every reader would see all addresses.
        "required": ["recipient-variables", "html", "text", "h:Reply-To", "o:tag", "v:delivery"],
        "properties": {
            "to": {"type": "array", "minItems": 1, "maxItems": 500, "uniqueItems": True},
            "recipient-variables": {"type": "string", "pattern": r"^\{\".+\"\}\}$"},
            "o:tracking": {"enum": ["no"]},
            "o:tracking-clicks": {"enum": ["no"]},
            "o:tracking-opens": {"enum": ["no"]},
        },
    },
    ("sendgrid_tsg_mail_v3.yaml", "/v3/mail/send", "post"): {
        "required": ["reply_to", "categories", "tracking_settings"],
        "properties": {
            "personalizations": {
                "minItems": 1,
                "maxItems": 1000,
                "items": {
                    "required": ["headers", "substitutions", "custom_args"],
                    "properties": {
                        "to": {"minItems": 1, "maxItems": 1},
                        "headers": _STRINGS,
                        "custom_args": _STRINGS,
                    },
                },
            },
            "content": {
                "maxItems": 2,
                "items": [
                    {"properties": {"type": {"enum": ["text/plain"]}}},
                    {"properties": {"type": {"enum": ["text/html"]}}},
                ],
            },
            "categories": {"maxItems": 10, "items": {"maxLength": 255}},
            "tracking_settings": {
                "required": ["click_tracking", "open_tracking", "subscription_tracking", "ganalytics"],
                "additionalProperties": _OFF,
            },
        },
    },
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
            "headers": {
                "required": ["idempotencyKey"],
                "properties": {"idempotencyKey": {"pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}},
            },
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
    if "$ref" in said.get("requestBody", {}):
        here = tuple(said["requestBody"]["$ref"].removeprefix("#/").split("/"))
        said = {"requestBody": _tightened(spec_file)[here[0]][here[1]][here[2]]}  # type: ignore[index]
        media_type = next(iter(said["requestBody"]["content"]))
        return (*here, "content", media_type, "schema")
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
