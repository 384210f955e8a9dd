"""The queue of review: a walk along it in its order, what stands in it counted, and who has something of it open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection

from dq_service.store.bulk import Bulk, among, bulk, instant_of, instant_there
from dq_service.store.in_review import Claim
from dq_service.store.rows import LONG
from dq_service.store.schema import column_text
from dq_service.store.written import name_of

Age = Literal["15m", "1h", "4h", "1d", "older"]

AGES: Final[Mapping[Age, tuple[timedelta, timedelta]]] = {  # in review for at least, and less than
    "15m": (timedelta(0), timedelta(minutes=15)),
    "1h": (timedelta(minutes=15), timedelta(hours=1)),
    "4h": (timedelta(hours=1), timedelta(hours=4)),
    "1d": (timedelta(hours=4), timedelta(days=1)),
    "older": (timedelta(days=1), timedelta(days=10_000)),
}


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
    claim: Claim | None = None
    rules: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Free:
    """Whose next item is looked for: not what others have open or was theirs to skip, nor what waits for an answer."""

    holder: str
    skipped_since: datetime


class Cell(NamedTuple):
    """What items that are counted together have in common."""

    partner: str
    state: str
    assignee: str
    kind: str
    age: Age

    @property
    def rules(self) -> Sequence[tuple[str, str]]:
        """The rules with their fields, which the kind is made of."""
        return [(rule, path) for one in self.kind.split("+") for rule, mark, path in [one.partition("@")] if mark]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items there are of each partner, state, assignee, kind and age together."""

    cells: Mapping[Cell, int]


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
# PostgreSQL would sort all of the queue, or join it, where it has not counted the tables yet: not for a page of it.
_WALK: Final = (
    "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true), "
    "set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"
)
# `IS TRUE`: no index answers that, so none but the queue's own order is followed.
# What is decided is as good as gone.
_NOT_DECIDED: Final = (
    "(SELECT count(*) FROM decisions d WHERE d.order_id = i.order_id AND (d.state = 'pending') IS TRUE) <> 1"
)
_NOT_OPEN: Final = (
    "(SELECT count(*) FROM claims k WHERE k.order_id = i.order_id AND (k.holder <> ? AND k.until > ?) IS TRUE) <> 1"
)
_NOT_SKIPPED: Final = (
    "coalesce((SELECT min(1) FROM decisions s WHERE s.order_id = i.order_id AND (s.kind = 'skip' "
    "AND s.state = 'applied' AND s.decided_by = ? AND s.revision = i.revision AND s.decided_at > ?) IS TRUE), 0) <> 1"
)
_TO_ANYBODY: Final = "(i.state = 'held' AND i.asked_by <> ? AND i.assignee IN ('', ?)) IS TRUE"


def page(
    connection: Connection, wanted: Filter, now: datetime, after: Place | None, limit: int, free: Free | None = None
) -> Sequence[Listed]:
    """Items in their order, from after a place on; with `free` those that this reviewer may be given next.

    One walk along an index, however long the queue is; only a search of words looks at each item on its way.
    """
    ask = bulk(connection)
    if ask.lists == "array":
        ask.ask(_WALK)  # until the end of the transaction
    source, conditions, given = _where(ask, wanted, now)
    along = "r" if source.startswith("review_rules") else "i"
    if wanted.words and ask.lists == "json" and along == "i":
        # Few are found: SQLite reads the table from end to end and sorts those, instead of fetching each by its rank.
        along = "+i"
        conditions[0] = "(i.trial = ?) IS TRUE"
    if after is not None:
        conditions.append(f"({along}.rank, {along}.order_id) > (?, ?)")
        given += [after.rank, column_text(after.order_id)]
    conditions.append(_NOT_DECIDED)
    if free is not None:
        conditions += [_TO_ANYBODY, _NOT_OPEN, _NOT_SKIPPED]
        given += [free.holder, free.holder, free.holder, ask.at(now), free.holder, ask.at(free.skipped_since)]
    rows = ask.ask(
        f"SELECT {_ITEM} FROM {source} WHERE {' AND '.join(conditions)} "
        f"ORDER BY {along}.rank, {along}.order_id LIMIT ?",
        *given,
        limit,
    )
    return _completed(ask, [_listed(row) for row in rows], now)


def item(connection: Connection, order_id: str, now: datetime, *, trial: bool = False) -> Listed | None:
    """One item."""
    ask = bulk(connection)
    sql = f"SELECT {_ITEM} FROM review_items i WHERE i.order_id = ? AND i.trial = ?"
    rows = ask.ask(sql, column_text(order_id), trial)
    return _completed(ask, [_listed(row) for row in rows], now)[0] if rows else None


def counts(connection: Connection, wanted: Filter, now: datetime) -> Counts:
    """How many items there are of everything, one walk along an index; only words are looked for one by one.

    Of the filter words and realm count; what else it says, whoever reads the cells narrows down.
    """
    ask = bulk(connection)
    source, conditions, given = _where(ask, Filter(words=wanted.words, trial=wanted.trial), now)
    conditions[0] = "(i.trial = ?) IS TRUE"  # along the index in whose order they are grouped
    since = [ask.at(now - least) for least, _ in AGES.values() if least]
    newer = ", ".join(f"sum(CASE WHEN i.opened_at > {ask.instant} THEN 1 ELSE 0 END)" for _ in since)
    cells: dict[Cell, int] = {}
    for partner, state, assignee, kind, all_, first, second, third, fourth in ask.ask(
        f"SELECT i.partner, i.state, i.assignee, i.kind, count(*), {newer} FROM {source} "
        f"WHERE {' AND '.join(conditions)} GROUP BY i.state, i.trial, i.partner, i.assignee, i.kind",
        *since, *given,
    ):  # fmt: skip
        numbers = (first, second - first, third - second, fourth - third, all_ - fourth)
        for age, number in zip(AGES, numbers, strict=True):
            if number:
                cells[Cell(partner, state, assignee, kind, age)] = number
    for partner, state, assignee, kind, opened_at in ask.ask(
        "SELECT i.partner, i.state, i.assignee, i.kind, i.opened_at FROM decisions d CROSS JOIN review_items i "
        f"WHERE d.state = 'pending' AND d.order_id = i.order_id AND {' AND '.join(conditions)}",
        *given,
    ):  # fmt: skip
        old = now - instant_there(opened_at)
        age = next((age for age, (_, less) in AGES.items() if old < less), "older")
        decided = Cell(partner, state, assignee, kind, age)
        cells[decided] = cells.get(decided, 0) - 1
    return Counts({cell: number for cell, number in cells.items() if number > 0})


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


def _where(ask: Bulk, wanted: Filter, now: datetime) -> tuple[str, list[str], list[Any]]:
    """Which rows, by which conditions, with which parameters."""
    given: list[Any] = [wanted.trial]
    source, conditions = "review_items i", ["i.trial = ?"]
    if wanted.rule or wanted.field:
        source = "review_rules r JOIN review_items i ON i.order_id = r.order_id"
        conditions = ["r.trial = ?"]
        if not (wanted.rule and wanted.field):  # else there is one such row of an item anyway
            conditions.append("r.of_rule" if wanted.rule else "r.of_field")
        for column, value in (("rule", wanted.rule), ("field", wanted.field)):
            if value:
                conditions.append(f"r.{column} = ?")
                given.append(column_text(value))
    for column, value in (("partner", wanted.partner), ("kind", wanted.kind)):
        if value:
            conditions.append(f"i.{column} = ?")
            given.append(column_text(value, LONG))
    if wanted.state:
        conditions.append("(i.state = ?) IS TRUE")
        given.append(wanted.state)
    if wanted.assignee:
        conditions.append("i.assignee = ?")
        given.append("" if wanted.assignee == "-" else column_text(wanted.assignee))
    if wanted.age:
        least, less = AGES[wanted.age]
        conditions.append("(i.opened_at <= ? AND i.opened_at > ?) IS TRUE")
        given += [ask.at(now - least), ask.at(now - less)]
    for word in wanted.words:
        conditions.append("instr(i.search, ?) > 0" if ask.lists == "json" else "strpos(i.search, ?) > 0")
        given.append(column_text(word))
    return source, conditions, given


def _completed(ask: Bulk, items: list[Listed], now: datetime) -> Sequence[Listed]:
    """With their rules, and whoever has them open."""
    ids = [one.order_id for one in items]
    rules: dict[str, list[tuple[str, str]]] = {}
    for order_id, rule, path in among(ask, "SELECT order_id, rule, field FROM review_rules WHERE order_id", ids):
        rules.setdefault(order_id, []).append((rule, path))
    claims: dict[str, Claim] = {}
    sql = "SELECT order_id, holder, since, until FROM claims WHERE order_id"
    for order_id, holder, since, until in among(ask, sql, ids):
        if (end := instant_there(until)) > now:
            claims[order_id] = Claim(order_id, holder, instant_there(since), end)
    return [replace(one, rules=sorted(rules.get(one.order_id, ())), claim=claims.get(one.order_id)) for one in items]


def _listed(row: Sequence[Any]) -> Listed:
    said = dict(zip(_COLUMNS, row, strict=True))
    then = said.pop("hold_then")
    return Listed(
        **{
            **said,
            "then": then,
            "account": name_of(said["account"]),
            "received_id": name_of(said["received_id"]),
            "due_at": instant_of(said["due_at"]),
            "opened_at": instant_there(said["opened_at"]),
            "escalated": bool(said["escalated"]),
        }
    )
