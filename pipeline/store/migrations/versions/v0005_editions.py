"""Posts that may be mailed again by the author's word, and the words that were mailed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Mailed once a post becomes mailed once an edition; what was mailed so far is the first.

    Of the words mailed before this nothing is known (""), so no change to them is ever told.
    """
    op.add_column("post", sa.Column("edition", sa.Integer, nullable=False, server_default="0"))
    op.add_column("post", sa.Column("corrects", sa.Text, nullable=False, server_default=""))
    with op.batch_alter_table("issue_post", recreate="always") as table:
        table.add_column(sa.Column("edition", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("words_sha256", sa.String(64), nullable=False, server_default=""))
        table.drop_constraint("pk_issue_post", type_="primary")
        table.create_primary_key("pk_issue_post", ["post", "edition"])
