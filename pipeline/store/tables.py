"""The tables. Changing one needs a migration beside it; a test compares the two."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from pipeline.model import (
    Choices,
    DeliveryState,
    FeedOutcome,
    Issue,
    IssueState,
    Letter,
    SubscriberState,
)
from pipeline.store.columns import Frozen, Moment, State

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class BatchState(StrEnum):
    """Where a batch stands; `unknown` where it is not in flight but a reader of it is in doubt."""

    READY = "ready"
    SENDING = "sending"
    DONE = "done"
    UNKNOWN = "unknown"


def _one_of(column: str, states: type[StrEnum]) -> CheckConstraint:
    allowed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


feed = Table(
    "feed",
    METADATA,
    Column("url", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("last_try", Moment),
    Column("last_success", Moment),
    Column("outcome", State(FeedOutcome)),
    Column("message", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", Moment),
    Column("moved_to", Text, nullable=False, server_default=""),
    Column("moved_since", Moment),
    Column("pause_s", Integer, nullable=False, server_default="0"),
    Column("fresh_s", Integer, nullable=False, server_default="0"),
    Column("lasting", Boolean, nullable=False, server_default=false()),
)

post = Table(
    "post",
    METADATA,
    Column("id", String(12), primary_key=True),
    Column("feed", Text, nullable=False),
    Column("guid", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("published", Moment),
    Column("body", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("summary_only", Boolean, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("backlog", Boolean, nullable=False),
    Column("held", Text, nullable=False, server_default=""),
    Column("released_at", Moment),
    Column("dropped", Boolean, nullable=False, server_default=false()),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),
    Column("picture", Text, nullable=False, server_default=""),
    Column("recording", Text, nullable=False, server_default=""),
    Column("edition", Integer, nullable=False, server_default="0"),
    Column("corrects", Text, nullable=False, server_default=""),
    UniqueConstraint("feed", "guid"),
)

# No foreign key to post: a letter being sent needs its pictures even if the post goes.
picture = Table(
    "picture",
    METADATA,
    Column("post", String(12), nullable=False),
    Column("source", Text, nullable=False),
    Column("sha256", String(64), nullable=False),  # "": there is no copy
    Column("size", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
    Column("problem", Text, nullable=False),
    Column("fetched_at", Moment, nullable=False),
    PrimaryKeyConstraint("post", "source"),
    Index(None, "sha256"),
)

# Every name under which a post was ever seen: about a hundred bytes each, and never deleted. One
# name may have been two posts'; then it tells nothing, which is worth remembering, too.
alias = Table(
    "alias",
    METADATA,
    Column("scope", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("post", String(12), nullable=False),
    PrimaryKeyConstraint("scope", "name", "post"),
)

issue = Table(
    "issue",
    METADATA,
    Column("name", String(7), primary_key=True),
    Column("state", State(IssueState), nullable=False),
    Column("choices", Frozen(Choices), nullable=False),
    Column("draft", Frozen(Issue)),
    Column("approved_fingerprint", String(64)),
    Column("approved_readers", Integer),
    Column("approved_at", Moment),
    Column("composed_at", Moment),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("reason", Text, nullable=False),
    Column("letter", Frozen(Letter)),
    # Counted once at the freeze, so that "the parts add up" compares two different things.
    Column("frozen", Integer, nullable=False),
    Column("paused", Boolean, nullable=False, server_default=false()),
    _one_of("state", IssueState),
)

# No foreign key to post: that it was mailed must be remembered even if the post itself goes.
issue_post = Table(
    "issue_post",
    METADATA,
    Column("post", String(12), nullable=False),
    Column("issue", String(7), ForeignKey("issue.name"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("edition", Integer, nullable=False, server_default="0"),
    Column("words_sha256", String(64), nullable=False, server_default=""),
    PrimaryKeyConstraint("post", "edition"),  # no edition of a post is mailed twice
)

subscriber = Table(
    "subscriber",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("state", State(SubscriberState), nullable=False),
    Column("state_at", Moment, nullable=False),
    Column("consent", Text, nullable=False),
    Column("added_at", Moment, nullable=False),
    _one_of("state", SubscriberState),
    # A number is never given twice: what stays of an erased reader must not become somebody else's.
    sqlite_autoincrement=True,
)

# Tokens that were made at once, one row for all of them: a row each took three times the room. One
# begins with its number, `first` being that of its row's first, and is believed by its hash. No foreign
# key, so that erasing a reader has to take her out of both lists; until then her tokens are nobody's,
# since no number is given again.
token = Table(
    "token",
    METADATA,
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("purpose", String(16), nullable=False),
    Column("hashes", LargeBinary, nullable=False),  # SHA-256 of each, 32 bytes, in order
    Column("subscribers", Frozen(tuple[int, ...]), nullable=False),  # whose they are, in order
    Column("created", Moment, nullable=False),
)

batch = Table(
    "batch",
    METADATA,
    Column("issue", String(7), ForeignKey("issue.name"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", State(BatchState), nullable=False),
    Column("attempt", Integer, nullable=False),  # the one under way, or the next one; the first is 1
    Column("token", String(32), nullable=False),  # the last claim's; "" before the first
    Column("not_before", Moment, nullable=False),
    Column("claimed_at", Moment),
    PrimaryKeyConstraint("issue", "number"),
    _one_of("state", BatchState),
)

# A call that may be under way. Written before its first byte goes out, gone when its answer is
# written; what a dead process leaves here is what is in doubt, or, with a body, may be repeated.
intent = Table(
    "intent",
    METADATA,
    Column("issue", String(7), nullable=False),
    Column("batch", Integer, nullable=False),
    Column("key", String(64), nullable=False),
    # Keys of deliveries, in the call's order; none: it holds all of its batch.
    Column("members", Frozen(tuple[str, ...]), nullable=False),
    Column("sender", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # b"" where a repeat is not harmless
    Column("started_at", Moment, nullable=False),
    PrimaryKeyConstraint("issue", "batch", "key"),
    ForeignKeyConstraint(["issue", "batch"], ["batch.issue", "batch.number"]),
)

# One row. The epoch grows with every call; a file beside the database has it, too, so that a
# copy from before the last call is known for one.
voyage = Table(
    "voyage",
    METADATA,
    Column("only", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    CheckConstraint("only = 1", name="only"),
)

# No foreign key to subscriber: an erased reader's row goes, and the sums of old letters stay true.
delivery = Table(
    "delivery",
    METADATA,
    Column("issue", String(7), nullable=False),
    Column("batch", Integer, nullable=False),
    Column("subscriber", Integer, nullable=False),
    Column("key", String(32), nullable=False, unique=True),
    Column("email", Text, nullable=False),
    Column("state", State(DeliveryState), nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
    PrimaryKeyConstraint("issue", "batch", "subscriber"),
    UniqueConstraint("issue", "subscriber"),
    UniqueConstraint("issue", "email"),
    ForeignKeyConstraint(["issue", "batch"], ["batch.issue", "batch.number"]),
    _one_of("state", DeliveryState),
)
