"""Calls under way, the epoch that tells an old copy of the database, letters that pause."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables and the column."""
    op.create_table(
        "intent",
        sa.Column("issue", sa.String(7), nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("members", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("issue", "batch", "key", name="pk_intent"),
        sa.ForeignKeyConstraint(
            ["issue", "batch"], ["batch.issue", "batch.number"], name="fk_intent_issue_batch"
        ),
    )
    op.create_table(
        "voyage",
        sa.Column("only", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_voyage"),
        sa.CheckConstraint("only = 1", name="ck_voyage_only"),
    )
    # A batch in flight by an older version may have been offered: it stays in doubt, as it was.
    op.execute(
        "INSERT INTO intent SELECT b.issue, b.number, 'before-0007', "
        "(SELECT json_group_array(json_object('key', d.key, 'to', d.email)) FROM delivery d "
        "WHERE d.issue = b.issue AND d.batch = b.number AND d.state = 'queued'), "
        "'', x'', coalesce(b.claimed_at, b.not_before) FROM batch b WHERE b.state = 'sending'"
    )
    op.add_column("issue", sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()))
