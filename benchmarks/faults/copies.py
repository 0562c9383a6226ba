"""B8: an old copy of the database is brought back while, or after, its letter went out."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.faults.sender import NOT_ALLOWED
from benchmarks.faults.stage import DATABASE, World, stage
from benchmarks.faults.worst import Worst

_HOURS_LATER_S = 6 * 3600.0  # by then the service knows all that it took


def restored(world: World, kind: str, *, count: int, readers: int) -> Iterator[str]:
    """Nothing goes out until `resolve` has asked what the copy has forgotten; then nobody is mailed twice."""
    chance, worst, faults, forgetful = random.Random(8), Worst(), list[str](), 0
    for seed in range(count):
        with world.scratch() as aside, stage(world, kind, readers=readers, seed=seed) as on:
            on.start().killed_after(chance.uniform(0.0, 0.15))
            at_the_copy = len(on.taken())
            _copied(Path(on.task.folder), aside)
            on.start().killed_after(chance.uniform(0.1, 0.4))
            before = len(on.taken())
            _copied(aside, Path(on.task.folder))
            forgot = before > at_the_copy
            forgetful += forgot
            code = on.run()
            if code != NOT_ALLOWED and forgot:
                faults.append(f"FAULT {seed}: a copy that has forgotten mails was sent from ({code})")
            if len(on.taken()) != before and forgot:
                faults.append(f"FAULT {seed}: {len(on.taken()) - before} mails before it was resolved")
            # What it knows nothing of is only believed some time after we began to doubt: asked twice.
            for later in (1, 2):
                on.task = replace(on.task, ahead_s=later * _HOURS_LATER_S)
                asked = world.zygote.start("resolve", on.task.asked(), output=Path(on.task.folder) / "said")
                if asked.wait() != 0:
                    faults.append(f"FAULT {seed}: resolve: {on.words()}")
            on.finish()
            # Postmark says of each mail whether it has it; Resend cannot be asked, so all is in doubt.
            worst.add(on.verdict(), allowed_in_doubt=0 if kind == "postmark" else readers)
    yield (
        f"{kind}: {count} copies brought back, {forgetful} of which had forgotten mails, "
        f"letters to {readers}: {worst}"
    )
    yield from (*worst.faults, *faults)


def _copied(source: Path, target: Path) -> None:
    """The database and its journal, as a backup has them; the epoch's file beside them stays as it is."""
    for name in (DATABASE, f"{DATABASE}-journal"):
        (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
            (target / name).chmod(0o600)
