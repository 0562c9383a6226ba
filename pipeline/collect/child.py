"""The child of `apart`: reads one document from standard input, writes what it held as JSON."""

from __future__ import annotations

import resource
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from pipeline.model import Fetched


def main() -> None:
    """Limits first, then the parser: nothing of the document is touched before they hold."""
    head, _, body = sys.stdin.buffer.read().partition(b"\n")
    order = orjson.loads(head)
    resource.setrlimit(resource.RLIMIT_CPU, (order["cpu_s"], order["cpu_s"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what was read
    resource.setrlimit(resource.RLIMIT_AS, (order["memory_bytes"], order["memory_bytes"]))

    from pipeline.collect.parse import parse

    fetched = Fetched(
        url=order["url"], final_url=order["final_url"], body=body, content_type=order["content_type"]
    )
    parsed = parse(fetched, zone=ZoneInfo(order["zone"]), now=datetime.fromisoformat(order["now"]))
    sys.stdout.buffer.write(orjson.dumps(parsed))


if __name__ == "__main__":
    main()
