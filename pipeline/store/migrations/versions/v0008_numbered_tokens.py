"""Tokens are numbered: a long list touches few pages of the database at each batch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table anew. Tokens given out so far led nowhere yet: there were no pages behind them."""
    op.drop_table("token")
    op.create_table(
        "token",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("subscriber", sa.Integer, nullable=False),
        sa.Column("created", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_token"),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscriber.number"], name="fk_token_subscriber", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_token_subscriber", "token", ["subscriber"])
