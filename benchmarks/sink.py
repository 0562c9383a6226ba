"""A mail service on loopback that takes everything, as fast as Python can: `python -m benchmarks.sink KIND`.

Prints its port, then serves until it is killed. One thread, one connection after the other: the
sender keeps one open.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

Answer = Callable[[bytearray], bytes]


def postmark(body: bytearray) -> bytes:
    """One answer a mail, counted by a field that each has once."""
    one = b'{"ErrorCode":0,"Message":"OK","MessageID":"b7bc2f4a-e38e-4336-af7d-e6c392c2f817"}'
    return b"[" + b",".join([one] * body.count(b'"TrackLinks"')) + b"]"


def mailgun(body: bytearray) -> bytes:  # noqa: ARG001
    return b'{"id":"<20261103.1@letters.example>","message":"Queued. Thank you."}'


KINDS: dict[str, Answer] = {"postmark": postmark, "mailgun": mailgun}


def serve(answer: Answer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                _talk(connection, answer)


def _talk(connection: socket.socket, answer: Answer) -> None:
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


if __name__ == "__main__":
    serve(KINDS[sys.argv[1]])
