"""How two services' calls and answers look: Postmark's, which knows no repeats, and Resend's, which does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

_REFUSALS = {
    ("postmark", 401): {"ErrorCode": 10, "Message": "Bad or missing Server API token."},
    ("postmark", 403): {"ErrorCode": 412, "Message": "pending approval"},
    ("postmark", 429): {"ErrorCode": 429, "Message": "Rate Limit Exceeded"},
    ("resend", 401): {"name": "restricted_api_key", "statusCode": 401},
    ("resend", 403): {"name": "invalid_from_address", "statusCode": 403},
    ("resend", 422): {"name": "validation_error", "statusCode": 422},
    ("resend", 429): {"name": "rate_limit_exceeded", "statusCode": 429},
}


class Mail(NamedTuple):
    key: str
    address: str


def mails(kind: str, body: bytes) -> list[Mail]:
    """The mails of a call, in order."""
    listed = json.loads(body)
    if kind == "postmark":
        return [Mail(str(mail["Metadata"]["delivery"]), str(mail["To"])) for mail in listed]
    return [
        Mail(next(str(tag["value"]) for tag in mail["tags"] if tag["name"] == "delivery"), str(mail["to"][0]))
        for mail in listed
    ]


def answer(kind: str, mails: Sequence[Mail], refused: int, *, inactive: bool) -> bytes:
    """The answer to a call of which all was taken but the mail at the place `refused` (-1: all)."""
    if kind == "postmark":
        code, said = (406, "inactive") if inactive else (300, "Invalid 'To' address")
        return json.dumps(
            [
                {"ErrorCode": code, "Message": said}
                if place == refused
                else {"ErrorCode": 0, "Message": "OK", "MessageID": f"id-{mail.key}"}
                for place, mail in enumerate(mails)
            ]
        ).encode()
    taken = [{"id": f"id-{mail.key}"} for place, mail in enumerate(mails) if place != refused]
    errors = [{"index": refused, "message": "Invalid `to` field"}] if refused >= 0 else []
    return json.dumps({"data": taken, "errors": errors}).encode()


def refusal(kind: str, status: int) -> bytes:
    if status == 502:
        return b"<html>bad gateway</html>"
    return json.dumps(_REFUSALS.get((kind, status), {})).encode()
