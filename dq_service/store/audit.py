"""The audit log: who did what to what, each line bound to the one before it, so that none is changed or lost unseen.

A line's `hash` is of the hash before it and of what the line says; of who did it and of the detail, which may name
people, it holds only `digest`, a salted hash. So both can be erased, and the chain still verifies: an erased line
proves that it stood there, when, and about what. Every erased line must be named by a later line that erased it.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from dq_service.order import JSON
from dq_service.store.bulk import Bulk, among, bulk, instant_of
from dq_service.store.kept import Note
from dq_service.store.schema import AUDIT, column_text
from dq_service.store.written import text_of, value_of

IN_ORDER: Final = 0x6471_6F75  # PostgreSQL's advisory lock of who writes: seq of orders and events, lines of this log
BEFORE_ALL: Final = "0" * 64  # what the first line is bound to
ERASED: Final = "erased_lines"  # under this name a line's detail lists the numbers of the lines that it erased

_AT_ONCE: Final = 1000
_LONG: Final = 1000  # characters of a text
_CALLER: Final = re.compile(
    r"(local(:[\w.-]+)?|key:\w+|user:\w+|service)(?= \(|$)"
)  # of an actor, what names no recipient


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `detail` is None where it was erased; `number` counts from 1 without gaps."""

    number: int
    at: datetime
    actor: str
    action: str
    object: str
    partner: str
    detail: JSON | None
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The chain holds: how many lines, how many of them erased, and the hash of the last."""

    count: int
    erased: int
    head: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that is wrong (0: the chain as a whole), and how."""

    number: int
    how: str


def append(connection: Connection, notes: Sequence[Note]) -> None:
    """The next lines of the log. On PostgreSQL whoever writes waits from here to the end of this transaction."""
    if not notes:
        return
    given = bulk(connection)
    if connection.dialect.name == "postgresql":
        given.ask("SELECT pg_advisory_xact_lock(?)", IN_ORDER)
    number, before = (given.ask("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1") or [(0, BEFORE_ALL)])[0]
    rows = []
    for place, note in enumerate(notes, start=number + 1):
        actor, action, partner = (column_text(text, _LONG) for text in (note.actor, note.action, note.partner))
        detail, salt = text_of(note.detail), secrets.token_hex(16)
        about, at = column_text(note.object), given.at(note.at)
        digest = _digest(salt, actor, detail)
        before = _hash(before, (place, _written(note.at), action, about, partner, digest))
        rows.append((place, at, actor, action, about, partner, detail, salt, digest, before))
    given.insert(AUDIT, rows)


def head(connection: Connection) -> tuple[int, str]:
    """How many lines there are, and the hash of the last."""
    found = bulk(connection).ask("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
    return (found[0][0], found[0][1]) if found else (0, BEFORE_ALL)


def verify(connection: Connection, noted: str = "") -> Verified | Broken:
    """Goes along the whole log. `noted` is a head that was written down elsewhere: it must still be in the chain.

    The chain alone cannot tell that its last lines were cut off, or that all of it was written anew: a noted head can.
    """
    count, before, found = 0, BEFORE_ALL, not noted or noted == BEFORE_ALL
    unexplained: set[int] = set()
    erased = 0
    for row in _rows(bulk(connection)):
        number, at, actor, action, about, partner, detail, salt, digest, own = row
        if number != count + 1:
            return Broken(count + 1, "it is not there")
        if (detail is None) != (salt is None):
            return Broken(number, "its detail was taken out or put in")
        if salt is None:
            unexplained.add(number)
            erased += 1
        elif _digest(salt, actor, detail) != digest:
            return Broken(number, "its actor or its detail is not what was written")
        instant = instant_of(at)
        if instant is None or _hash(before, (number, _written(instant), action, about, partner, digest)) != own:
            return Broken(number, "it is not what was written, or not after the line before it")
        if unexplained and detail is not None and ERASED in detail:
            unexplained.difference_update(value_of(detail).get(ERASED, ()))
        count, before = number, own
        found = found or own == noted
    if unexplained:
        return Broken(min(unexplained), "its detail is gone, and no later line says that it was erased")
    if not found:
        return Broken(0, "the noted head is not in it: lines were cut off, or it was written anew")
    return Verified(count, erased, before)


def lines(connection: Connection, before: int | None = None, limit: int = 100) -> Sequence[Line]:
    """The newest lines (before a number), newest first."""
    until = 1 << 62 if before is None else before
    sql = f"{_SELECT} WHERE id < ? ORDER BY id DESC LIMIT ?"
    return [_line(row) for row in bulk(connection).ask(sql, until, limit)]


def about(connection: Connection, objects: Collection[str]) -> Sequence[int]:
    """The numbers of the lines about these that still have a detail."""
    sql = "SELECT id FROM audit WHERE salt IS NOT NULL AND object"
    return sorted(row[0] for row in among(bulk(connection), sql, objects))


def unerased(connection: Connection, numbers: Collection[int]) -> Sequence[int]:
    """Those of these lines that still have a detail."""
    ask = bulk(connection)
    sql = "SELECT id FROM audit WHERE salt IS NOT NULL AND id = ?"
    return [number for number in sorted(numbers) if ask.ask(sql, number)]


def told(connection: Connection) -> Iterator[tuple[int, str]]:
    """The number of every line that is not erased, and the text of all that it says of people."""
    for number, _, actor, _, _, _, detail, salt, _, _ in _rows(bulk(connection)):
        if salt is not None:
            yield number, text_of([actor, detail])


def erase(connection: Connection, numbers: Collection[int]) -> Sequence[int]:
    """Forgets the detail of these lines, and who did it where that is no caller's name.

    Whoever erases writes a line that lists what is returned under `ERASED`, in the same transaction: these numbers,
    and those that one of these lines had listed.
    """
    given = bulk(connection)
    listed = set(numbers)
    for number in sorted(numbers):
        ((actor, detail),) = given.ask("SELECT actor, detail FROM audit WHERE id = ?", number)
        if detail is not None and ERASED in detail:
            listed.update(value_of(detail).get(ERASED, ()))
        caller = _CALLER.match(actor)
        given.run(_ERASE, [(caller[0] if caller else "", number)])
    return sorted(listed)


_ERASE: Final = "UPDATE audit SET detail = NULL, salt = NULL, actor = ? WHERE id = ?"
_SELECT: Final = f"SELECT {', '.join(column.name for column in AUDIT.c)} FROM audit"


def _rows(ask: Bulk) -> Iterator[Any]:
    last = -(1 << 62)
    while rows := ask.ask(f"{_SELECT} WHERE id > ? ORDER BY id LIMIT ?", last, _AT_ONCE):
        yield from rows
        last = rows[-1][0]


def _line(row: Any) -> Line:
    number, at, actor, action, object_, partner, detail, _, _, own = row
    instant = instant_of(at)
    assert instant is not None
    said = None if detail is None else value_of(detail)
    return Line(number, instant, actor, action, object_, partner, said, own)


def _digest(salt: str, actor: str, detail: str) -> str:
    return hashlib.sha256(f"{salt}{_json((actor, detail))}".encode()).hexdigest()


def _hash(before: str, said: Sequence[Any]) -> str:
    return hashlib.sha256(f"{before}{_json(said)}".encode()).hexdigest()


def _json(value: object) -> str:
    """Not `text_of`: this form must never change."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")
