"""The audit log becomes a chain that can be verified; an order says when it was over; numbers that outlive rows."""

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TOLD = ("at", "actor", "action", "object", "partner", "detail")
PERSONAL = {
    "audit": ("actor", "detail"),
    "bodies": ("raw",),
    "changes": ("before", "after", "evidence", "who", "reverted_by"),
    "deliveries": ("last_error",),
    "idempotency": ("key",),
    "orders": ("identity", "account", "received_id", "shipment_id", "sent", "fixes", "hold_why", "acknowledged"),
    "outbox": ("account", "data"),
    "results": ("body",),
}


def upgrade() -> None:
    lines = _lines()
    op.drop_table("audit")
    audit = op.create_table(
        "audit",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", KEY, nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_object"), "audit", ["object"], unique=False)
    if lines:
        op.bulk_insert(audit, _chained(lines))
    op.create_table(
        "counters",
        sa.Column("name", KEY, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.add_column("orders", sa.Column("ended_at", UTCDateTime(), nullable=True))
    op.create_index(
        "ix_orders_partner_ended_at",
        "orders",
        ["partner", "ended_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NOT NULL"),
        sqlite_where=sa.text("ended_at IS NOT NULL"),
    )
    op.execute("UPDATE orders SET ended_at = changed_at WHERE lifecycle IN ('closed', 'cancelled', 'refused')")
    _keep_no_samples()


def downgrade() -> None:
    lines = _lines()
    op.drop_index(
        "ix_orders_partner_ended_at",
        "orders",
        postgresql_where=sa.text("ended_at IS NOT NULL"),
        sqlite_where=sa.text("ended_at IS NOT NULL"),
    )
    op.drop_column("orders", "ended_at")
    op.drop_table("counters")
    op.drop_index(op.f("ix_audit_object"), "audit")
    op.drop_table("audit")
    audit = op.create_table(
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
    if lines:
        op.bulk_insert(audit, [{**line, "detail": line["detail"] or "{}"} for line in lines])


def _lines() -> list[dict[str, Any]]:
    """The log as it is, oldest first."""
    log = sa.table("audit", sa.column("id"), sa.column("at", UTCDateTime()), *map(sa.column, TOLD[1:]))
    found = op.get_bind().execute(sa.select(*(log.c[name] for name in TOLD)).order_by(log.c.id))
    return [dict(zip(TOLD, row, strict=True)) for row in found]


def _chained(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each line with its number and bound to the one before, as store/audit.py reads it."""
    before = "0" * 64
    out = []
    for number, line in enumerate(lines, start=1):
        salt = secrets.token_hex(16)
        digest = hashlib.sha256(f"{salt}{_json([line['actor'], line['detail']])}".encode()).hexdigest()
        said = [number, _instant(line["at"]), line["action"], line["object"], line["partner"], digest]
        before = hashlib.sha256(f"{before}{_json(said)}".encode()).hexdigest()
        out.append({"id": number, **line, "salt": salt, "digest": digest, "hash": before})
    return out


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")


def _keep_no_samples() -> None:
    """PostgreSQL's planner samples values; of these it needs none, and what is erased must not stand in its samples."""
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in PERSONAL.items():
            for column in columns:
                op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET STATISTICS 0')
