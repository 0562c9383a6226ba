"""Names under which posts were seen, posts that wait for a word, feeds that moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table and the columns.

    Posts that are there get their aliases when their feed is next read: until then their guid
    and address say the same.
    """
    op.create_table(
        "alias",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("post", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", "post", name="pk_alias"),
    )
    op.add_column("post", sa.Column("held", sa.Text, nullable=False, server_default=""))
    op.add_column("post", sa.Column("released_at", sa.String(27)))
    op.add_column("post", sa.Column("dropped", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("post", sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("feed", sa.Column("moved_to", sa.Text, nullable=False, server_default=""))
    op.add_column("feed", sa.Column("moved_since", sa.String(27)))
