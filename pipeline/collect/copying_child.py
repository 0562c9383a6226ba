"""The child of `copying`: reads one picture from standard input, writes a line of JSON and our copy."""

from __future__ import annotations

import resource
import sys

import orjson

from pipeline.model import NoCopy


def main() -> None:
    """Limits first, then the decoders: nothing of the picture is touched before they hold."""
    head, _, received = sys.stdin.buffer.read().partition(b"\n")
    order = orjson.loads(head)
    resource.setrlimit(resource.RLIMIT_CPU, (order["cpu_s"], order["cpu_s"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what was read
    resource.setrlimit(resource.RLIMIT_AS, (order["memory_bytes"], order["memory_bytes"]))

    from pipeline.render.pictures import own_copy

    made = own_copy(received)
    said: dict[str, object]
    if isinstance(made, NoCopy):
        said, jpeg = {"problem": made.problem}, b""
    else:
        said, jpeg = {"problem": "", "width": made.width, "height": made.height}, made.jpeg
    sys.stdout.buffer.write(orjson.dumps(said) + b"\n" + jpeg)


if __name__ == "__main__":
    main()
