"""Tokens that were made at once are one row: a long list's are written in a third of the time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Keep every token that was given out: it stands in a letter that somebody has."""
    op.rename_table("token", "single_token")
    op.drop_index("ix_token_subscriber", "single_token")
    op.create_table(
        "token",
        sa.Column("first", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("subscribers", sa.Text, nullable=False),
        sa.Column("created", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("first", name="pk_token"),
    )
    connection = op.get_bind()
    singles = connection.execute(
        sa.text("SELECT number, purpose, hash, subscriber, created FROM single_token ORDER BY number")
    )
    together = sa.text("INSERT INTO token VALUES (:first, :purpose, :hashes, :subscribers, :created)")
    for run in _runs(singles):
        connection.execute(
            together,
            {
                "first": run[0].number,
                "purpose": run[0].purpose,
                "hashes": b"".join(bytes.fromhex(one.hash) for one in run),
                "subscribers": json.dumps([one.subscriber for one in run], separators=(",", ":")),
                "created": run[0].created,
            },
        )
    op.drop_table("single_token")


def _runs(singles: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """What may be one row: the numbers follow each other, the rest is the same."""
    run: list[Any] = []
    for one in singles:
        follows = run and (one.number, one.purpose, one.created) == (
            run[-1].number + 1,
            run[-1].purpose,
            run[-1].created,
        )
        if run and not follows:
            yield run
            run = []
        run.append(one)
    if run:
        yield run
