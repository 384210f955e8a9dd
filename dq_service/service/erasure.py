"""A recipient forgotten: their orders found in whatever was kept, and deleted so that no byte of them stays.

Finding only reads, in whichever process; deleting is told ids and numbers alone, so that nothing personal is handed on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from dq_service.intake.json_text import read
from dq_service.order import JSON
from dq_service.service.endings import OVER
from dq_service.service.errands import Declined, Kinds
from dq_service.service.recipient import Recipient
from dq_service.store import audit, outbox, removal
from dq_service.store.bulk import Bulk, among, bulk, instant_there
from dq_service.store.database import Database
from dq_service.store.kept import Note
from dq_service.store.removal import Found
from dq_service.store.schema import METADATA
from dq_service.store.trouble import again
from dq_service.store.written import JSONText, name_of

UNDER_WAY: Final = timedelta(days=30)  # as long as nothing says that it is over; what is silent for longer is no more
PIECE: Final = 50  # orders in one transaction
LONGEST_BASIS: Final = 200  # characters
_AT_ONCE: Final = 100  # orders that are looked through together
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Match:
    """An order of the recipient. `under_way`: nothing says that it is over, and it changed of late."""

    id: str
    partner: str
    received_id: str
    lifecycle: str
    changed_at: datetime
    under_way: bool


@dataclass(frozen=True, slots=True)
class Traces:
    """What is there of a recipient: orders, and the numbers of lines of the audit log that name them."""

    orders: Sequence[Match]
    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was deleted. `scrubbed` is False where others read an older state: their bytes go at the next time."""

    orders: int
    events: int
    lines: int
    scrubbed: bool


def find(
    database: Database, who: Recipient, now: datetime, moved: Callable[[float], None] = lambda orders: None
) -> Traces:
    """Looks through every order: its bodies, its results, what was changed by hand. `moved` is told of each piece.

    A person's orders are where they are the recipient, sender, payer or contact, at any of its stops. Raises
    Unavailable.
    """
    found: list[Match] = []
    last = ""
    while True:
        with database.reading() as connection:
            ask = bulk(connection)
            rows = ask.ask(f"{_ORDERS} WHERE id > ? ORDER BY id LIMIT ?", last, _AT_ONCE)
            if not rows:
                break
            last = rows[-1][0]
            theirs = _theirs(ask, who, rows)
        found += [_match(row, now) for row in rows if row[0] in theirs]
        moved(len(rows))
    with database.reading() as connection:
        about = set(audit.about(connection, [one.id for one in found]))
        lines = [number for number, text in audit.told(connection) if number not in about and who.named_in(text)]
    return Traces(found, lines)


_ORDERS: Final = (
    "SELECT id, partner, received_id, lifecycle, ended_at, changed_at, account, shipment_id, hold_why, sent, fixes "
    "FROM orders"
)


def _theirs(ask: Bulk, who: Recipient, rows: Sequence[Any]) -> set[str]:
    """Which of these orders name the recipient anywhere."""
    theirs = {row[0] for row in rows if any(text and who.stands_in_text(text) for text in (row[2], *row[6:]))}
    for sql in (
        "SELECT order_id, raw FROM bodies WHERE order_id",
        "SELECT order_id, body FROM results WHERE order_id",
    ):
        for id_, raw in among(ask, sql, [row[0] for row in rows if row[0] not in theirs]):
            if id_ not in theirs and who.stands_in(bytes(raw)):
                theirs.add(id_)
    for table in removal.parts():
        if table.name in ("bodies", "results"):
            continue
        texts = [f'"{column.name}"' for column in table.c if isinstance(column.type, sa.Text | JSONText)]
        sql = f"SELECT order_id, {', '.join(texts)} FROM {table.name} WHERE order_id"
        for id_, *said in among(ask, sql, [row[0] for row in rows if row[0] not in theirs]):
            if any(text and who.stands_in_text(text) for text in said):
                theirs.add(id_)
    return theirs


def _match(row: Any, now: datetime) -> Match:
    changed_at = instant_there(row[5])
    over = row[3] in OVER or row[4] is not None
    return Match(row[0], row[1], name_of(row[2]), row[3], changed_at, not over and changed_at > now - UNDER_WAY)


def erase(
    database: Database, ids: Sequence[str], lines: Sequence[int], *, by: str, basis: str, now: datetime
) -> Erased:
    """Deletes these orders with all that hangs on them and erases the detail of these lines of the audit log.

    One line says that it was done: how many, by whom, on what basis. Raises Unavailable, Conflict.
    """
    with database.reading() as connection:
        seen = outbox.latest(connection)
        events = removal.events_of(connection, ids)
        remembered, known_by = removal.remembered_of(connection, ids), removal.known_by_of(connection, ids)
    count = erased = 0
    left = list(lines)
    for start in range(0, max(len(ids), 1), PIECE):
        piece = list(ids[start : start + PIECE])
        went = again(partial(_piece, database, piece, left, by, basis, now), _TRIES)
        count, erased, left = count + len(went.ids), erased + len(went.lines), []
    again(partial(_rest, database, ids, seen, events, remembered, known_by), _TRIES)
    return Erased(count, len(events), erased, database.scrub(scrubbed()))


def scrubbed() -> Sequence[str]:
    """The tables in which a recipient may stand: those with an `order_id`, the orders, and the audit log."""
    return ["orders", "audit", *(table.name for table in METADATA.sorted_tables if "order_id" in table.c)]


def _piece(
    database: Database, ids: Sequence[str], lines: Sequence[int], by: str, basis: str, now: datetime
) -> removal.Removed:
    with database.writing() as connection:
        went = removal.remove(connection, [Found(one, 0) for one in ids], read=read, changed=True)
        known = audit.unerased(connection, lines)
        numbers = [*went.lines, *audit.erase(connection, known)]
        if went.ids or numbers:
            detail: JSON = {"orders": len(went.ids), "basis": basis, audit.ERASED: numbers}
            audit.append(connection, [Note(now, by, "orders.erase", "", "", detail)])
    return removal.Removed(went.ids, numbers)


def _rest(
    database: Database,
    ids: Sequence[str],
    seen: int,
    events: Sequence[int],
    remembered: Sequence[tuple[str, str]],
    known_by: Sequence[tuple[int, str]],
) -> removal.Removed:
    with database.writing() as connection:
        # What was written of these orders between the look and their end: few, at the end of the outbox.
        late = removal.events_of(connection, ids, after=seen)
        removal.remove_events(connection, [*events, *late])
        removal.forget(connection, remembered, known_by)
    return removal.Removed((), ())


def erasure_errands(database: Database, clock: Callable[[], datetime]) -> Kinds:
    """What `dq erase` asks of the server that writes the SQLite file: ids and numbers, nobody's name."""

    def carry(by: str, given: JSON) -> JSON:
        basis = checked_basis(given["basis"])
        done = erase(database, given["orders"], given["lines"], by=actor(by), basis=basis, now=clock())
        return {"orders": done.orders, "events": done.events, "lines": done.lines, "scrubbed": done.scrubbed}

    return {"erase": carry}


def checked_basis(basis: str) -> str:
    """Why somebody is forgotten, for the log. Raises Declined."""
    if len(basis) > LONGEST_BASIS:
        raise Declined(f"the basis wants {LONGEST_BASIS} characters at most: a number of the request, not its text")
    return basis


def actor(by: str) -> str:
    """Who typed the command, as the audit log names them."""
    return f"local:{by}" if by else "local"
