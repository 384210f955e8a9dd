"""What partners say is not so: one row a rule and order."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlmodel import Field

from dq_service.store.schema import Key, Stored


class DisputeRow(Stored, table=True):
    """A partner disputes what a rule says of an order, whatever its revision; it goes with the order."""

    __tablename__ = "disputes"
    __table_args__ = ({"sqlite_with_rowid": False},)
    order_id: str = Field(primary_key=True, sa_type=Key)
    rule: str = Field(primary_key=True, sa_type=Key)
    partner: str = Field(sa_type=sa.Text)
    by: str = Field(sa_type=sa.Text)
    at: datetime
    reason: str = Field(sa_type=sa.Text)


DISPUTES: Final = Stored.metadata.tables["disputes"]
