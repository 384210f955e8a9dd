"""What came with a test key is marked, so that nobody else sees it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("orders", "outbox", "webhooks")


def upgrade() -> None:
    for name in TABLES:
        op.add_column(name, sa.Column("trial", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for name in TABLES:
        op.drop_column(name, "trial")
