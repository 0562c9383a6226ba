"""A mail service on loopback that misbehaves as told, and remembers exactly what it took, for many letters.

`python -m benchmarks.faults.service` prints its port. A letter has a path of its own, `/NAME/…`, and
is made by `POST /-/NAME` with a `Wanted`; `GET /-/NAME` says, once no call is under way, what it did.
The journal gets a line `KEY ADDRESS` for each mail that was really taken, written before any answer.
Like a real one it knows a repeat by its key before it looks at what is in it.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.faults import shapes
from benchmarks.faults.bad_days import FAULTS

TOMORROW_S = 86_400
BOMB_BYTES = 300_000_000
_PAUSE_S = 0.05  # between two single bytes
_IDLE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a letter is to be answered: `share` of its calls badly (0 to 1), by one of `faults`."""

    kind: str
    journal: str
    seed: int
    share: float = 0.0
    faults: tuple[str, ...] = ()
    slow_s: float = 1.0  # longer than the sender waits


@dataclass
class Letter:
    """One letter as this service knows it."""

    wanted: Wanted
    chance: random.Random
    answers: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)  # call's key → (body, answer)
    calls: list[str] = field(default_factory=list)  # what was done with each, "" for well
    elsewhere: int = 0  # calls to where we led it
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, mails: list[shapes.Mail]) -> None:
        # One write, and no sync: nobody cuts this process off, and the kernel keeps what is written.
        with open(self.wanted.journal, "a") as journal:  # noqa: PTH123
            journal.write("".join(f"{mail.key} {mail.address}\n" for mail in mails))

    def fault(self) -> str:
        if not self.wanted.faults or self.chance.random() >= self.wanted.share:
            return ""
        weights = [FAULTS[name].share for name in self.wanted.faults]
        return self.chance.choices(self.wanted.faults, weights)[0]


class Service(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.letters: dict[str, Letter] = {}
        self._under_way = 0
        self._change = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        # Counted as it is taken from the queue: whoever asks afterwards finds all that came before her.
        with self._change:
            self._under_way += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._change:
            self._under_way -= 1
            self._change.notify_all()

    def wait_until_idle(self) -> None:
        """But for the call that asks."""
        with self._change:
            self._change.wait_for(lambda: self._under_way <= 1, _IDLE_S)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever is killed in the middle of a call leaves one of these."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service
    letter: Letter

    def do_GET(self) -> None:
        name, path = self._parts()
        if name == "-":
            self.server.wait_until_idle()
            letter = self.server.letters[path]
            self._say(200, json.dumps({"calls": letter.calls, "elsewhere": letter.elsewhere}).encode())
            return
        self.letter = self.server.letters[name]
        if path == "messages/outbound":
            self._say(200, self._outbound())
            return
        domain = {"name": "example.org", "status": "verified"}
        self._say(200, json.dumps({"data": [domain]}).encode())

    def do_POST(self) -> None:
        name, path = self._parts()
        length = int(self.headers["Content-Length"])
        if name == "-":
            wanted = Wanted(**json.loads(self.rfile.read(length)))
            self.server.letters[path] = Letter(wanted, random.Random(wanted.seed))
            self._say(200, b"{}")
            return
        self.letter = self.server.letters[name]
        if path == "elsewhere":
            self.letter.elsewhere += 1
        with self.letter.lock:  # one call after the other, as our sender makes them
            fault = self.letter.fault()
            if fault == "reset in the middle of our body":
                self.rfile.read(length // 2)
                self._reset(fault)
                return
            body = self.rfile.read(length)
            if len(body) < length:  # the sender died in the middle: nothing is taken of it
                self.close_connection = True
                return
            self._answer(body, fault)

    def do_DELETE(self) -> None:
        del self.server.letters[self._parts()[1]]
        self._say(200, b"{}")

    def _parts(self) -> tuple[str, str]:
        name, _, path = urlsplit(self.path).path[1:].partition("/")
        return name, path

    def _answer(self, body: bytes, fault: str) -> None:
        known = self.headers.get("Idempotency-Key", "") in self.letter.answers
        if fault and not FAULTS[fault].takes:
            # What is wrong with a call was wrong with it before: a repeat of one that was taken is not.
            if fault[:3] in ("413", "422") and known:
                fault = ""
            else:
                self._turn_away(fault)
                return
        mails = shapes.mails(self.letter.wanted.kind, body)
        call = self.headers.get("Idempotency-Key", "")
        if known:
            before, answer = self.letter.answers[call]
            if before != body:
                self._noted("")
                self._say(409, b'{"name": "invalid_idempotent_request", "statusCode": 409}')
                return
        else:
            refused = self.letter.chance.randrange(len(mails)) if fault.startswith("one mail") else -1
            self.letter.take([mail for place, mail in enumerate(mails) if place != refused])
            answer = shapes.answer(self.letter.wanted.kind, mails, refused, inactive="inactive" in fault)
            if call:
                kept = b"another body" if fault == "409: another body" else body
                self.letter.answers[call] = (kept, answer)
        self._say_badly(fault, answer, mails)

    def _turn_away(self, fault: str) -> None:
        status = int(fault[:3]) if fault[:3].isdigit() else 0
        if not status:
            self._reset(fault)
            return
        self._noted(fault)
        headers: dict[str, str] = {}
        match fault:
            case "429: come in a second":
                headers["Retry-After"] = "1"
            case "429: come at a date":
                headers["Retry-After"] = "Tue, 03 Nov 2026 09:00:00 GMT"
            case "429: come tomorrow":
                headers["Retry-After"] = str(TOMORROW_S)
            case "429: come before now":
                headers["Retry-After"] = "-30"
            case "302: led elsewhere":
                headers["Location"] = f"/{self._parts()[0]}/elsewhere"
        self._say(status, shapes.refusal(self.letter.wanted.kind, status), headers)

    def _say_badly(self, fault: str, answer: bytes, mails: list[shapes.Mail]) -> None:
        self._noted(fault)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        match fault:
            case "500: everything taken":
                self._say(500, b"{}")
            case "reset after everything was taken":
                self._reset("")
            case "409: another body":
                self._reset("")
            case "reset in the middle of the answer":
                self.wfile.write(head % len(answer) + answer[: len(answer) // 2])
                self._reset("")
            case "half an answer":
                self._say(200, answer[: len(answer) // 2])
            case "shorter than it says":
                self.wfile.write(head % (len(answer) + 100) + answer)
                self.close_connection = True
            case "longer than it says":
                self.wfile.write(head % (len(answer) // 2) + answer)
                self.close_connection = True
            case "no JSON":
                self._say(200, b"<html>all is well</html>")
            case "fewer answers than mails" if len(mails) > 1:
                self._say(200, shapes.answer(self.letter.wanted.kind, mails[:-1], -1, inactive=False))
            case "an answer of ten megabytes":
                self._say(200, answer + b" " * 10_000_000)
            case "a gzip bomb":
                self._say(200, _bomb(), {"Content-Encoding": "gzip"})
            case "silent after everything was taken":
                time.sleep(self.letter.wanted.slow_s)
                self._reset("")
            case "headers byte by byte":
                self._drip(b"", head % len(answer) + answer)
            case "a body byte by byte":
                self._drip(head % len(answer), answer)
            case _:
                self._say(200, answer)

    def _drip(self, first: bytes, rest: bytes) -> None:
        """`rest` byte by byte for as long as the sender may wait, and then no more of it."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.sendall(first)
            until = time.monotonic() + self.letter.wanted.slow_s
            for byte in rest:
                if time.monotonic() > until:
                    return
                self.connection.sendall(bytes((byte,)))
                time.sleep(_PAUSE_S)

    def _outbound(self) -> bytes:
        """Postmark's list of what it took, newest first, a page of it, or the mail of one key."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        with open(self.letter.wanted.journal) as file:  # noqa: PTH123
            keys = [line.split()[0] for line in file][::-1]
        if key := asked.get("metadata_delivery"):
            keys = [one for one in keys if one == key]
        start = int(asked["offset"])
        page = keys[start : start + int(asked["count"])]
        found = [{"MessageID": f"id-{key}", "Metadata": {"delivery": key}} for key in page]
        return json.dumps({"TotalCount": len(keys), "Messages": found}).encode()

    def _noted(self, fault: str) -> None:
        self.letter.calls.append(fault)

    def _reset(self, fault: str) -> None:
        """Close at once, with what may be under way thrown away (RST)."""
        if fault:
            self._noted(fault)
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _say(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        # In one write: two would wait for each other (RFC 896).
        self.wfile.write("\r\n".join((*lines, "", "")).encode() + body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@cache
def _bomb() -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [squeeze.compress(b" " * 1_000_000) for _ in range(BOMB_BYTES // 1_000_000)]
    return b"".join((*pieces, squeeze.flush()))


def main() -> None:
    _bomb()
    with Service() as server:
        print(server.server_address[1], flush=True)
        server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
