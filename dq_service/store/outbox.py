"""What happened, read in the order in which it was committed: the feed of events and the webhooks go along it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, func, select

from dq_service.order import JSON
from dq_service.store.kept import Event
from dq_service.store.schema import OUTBOX, RESULTS, column_text
from dq_service.store.written import value_of

CHANNEL: Final = "dq_outbox"  # told on PostgreSQL whenever something was written
FURTHEST: Final = 5000  # entries that one look goes along; of a partner who is rarely there it finds few or none

_NAMES: Final = ("seq", "id", "type", "order_id", "number", "partner", "at", "data", "trial")
_COLUMNS: Final = tuple(OUTBOX.c[name] for name in _NAMES)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with its place in the sequence of all events."""

    seq: int
    event: Event


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the outbox. `end` is the seq up to which everything was seen; `more`: there was something after it."""

    entries: Sequence[Entry]
    end: int
    more: bool


def after(connection: Connection, seq: int, limit: int, partner: str = "", *, trial: bool = False) -> Stretch:
    """At most `limit` entries after a seq, of one partner where it is named: maybe fewer though there are more.

    `trial`: of orders that came with test keys, and of no others.
    """
    wanted = select(*_COLUMNS).where(OUTBOX.c.seq > seq, OUTBOX.c.trial.is_(trial)).order_by(OUTBOX.c.seq).limit(limit)
    if not partner:
        entries = tuple(map(_entry, connection.execute(wanted)))
        return Stretch(entries, entries[-1].seq if entries else seq, len(entries) == limit)
    furthest = end_of(connection, seq, FURTHEST)
    rows = connection.execute(wanted.where(OUTBOX.c.seq <= furthest, OUTBOX.c.partner == column_text(partner)))
    entries = tuple(map(_entry, rows))
    end = entries[-1].seq if len(entries) == limit else furthest
    return Stretch(entries, end, end < latest(connection))


def own(connection: Connection, seq: int, limit: int, partner: str, *, trial: bool = False) -> Stretch:
    """The next `limit` entries of one partner, however far away: neither their number, nor `more`, nor `end` depends
    on what others have sent, but for the place of `end` itself."""
    found: list[Entry] = []
    place, last = seq, latest(connection)
    while len(found) <= limit and place < last:
        stretch = after(connection, place, limit + 1 - len(found), partner, trial=trial)
        found += stretch.entries
        place = stretch.end
    if len(found) > limit:
        return Stretch(found[:limit], found[limit - 1].seq, True)
    return Stretch(found, max(seq, last), False)


def end_of(connection: Connection, seq: int, limit: int) -> int:
    """The seq of the last of at most `limit` entries after a seq; that seq itself where there are none."""
    some = select(OUTBOX.c.seq).where(OUTBOX.c.seq > seq).order_by(OUTBOX.c.seq).limit(limit).subquery()
    return connection.scalar(select(func.max(some.c.seq))) or seq


def latest(connection: Connection) -> int:
    """The seq of the last entry; 0 where nothing has happened yet."""
    return connection.scalar(select(func.max(OUTBOX.c.seq))) or 0


def oldest(connection: Connection, seq: int) -> datetime | None:
    """When the first event after a seq happened: how far behind somebody is who has seen everything up to it."""
    return connection.scalar(select(OUTBOX.c.at).where(OUTBOX.c.seq > seq).order_by(OUTBOX.c.seq).limit(1))


def find(connection: Connection, event_id: str) -> Entry | None:
    """The entry of an event."""
    row = connection.execute(select(*_COLUMNS).where(OUTBOX.c.id == column_text(event_id))).one_or_none()
    return None if row is None else _entry(row)


def entries_at(connection: Connection, places: Sequence[int]) -> dict[int, Entry]:
    """The entries with these seqs."""
    rows = connection.execute(select(*_COLUMNS).where(OUTBOX.c.seq.in_(places)))
    return {entry.seq: entry for entry in map(_entry, rows)}


def order_of(connection: Connection, order_id: str, revision: int) -> JSON | None:
    """The order as a revision sent it on; None where it was no order, or there is no such revision."""
    wanted = select(RESULTS.c.body).where(RESULTS.c.order_id == order_id, RESULTS.c.revision == revision)
    body = connection.scalar(wanted)
    order: JSON | None = value_of(body)["order"] if body else None
    return order


def announce(connection: Connection) -> None:
    """Tells those who listen, at the commit, that there is something to do."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(row.seq, Event(row.id, row.type, row.order_id, row.number, row.partner, row.at, row.data, row.trial))
