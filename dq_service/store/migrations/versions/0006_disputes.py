"""What partners dispute."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "disputes",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("rule", KEY, nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "rule", name=op.f("pk_disputes")),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":  # what is erased must not stand in the planner's samples
        op.execute("ALTER TABLE disputes ALTER COLUMN reason SET STATISTICS 0")


def downgrade() -> None:
    op.drop_table("disputes")
