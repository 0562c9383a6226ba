"""A call under way names its mails by their keys alone: whose they are stands in the ledger."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Keep the keys of what is under way, in their order, and no second copy of the addresses."""
    op.execute(
        "UPDATE intent SET members = (SELECT json_group_array(json_extract(one.value, '$.key')) "
        "FROM (SELECT value FROM json_each(intent.members) ORDER BY key) AS one)"
    )
