"""The review queue: items, claims, decisions, comments, saved views."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
PENDING = sa.text("state = 'pending'")
PERSONAL = {
    "comments": ("text",),
    "decisions": ("changes", "reason"),
    "review_items": ("received_id", "account", "what", "place", "search"),
}
INDEXES: dict[str, dict[str, tuple[str, ...]]] = {
    "review_items": {
        "rank": ("trial", "rank", "order_id"),
        "partner": ("trial", "partner", "rank", "order_id"),
        "assignee": ("trial", "assignee", "rank", "order_id"),
        "kind": ("trial", "kind", "rank", "order_id"),
        "counted": ("state", "trial", "partner", "assignee", "kind", "opened_at"),
    },
    "decisions": {"order_id_decided_at": ("order_id", "decided_at")},
    "comments": {"order_id": ("order_id",)},
}


def upgrade() -> None:
    op.create_table(
        "review_items",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("partner", KEY, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("received_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("hold_then", sa.Text(), nullable=False),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("assignee", KEY, nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("trial", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_review_items")),
    )
    op.create_table(
        "review_rules",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("rule", KEY, nullable=False),
        sa.Column("field", KEY, nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("trial", sa.Boolean(), nullable=False),
        sa.Column("of_rule", sa.Boolean(), nullable=False),
        sa.Column("of_field", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "rule", "field", name=op.f("pk_review_rules")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "claims",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_claims")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=False),
        sa.Column("effective_at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("applied_revision", sa.Integer(), nullable=True),
        sa.Column("applied_at", UTCDateTime(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_table(
        "comments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_table(
        "saved_views",
        sa.Column("holder", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "name", name=op.f("pk_saved_views")),
    )
    for table, indexes in INDEXES.items():
        for name, columns in indexes.items():
            op.create_index(f"ix_{table}_{name}", table, list(columns), unique=False)
    for column in ("rule", "field"):
        first = sa.text(f"of_{column}")
        walk = ["trial", column, "rank", "order_id"]
        op.create_index(f"ix_review_rules_{column}", "review_rules", walk, postgresql_where=first, sqlite_where=first)
    for name, column, unique in (
        ("uq_decisions_pending", "order_id", True),
        ("ix_decisions_due", "effective_at", False),
    ):
        op.create_index(name, "decisions", [column], unique=unique, postgresql_where=PENDING, sqlite_where=PENDING)
    if op.get_bind().dialect.name == "postgresql":  # what is erased must not stand in the planner's samples
        for table, columns in PERSONAL.items():
            for column in columns:
                op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET STATISTICS 0')


def downgrade() -> None:
    for table in ("saved_views", "comments", "decisions", "claims", "review_rules", "review_items"):
        op.drop_table(table)
