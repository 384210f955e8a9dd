"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "bodies",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("version_at", UTCDateTime(), nullable=True),
        sa.Column("version_number", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_bodies")),
    )
    op.create_table(
        "changes",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("reverted_at", UTCDateTime(), nullable=True),
        sa.Column("reverted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "id", name=op.f("pk_changes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "findings",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "revision", "number", name=op.f("pk_findings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency",
        sa.Column("scope", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False)

    op.create_table(
        "known_by",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("key", "order_id", name=op.f("pk_known_by")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leases",
        sa.Column("name", KEY, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "orders",
        sa.Column("id", KEY, nullable=False),
        sa.Column("identity", KEY, nullable=False),
        sa.Column("partner", KEY, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("received_id", sa.Text(), nullable=False),
        sa.Column("shipment_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("lifecycle", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("hold_until", UTCDateTime(), nullable=True),
        sa.Column("hold_then", sa.Text(), nullable=False),
        sa.Column("hold_why", sa.Text(), nullable=False),
        sa.Column("hold_escalated", sa.Boolean(), nullable=False),
        sa.Column("version_at", UTCDateTime(), nullable=True),
        sa.Column("version_number", sa.Text(), nullable=False),
        sa.Column("sent", sa.Text(), nullable=True),
        sa.Column("fixes", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("acknowledged", sa.Text(), nullable=True),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("body", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("identity", name=op.f("uq_orders_identity")),
    )
    op.create_index(op.f("ix_orders_changed_at_seq"), "orders", ["changed_at", "seq"], unique=False)
    op.create_index(
        "ix_orders_due_at",
        "orders",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_hold_until",
        "orders",
        ["hold_until"],
        unique=False,
        postgresql_where=sa.text("hold_until IS NOT NULL"),
        sqlite_where=sa.text("hold_until IS NOT NULL"),
    )
    op.create_index(op.f("ix_orders_partner_seq"), "orders", ["partner", "seq"], unique=False)
    op.create_index(op.f("ix_orders_seq"), "orders", ["seq"], unique=True)

    op.create_table(
        "outbox",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "partners",
        sa.Column("name", KEY, nullable=False),
        sa.Column("first_seen", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_partners")),
    )
    op.create_table(
        "publications",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "version", name=op.f("pk_publications")),
    )
    op.create_table(
        "results",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("published", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "revision", name=op.f("pk_results")),
    )
    op.create_table(
        "rollups",
        sa.Column("quarter", UTCDateTime(), nullable=False),
        sa.Column("partner", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("channel", KEY, nullable=False),
        sa.Column("rule", KEY, nullable=False),
        sa.Column("dimension", KEY, nullable=False),
        sa.Column("outcome", KEY, nullable=False),
        sa.Column("cause", KEY, nullable=False),
        sa.Column("worker", KEY, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("disputed", sa.BigInteger(), nullable=False),
        sa.Column("waived", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "quarter",
            "partner",
            "account",
            "channel",
            "rule",
            "dimension",
            "outcome",
            "cause",
            "worker",
            name=op.f("pk_rollups"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhooks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("include", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("disabled_at", UTCDateTime(), nullable=True),
        sa.Column("disabled_why", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "deliveries",
        sa.Column("webhook_id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("webhook_id", "seq", name=op.f("pk_deliveries")),
    )
    op.create_index(
        op.f("ix_deliveries_webhook_id_order_id_seq"), "deliveries", ["webhook_id", "order_id", "seq"], unique=False
    )
    op.create_index(
        op.f("ix_deliveries_webhook_id_state_next_at"), "deliveries", ["webhook_id", "state", "next_at"], unique=False
    )

    _count_changes()
    _keep_large_values_cheaply()


def downgrade() -> None:
    op.drop_index(op.f("ix_deliveries_webhook_id_state_next_at"), "deliveries")
    op.drop_index(op.f("ix_deliveries_webhook_id_order_id_seq"), "deliveries")

    op.drop_table("deliveries")
    op.drop_table("webhooks")
    op.drop_table("rollups")
    op.drop_table("results")
    op.drop_table("publications")
    op.drop_table("partners")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_orders_seq"), "orders")
    op.drop_index(op.f("ix_orders_partner_seq"), "orders")
    op.drop_index(
        "ix_orders_hold_until",
        "orders",
        postgresql_where=sa.text("hold_until IS NOT NULL"),
        sqlite_where=sa.text("hold_until IS NOT NULL"),
    )
    op.drop_index(
        "ix_orders_due_at",
        "orders",
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_orders_changed_at_seq"), "orders")

    op.drop_table("orders")
    op.drop_table("leases")
    op.drop_table("known_by")
    op.drop_index(op.f("ix_idempotency_at"), "idempotency")

    op.drop_table("idempotency")
    op.drop_table("findings")
    op.drop_table("changes")
    op.drop_table("bodies")
    op.drop_table("audit")


def _count_changes() -> None:
    """PostgreSQL counts orders.seq on by a sequence; on SQLite it is one more than the greatest."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE orders_seq OWNED BY orders.seq")
        op.execute("ALTER TABLE orders ALTER COLUMN seq SET DEFAULT nextval('orders_seq')")


def _keep_large_values_cheaply() -> None:
    """PostgreSQL packs large values by pglz, as dear as the rest of the write; LZ4 is cheap, where it is built in."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    known = sa.text("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
    way = "COMPRESSION lz4" if connection.scalar(known) else "STORAGE EXTERNAL"
    op.execute(f"ALTER TABLE bodies ALTER COLUMN raw SET {way}")
    op.execute(f"ALTER TABLE results ALTER COLUMN body SET {way}")
    op.execute("ALTER TABLE rollups SET (fillfactor = 50)")  # rows that are counted up stay on their page
