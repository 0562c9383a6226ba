"""How often a feed asks to be visited, and failures that somebody has to mend."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; what they hold is learnt at the next visit."""
    op.add_column("feed", sa.Column("pause_s", sa.Integer, nullable=False, server_default="0"))
    op.add_column("feed", sa.Column("fresh_s", sa.Integer, nullable=False, server_default="0"))
    op.add_column("feed", sa.Column("lasting", sa.Boolean, nullable=False, server_default=sa.false()))
