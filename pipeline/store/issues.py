"""Issues: the draft, the author's choices, her yes, and where the issue stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, exists, insert, select, update

from pipeline.errors import NotAllowed
from pipeline.model import Approval, Choices, DeliveryState, Issue, IssueRecord, IssueState
from pipeline.store.database import Database
from pipeline.store.tables import delivery, intent, issue

_RECORD = (
    issue.c.name,
    issue.c.state,
    issue.c.choices,
    issue.c.draft,
    issue.c.approved_fingerprint,
    issue.c.approved_readers,
    issue.c.approved_at,
    issue.c.composed_at,
    issue.c.started_at,
    issue.c.finished_at,
    issue.c.reason,
    issue.c.paused,
)
_NO_APPROVAL: dict[str, Any] = {"approved_fingerprint": None, "approved_readers": None, "approved_at": None}
_OPEN = (IssueState.DRAFT, IssueState.APPROVED, IssueState.SKIPPED)


class SqlIssues:
    """`ports.Issues` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> IssueRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(*_RECORD).where(issue.c.name == name)).mappings().one_or_none()
        return None if row is None else _record(row)

    def all(self) -> tuple[IssueRecord, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(select(*_RECORD).order_by(issue.c.name.desc())).mappings()
            return tuple(map(_record, rows))

    def save_choices(self, name: str, choices: Choices) -> None:
        """Keep the choices. Other choices than those agreed to void the yes.

        Raises NotAllowed once sending began.
        """
        with self._database.writing() as connection:
            state = _state(connection, name)
            if state is None:
                connection.execute(insert(issue).values(_fresh(name) | {"choices": choices}))
                return
            _require(name, state, *_OPEN, to="have other choices")
            kept = connection.execute(select(issue.c.choices).where(issue.c.name == name)).scalar_one()
            voided = _NO_APPROVAL | {"state": IssueState.DRAFT}
            change = voided if state is IssueState.APPROVED and kept != choices else {}
            connection.execute(update(issue).where(issue.c.name == name).values(choices=choices, **change))

    def save_draft(self, name: str, draft: Issue, now: datetime) -> None:
        content = _NO_APPROVAL | {
            "state": IssueState.DRAFT,
            "draft": draft,
            "composed_at": now,
            "finished_at": None,
            "reason": "",
        }
        with self._database.writing() as connection:
            state = _state(connection, name)
            if state is None:
                connection.execute(insert(issue).values(_fresh(name) | content))
                return
            _require(name, state, *_OPEN, to="be composed again")
            connection.execute(update(issue).where(issue.c.name == name).values(content))

    def approve(self, name: str, approval: Approval) -> None:
        with self._database.writing() as connection:
            state = _state(connection, name)
            _require(name, state, IssueState.DRAFT, to="be approved")
            done = connection.execute(
                update(issue)
                .where(issue.c.name == name, issue.c.draft.is_not(None))
                .values(
                    state=IssueState.APPROVED,
                    approved_fingerprint=approval.fingerprint,
                    approved_readers=approval.readers,
                    approved_at=approval.at,
                )
            )
            if done.rowcount != 1:
                raise NotAllowed(
                    f"{name}: there is no letter to say yes to", hint="run `warmletter compose` first"
                )

    def unapprove(self, name: str) -> None:
        with self._database.writing() as connection:
            _require(name, _state(connection, name), IssueState.APPROVED, to="have its approval taken back")
            connection.execute(
                update(issue).where(issue.c.name == name).values(_NO_APPROVAL | {"state": IssueState.DRAFT})
            )

    def pause(self, name: str, *, paused: bool) -> None:
        with self._database.writing() as connection:
            state = _state(connection, name)
            _require(name, state, IssueState.SENDING, to="be paused" if paused else "go on")
            connection.execute(update(issue).where(issue.c.name == name).values(paused=paused))

    def cancel(self, name: str, reason: str, now: datetime) -> int:
        with self._database.writing() as connection:
            _require(name, _state(connection, name), IssueState.SENDING, to="be cancelled")
            given_up = connection.execute(
                update(delivery)
                .where(
                    delivery.c.issue == name,
                    delivery.c.state == DeliveryState.QUEUED,
                    # What a call holds may be on its way: its answer is still to be written.
                    ~exists().where(intent.c.issue == name, intent.c.batch == delivery.c.batch),
                )
                .values(state=DeliveryState.ABANDONED, reason=reason, changed_at=now)
            ).rowcount
            connection.execute(
                update(issue)
                .where(issue.c.name == name)
                .values(state=IssueState.CANCELLED, reason=reason, finished_at=now)
            )
        return given_up

    def skip(self, name: str, reason: str, now: datetime) -> None:
        """draft or nothing → skipped; a skipped one gets the new reason. Raises NotAllowed otherwise."""
        skipped = {"state": IssueState.SKIPPED, "draft": None, "reason": reason, "finished_at": now}
        with self._database.writing() as connection:
            state = _state(connection, name)
            if state is None:
                connection.execute(insert(issue).values(_fresh(name) | skipped))
                return
            _require(name, state, IssueState.DRAFT, IssueState.SKIPPED, to="be skipped")
            connection.execute(update(issue).where(issue.c.name == name).values(skipped))


def _fresh(name: str) -> dict[str, Any]:
    return {"name": name, "state": IssueState.DRAFT, "choices": Choices(), "reason": "", "frozen": 0}


def _state(connection: Connection, name: str) -> IssueState | None:
    return connection.execute(select(issue.c.state).where(issue.c.name == name)).scalar_one_or_none()


def _require(name: str, state: IssueState | None, *allowed: IssueState, to: str) -> None:
    if state not in allowed:
        stands = "does not exist" if state is None else f"is {state.value}"
        raise NotAllowed(
            f"{name}: the issue {stands} and cannot {to}",
            hint="`warmletter status` shows where each issue stands",
        )


def _record(row: RowMapping) -> IssueRecord:
    columns = dict(row)
    fingerprint = columns.pop("approved_fingerprint")
    readers, at = columns.pop("approved_readers"), columns.pop("approved_at")
    approval = None if fingerprint is None else Approval(fingerprint=fingerprint, readers=readers, at=at)
    return IssueRecord(approval=approval, **columns)
