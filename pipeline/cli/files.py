"""The files of `preview --out` and the JSON shapes: a contract; add, never rename."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.app.mail import NO_TOKEN
from pipeline.errors import StoreError
from pipeline.model import Check, Issue, Message, Recipient

if TYPE_CHECKING:
    from pipeline.app.context import App
    from pipeline.app.draft import Prepared

PICTURES = "pictures"  # the folder beside letter.html


def issue_json(issue: Issue, fingerprint: str | None) -> dict[str, object]:
    """`issue.json`; the fingerprint is null before the letter is rendered."""
    return {
        "issue": issue.name,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "lead": issue.lead,
        "posts": [placed.post for placed in issue.posts],
        "quote": issue.quote.text if issue.quote else None,
        "reasons": dict(issue.reasons),
        "fingerprint": fingerprint,
        "titles": {placed.post: placed.title for placed in issue.posts},
        "quote_where": issue.quote.where if issue.quote else None,
        "left_out": {out.post: out.reason for out in issue.left_out},
    }


def checks_json(checks: Iterable[Check]) -> list[dict[str, str]]:
    return [
        {"name": found.name, "status": found.status.value, "message": found.message, "fix": found.fix}
        for found in checks
    ]


def write_preview(folder: Path, prepared: Prepared, app: App) -> tuple[Path, ...]:
    """The six files, written for a sample reader, and the pictures beside them.

    Raises StoreError where the disk will not take them.
    """
    from pipeline.app.pictures import attachments
    from pipeline.deliver.mime import to_bytes
    from pipeline.render.message import Filling
    from pipeline.render.web import web_copy

    filling = Filling(
        prepared.letter,
        leaving=app.leaving,
        language=app.settings.practice.language,
        at=app.clock.now(),
        attachments=attachments(app, prepared.letter),
    )
    sample = Recipient(
        key=f"preview-{prepared.issue.name}", email="anna@example.org", name="Anna", leave_token=NO_TOKEN
    )
    message = filling.message(sample)
    names = {one.cid: f"{PICTURES}/{one.name}" for one in message.attachments}
    contents = {
        "letter.html": _for_browsers(message).encode(),
        "letter.txt": message.text.encode(),
        "letter.eml": to_bytes(message),
        "web.html": web_copy(prepared.letter, names, leaving=app.leaving).encode(),
        "issue.json": _json(issue_json(prepared.issue, prepared.fingerprint)),
        "checks.json": _json(checks_json(prepared.checks)),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        for one in message.attachments:
            (folder / PICTURES).mkdir(exist_ok=True)
            (folder / PICTURES / one.name).write_bytes(one.content)
    except OSError as problem:
        raise StoreError(
            f"{folder}: {problem.strerror or 'cannot be written'}", hint="make room, or name another folder"
        ) from problem
    return tuple(folder / name for name in contents)


def _for_browsers(message: Message) -> str:
    """The letter with its pictures from the folder beside it: only mail programs know `cid:`."""
    html = message.html
    for one in message.attachments:
        html = html.replace(f'src="cid:{one.cid}"', f'src="{PICTURES}/{one.name}"')
    return html


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
