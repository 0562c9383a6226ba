"""A mail service on loopback that misbehaves as told, and remembers exactly what it took.

`python -m benchmarks.faults.service KIND JOURNAL SEED MISBEHAVES` prints its port. KIND is
`postmark` (knows no repeats) or `resend` (knows a call by its key). The journal gets one line for
each mail that was really taken, written and flushed before any answer.
"""

from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# (what is done, how often of a hundred): the rest is answered well.
FAULTS = (
    ("busy, come in a second", 3),
    ("busy, come at a date", 2),
    ("busy, no word when", 2),
    ("broken before it took anything", 2),
    ("broken after it took everything", 3),
    ("a gateway's page", 2),
    ("closed before", 3),
    ("closed after it took everything", 4),
    ("half an answer", 2),
    ("no JSON", 2),
    ("fewer answers than mails", 2),
    ("one mail refused", 4),
    ("one mail inactive", 3),
    ("led elsewhere", 0),
)


@dataclass
class Service:
    """What it knows."""

    kind: str
    journal: int
    chance: random.Random
    misbehaves: bool
    answers: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # call's key → (body, answer)

    def take(self, keys: list[str]) -> None:
        os.write(self.journal, "".join(f"{key}\n" for key in keys).encode())
        os.fsync(self.journal)

    def fault(self) -> str:
        if not self.misbehaves:
            return ""
        drawn = self.chance.randrange(100)
        for name, share in FAULTS:
            if drawn < share:
                return name
            drawn -= share
        return ""


def handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            domain = {"name": "example.org", "status": "verified"}
            self._say(200, json.dumps({"data": [domain], "Messages": [], "TotalCount": 0}).encode())

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length).decode(errors="replace")
            if len(body.encode()) < length:  # the sender died in the middle: nothing is taken of it
                self.close_connection = True
                return
            mails: list[Any] = json.loads(body)
            fault = service.fault()
            match fault:
                case "busy, come in a second":
                    self._say(429, b"{}", ("Retry-After", "1"))
                case "busy, come at a date":
                    self._say(429, b"{}", ("Retry-After", "Tue, 03 Nov 2026 09:00:00 GMT"))
                case "busy, no word when":
                    self._say(429, b"{}")
                case "broken before it took anything":
                    self._say(500, b"{}")
                case "a gateway's page":
                    self._say(502, b"<html>bad gateway</html>")
                case "closed before":
                    self.close_connection = True
                case _:
                    self._taken(mails, body, fault)

        def _taken(self, mails: list[Any], body: str, fault: str) -> None:
            keys = [_key(service.kind, mail) for mail in mails]
            call = self.headers.get("Idempotency-Key", "")
            if call and call in service.answers:
                before, answer = service.answers[call]
                if before != body:
                    self._say(409, b'{"name": "invalid_idempotent_request", "statusCode": 409}')
                    return
            else:
                refused = service.chance.randrange(len(keys)) if fault.startswith("one mail") else -1
                service.take([key for place, key in enumerate(keys) if place != refused])
                answer = _answer(service.kind, keys, refused, fault)
                if call:
                    service.answers[call] = (body, answer)
            match fault:
                case "broken after it took everything":
                    self._say(500, b"{}")
                case "closed after it took everything":
                    self.close_connection = True
                case "half an answer":
                    self._say(200, answer[: len(answer) // 2])
                case "no JSON":
                    self._say(200, b"<html>all is well</html>")
                case "fewer answers than mails" if len(keys) > 1:
                    self._say(200, _answer(service.kind, keys[:-1], -1, ""))
                case _:
                    self._say(200, answer)

        def _say(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _key(kind: str, mail: Any) -> str:
    if kind == "postmark":
        return str(mail["Metadata"]["delivery"])
    return next(str(tag["value"]) for tag in mail["tags"] if tag["name"] == "delivery")


def _answer(kind: str, keys: list[str], refused: int, fault: str) -> bytes:
    if kind == "postmark":
        code = 406 if "inactive" in fault else 300
        said = "Invalid 'To' address" if code == 300 else "inactive"
        return json.dumps(
            [
                {"ErrorCode": code, "Message": said}
                if place == refused
                else {"ErrorCode": 0, "Message": "OK", "MessageID": f"id-{key}"}
                for place, key in enumerate(keys)
            ]
        ).encode()
    taken = [{"id": f"id-{key}"} for place, key in enumerate(keys) if place != refused]
    errors = [{"index": refused, "message": "Invalid `to` field"}] if refused >= 0 else []
    return json.dumps({"data": taken, "errors": errors}).encode()


def main(arguments: list[str]) -> None:
    kind, journal, seed, misbehaves = arguments
    file = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    service = Service(kind, file, random.Random(int(seed)), misbehaves == "yes")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(service)) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main(sys.argv[1:])
