"""How good the orders of a partner are, day by day on its own clock: from the counts alone, no order is read.

A partner is shown what it can answer for: findings that it caused, that were evaluated, and that it does not dispute.
Every rate has its n and the interval in which it lies with 95 % confidence (Wilson, 1927).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dq_service.finding import DIMENSIONS
from dq_service.store import figures
from dq_service.store.figures import Backlog, By, Count, Days
from dq_service.store.rollups import NOT_THEIRS

K = TypeVar("K")

LONGEST: Final = 366  # days
USUAL: Final = 28  # days
SCORES: Final = ("overall", *DIMENSIONS)
_Z: Final = 1.959964  # of the normal distribution, for 95 %


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many, and between which shares that lies with 95 % confidence; all None where n is 0."""

    count: int
    n: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean score of n orders and its interval, which is that of a rate: no score between 0 and 1 spreads wider."""

    n: int
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Cause:
    """A rule that spoke: of how many orders, with what outcome, by whose cause; `rate` of all orders."""

    rule: str
    dimension: str
    rate: Rate
    outcomes: Mapping[str, int]
    causes: Mapping[str, int]
    disputed: int
    not_evaluated: int


@dataclass(frozen=True, slots=True)
class Card:
    """The figures of some orders. `orders` are all that came; what could not be evaluated is in no rate.

    `received` and `sent` are scores by dimension, as the orders came and as they were sent on.
    """

    orders: int
    received: Mapping[str, Mean]
    sent: Mapping[str, Mean]
    first_pass: Rate
    repaired: Rate
    by_person: Rate
    in_review: Rate
    rejected: Rate
    refused: Rate
    not_evaluated: int


@dataclass(frozen=True, slots=True)
class Day:
    """One of a partner's own days; `card` is None where nothing came. `found`: orders of which the rule asked for
    spoke."""

    day: date
    card: Card | None
    found: Rate | None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All of it. `partner` is "" for everybody's; `theirs`: only what partners answer for was counted."""

    partner: str
    timezone: str
    begin: date
    end: date
    theirs: bool
    card: Card
    days: Sequence[Day]
    causes: Sequence[Cause]
    parts: Mapping[str, Card] = field(default_factory=dict)  # by what was asked for: partner, account or channel
    backlog: Backlog = field(default_factory=Backlog)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders, which days (both ends included), how they are parted, and what is counted."""

    partner: str = ""
    account: str | None = None
    channel: str | None = None
    rule: str = ""
    dimension: str = ""
    begin: date | None = None
    end: date | None = None
    by: By = "partner"
    theirs: bool = False
    nobodys: bool = False  # of test keys: their orders are in no figure


def wilson(count: float, n: int) -> tuple[float, float]:
    """The interval of a share of `n`, 95 % (Wilson's score interval)."""
    share, square = count / n, _Z * _Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _Z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def rate(count: int, n: int) -> Rate:
    """So many of n."""
    if n <= 0:
        return Rate(0, 0, None, None, None)
    count = max(0, min(count, n))
    low, high = wilson(count, n)
    return Rate(count, n, round(count / n, 4), round(low, 4), round(high, 4))


def mean(total: float, n: int) -> Mean:
    """The mean of n scores."""
    if n <= 0:
        return Mean(0, None, None, None)
    total = max(0.0, min(total, float(n)))
    low, high = wilson(total, n)
    return Mean(n, round(total / n, 4), round(low, 4), round(high, 4))


def bounds(begin: date, end: date, timezone: str) -> list[datetime]:
    """The instants (UTC) at which these days begin where the partner is, and the one at which the last ends."""
    zone = ZoneInfo(timezone or "UTC")
    days = (end - begin).days + 2
    return [datetime.combine(begin + timedelta(days=day), datetime.min.time(), zone).astimezone(UTC)
            for day in range(days)]  # fmt: skip


def spread(wanted: Wanted, timezone: str, now: datetime) -> tuple[date, date]:
    """First and last day: those asked for, else the last USUAL up to today. Raises ValueError for too many, or none."""
    today = now.astimezone(ZoneInfo(timezone or "UTC")).date()
    end = wanted.end or today
    begin = wanted.begin or end - timedelta(days=USUAL - 1)
    if not 0 <= (end - begin).days < LONGEST or begin.year < 1971 or end.year > 9000:
        raise ValueError(f"wants a first day that is not after the last, and {LONGEST} days at most")
    return begin, end


def scorecard(connection: Connection, wanted: Wanted, timezone_of: Callable[[str], str], now: datetime) -> Scorecard:
    """The figures wanted; `timezone_of` a partner is "" where it has none. Raises ValueError for its days."""
    own = timezone_of(wanted.partner) if wanted.partner else ""
    begin, end = spread(wanted, own, now)
    whose = _whose(connection, wanted)
    zones: dict[str, list[str]] = defaultdict(list)
    for name in whose:
        zones[timezone_of(name) or "UTC"].append(name)
    rows: list[Count] = []
    for timezone, names in zones.items():
        days = Days(names, bounds(begin, end, timezone))
        rows += figures.counts(connection, days, wanted.by, wanted.account, wanted.channel)
    everybody = None if not wanted.partner and not wanted.nobodys else whose
    waiting = figures.backlog(connection, everybody, wanted.account, now)
    card = card_of(rows, wanted.theirs)
    by_day, by_part = _grouped(rows, lambda row: row.day), _grouped(rows, lambda row: row.of)
    return Scorecard(
        wanted.partner,
        own or "UTC",
        begin,
        end,
        wanted.theirs,
        card,
        [
            _day(begin + timedelta(days=day), by_day.get(day, ()), wanted)
            for day in range((end - begin).days + 1)
        ],
        causes_of(rows, wanted, card),
        {part: card_of(some, wanted.theirs) for part, some in sorted(by_part.items())},
        waiting,
    )  # fmt: skip


def _whose(connection: Connection, wanted: Wanted) -> Sequence[str]:
    if wanted.nobodys:
        return []
    return [wanted.partner] if wanted.partner else figures.partners(connection)


def _grouped(rows: Iterable[Count], key: Callable[[Count], K]) -> Mapping[K, Sequence[Count]]:
    out: defaultdict[K, list[Count]] = defaultdict(list)
    for row in rows:
        out[key(row)].append(row)
    return out


def _day(day: date, rows: Sequence[Count], wanted: Wanted) -> Day:
    card = card_of(rows, wanted.theirs) if rows else None
    if card is None or not card.orders:
        return Day(day, None, None)
    found = causes_of(rows, wanted, card) if wanted.rule else ()
    of_rule = (found[0].rate if found else rate(0, card.first_pass.n)) if wanted.rule else None
    return Day(day, card, of_rule)


def card_of(rows: Iterable[Count], theirs: bool) -> Card:
    """The figures that some counts make."""
    verdicts: dict[str, int] = defaultdict(int)
    mended: dict[str, int] = defaultdict(int)
    scores: dict[tuple[str, str], float] = defaultdict(float)
    scored: dict[str, int] = defaultdict(int)
    refused = 0
    for row in rows:
        if row.rule:
            continue
        if row.dimension == "":
            verdicts[row.outcome] += row.n
        elif row.dimension == "by_person":
            mended[row.outcome] += row.n
        elif row.dimension == "refused":
            refused += row.n
        elif row.dimension == "spared":
            if theirs:
                verdicts[row.cause] -= row.n
                verdicts[row.outcome] += row.n
        else:
            scores[row.outcome, row.dimension] += row.total
            if row.outcome == "score":
                scored[row.dimension] += row.n
    orders = sum(verdicts.values())
    evaluated = orders - verdicts["incomplete"]
    received, sent = {}, {}
    for one in SCORES:
        came = scores["score", one]
        received[one] = mean(came + (scores["spared", one] if theirs else 0), scored[one])
        gained = scores["mended", one] + (scores["spared_after", one] if theirs else 0)
        sent[one] = mean(came + gained, scored[one])
    by_person = sum(mended.values())
    return Card(
        orders,
        received,
        sent,
        rate(verdicts["clean"] - mended["clean"], evaluated),
        rate(verdicts["repaired"] - mended["repaired"], evaluated),
        rate(by_person, evaluated),
        rate(verdicts["review"] - mended["review"], evaluated),
        rate(verdicts["rejected"] - mended["rejected"], evaluated),
        rate(refused, orders),
        verdicts["incomplete"],
    )


def causes_of(rows: Iterable[Count], wanted: Wanted, card: Card) -> Sequence[Cause]:
    """The rules that spoke, those of most orders first."""
    by_rule = _grouped((row for row in rows if row.rule), lambda row: row.rule)
    found = []
    for rule, some in by_rule.items():
        if (wanted.rule and rule != wanted.rule) or (wanted.dimension and some[0].dimension != wanted.dimension):
            continue
        outcomes: dict[str, int] = defaultdict(int)
        causes: dict[str, int] = defaultdict(int)
        disputed = missed = 0
        for row in some:
            if row.outcome == "not_evaluated":
                missed += row.n
                continue
            if wanted.theirs and (row.cause != "partner" or row.outcome in NOT_THEIRS):
                continue
            disputed += row.disputed
            n = row.n - row.disputed if wanted.theirs else row.n
            outcomes[row.outcome] += n
            causes[row.cause] += n
        n = sum(outcomes.values())
        if n > 0 or disputed or (missed and not wanted.theirs):
            there = {name: count for name, count in sorted(outcomes.items()) if count}
            of = {name: count for name, count in sorted(causes.items()) if count}
            share = rate(n, max(card.orders, 0))
            found.append(Cause(rule, some[0].dimension, share, there, of, disputed, 0 if wanted.theirs else missed))
    return sorted(found, key=lambda cause: (-cause.rate.count, cause.rule))
