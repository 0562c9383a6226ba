"""The picture that stands for a post, and its recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns; what they hold is learnt when the feed is next read."""
    op.add_column("post", sa.Column("picture", sa.Text, nullable=False, server_default=""))
    op.add_column("post", sa.Column("recording", sa.Text, nullable=False, server_default=""))
