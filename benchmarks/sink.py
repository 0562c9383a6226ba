"""A mail service on loopback that takes everything, as fast as Python can: `python -m benchmarks.sink KIND`.

Prints its port, then serves until it is killed: two APIs, and SMTP. One thread, one connection after
the other, as our sender makes them.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

Answer = Callable[[bytearray], bytes]
Talk = Callable[[socket.socket], None]


def postmark(body: bytearray) -> bytes:
    """One answer a mail, counted by a field that each has once."""
    one = b'{"ErrorCode":0,"Message":"OK","MessageID":"b7bc2f4a-e38e-4336-af7d-e6c392c2f817"}'
    return b"[" + b",".join([one] * body.count(b'"TrackLinks"')) + b"]"


def mailgun(body: bytearray) -> bytes:  # noqa: ARG001
    return b'{"id":"<20261103.1@letters.example>","message":"Queued. Thank you."}'


def serve(talk: Talk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection, suppress(ConnectionError):
                talk(connection)


def _mail_server(connection: socket.socket) -> None:
    """SMTP (RFC 5321), as far as a sender that makes no mistakes goes."""
    connection.sendall(b"220 sink\r\n")
    received = b""
    while True:
        while (end := received.find(b"\r\n")) < 0:
            if not (chunk := connection.recv(65_536)):
                return
            received += chunk
        word, received = received[:4].upper(), received[end + 2 :]
        if word == b"DATA":
            connection.sendall(b"354 go on\r\n")
            pieces = [received]
            while not b"".join(pieces[-2:]).endswith(b"\r\n.\r\n"):
                pieces.append(connection.recv(262_144))
            received = b""
            connection.sendall(b"250 2.0.0 Ok: queued as 4Rk9xJ2\r\n")
        elif word == b"QUIT":
            connection.sendall(b"221 bye\r\n")
            return
        else:
            connection.sendall(b"250 Ok\r\n")


def _api(connection: socket.socket, answer: Answer) -> None:
    received = bytearray()
    while True:
        while (end := received.find(b"\r\n\r\n")) < 0:
            if not (chunk := connection.recv(65_536)):
                return
            received += chunk
        head = bytes(received[:end]).lower()
        if head.startswith(b"get "):  # what the account's settings are is not for this key to ask
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            received = bytearray()
            continue
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        body = bytearray(length)
        have = len(received) - end - 4
        body[:have] = received[end + 4 :]
        view = memoryview(body)
        while have < length:
            read = connection.recv_into(view[have:])
            if not read:
                return
            have += read
        view.release()
        said = answer(body)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(said), said)
        )
        received = bytearray()


KINDS: dict[str, Talk] = {
    "postmark": partial(_api, answer=postmark),
    "mailgun": partial(_api, answer=mailgun),
    "smtp": _mail_server,
}

if __name__ == "__main__":
    serve(KINDS[sys.argv[1]])
