"""Orders deleted with all that hangs on them, and events when their time is over. Counts stay, and so does the log."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from dq_service.order import JSON, Order
from dq_service.store import audit
from dq_service.store import dump as dump  # knows every table that there is
from dq_service.store.bulk import Bulk, among, bulk, instant_of
from dq_service.store.history import keys_of
from dq_service.store.kept import Identity
from dq_service.store.schema import METADATA, column_text
from dq_service.store.written import text_of, value_of

Read = Callable[[bytes], Any]  # parses a body

_APART: Final = frozenset({"known_by", "outbox", "deliveries", "idempotency"})  # have no index by their order
_WAITING: Final = "('held', 'waiting')"  # these have an end of their own


@dataclass(frozen=True, slots=True)
class Found:
    """An order that may go, as it stood when it was looked at: whoever changed it since keeps it."""

    id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Removed:
    """What went: the ids of orders, and the numbers of the audit log's lines whose detail was erased with them."""

    ids: Sequence[str]
    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class Overdue:
    """Whose orders may go: a partner's, of one channel or (None) of all but `others`, that were over by `until`."""

    partner: str
    channel: str | None
    others: Sequence[str]
    until: datetime


def parts() -> Sequence[sa.Table]:
    """The tables whose rows hang on an order and are found by it: all that have an `order_id`, but for those above."""
    return [table for table in METADATA.sorted_tables if "order_id" in table.c and table.name not in _APART]


def overdue(connection: Connection, wanted: Overdue, limit: int) -> Sequence[Found]:
    """Orders whose time is over: ended by then, or never ended and not changed since. None that is held."""
    ask = bulk(connection)
    until = ask.at(wanted.until)
    if wanted.channel is not None:
        channel, given = "channel = ?", [column_text(wanted.channel)]
    elif ask.lists == "json":
        channel, given = "channel NOT IN (SELECT value FROM json_each(?))", [text_of(list(wanted.others))]
    else:
        channel, given = "channel <> ALL(?)", [list(wanted.others)]  # type: ignore[list-item]
    whose = f"SELECT id, seq FROM orders WHERE partner = ? AND {channel} AND lifecycle NOT IN {_WAITING}"
    ended = f"{whose} AND ended_at IS NOT NULL AND ended_at <= ? ORDER BY ended_at LIMIT ?"
    found = ask.ask(ended, wanted.partner, *given, until, limit)
    if not found:  # seq goes with changed_at, so the index of both bounds the search among the partner's orders
        last = ask.ask("SELECT seq FROM orders WHERE changed_at <= ? ORDER BY changed_at DESC, seq DESC LIMIT 1", until)
        silent = f"{whose} AND ended_at IS NULL AND changed_at <= ? AND seq <= ? ORDER BY seq LIMIT ?"
        found = ask.ask(silent, wanted.partner, *given, until, last[0][0], limit) if last else []
    return [Found(*row) for row in found]


def remove(connection: Connection, found: Sequence[Found], *, read: Read = value_of, changed: bool = False) -> Removed:
    """Deletes those of these orders that stand as they stood (`changed`: however they stand), and what hangs on them.

    Every row that names them (`parts`), what they are known by, deliveries, the detail of the log's lines about them.
    Their events go by `remove_events` or `sweep`. Roll-ups stay. Whoever calls writes a line that names `lines`.
    """
    given = bulk(connection)
    _hold_webhooks(given)
    stood = {one.id: one.seq for one in found}
    now = among(
        given, "SELECT id, seq, partner, trial FROM orders WHERE id", sorted(stood), lock=" ORDER BY id FOR UPDATE"
    )
    whose = {
        id_: Identity(partner, "", "", "", bool(trial)).realm
        for id_, seq, partner, trial in now
        if changed or stood[id_] == seq
    }
    ids = sorted(whose)
    if not ids:
        return Removed((), ())
    keys = sorted(_keys(given, whose, read))
    hooks = [row[0] for row in given.ask("SELECT id FROM webhooks")]
    lines = audit.about(connection, ids)
    _keep_counting(connection)
    with given.together():
        given.run("DELETE FROM known_by WHERE key = ? AND order_id = ?", keys)
        for table in parts():
            given.run(f"DELETE FROM {table.name} WHERE order_id = ?", [(id_,) for id_ in ids])
        if hooks:
            pairs = [(hook, id_) for hook in hooks for id_ in ids]
            given.run("DELETE FROM deliveries WHERE webhook_id = ? AND order_id = ?", pairs)
        given.run("DELETE FROM orders WHERE id = ?", [(id_,) for id_ in ids])
    audit.erase(connection, lines)
    return Removed(ids, lines)


def _keys(ask: Bulk, whose: dict[str, str], read: Read) -> set[tuple[int, str]]:
    """What these orders are known by, from all that they were ever sent with."""
    out: set[tuple[int, str]] = set()
    bodies = among(ask, "SELECT order_id, raw FROM bodies WHERE order_id", sorted(whose))
    sent = among(ask, "SELECT id, sent FROM orders WHERE sent IS NOT NULL AND id", sorted(whose))
    for id_, raw in (*bodies, *sent):
        order = _order(raw, read)
        if order is not None:
            out.update((key, id_) for key in keys_of(whose[id_], Order(order)))
    return out


def _order(raw: Any, read: Read) -> JSON | None:
    try:
        order = value_of(raw) if isinstance(raw, str) else read(bytes(raw))
    except ValueError:  # it was no order, and so is known by nothing
        return None
    return order if isinstance(order, dict) else None


def _keep_counting(connection: Connection) -> None:
    """SQLite counts from the highest seq that is there: where that goes, it is noted, or it would come again."""
    if connection.dialect.name == "sqlite":
        raise_counter(connection, "orders", bulk(connection).ask("SELECT coalesce(max(seq), 0) FROM orders")[0][0])


def raise_counter(connection: Connection, name: str, value: int) -> None:
    """A number that never falls."""
    sql = (
        "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE "
        "SET value = CASE WHEN excluded.value > counters.value THEN excluded.value ELSE counters.value END"
    )
    bulk(connection).run(sql, [(name, value)])


# --- what else names an order, found by going along it: no index would be worth its price to every order --------------


def events_of(connection: Connection, ids: Collection[str], *, after: int = 0) -> Sequence[int]:
    """The seqs of all events of these orders, from after a seq on: goes along the outbox."""
    sql = "SELECT seq FROM outbox WHERE seq > ? AND order_id"
    return [row[0] for row in among(bulk(connection), sql, sorted(ids), first=(after,))]


def remembered_of(connection: Connection, ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """Callers' keys that came to these orders, as (scope, key)."""
    sql = "SELECT scope, key FROM idempotency WHERE order_id"
    return [(row[0], row[1]) for row in among(bulk(connection), sql, sorted(ids))]


def known_by_of(connection: Connection, ids: Collection[str]) -> Sequence[tuple[int, str]]:
    """By what these orders are known, as (key, order id)."""
    sql = "SELECT key, order_id FROM known_by WHERE order_id"
    return [(row[0], row[1]) for row in among(bulk(connection), sql, sorted(ids))]


def forget(connection: Connection, remembered: Sequence[tuple[str, str]], known_by: Sequence[tuple[int, str]]) -> None:
    """Takes away what these functions found."""
    given = bulk(connection)
    given.run("DELETE FROM idempotency WHERE scope = ? AND key = ?", remembered)
    given.run("DELETE FROM known_by WHERE key = ? AND order_id = ?", known_by)


def remove_events(connection: Connection, places: Sequence[int]) -> None:
    """These events, and whatever is or was on its way with them."""
    given = bulk(connection)
    _hold_webhooks(given)
    hooks = [row[0] for row in given.ask("SELECT id FROM webhooks")]
    with given.together():
        for hook in hooks:
            given.run("DELETE FROM deliveries WHERE webhook_id = ? AND seq = ?", [(hook, seq) for seq in places])
        given.run("DELETE FROM outbox WHERE seq = ?", [(seq,) for seq in places])


def sweep(
    connection: Connection, after: int, until: datetime, limit: int, *, gone: bool
) -> tuple[Sequence[int], int | None]:
    """Of the next `limit` events after a seq, those that may go, and where to go on; None: there is nothing more.

    They happened before `until`, are taken up by every webhook in use and wait for none; or (`gone`) their order is
    no longer there.
    """
    ask = bulk(connection)
    there = "EXISTS (SELECT 1 FROM orders o WHERE o.id = e.order_id)" if gone else "1 = 1"
    waits = (
        "EXISTS (SELECT 1 FROM webhooks w JOIN deliveries d ON d.webhook_id = w.id AND d.seq = e.seq "
        "WHERE d.state = 'pending')"
    )
    sql = f"SELECT e.seq, e.at, {there}, {waits} FROM outbox e WHERE e.seq > ? ORDER BY e.seq LIMIT ?"
    rows = ask.ask(sql, after, limit)
    taken_up = ask.ask("SELECT min(cursor) FROM webhooks WHERE disabled_at IS NULL")[0][0]
    out = []
    for seq, at, is_there, is_waiting in rows:
        old = (instant_of(at) or until) < until and not is_waiting and (taken_up is None or seq <= taken_up)
        if old or not is_there:
            out.append(seq)
    if len(rows) < limit:
        return out, None
    last = instant_of(rows[-1][1])
    return out, None if not gone and last is not None and last >= until else rows[-1][0]


def remove_swept(connection: Connection, places: Sequence[int]) -> int:
    """Deletes what `sweep` found, but for what waits for a webhook since; how many went."""
    given = bulk(connection)
    _hold_webhooks(given)
    sql = (
        "SELECT d.seq FROM deliveries d JOIN orders o ON o.id = d.order_id "
        "WHERE d.state = 'pending' AND d.webhook_id = ? AND d.seq"
    )
    hooks = [row[0] for row in given.ask("SELECT id FROM webhooks")]
    waiting: set[int] = set()
    for hook in hooks:
        waiting.update(row[0] for row in among(given, sql, list(places), first=(hook,)))
    going = [seq for seq in places if seq not in waiting]
    remove_events(connection, going)
    return len(going)


def _hold_webhooks(ask: Bulk) -> None:
    """Until this transaction ends no webhook takes anything up: what it took up meanwhile would have lost its event."""
    if ask.lists == "array":
        ask.ask("SELECT id FROM webhooks ORDER BY id FOR UPDATE")
