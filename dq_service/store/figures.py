"""What scorecards are made of: the roll-ups summed by day, what waits in the queue, and the orders behind a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection

from dq_service.store.bulk import bulk, instant_of, instant_there, one_of
from dq_service.store.schema import column_text

By = Literal["partner", "account", "channel"]

WALKED: Final = 5000  # orders that are looked through for one page of those behind a figure
_AGES: Final = (timedelta(hours=1), timedelta(hours=4), timedelta(days=1))


class Count(NamedTuple):
    """One sum of the roll-ups: `day` is the place of its day among those asked for, `of` whose it is."""

    day: int
    of: str
    rule: str
    dimension: str
    outcome: str
    cause: str
    n: int
    total: float
    disputed: int


@dataclass(frozen=True, slots=True)
class Days:
    """The bounds of days (UTC, ascending, each day from one to the next) as these partners have them."""

    partners: Sequence[str]
    bounds: Sequence[datetime]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a person now: how many, since when the oldest and the middle one; how many for up to an hour,
    four hours, a day, and longer; how many are past their end or were lengthened."""

    n: int = 0
    oldest: datetime | None = None
    middle: datetime | None = None
    ages: tuple[int, int, int, int] = (0, 0, 0, 0)
    escalated: int = 0


@dataclass(frozen=True, slots=True)
class Behind:
    """An order behind a figure. `place` is its seq."""

    id: str
    received_id: str
    partner: str
    account: str
    lifecycle: str
    verdict: str
    received_at: datetime
    place: int


def partners(connection: Connection) -> Sequence[str]:
    """Everybody from whom an order came."""
    return [row[0] for row in bulk(connection).ask("SELECT name FROM partners ORDER BY name")]


def counts(connection: Connection, days: Days, by: By, account: str | None, channel: str | None) -> Sequence[Count]:
    """The sums of some days, by day and partner, account or channel; of one account or channel where one is named."""
    if not days.partners or len(days.bounds) < 2:
        return []
    ask = bulk(connection)
    pairs = zip(days.bounds, days.bounds[1:], strict=False)
    given: list[Any] = [one for day, (start, end) in enumerate(pairs) for one in (day, ask.at(start), ask.at(end))]
    listed = ", ".join(["(?, ?, ?)"] * (len(days.bounds) - 1))
    whose, names = one_of(ask, days.partners)
    conditions = [f"r.partner {whose}"]
    given.append(names)
    for column, value in (("account", account), ("channel", channel)):
        if value is not None:
            conditions.append(f"r.{column} = ?")
            given.append(column_text(value))
    key = f"r.{by}, r.rule, r.dimension, r.outcome, r.cause"
    rows = ask.ask(
        f"WITH days (day, start, stop) AS (VALUES {listed}) "
        f"SELECT d.day, {key}, sum(r.n), sum(r.total), sum(r.disputed) FROM days d JOIN rollups r "
        f"ON r.quarter >= d.start AND r.quarter < d.stop WHERE {' AND '.join(conditions)} GROUP BY d.day, {key}",
        *given,
    )
    return [
        Count(day, of, rule, dimension, outcome, cause, int(n), float(total), int(disputed))
        for day, of, rule, dimension, outcome, cause, n, total, disputed in rows
    ]


def backlog(connection: Connection, wanted: Sequence[str] | None, account: str | None, now: datetime) -> Backlog:
    """What of these partners (None: of all) waits now."""
    ask = bulk(connection)
    conditions, given = ["trial = ?"], [False]
    if wanted is not None:
        whose, names = one_of(ask, wanted)
        conditions.append(f"partner {whose}")
        given.append(names)
    if account is not None:
        conditions.append("account = ?")
        given.append(column_text(account))  # type: ignore[arg-type]
    where = " AND ".join(conditions)
    edges = [ask.at(now - age) for age in _AGES]
    younger = ", ".join(["coalesce(sum(CASE WHEN opened_at > ? THEN 1 ELSE 0 END), 0)"] * len(edges))
    n, oldest, escalated, *ages = ask.ask(
        f"SELECT count(*), min(opened_at), coalesce(sum(CASE WHEN escalated THEN 1 ELSE 0 END), 0), {younger} "
        f"FROM review_items WHERE {where}",
        *edges,
        *given,
    )[0]
    if not n:
        return Backlog()
    sql = f"SELECT opened_at FROM review_items WHERE {where} ORDER BY opened_at LIMIT 1 OFFSET ?"
    middle = ask.ask(sql, *given, n // 2)[0][0]
    hour, four, day = map(int, ages)
    spread = (hour, four - hour, day - four, n - day)
    return Backlog(n, instant_of(oldest), instant_of(middle), spread, int(escalated))


def behind(
    connection: Connection,
    wanted: Sequence[str] | None,
    start: datetime,
    stop: datetime,
    *,
    account: str | None = None,
    rule: str = "",
    verdict: str = "",
    after: int | None = None,
    limit: int = 100,
) -> tuple[Sequence[Behind], int | None]:
    """Orders received in this time, as they changed last, of which a rule says something or that have a verdict.

    At most WALKED orders are looked through at a time; the second is where to go on, None where none are left.
    """
    ask = bulk(connection)
    if after is None:
        first = ask.ask("SELECT seq FROM orders WHERE changed_at >= ? ORDER BY changed_at, seq LIMIT 1", ask.at(start))
        if not first:
            return [], None
        after = first[0][0] - 1
    conditions, given = ["seq > ?", "trial = ?"], [after, False]
    if wanted is not None:
        whose, names = one_of(ask, wanted)
        conditions.append(f"partner {whose}")
        given.append(names)
    walk = (
        "SELECT id, received_id, partner, account, lifecycle, verdict, received_at, seq FROM orders "
        f"WHERE {' AND '.join(conditions)} ORDER BY seq LIMIT ?"
    )
    last = ask.ask(f"SELECT max(seq), count(*) FROM ({walk}) w", *given, WALKED)[0]
    picked, more = ["w.received_at >= ?", "w.received_at < ?"], [ask.at(start), ask.at(stop)]
    for column, value in (("account", account), ("verdict", verdict or None)):
        if value is not None:
            picked.append(f"w.{column} = ?")
            more.append(column_text(value))
    if rule:
        picked.append("EXISTS (SELECT 1 FROM findings f WHERE f.order_id = w.id AND f.rule = ?)")
        more.append(rule)
    sql = f"SELECT * FROM ({walk}) w WHERE {' AND '.join(picked)} ORDER BY w.seq LIMIT ?"
    found = [_behind(row) for row in ask.ask(sql, *given, WALKED, *more, limit)]
    if len(found) == limit:
        return found, found[-1].place
    return found, int(last[0]) if last[1] == WALKED else None


def _behind(row: Sequence[Any]) -> Behind:
    id_, received_id, partner, account, lifecycle, verdict, at, place = row
    return Behind(id_, received_id, partner, account, lifecycle, verdict, instant_there(at), place)
