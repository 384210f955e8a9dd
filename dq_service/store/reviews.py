"""Who has an item open, what was decided of it, and what people say beside it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from dq_service.store.bulk import Bulk, among, bulk, instant_of, instant_there
from dq_service.store.in_review import Claim, Comment, Decision, Item, View
from dq_service.store.kept import Kept
from dq_service.store.review_rows import item_row, rule_rows
from dq_service.store.review_tables import COMMENTS, DECISIONS, ITEM_RULES, ITEMS
from dq_service.store.rows import LONG
from dq_service.store.schema import column_text
from dq_service.store.written import text_of, value_of

LONGEST_COMMENT: Final = 4000  # characters

# --- claims ----------------------------------------------------------------------------------------------------------


def claim(
    connection: Connection, order_id: str, holder: str, now: datetime, until: datetime, *, trial: bool = False
) -> Claim | None:
    """The claim that stands from now on: this holder's where the item was free, had been left, or was theirs; else the
    other's. None: there is no such item."""
    given = bulk(connection)
    at, end = given.at(now), given.at(until)
    sql = (
        "INSERT INTO claims (order_id, holder, since, until) "
        f"SELECT order_id, {_text(given)}, {given.instant}, {given.instant} FROM review_items "
        "WHERE order_id = ? AND trial = ? ON CONFLICT (order_id) DO UPDATE SET holder = excluded.holder, "
        "since = CASE WHEN claims.holder = excluded.holder AND claims.until > excluded.since THEN claims.since "
        "ELSE excluded.since END, until = excluded.until "
        "WHERE claims.holder = excluded.holder OR claims.until <= excluded.since "
        "RETURNING order_id, holder, since, until"
    )
    rows = given.ask(sql, holder, at, end, column_text(order_id), trial)
    return _claim(rows[0]) if rows else claim_of(connection, order_id)


def unclaim(connection: Connection, order_id: str, holder: str) -> bool:
    """The item is free, if it was this holder's; whether it was."""
    sql = "DELETE FROM claims WHERE order_id = ? AND holder = ? RETURNING order_id"
    return bool(bulk(connection).ask(sql, column_text(order_id), holder))


def claim_of(connection: Connection, order_id: str) -> Claim | None:
    """Who has it open, or had: it may have ended."""
    rows = bulk(connection).ask(
        "SELECT order_id, holder, since, until FROM claims WHERE order_id = ?", column_text(order_id)
    )
    return _claim(rows[0]) if rows else None


# --- decisions -------------------------------------------------------------------------------------------------------

_NAMES: Final = tuple(column.name for column in DECISIONS.c)
_SELECT: Final = f"SELECT {', '.join(_NAMES)} FROM decisions"


def add_decision(connection: Connection, new: Decision) -> None:
    """A new decision. One that is pending already is a Conflict, once the transaction has left `Database.writing`."""
    given = bulk(connection)
    row = (
        new.id, new.order_id, new.revision, column_text(new.by), new.kind, text_of(dict(new.changes)),
        column_text(new.reason, LONG), given.at(new.decided_at), given.at(new.effective_at), new.state,
        given.at(new.ended_at), new.ended_by, new.applied_revision, given.at(new.applied_at), new.why,
    )  # fmt: skip
    given.insert(DECISIONS, [row])


def pending(connection: Connection, order_ids: Collection[str]) -> dict[str, Decision]:
    """What is decided of these orders and not carried out yet, by order. On PostgreSQL nobody undoes it meanwhile."""
    sql = f"{_SELECT} WHERE state = 'pending' AND order_id"
    rows = among(bulk(connection), sql, order_ids, lock=" ORDER BY id FOR UPDATE")
    return {decision.order_id: decision for decision in map(_decision, rows)}


def decision(connection: Connection, id_: str, *, lock: bool = False) -> Decision | None:
    """One decision; with `lock` nobody else changes it until the transaction ends."""
    ask = bulk(connection)
    rows = ask.ask(f"{_SELECT} WHERE id = ?{' FOR UPDATE' if lock and ask.lists == 'array' else ''}", column_text(id_))
    return _decision(rows[0]) if rows else None


def decisions_of(connection: Connection, order_id: str, limit: int = 100) -> Sequence[Decision]:
    """What was decided of an order, the newest first."""
    sql = f"{_SELECT} WHERE order_id = ? ORDER BY decided_at DESC, id DESC LIMIT ?"
    return [_decision(row) for row in bulk(connection).ask(sql, column_text(order_id), limit)]


def take_back_pending(connection: Connection, id_: str, by: str, now: datetime) -> bool:
    """A decision that was not carried out yet never will be; False where it was, or was taken back before."""
    given = bulk(connection)
    sql = (
        "UPDATE decisions SET state = 'undone', ended_at = ?, ended_by = ? WHERE id = ? AND state = 'pending' "
        "RETURNING id"
    )
    return bool(given.ask(sql, given.at(now), column_text(by), column_text(id_)))


def due_decisions(connection: Connection, now: datetime, limit: int) -> Sequence[str]:
    """Ids of orders of which something is decided that takes effect by now, the longest due first."""
    ask = bulk(connection)
    sql = "SELECT order_id FROM decisions WHERE state = 'pending' AND effective_at <= ? ORDER BY effective_at LIMIT ?"
    return [row[0] for row in ask.ask(sql, ask.at(now), limit)]


# --- what people say -------------------------------------------------------------------------------------------------


def assign(connection: Connection, order_id: str, assignee: str, *, trial: bool = False) -> bool:
    """Whose it is, "" for nobody's; False where there is no such item."""
    sql = "UPDATE review_items SET assignee = ? WHERE order_id = ? AND trial = ? RETURNING order_id"
    return bool(bulk(connection).ask(sql, column_text(assignee), column_text(order_id), trial))


def ask_another(connection: Connection, order_id: str, by: str) -> None:
    """A second opinion is wanted by this person: from anybody but them."""
    sql = (
        "UPDATE review_items SET asked_by = ?, assignee = CASE WHEN assignee = ? THEN '' ELSE assignee END "
        "WHERE order_id = ?"
    )
    bulk(connection).run(sql, [(column_text(by), column_text(by), order_id)])


def forget_remark(connection: Connection, known: Decision, by: str, now: datetime) -> None:
    """A skip, or the wish for a second opinion, was not meant."""
    given = bulk(connection)
    sql = "UPDATE decisions SET state = 'undone', ended_at = ?, ended_by = ? WHERE id = ?"
    given.run(sql, [(given.at(now), column_text(by), known.id)])
    if known.kind == "second_opinion":
        given.run(
            "UPDATE review_items SET asked_by = '' WHERE order_id = ? AND asked_by = ?", [(known.order_id, known.by)]
        )


def comment(connection: Connection, new: Comment) -> None:
    """Something said beside an order."""
    given = bulk(connection)
    row = (new.id, new.order_id, column_text(new.by), given.at(new.at), column_text(new.text, LONGEST_COMMENT))
    given.insert(COMMENTS, [row])


def comments_of(connection: Connection, order_id: str) -> Sequence[Comment]:
    """What was said beside an order, oldest first."""
    sql = "SELECT id, order_id, written_by, at, text FROM comments WHERE order_id = ? ORDER BY at, id"
    return [
        Comment(row[0], row[1], row[2], instant_there(row[3]), row[4])
        for row in bulk(connection).ask(sql, column_text(order_id))
    ]


def keep_view(connection: Connection, holder: str, view: View) -> None:
    """A person's view by its name, also where there was another of that name."""
    sql = (
        "INSERT INTO saved_views (holder, name, query) VALUES (?, ?, ?) "
        "ON CONFLICT (holder, name) DO UPDATE SET query = excluded.query"
    )
    bulk(connection).run(sql, [(column_text(holder), column_text(view.name), text_of(dict(view.query)))])


def views_of(connection: Connection, holder: str) -> Sequence[View]:
    """A person's views, by name."""
    rows = bulk(connection).ask("SELECT name, query FROM saved_views WHERE holder = ? ORDER BY name", holder)
    return [View(name, value_of(query)) for name, query in rows]


def forget_view(connection: Connection, holder: str, name: str) -> bool:
    """Whether there was one."""
    sql = "DELETE FROM saved_views WHERE holder = ? AND name = ? RETURNING name"
    return bool(bulk(connection).ask(sql, holder, column_text(name)))


# --- items that are missing ------------------------------------------------------------------------------------------


_MISSING: Final = (
    "orders o WHERE o.hold_until IS NOT NULL AND o.lifecycle IN ('held', 'waiting') "
    "AND NOT EXISTS (SELECT 1 FROM review_items i WHERE i.order_id = o.id)"
)


def missing_items(connection: Connection) -> bool:
    """Whether there is an order in review without an item."""
    return bool(bulk(connection).ask(f"SELECT 1 FROM {_MISSING} LIMIT 1"))


def itemless(connection: Connection, after: str, limit: int) -> Sequence[str]:
    """Ids of orders in review without an item, from an id on: those of a database from before there was a queue.

    On PostgreSQL nobody changes these orders until the transaction ends.
    """
    ask = bulk(connection)
    sql = f"SELECT o.id FROM {_MISSING} AND o.id > ? ORDER BY o.id LIMIT ?"
    return [row[0] for row in ask.ask(f"{sql} FOR UPDATE" if ask.lists == "array" else sql, after, limit)]


def add_items(connection: Connection, items: Sequence[tuple[Kept, Item]]) -> None:
    """Items of orders that have none."""
    given = bulk(connection)
    given.insert_new(ITEMS, [item_row(kept, item, given) for kept, item in items])
    rows = [row for kept, item in items for row in rule_rows(kept.id, item, kept.identity.trial)]
    given.insert_new(ITEM_RULES, rows)


def _text(given: Bulk) -> str:
    return "?" if given.lists == "json" else "?::text"


def _claim(row: Sequence[Any]) -> Claim:
    return Claim(row[0], row[1], instant_there(row[2]), instant_there(row[3]))


def _decision(row: Sequence[Any]) -> Decision:
    said: Mapping[str, Any] = dict(zip(_NAMES, row, strict=True))
    return Decision(
        id=said["id"],
        order_id=said["order_id"],
        revision=said["revision"],
        by=said["decided_by"],
        kind=said["kind"],
        changes=value_of(said["changes"]),
        reason=said["reason"],
        decided_at=instant_there(said["decided_at"]),
        effective_at=instant_there(said["effective_at"]),
        state=said["state"],
        ended_at=instant_of(said["ended_at"]),
        ended_by=said["ended_by"],
        applied_revision=said["applied_revision"],
        applied_at=instant_of(said["applied_at"]),
        why=said["why"],
    )
