"""The tables of the review queue: its items, who has one open, what was decided, what people say beside an order."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import Field

from dq_service.store.schema import Key, Stored
from dq_service.store.written import JSONText

_PENDING: Final = sa.text("state = 'pending'")


class ItemRow(Stored, table=True):
    """An order in review, written with the order and gone when it leaves review; nothing is here of any other.

    `assignee`, `asked_by` (who wants a second opinion) and `opened_at` are the queue's own, the rest follows from the
    order. `trial`: it came with a test key. The indexes are the list's ways through the queue, and its counts.
    """

    __tablename__ = "review_items"
    __table_args__ = (
        sa.Index("ix_review_items_rank", "trial", "rank", "order_id"),
        sa.Index("ix_review_items_partner", "trial", "partner", "rank", "order_id"),
        sa.Index("ix_review_items_assignee", "trial", "assignee", "rank", "order_id"),
        sa.Index("ix_review_items_kind", "trial", "kind", "rank", "order_id"),
        sa.Index("ix_review_items_counted", "state", "trial", "partner", "assignee", "kind", "opened_at"),
    )
    order_id: str = Field(primary_key=True, sa_type=Key)
    partner: str = Field(sa_type=Key)
    account: str = Field(sa_type=sa.Text)
    received_id: str = Field(sa_type=sa.Text)
    channel: str = Field(sa_type=sa.Text)
    state: str = Field(sa_type=sa.Text)
    revision: int
    due_at: datetime | None = None
    hold_then: str = Field(sa_type=sa.Text)
    escalated: bool
    opened_at: datetime
    rank: float
    seconds: float
    what: str = Field(sa_type=sa.Text)
    place: str = Field(sa_type=sa.Text)
    severity: str = Field(sa_type=sa.Text)
    confidence: float | None = None
    kind: str = Field(sa_type=Key)
    assignee: str = Field(sa_type=Key)
    asked_by: str = Field(sa_type=sa.Text)
    search: str = Field(sa_type=sa.Text)
    trial: bool


class ItemRuleRow(Stored, table=True):
    """What keeps an order in review: a rule at a field. `rank` is the item's, so that one rule's items are one walk.

    An item is listed once: at the first field of a rule (`of_rule`), at the first rule of a field (`of_field`).
    """

    __tablename__ = "review_rules"
    __table_args__ = (
        sa.Index(
            "ix_review_rules_rule",
            "trial",
            "rule",
            "rank",
            "order_id",
            postgresql_where=sa.text("of_rule"),
            sqlite_where=sa.text("of_rule"),
        ),
        sa.Index(
            "ix_review_rules_field",
            "trial",
            "field",
            "rank",
            "order_id",
            postgresql_where=sa.text("of_field"),
            sqlite_where=sa.text("of_field"),
        ),
        {"sqlite_with_rowid": False},
    )
    order_id: str = Field(primary_key=True, sa_type=Key)
    rule: str = Field(primary_key=True, sa_type=Key)
    field: str = Field(primary_key=True, sa_type=Key)
    rank: float
    trial: bool
    of_rule: bool
    of_field: bool


class ClaimRow(Stored, table=True):
    """A lease: who has an item open, and until when."""

    __tablename__ = "claims"
    order_id: str = Field(primary_key=True, sa_type=Key)
    holder: str = Field(sa_type=sa.Text)
    since: datetime
    until: datetime


class DecisionRow(Stored, table=True):
    """What a person decided; of an order one at most is pending."""

    __tablename__ = "decisions"
    __table_args__ = (
        sa.Index(None, "order_id", "decided_at"),
        sa.Index("uq_decisions_pending", "order_id", unique=True, postgresql_where=_PENDING, sqlite_where=_PENDING),
        sa.Index("ix_decisions_due", "effective_at", postgresql_where=_PENDING, sqlite_where=_PENDING),
    )
    id: str = Field(primary_key=True, sa_type=Key)
    order_id: str = Field(sa_type=Key)
    revision: int
    decided_by: str = Field(sa_type=sa.Text)
    kind: str = Field(sa_type=sa.Text)
    changes: Any = Field(sa_type=JSONText)
    reason: str = Field(sa_type=sa.Text)
    decided_at: datetime
    effective_at: datetime
    state: str = Field(sa_type=sa.Text)
    ended_at: datetime | None = None
    ended_by: str = Field(sa_type=sa.Text)
    applied_revision: int | None = None
    applied_at: datetime | None = None
    why: str = Field(sa_type=sa.Text)


class CommentRow(Stored, table=True):
    """What a person wrote beside an order."""

    __tablename__ = "comments"
    __table_args__ = (sa.Index(None, "order_id"),)
    id: str = Field(primary_key=True, sa_type=Key)
    order_id: str = Field(sa_type=Key)
    written_by: str = Field(sa_type=sa.Text)
    at: datetime
    text: str = Field(sa_type=sa.Text)


class ViewRow(Stored, table=True):
    """A way to look at the queue that a person has named."""

    __tablename__ = "saved_views"
    holder: str = Field(primary_key=True, sa_type=Key)
    name: str = Field(primary_key=True, sa_type=Key)
    query: Any = Field(sa_type=JSONText)


ITEMS: Final = Stored.metadata.tables["review_items"]
ITEM_RULES: Final = Stored.metadata.tables["review_rules"]
CLAIMS: Final = Stored.metadata.tables["claims"]
DECISIONS: Final = Stored.metadata.tables["decisions"]
COMMENTS: Final = Stored.metadata.tables["comments"]
VIEWS: Final = Stored.metadata.tables["saved_views"]
