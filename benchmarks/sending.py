"""How fast a letter goes out, beside a bare loop that posts the same bodies with no ledger.

`python -m benchmarks.sending [READERS …]`: 1,000, 10,000 and 100,000 readers where none are named.
Sender and sink share this computer; each measurement is a process of its own, so that its peak
memory is its own. Ratios are of one run, one after the other.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from pipeline.app.send import deliver
from pipeline.deliver.providers.mailgun import Mailgun
from pipeline.deliver.providers.postmark import Postmark
from pipeline.model import (
    Approval,
    Choices,
    Claim,
    Issue,
    Letter,
    Message,
    Placed,
    Recipient,
    Sender,
)
from pipeline.ports import Provider
from pipeline.render.letter import Leaving
from pipeline.render.message import Filling
from pipeline.store import SqlStore, open_store
from pipeline.wiring import WallClock

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
ISSUE = "2026-11"
MARK = "m0123456789abcdef0123"
BODY_BYTES = 45_000
BATCH = 500
WHEN = "2026-10-01T00:00:00.000000Z"
_ROW = "{:<10} {:>8} {:>10} {:>8} {:>6} {:>9} {:>9}"
READERS = (1_000, 10_000, 100_000)


def a_letter(size: int = BODY_BYTES) -> Letter:
    """A letter of 45 kB in all where nothing else is said, two thirds of it HTML."""
    html = (
        f"<html><body><p>{MARK}-greeting-</p>"
        + "<p>Some words of a letter.</p>" * (size // 3 * 2 // 30)
        + f"<a href='https://letters.example.org/u/{MARK}-leave-'>Leave</a></body></html>"
    )
    text = f"{MARK}-greeting-\n" + "Some words of a letter.\n" * (size // 3 // 24) + f"{MARK}-leave-\n"
    return Letter(
        issue=ISSUE,
        sender=Sender(name="The Quiet Room", address="letters@example.org", reply_to="m@example.org"),
        subject="The room after the storm",
        preheader="",
        html=html,
        text=text,
        mark=MARK,
    )


def filling(size: int = BODY_BYTES) -> Filling:
    leaving = Leaving(base_url="https://letters.example.org", mail_to="m@example.org")
    return Filling(a_letter(size), leaving=leaving, language="en", at=NOW)


def provider(kind: str, port: int) -> Provider:
    url = f"http://127.0.0.1:{port}"
    match kind:
        case "postmark":
            return Postmark(token=SecretStr("token"), endpoint=url)
        case "mailgun":
            return Mailgun(key=SecretStr("key"), domain="example.org", endpoint=url)
        case _:
            raise SystemExit(f"{kind!r} is no provider to be measured")


def frozen(store: SqlStore, readers: int, *, batch: int = BATCH) -> float:
    """An approved issue frozen for so many readers; the seconds that the freeze took."""
    with store.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO subscriber (email, name, state, state_at, consent, added_at) VALUES (?,?,?,?,?,?)",
            [
                (
                    f"reader{n}@example.org",
                    "Anna",
                    "active",
                    WHEN,
                    "asked",
                    WHEN,
                )
                for n in range(readers)
            ],
        )
    draft = Issue(
        name=ISSUE,
        subject="s",
        preheader="",
        lead="p",
        posts=(Placed(post="p", title="", url="", shown=1, whole=True, reason=""),),
        quote=None,
        note="",
        care=(),
        left_out=(),
        reasons=(),
    )
    store.issues.save_choices(ISSUE, Choices())
    store.issues.save_draft(ISSUE, draft, NOW)
    store.issues.approve(ISSUE, Approval(fingerprint="f" * 64, readers=readers, at=NOW))
    began = time.perf_counter()
    count = store.ledger.freeze(a_letter(), (), batch_size=batch, now=NOW)
    assert count == readers
    return time.perf_counter() - began


def with_ledger(kind: str, port: int, readers: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store("sqlite:///letters.db", base=Path(folder))
        freeze_s = frozen(store, readers)
        common = filling()

        def fill(claim: Claim) -> Sequence[Message]:
            return common.messages(claim.recipients)

        began = time.perf_counter()
        *_, totals = deliver(
            ledger=store.ledger,
            provider=provider(kind, port),
            clock=WallClock(),
            issue=ISSUE,
            fill=fill,
            per_minute=0,
            stop=lambda: False,
        )
        seconds = time.perf_counter() - began
        assert totals.accepted == readers, totals
        store.close()
    return {"seconds": seconds, "freeze_s": freeze_s}


def bare(kind: str, port: int, readers: int) -> dict[str, float]:
    """The same bodies, posted one call after the other, and nothing remembered."""
    common, service = filling(), provider(kind, port)
    began = time.perf_counter()
    taken = 0
    for start in range(0, readers, BATCH):
        some = [
            Recipient(key=f"{n:032x}", email=f"reader{n}@example.org", name="Anna", leave_token=f"{n:043d}")
            for n in range(start, min(start + BATCH, readers))
        ]
        for parcel in service.parcels(common.messages(some), most=BATCH):
            taken += len(service.offer(parcel))
    assert taken == readers
    return {"seconds": time.perf_counter() - began}


@contextmanager
def sink(kind: str) -> Iterator[int]:
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", kind], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline())
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def measured(way: str, kind: str, readers: int) -> dict[str, float]:
    with sink(kind) as port:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.sending", "--one", way, kind, str(port), str(readers)],
            capture_output=True,
            text=True,
            check=True,
        )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--one"]:
        way, kind, port, readers = arguments[1:]
        figures = (bare if way == "bare" else with_ledger)(kind, int(port), int(readers))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(figures | {"peak_mib": peak}))
        return 0
    print(_ROW.format("provider", "readers", "readers/s", "bare/s", "time", "peak MiB", "freeze s"))
    for kind in ("postmark", "mailgun"):
        for count in [int(one) for one in arguments] or READERS:
            plain, ours = measured("bare", kind, count), measured("ledger", kind, count)
            print(
                _ROW.format(
                    kind,
                    count,
                    f"{count / ours['seconds']:.0f}",
                    f"{count / plain['seconds']:.0f}",
                    f"{ours['seconds'] / plain['seconds']:.2f}x",
                    f"{ours['peak_mib']:.1f}",
                    f"{ours['freeze_s']:.2f}",
                )
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
