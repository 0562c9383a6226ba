"""Everything there is at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables. Types are spelt out, not imported: a migration outlives what it was written with."""
    moment = sa.String(27)
    state = sa.String(16)
    op.create_table(
        "feed",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("last_modified", sa.Text, nullable=False),
        sa.Column("body_sha256", sa.String(64), nullable=False),
        sa.Column("last_try", moment),
        sa.Column("last_success", moment),
        sa.Column("outcome", state),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("retry_at", moment),
        sa.PrimaryKeyConstraint("url", name="pk_feed"),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("guid", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("published", moment),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("summary_only", sa.Boolean, nullable=False),
        sa.Column("first_seen", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("backlog", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sa.UniqueConstraint("feed", "guid", name="uq_post_feed_guid"),
    )
    op.create_table(
        "issue",
        sa.Column("name", sa.String(7), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("draft", sa.Text),
        sa.Column("approved_fingerprint", sa.String(64)),
        sa.Column("approved_readers", sa.Integer),
        sa.Column("approved_at", moment),
        sa.Column("composed_at", moment),
        sa.Column("started_at", moment),
        sa.Column("finished_at", moment),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("letter", sa.Text),
        sa.Column("frozen", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_issue"),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'sending', 'sent', 'skipped', 'cancelled')",
            name=op.f("ck_issue_state"),
        ),
    )
    op.create_table(
        "issue_post",
        sa.Column("post", sa.String(12), nullable=False),
        sa.Column("issue", sa.String(7), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("post", name="pk_issue_post"),
        sa.ForeignKeyConstraint(["issue"], ["issue.name"], name="fk_issue_post_issue"),
    )
    op.create_table(
        "subscriber",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("state_at", moment, nullable=False),
        sa.Column("consent", sa.Text, nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_subscriber"),
        sa.UniqueConstraint("email", name="uq_subscriber_email"),
        sa.CheckConstraint(
            "state IN ('pending', 'active', 'unsubscribed', 'bounced', 'complained')",
            name=op.f("ck_subscriber_state"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "token",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("subscriber", sa.Integer, nullable=False),
        sa.Column("created", moment, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_token"),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscriber.number"], ondelete="CASCADE", name="fk_token_subscriber"
        ),
    )
    op.create_index("ix_token_subscriber", "token", ["subscriber"])
    op.create_table(
        "batch",
        sa.Column("issue", sa.String(7), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("not_before", moment, nullable=False),
        sa.Column("claimed_at", moment),
        sa.PrimaryKeyConstraint("issue", "number", name="pk_batch"),
        sa.ForeignKeyConstraint(["issue"], ["issue.name"], name="fk_batch_issue"),
        sa.CheckConstraint(
            "state IN ('ready', 'sending', 'done', 'unknown')",
            name=op.f("ck_batch_state"),
        ),
    )
    op.create_table(
        "delivery",
        sa.Column("issue", sa.String(7), nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("subscriber", sa.Integer, nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("issue", "batch", "subscriber", name="pk_delivery"),
        sa.UniqueConstraint("key", name="uq_delivery_key"),
        sa.UniqueConstraint("issue", "subscriber", name="uq_delivery_issue_subscriber"),
        sa.UniqueConstraint("issue", "email", name="uq_delivery_issue_email"),
        sa.ForeignKeyConstraint(
            ["issue", "batch"], ["batch.issue", "batch.number"], name="fk_delivery_issue_batch"
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'accepted', 'refused', 'suppressed', 'unknown', 'abandoned')",
            name=op.f("ck_delivery_state"),
        ),
    )
