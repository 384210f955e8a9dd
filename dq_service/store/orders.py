"""Orders as they stand: read for a group of commands with a handful of queries, looked up, listed, found when due."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from dq_service.store.bulk import Bulk, among, bulk, instant_of, instant_there
from dq_service.store.kept import Identity, Kept, Lifecycle, ReceiptLine
from dq_service.store.rows import JOINED, kept_of
from dq_service.store.schema import CHANGES, column_text
from dq_service.store.writing import Remembered as Remembered
from dq_service.store.writing import write as write
from dq_service.store.written import text_of, value_of

Read = Callable[[bytes], Any]  # parses a body; `intake.json_text.read` is stricter than ours

OVERLAP: Final = timedelta(minutes=1)  # longer than a group of commands takes from its `now` to its commit
_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Placed:
    """An order with the place of its last change among those of all orders."""

    seq: int
    kept: Kept


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a group of commands needs to know of: orders by identity or id, bodies by digest, callers' keys."""

    identities: set[Identity] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    digests: set[tuple[Identity, str]] = field(default_factory=set)
    idempotency: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is there of it. `by_identity` by Identity.key; `seen` are (order id, digest) of bodies that came before."""

    by_identity: dict[str, Kept] = field(default_factory=dict)
    by_id: dict[str, Kept] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    remembered: dict[tuple[str, str], Remembered] = field(default_factory=dict)
    key_of: dict[str, str] = field(default_factory=dict)  # order id -> Identity.key


def load(connection: Connection, wanted: Wanted, *, lock: bool = True, read: Read = value_of) -> Loaded:
    """What a group needs, as it stands; on PostgreSQL nobody else changes these orders until the commit (`lock`)."""
    ask = bulk(connection)
    loaded = Loaded()
    keys = {identity.key: identity for identity in wanted.identities}
    ids = {id_ for id_ in wanted.ids if column_text(id_) == id_}
    if keys or ids:
        found = _found(ask, list(keys), list(ids), lock)
        if found:
            for row in among(ask, f"{JOINED} WHERE o.id", found):
                kept = kept_of(row, read)
                if row[1] in keys:  # as it was asked for: a partner's column may be cut
                    kept = replace(kept, identity=keys[row[1]])
                loaded.key_of[kept.id] = row[1]
                loaded.by_id[kept.id] = loaded.by_identity[row[1]] = kept
    _seen(ask, wanted.digests, loaded)
    _remembered(ask, wanted.idempotency, loaded)
    return loaded


def get(connection: Connection, id_: str, *, read: Read = value_of) -> Kept | None:
    """The order with this id."""
    return _one(connection, "o.id", id_, read)


def find(connection: Connection, identity: Identity, *, read: Read = value_of) -> Kept | None:
    """The order of this identity."""
    return _one(connection, "o.identity", identity.key, read)


def page(
    connection: Connection,
    lifecycle: Lifecycle | None = None,
    changed_since: datetime | None = None,
    partner: str = "",
    after: int | None = None,
    limit: int = 100,
    *,
    trial: bool = False,
    identity: Identity | None = None,
    read: Read = value_of,
) -> Sequence[Placed]:
    """Orders in the order in which their last changes were committed; `after` is the seq of the last one seen.

    `trial`: those that came with test keys, and no others.
    Nothing is ever committed with a seq lower than one that can be read, so who goes along it passes nobody. An order
    that changes meanwhile comes again further on. `changed_since` includes that instant. Without `after` it also gives
    what changed within `OVERLAP` before: that may have been committed, and so become visible, after it.
    """
    ask = bulk(connection)
    conditions = ["o.trial = ?"]
    parameters: list[Any] = [trial]
    if partner:
        conditions.append("o.partner = ?")
        parameters.append(column_text(partner))
    if changed_since is not None:
        since = ask.at(max(changed_since, _BEGIN) - OVERLAP)
        conditions.append("(o.changed_at >= ?) IS TRUE")  # not by its index: what is found comes by seq
        parameters.append(since)
        if after is None:  # `+ 0`: by the index of changed_at, not by that of seq from its beginning on
            (first,) = ask.ask("SELECT min(seq + 0) FROM orders WHERE changed_at >= ?", since)[0]
            if first is None:
                return []
            after = first - 1
    if after is not None:
        conditions.append("o.seq > ?")
        parameters.append(after)
    if identity is not None:
        conditions.append("o.identity = ?")
        parameters.append(identity.key)
    if lifecycle is not None:
        conditions.append("o.lifecycle = ?")
        parameters.append(lifecycle)
    rows = ask.ask(f"{JOINED} WHERE {' AND '.join(conditions)} ORDER BY o.seq LIMIT ?", *parameters, limit)
    return [Placed(row[-1], kept_of(row, read)) for row in rows]


def latest(connection: Connection) -> int:
    """The seq of the last change; 0 where there is no order yet."""
    found: int = bulk(connection).ask("SELECT coalesce(max(seq), 0) FROM orders")[0][0]
    return found


def due_holds(connection: Connection, now: datetime, limit: int) -> Sequence[str]:
    """Ids of orders whose hold has ended by now, the longest ended first."""
    ask = bulk(connection)
    sql = "SELECT id FROM orders WHERE hold_until IS NOT NULL AND hold_until <= ? ORDER BY hold_until LIMIT ?"
    return [row[0] for row in ask.ask(sql, ask.at(now), limit)]


def next_hold(connection: Connection) -> datetime | None:
    """When the next hold ends."""
    return instant_of(bulk(connection).ask("SELECT min(hold_until) FROM orders WHERE hold_until IS NOT NULL")[0][0])


def due(connection: Connection, now: datetime, limit: int) -> Sequence[str]:
    """Ids of orders that are to be looked at again by now, the longest due first."""
    ask = bulk(connection)
    sql = "SELECT id FROM orders WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?"
    return [row[0] for row in ask.ask(sql, ask.at(now), limit)]


@dataclass(frozen=True, slots=True)
class Revision:
    """One result of an order, as it was answered, and the versions that it was made with."""

    number: int
    result: bytes = field(repr=False)
    published: dict[str, int]
    at: datetime


def revisions_of(connection: Connection, id_: str) -> Sequence[Revision]:
    """All results of an order, oldest first."""
    sql = "SELECT revision, body, published, at FROM results WHERE order_id = ? ORDER BY revision"
    return [
        Revision(row[0], bytes(row[1]), value_of(row[2]), instant_there(row[3]))
        for row in bulk(connection).ask(sql, column_text(id_))
    ]


_LINES: Final = f"SELECT {', '.join(column.name for column in CHANGES.c)} FROM changes WHERE order_id = ?"


def changes_of(connection: Connection, id_: str) -> Sequence[ReceiptLine]:
    """All lines of an order's receipt, in the order in which they were written."""
    rows = bulk(connection).ask(f"{_LINES} ORDER BY revision, number", column_text(id_))
    return [_line(row) for row in rows]


def accepted_body_of(connection: Connection, id_: str) -> bytes | None:
    """The sender's last accepted body, byte for byte."""
    sql = "SELECT b.raw FROM orders o JOIN bodies b ON b.order_id = o.id AND b.number = o.body WHERE o.id = ?"
    rows = bulk(connection).ask(sql, column_text(id_))
    return bytes(rows[0][0]) if rows else None


def _line(row: Sequence[Any]) -> ReceiptLine:
    order_id, id_, revision, number, path, before, after, rule, confidence, evidence, who, at, taken_at, taken_by = row
    old, new = (None if text is None else value_of(text) for text in (before, after))
    when = instant_there(at)
    return ReceiptLine(
        id_, order_id, revision, number, path, old, new, rule, confidence, evidence, who, when,
        instant_of(taken_at), taken_by,
    )  # fmt: skip


def _one(connection: Connection, column: str, value: str, read: Read) -> Kept | None:
    rows = bulk(connection).ask(f"{JOINED} WHERE {column} = ?", column_text(value))
    return kept_of(rows[0], read) if rows else None


def _found(ask: Bulk, keys: list[str], ids: list[str], lock: bool) -> list[str]:
    """Ids of those that exist; PostgreSQL locks them in one order, so that two groups never wait for each other.

    The rest is read afterwards: beside a row for whose lock it had to wait, PostgreSQL would show the old result.
    """
    if ask.lists == "json":
        sql = (
            "SELECT id FROM orders WHERE identity IN (SELECT value FROM json_each(?)) "
            "UNION SELECT id FROM orders WHERE id IN (SELECT value FROM json_each(?))"
        )
        return [row[0] for row in ask.ask(sql, text_of(keys), text_of(ids))]
    sql = "SELECT id FROM orders WHERE identity = ANY(?) OR id = ANY(?) ORDER BY id"
    return [row[0] for row in ask.ask(f"{sql} FOR UPDATE" if lock else sql, keys, ids)]


def _seen(ask: Bulk, digests: Iterable[tuple[Identity, str]], loaded: Loaded) -> None:
    there = [(loaded.by_identity[key].id, digest) for key, digest in _keyed(digests) if key in loaded.by_identity]
    loaded.seen.update(_pairs(ask, "SELECT order_id, digest FROM bodies WHERE (order_id, digest) IN", there))


def _keyed(digests: Iterable[tuple[Identity, str]]) -> Iterable[tuple[str, str]]:
    return ((identity.key, digest) for identity, digest in digests)


def _remembered(ask: Bulk, keys: Iterable[tuple[str, str]], loaded: Loaded) -> None:
    given = {(column_text(scope), column_text(key)): (scope, key) for scope, key in keys}
    sql = "SELECT scope, key, digest, order_id, revision, at FROM idempotency WHERE (scope, key) IN"
    for scope, key, digest, order_id, revision, at in _pairs(ask, sql, list(given)):
        pair = given[scope, key]
        loaded.remembered[pair] = Remembered(*pair, digest, order_id, revision, instant_there(at))


def _pairs(ask: Bulk, sql: str, pairs: list[tuple[str, str]]) -> list[Any]:
    """A query that ends in IN, for these pairs of texts."""
    if not pairs:
        return []
    if ask.lists == "json":
        taken = "(SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))"
        return ask.ask(f"{sql} {taken}", text_of(pairs))
    firsts, seconds = zip(*pairs, strict=True)
    return ask.ask(f"{sql} (SELECT * FROM unnest(?::text[], ?::text[]))", list(firsts), list(seconds))
