"""The queue of review: a walk along it in its order, what stands in it counted, and who has something of it open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection

from dq_service.store.bulk import Bulk, bulk, instant_of
from dq_service.store.in_review import Claim
from dq_service.store.schema import column_text
from dq_service.store.written import name_of, text_of

Age = Literal["15m", "1h", "4h", "1d", "older"]

AGES: Final[Mapping[Age, tuple[timedelta, timedelta]]] = {  # in review for at least, and less than
    "15m": (timedelta(0), timedelta(minutes=15)),
    "1h": (timedelta(minutes=15), timedelta(hours=1)),
    "4h": (timedelta(hours=1), timedelta(hours=4)),
    "1d": (timedelta(hours=4), timedelta(days=1)),
    "older": (timedelta(days=1), timedelta(days=10_000)),
}
COUNTED: Final = ("partner", "state", "assignee", "age")
_KINDS: Final = 20  # of the most frequent


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items; "" is any. `assignee` "-" is nobody's. `words` all stand in an item's text, in small letters."""

    partner: str = ""
    rule: str = ""
    field: str = ""
    age: Age | Literal[""] = ""
    assignee: str = ""
    state: str = ""
    kind: str = ""
    words: tuple[str, ...] = ()
    trial: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the queue: everything after it comes later."""

    rank: float
    order_id: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An item as it stands in the queue, and who has it open now."""

    order_id: str
    partner: str
    account: str
    received_id: str
    channel: str
    state: str
    revision: int
    due_at: datetime | None
    then: str
    escalated: bool
    opened_at: datetime
    rank: float
    seconds: float
    what: str
    place: str
    severity: str
    confidence: float | None
    kind: str
    assignee: str
    asked_by: str
    claim: Claim | None
    rules: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Free:
    """Whose next item is looked for: not what others have open or was theirs to skip, nor what waits for an answer."""

    holder: str
    skipped_since: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items there are by partner, state, assignee and age together, and by rule, field and kind."""

    cells: Mapping[tuple[str, str, str, str], int]
    rules: Sequence[tuple[str, int]]
    fields: Sequence[tuple[str, int]]
    kinds: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Open:
    """What others have open: how many items of each, and when the first of theirs is free again."""

    by: Mapping[str, int]
    free_at: datetime | None


_COLUMNS: Final = (
    "order_id", "partner", "account", "received_id", "channel", "state", "revision", "due_at", "hold_then",
    "escalated", "opened_at", "rank", "seconds", "what", "place", "severity", "confidence", "kind", "assignee",
    "asked_by",
)  # fmt: skip
_ITEM: Final = ", ".join(f"i.{name}" for name in _COLUMNS)
# What is decided is as good as gone.
_NOT_DECIDED: Final = "NOT EXISTS (SELECT 1 FROM decisions d WHERE d.order_id = i.order_id AND d.state = 'pending')"


def page(
    connection: Connection, wanted: Filter, now: datetime, after: Place | None, limit: int, free: Free | None = None
) -> Sequence[Listed]:
    """Items in their order, from after a place on; with `free` those that this reviewer may be given next.

    One walk along an index, however long the queue is; only a search of words looks at each item on its way.
    """
    ask = bulk(connection)
    source, conditions, given = _where(ask, wanted, now)
    along = "r" if source.startswith("review_rules") else "i"
    if after is not None:
        conditions.append(f"({along}.rank, {along}.order_id) > (?, ?)")
        given += [after.rank, column_text(after.order_id)]
    conditions.append(_NOT_DECIDED)
    if free is not None:
        conditions.append("i.state = 'held' AND i.asked_by <> ? AND i.assignee IN ('', ?)")
        conditions.append("NOT EXISTS (SELECT 1 FROM claims k WHERE k.order_id = i.order_id AND k.holder <> ? "
                          "AND k.until > ?)")  # fmt: skip
        conditions.append("NOT EXISTS (SELECT 1 FROM decisions s WHERE s.order_id = i.order_id AND s.kind = 'skip' "
                          "AND s.decided_by = ? AND s.revision = i.revision AND s.decided_at > ?)")  # fmt: skip
        given += [free.holder, free.holder, free.holder, ask.at(now), free.holder, ask.at(free.skipped_since)]
    rows = ask.ask(
        f"SELECT {_ITEM}, c.holder, c.since, c.until FROM {source} "
        "LEFT JOIN claims c ON c.order_id = i.order_id AND c.until > ? "
        f"WHERE {' AND '.join(conditions)} ORDER BY {along}.rank, {along}.order_id LIMIT ?",
        ask.at(now), *given, limit,
    )  # fmt: skip
    return _with_rules(ask, [_listed(row) for row in rows])


def item(connection: Connection, order_id: str, now: datetime, *, trial: bool = False) -> Listed | None:
    """One item."""
    ask = bulk(connection)
    rows = ask.ask(
        f"SELECT {_ITEM}, c.holder, c.since, c.until FROM review_items i "
        "LEFT JOIN claims c ON c.order_id = i.order_id AND c.until > ? WHERE i.order_id = ? AND i.trial = ?",
        ask.at(now), column_text(order_id), trial,
    )  # fmt: skip
    return _with_rules(ask, [_listed(row) for row in rows])[0] if rows else None


def counts(connection: Connection, wanted: Filter, now: datetime) -> Counts:
    """The counts of a filter; those of a facet leave its own choice out, so that another can be made.

    The cells hold every partner, state, assignee and age: whoever reads them narrows them down.
    """
    ask = bulk(connection)
    open_ = replace(wanted, partner="", state="", assignee="", age="")
    source, conditions, given = _where(ask, open_, now)
    steps = [ask.at(now - least) for least, _ in AGES.values() if least]
    age = f"CASE {' '.join(f'WHEN i.opened_at > {_instant_of(ask)} THEN {n}' for n in range(4))} ELSE 4 END"
    names = tuple(AGES)
    sql = f"SELECT i.partner, i.state, i.assignee, {age}, count(*) FROM"
    grouped = "GROUP BY 1, 2, 3, 4"
    cells: dict[tuple[str, str, str, str], int] = {}
    for partner, state, assignee, place, number in ask.ask(
        f"{sql} {source} WHERE {' AND '.join(conditions)} {grouped}", *steps, *given
    ):
        cells[partner, state, assignee, names[place]] = number
    decided = f"decisions d CROSS JOIN {source}" if source.startswith("review_items") else f"{source}, decisions d"
    going = ["d.state = 'pending'", "d.order_id = i.order_id", *conditions]
    for partner, state, assignee, place, number in ask.ask(
        f"{sql} {decided} WHERE {' AND '.join(going)} {grouped}", *steps, *given
    ):
        cells[partner, state, assignee, names[place]] -= number
    return Counts(
        {cell: number for cell, number in cells.items() if number},
        _by_rule(ask, replace(wanted, rule=""), "rule", now),
        _by_rule(ask, replace(wanted, field=""), "field", now),
        _by_kind(ask, replace(wanted, kind=""), now),
    )


def open_to_others(connection: Connection, wanted: Filter, holder: str, now: datetime) -> Open:
    """What of it others than this reviewer have open now."""
    ask = bulk(connection)
    source, conditions, given = _where(ask, wanted, now)
    claimed = f"claims c CROSS JOIN {source}" if source.startswith("review_items") else f"{source}, claims c"
    conditions = ["c.until > ?", "c.holder <> ?", "c.order_id = i.order_id", *conditions]
    rows = ask.ask(
        f"SELECT c.holder, count(*), min(c.until) FROM {claimed} WHERE {' AND '.join(conditions)} GROUP BY c.holder",
        ask.at(now), holder, *given,
    )  # fmt: skip
    ends = [end for _, _, until in rows if (end := instant_of(until)) is not None]
    return Open({row[0]: row[1] for row in rows}, min(ends, default=None))


def _by_rule(ask: Bulk, wanted: Filter, column: str, now: datetime) -> Sequence[tuple[str, int]]:
    """How many items a rule keeps, or a field: an item counts once, at however many fields."""
    if wanted == Filter(trial=wanted.trial):
        inner = f"SELECT DISTINCT order_id, {column} FROM review_rules WHERE trial = ?"
        given: list[Any] = [wanted.trial]
    else:
        source, conditions, given = _where(ask, wanted, now)
        inner = (
            f"SELECT DISTINCT x.order_id, x.{column} FROM {source} JOIN review_rules x ON x.order_id = i.order_id "
            f"WHERE {' AND '.join(conditions)}"
        )
    sql = f"SELECT {column}, count(*) FROM ({inner}) AS found GROUP BY {column} ORDER BY 2 DESC, 1"
    return [(row[0], row[1]) for row in ask.ask(sql, *given)]


def _by_kind(ask: Bulk, wanted: Filter, now: datetime) -> Sequence[tuple[str, int]]:
    source, conditions, given = _where(ask, wanted, now)
    sql = f"SELECT i.kind, count(*) FROM {source} WHERE {' AND '.join(conditions)} GROUP BY i.kind ORDER BY 2 DESC, 1"
    return [(row[0], row[1]) for row in ask.ask(f"{sql} LIMIT ?", *given, _KINDS)]


def _where(ask: Bulk, wanted: Filter, now: datetime) -> tuple[str, list[str], list[Any]]:
    """Which rows, by which conditions, with which parameters."""
    given: list[Any] = [wanted.trial]
    source, conditions = "review_items i", ["i.trial = ?"]
    if wanted.rule or wanted.field:
        # An item is found at the first of its fields (or rules) alone, or it would be listed for each.
        source = "review_rules r JOIN review_items i ON i.order_id = r.order_id"
        conditions = ["r.trial = ?"]
        for column, value in (("rule", wanted.rule), ("field", wanted.field)):
            if value:
                conditions.append(f"r.{column} = ?")
                given.append(column_text(value))
        if not (wanted.rule and wanted.field):
            chosen, other = ("rule", "field") if wanted.rule else ("field", "rule")
            conditions.append(
                f"r.{other} = (SELECT min(y.{other}) FROM review_rules y "
                f"WHERE y.order_id = r.order_id AND y.{chosen} = r.{chosen})"
            )
    for column, value in (("partner", wanted.partner), ("state", wanted.state), ("kind", wanted.kind)):
        if value:
            conditions.append(f"i.{column} = ?")
            given.append(column_text(value))
    if wanted.assignee:
        conditions.append("i.assignee = ?")
        given.append("" if wanted.assignee == "-" else column_text(wanted.assignee))
    if wanted.age:
        least, less = AGES[wanted.age]
        conditions.append("i.opened_at <= ? AND i.opened_at > ?")
        given += [ask.at(now - least), ask.at(now - less)]
    for word in wanted.words:
        conditions.append("instr(i.search, ?) > 0" if ask.lists == "json" else "strpos(i.search, ?) > 0")
        given.append(column_text(word))
    return source, conditions, given


def _with_rules(ask: Bulk, items: list[Listed]) -> Sequence[Listed]:
    ids = [one.order_id for one in items]
    sql = "SELECT order_id, rule, field FROM review_rules WHERE order_id"
    if ask.lists == "json":
        rows = ask.ask(f"{sql} IN (SELECT value FROM json_each(?))", text_of(ids)) if ids else []
    else:
        rows = ask.ask(f"{sql} = ANY(?)", ids) if ids else []
    rules: dict[str, list[tuple[str, str]]] = {}
    for order_id, rule, path in rows:
        rules.setdefault(order_id, []).append((rule, path))
    return [replace(one, rules=sorted(rules.get(one.order_id, ()))) for one in items]


def _listed(row: Sequence[Any]) -> Listed:
    said = dict(zip(_COLUMNS, row, strict=False))
    holder, since, until = row[len(_COLUMNS) :]
    then = said.pop("hold_then")
    claim = None if holder is None else Claim(said["order_id"], holder, _instant(since), _instant(until))
    return Listed(
        **{
            **said,
            "then": then,
            "account": name_of(said["account"]),
            "received_id": name_of(said["received_id"]),
            "due_at": instant_of(said["due_at"]),
            "opened_at": _instant(said["opened_at"]),
            "escalated": bool(said["escalated"]),
            "claim": claim,
        }
    )


def _instant_of(given: Bulk) -> str:
    return "?" if given.lists == "json" else "?::timestamptz"


def _instant(value: Any) -> datetime:
    instant = instant_of(value)
    assert instant is not None
    return instant
