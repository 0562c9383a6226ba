"""How fast a letter goes out, beside a bare loop that posts the same bodies with no ledger.

`python -m benchmarks.sending [READERS …]`: 1,000, 10,000 and 100,000 readers where none are named.
Sender and sink share this computer; each measurement is a process of its own, so that its peak
memory is its own. Ratios are of two runs, one after the other; medians of three such pairs.
"""

from __future__ import annotations

import json
import resource
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from pydantic import SecretStr

from pipeline.app.send import deliver
from pipeline.deliver.providers.mailgun import Mailgun
from pipeline.deliver.providers.postmark import Postmark
from pipeline.deliver.providers.smtp import MESSAGES_A_CONNECTION, Smtp
from pipeline.model import (
    Approval,
    Choices,
    Claim,
    Issue,
    Letter,
    Message,
    Parcel,
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
RUNS = 3


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
        case "smtp":
            return Smtp(endpoint=f"smtp://127.0.0.1:{port}", password=SecretStr(""))
        case _:
            raise SystemExit(f"{kind!r} is no provider to be measured")


def frozen(store: SqlStore, readers: int, *, batch: int = BATCH, now: datetime = NOW) -> float:
    """An approved issue frozen for so many readers; the seconds that the freeze took."""
    with store.database.writing() as connection:
        for start in range(0, readers, 1_000):  # so that this list is not what the peak is of
            connection.exec_driver_sql(
                "INSERT INTO subscriber (email, name, state, state_at, consent, added_at) "
                "VALUES (?,?,?,?,?,?)",
                [
                    (f"reader{n}@example.org", "Anna", "active", WHEN, "asked", WHEN)
                    for n in range(start, min(start + 1_000, readers))
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
    store.issues.save_draft(ISSUE, draft, now)
    store.issues.approve(ISSUE, Approval(fingerprint="f" * 64, readers=readers, at=now))
    began = time.perf_counter()
    queued = store.ledger.freeze(a_letter(), (), batch_size=batch, now=now)
    assert queued == readers
    return time.perf_counter() - began


def with_ledger(kind: str, port: int, readers: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store("sqlite:///letters.db", base=Path(folder))
        service = provider(kind, port)
        freeze_s = frozen(store, readers, batch=min(BATCH, service.limits.max_messages))
        common = filling()

        def fill(claim: Claim) -> Sequence[Message]:
            return common.messages(claim.recipients)

        began = time.perf_counter()
        *_, totals = deliver(
            ledger=store.ledger,
            provider=service,
            clock=WallClock(),
            issue=ISSUE,
            fill=fill,
            per_minute=0,
            stop=lambda: False,
        )
        seconds = time.perf_counter() - began
        assert totals.accepted == readers, totals
        service.close()
        store.close()
    return {"seconds": seconds, "freeze_s": freeze_s}


def bare(kind: str, port: int, readers: int) -> dict[str, float]:
    """The same bodies, posted one call after the other, and nothing remembered."""
    service = provider(kind, port)
    offer = _smtplib(port) if kind == "smtp" else service.offer
    common = filling()
    began = time.perf_counter()
    taken = 0
    for start in range(0, readers, BATCH):
        some = [
            Recipient(
                key=f"{n:032x}", email=f"reader{n}@example.org", name="Anna", leave_token=f"{n}.{n:044d}"
            )
            for n in range(start, min(start + BATCH, readers))
        ]
        for parcel in service.parcels(common.messages(some), most=BATCH):
            taken += len(offer(parcel))
    assert taken == readers
    return {"seconds": time.perf_counter() - began}


def _smtplib(port: int) -> Callable[[Parcel], Sequence[object]]:
    """Python's own client, with as many mails a connection as ours."""
    connections: list[smtplib.SMTP] = []
    turn = count()

    def offer(parcel: Parcel) -> Sequence[object]:
        if next(turn) % MESSAGES_A_CONNECTION == 0:
            if connections:
                connections.pop().quit()
            connections.append(smtplib.SMTP("127.0.0.1", port, "localhost"))
        refused = connections[-1].sendmail(parcel.sender, [parcel.envelopes[0].to], bytes(parcel.body))
        return () if refused else parcel.envelopes

    return offer


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
    counts = [int(one) for one in arguments] or READERS
    for kind in ("postmark", "mailgun", "smtp"):
        # Two commits a mail: what SMTP costs shows with the fewest, and takes long with more.
        for number in (min(counts),) if kind == "smtp" else counts:
            print(_compared(kind, number), flush=True)
    return 0


def _compared(kind: str, readers: int) -> str:
    """One line: medians of runs that each stand beside a bare one, since the computer may be busy."""
    plain, ours, ratios = [], [], []
    for _ in range(RUNS):
        plain.append(measured("bare", kind, readers))
        ours.append(measured("ledger", kind, readers))
        ratios.append(ours[-1]["seconds"] / plain[-1]["seconds"])
    return _ROW.format(
        kind,
        readers,
        f"{readers / statistics.median(one['seconds'] for one in ours):.0f}",
        f"{readers / statistics.median(one['seconds'] for one in plain):.0f}",
        f"{statistics.median(ratios):.2f}x",
        f"{statistics.median(one['peak_mib'] for one in ours):.1f}",
        f"{statistics.median(one['freeze_s'] for one in ours):.2f}",
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
