"""The tables: orders and all that hangs on them, what was counted, what was published, who wants to hear of events."""

import re
from datetime import datetime
from typing import Any, ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.sql.type_api import TypeEngine
from sqlmodel import Field, SQLModel

from dq_service.store.written import JSONText

LONGEST: Final = 200  # characters of a text that stands in an index: PostgreSQL takes 2,704 bytes in one entry
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes neither in a text

# Byte order everywhere: both engines sort and compare alike, and PostgreSQL does so without asking a language.
Key: Final[TypeEngine[str]] = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Number: Final[TypeEngine[int]] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite: an alias of its rowid
COUNTED: Final = "counted"  # of a column that is no key: the database counts on when a row is written


def column_text(text: str, length: int = LONGEST) -> str:
    """A text as any column takes it: NUL and lone surrogates become U+FFFD, and it is cut to `length` characters."""
    if not text.isascii() or "\x00" in text:
        text = _UNSTORABLE.sub("\ufffd", text)
    return text[:length]


def _where_set(name: str, *columns: str) -> sa.Index:
    """An index of the few rows that have something in the last of these columns."""
    there = sa.text(f"{columns[-1]} IS NOT NULL")
    return sa.Index(name, *columns, postgresql_where=there, sqlite_where=there)


class Stored(SQLModel):
    """What all tables share: one metadata, in which every index and key has a name that migrations can say."""

    metadata: ClassVar[sa.MetaData] = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class OrderRow(Stored, table=True):
    """An order as it stands. `identity` is its Identity's key; `body` the number of its accepted body.

    `seq` is the place of its last change among the changes of all orders, in the order in which they were committed.
    `ended_at` is when it was over (delivered, returned, cancelled, refused): its retention counts from then. `trial`:
    it came with a test key.
    """

    __tablename__ = "orders"
    __table_args__ = (
        sa.UniqueConstraint("identity"),
        sa.Index(None, "seq", unique=True),
        sa.Index(None, "partner", "seq"),
        sa.Index(None, "changed_at", "seq"),
        _where_set("ix_orders_hold_until", "hold_until"),
        _where_set("ix_orders_due_at", "due_at"),
        _where_set("ix_orders_partner_ended_at", "partner", "ended_at"),
    )
    id: str = Field(primary_key=True, sa_type=Key)
    identity: str = Field(sa_type=Key)
    partner: str = Field(sa_type=Key)
    account: str = Field(sa_type=sa.Text)
    received_id: str = Field(sa_type=sa.Text)
    shipment_id: str = Field(sa_type=sa.Text)
    channel: str = Field(sa_type=sa.Text)
    lifecycle: str = Field(sa_type=sa.Text)
    revision: int
    verdict: str = Field(sa_type=sa.Text)
    action: str = Field(sa_type=sa.Text)
    hold_until: datetime | None = None
    hold_then: str = Field(sa_type=sa.Text)
    hold_why: str = Field(sa_type=sa.Text)
    hold_escalated: bool
    version_at: datetime | None = None
    version_number: str = Field(sa_type=sa.Text)
    sent: Any = Field(default=None, sa_type=JSONText, nullable=True)  # only where the accepted body does not say it all
    fixes: Any = Field(sa_type=JSONText)
    events: int
    acknowledged: Any = Field(default=None, sa_type=JSONText, nullable=True)
    received_at: datetime
    changed_at: datetime
    test: bool
    backfill: bool
    due_at: datetime | None = None
    tries: int
    ended_at: datetime | None = None
    trial: bool = Field(sa_column_kwargs={"server_default": sa.false()})
    body: int
    seq: int = Field(sa_type=sa.BigInteger, sa_column_kwargs={"info": {COUNTED: True}})


class BodyRow(Stored, table=True):
    """A body as its sender wrote it; `number` counts from 1 within the order."""

    __tablename__ = "bodies"
    order_id: str = Field(primary_key=True, sa_type=Key)
    number: int = Field(primary_key=True)
    digest: str = Field(sa_type=Key)
    raw: bytes = Field(sa_type=sa.LargeBinary)
    version_at: datetime | None = None
    version_number: str = Field(sa_type=sa.Text)
    standing: str = Field(sa_type=sa.Text)
    at: datetime


class ResultRow(Stored, table=True):
    """The result of a revision, the contract's object as it was answered."""

    __tablename__ = "results"
    order_id: str = Field(primary_key=True, sa_type=Key)
    revision: int = Field(primary_key=True)
    body: bytes = Field(sa_type=sa.LargeBinary)
    published: Any = Field(sa_type=JSONText)
    verdict: str = Field(sa_type=sa.Text)
    at: datetime


class FindingRow(Stored, table=True):
    """What a rule says of the current revision; what it said of older ones stands in their results."""

    __tablename__ = "findings"
    __table_args__ = ({"sqlite_with_rowid": False},)
    order_id: str = Field(primary_key=True, sa_type=Key)
    revision: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    rule: str = Field(sa_type=sa.Text)
    field: str = Field(sa_type=sa.Text)
    dimension: str = Field(sa_type=sa.Text)
    severity: str = Field(sa_type=sa.Text)
    outcome: str = Field(sa_type=sa.Text)
    cause: str = Field(sa_type=sa.Text)


class ChangeRow(Stored, table=True):
    """One field that we changed, reversible: by a rule, or by a person (`who`; `rule` is empty)."""

    __tablename__ = "changes"
    __table_args__ = ({"sqlite_with_rowid": False},)
    order_id: str = Field(primary_key=True, sa_type=Key)
    id: str = Field(primary_key=True, sa_type=Key)
    revision: int
    number: int
    field: str = Field(sa_type=sa.Text)
    before: Any = Field(default=None, sa_type=JSONText, nullable=True)
    after: Any = Field(default=None, sa_type=JSONText, nullable=True)
    rule: str = Field(sa_type=sa.Text)
    confidence: float | None = None
    evidence: str = Field(sa_type=sa.Text)
    who: str = Field(sa_type=sa.Text)
    at: datetime
    reverted_at: datetime | None = None
    reverted_by: str = Field(sa_type=sa.Text)


class KnownByRow(Stored, table=True):
    """By what else an order is known: a hash of its recipient's phone, its place, its site, its parcels."""

    __tablename__ = "known_by"
    __table_args__ = ({"sqlite_with_rowid": False},)
    key: int = Field(primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False})
    order_id: str = Field(primary_key=True, sa_type=Key)


class OutboxRow(Stored, table=True):
    """What happened, in the order in which it was committed."""

    __tablename__ = "outbox"
    __table_args__ = (sa.UniqueConstraint("id"), {"sqlite_autoincrement": True})
    seq: int | None = Field(default=None, primary_key=True, sa_type=Number)
    id: str = Field(sa_type=Key)
    type: str = Field(sa_type=sa.Text)
    order_id: str = Field(sa_type=sa.Text)
    number: int
    partner: str = Field(sa_type=sa.Text)
    account: str = Field(sa_type=sa.Text)
    at: datetime
    data: Any = Field(sa_type=JSONText)
    trial: bool = Field(sa_column_kwargs={"server_default": sa.false()})


class RollupRow(Stored, table=True):
    """How many orders of a quarter hour: by rule, by verdict, by score (`rollups.py` tells the kinds of rows)."""

    __tablename__ = "rollups"
    __table_args__ = ({"sqlite_with_rowid": False},)
    quarter: datetime = Field(primary_key=True)
    partner: str = Field(primary_key=True, sa_type=Key)
    account: str = Field(primary_key=True, sa_type=Key)
    channel: str = Field(primary_key=True, sa_type=Key)
    rule: str = Field(primary_key=True, sa_type=Key)
    dimension: str = Field(primary_key=True, sa_type=Key)
    outcome: str = Field(primary_key=True, sa_type=Key)
    cause: str = Field(primary_key=True, sa_type=Key)
    worker: str = Field(primary_key=True, sa_type=Key)
    n: int = Field(sa_type=sa.BigInteger)
    total: float
    disputed: int = Field(sa_type=sa.BigInteger)
    waived: int = Field(sa_type=sa.BigInteger)


class PartnerRow(Stored, table=True):
    """A partner from whom an order came, and when the first did."""

    __tablename__ = "partners"
    name: str = Field(primary_key=True, sa_type=Key)
    first_seen: datetime


class AuditRow(Stored, table=True):
    """Who did what to what: one line of a chain (`audit.py`). `detail` and `salt` are gone where it was erased."""

    __tablename__ = "audit"
    __table_args__ = (sa.Index(None, "object"),)
    id: int = Field(primary_key=True, sa_type=Number, sa_column_kwargs={"autoincrement": False})
    at: datetime
    actor: str = Field(sa_type=sa.Text)
    action: str = Field(sa_type=sa.Text)
    object: str = Field(sa_type=Key)
    partner: str = Field(sa_type=sa.Text)
    detail: Any = Field(default=None, sa_type=JSONText, nullable=True)
    salt: str | None = Field(default=None, sa_type=sa.Text)
    digest: str = Field(sa_type=sa.Text)
    hash: str = Field(sa_type=sa.Text)


class CounterRow(Stored, table=True):
    """A number that outlives the rows that it was counted from (`removal.py`): they may go, it must not come again."""

    __tablename__ = "counters"
    name: str = Field(primary_key=True, sa_type=Key)
    value: int = Field(sa_type=sa.BigInteger)


class IdempotencyRow(Stored, table=True):
    """Which order, in which revision, a caller's key and body came to."""

    __tablename__ = "idempotency"
    __table_args__ = (sa.Index(None, "at"), {"sqlite_with_rowid": False})
    scope: str = Field(primary_key=True, sa_type=Key)
    key: str = Field(primary_key=True, sa_type=Key)
    digest: str = Field(sa_type=sa.Text)
    order_id: str = Field(sa_type=sa.Text)
    revision: int
    at: datetime


class PublicationRow(Stored, table=True):
    """What is in force: the newest version of each kind. A version once published is kept."""

    __tablename__ = "publications"
    kind: str = Field(primary_key=True, sa_type=Key)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hash: str = Field(sa_type=sa.Text)
    body: bytes = Field(sa_type=sa.LargeBinary)
    at: datetime
    by: str = Field(sa_type=sa.Text)


class LeaseRow(Stored, table=True):
    """A task that only one worker does at a time: who, and until when."""

    __tablename__ = "leases"
    name: str = Field(primary_key=True, sa_type=Key)
    holder: str = Field(sa_type=sa.Text)
    until: datetime


class WebhookRow(Stored, table=True):
    """An address that wants to hear of events. `cursor` is the last outbox seq that was taken up for it."""

    __tablename__ = "webhooks"
    id: str = Field(primary_key=True, sa_type=Key)
    url: str = Field(sa_type=sa.Text)
    secret: str = Field(sa_type=sa.Text)
    partner: str = Field(sa_type=sa.Text)  # "": all
    types: Any = Field(sa_type=JSONText)
    include: Any = Field(sa_type=JSONText)
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_why: str = Field(sa_type=sa.Text)
    trial: bool = Field(sa_column_kwargs={"server_default": sa.false()})
    cursor: int = Field(sa_type=sa.BigInteger)


class DeliveryRow(Stored, table=True):
    """One event on its way to one webhook: pending, delivered or dead.

    `next_at` is when it is tried (again); none while an earlier event of the same order is pending.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.Index(None, "webhook_id", "state", "next_at"),
        sa.Index(None, "webhook_id", "order_id", "seq"),
    )
    webhook_id: str = Field(primary_key=True, sa_type=Key, foreign_key="webhooks.id", ondelete="CASCADE")
    seq: int = Field(primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False})
    event_id: str = Field(sa_type=sa.Text)
    order_id: str = Field(sa_type=sa.Text)
    state: str = Field(sa_type=sa.Text)
    attempts: int
    next_at: datetime | None = None
    last_status: int | None = None
    last_error: str = Field(sa_type=sa.Text)
    last_at: datetime | None = None


METADATA: Final = Stored.metadata
ORDERS: Final = METADATA.tables["orders"]
BODIES: Final = METADATA.tables["bodies"]
RESULTS: Final = METADATA.tables["results"]
FINDINGS: Final = METADATA.tables["findings"]
CHANGES: Final = METADATA.tables["changes"]
KNOWN_BY: Final = METADATA.tables["known_by"]
OUTBOX: Final = METADATA.tables["outbox"]
ROLLUPS: Final = METADATA.tables["rollups"]
PARTNERS: Final = METADATA.tables["partners"]
AUDIT: Final = METADATA.tables["audit"]
COUNTERS: Final = METADATA.tables["counters"]
IDEMPOTENCY: Final = METADATA.tables["idempotency"]
PUBLICATIONS: Final = METADATA.tables["publications"]
LEASES: Final = METADATA.tables["leases"]
WEBHOOKS: Final = METADATA.tables["webhooks"]
DELIVERIES: Final = METADATA.tables["deliveries"]
