"""Counts by quarter hour, so that scorecards never read orders: moved in the transaction that moves the orders.

Three kinds of rows, all by partner, account, channel and the quarter hour (UTC) in which the order was received:
- of a rule: `rule`, `dimension`, `outcome`, `cause`; n = orders of which it says this (it counts once an order);
- of orders: `rule` and `dimension` "", `outcome` the verdict, `cause` the action; n = orders;
- of scores: `rule` "", `outcome` "score", `dimension` "overall" or one of the six; n = orders that have this score,
  `total` = their sum.
`disputed` and `waived` belong to the rows of rules; later issues count them.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from dq_service.store.bulk import Row
from dq_service.store.kept import Kept, Step, Told
from dq_service.store.schema import column_text

ADDED: Final = ("n", "total", "disputed", "waived")
QUARTER: Final = timedelta(minutes=15)

_Whose = tuple[datetime, str, str, str]  # quarter hour, partner, account, channel
_Key = tuple[str, str, str, str]  # rule, dimension, outcome, cause
_Sums = dict[_Key, list[float]]  # n and total


def quarter_of(instant: datetime) -> datetime:
    """The start of the quarter hour of an instant."""
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def counted(steps: Iterable[Step], worker: str, at: Callable[[datetime], Any]) -> Sequence[Row]:
    """What a group of steps adds to the counts, as rows; instants through `at`.

    A new revision takes back what the last one counted. Test orders and backfill are not counted.
    """
    sums: dict[_Whose, _Sums] = {}
    for step in steps:
        if step.told is None:
            continue
        if not (step.after.test or step.after.backfill):
            _add(sums.setdefault(_whose(step.after), {}), step.told, 1)
        if step.before is not None and step.before_told is not None:
            _add(sums.setdefault(_whose(step.before), {}), step.before_told, -1)
    return [
        (at(quarter), *names, *key, worker, int(n), total, 0, 0)
        for (quarter, *names), counts in sorted(sums.items())
        for key, (n, total) in sorted(counts.items())
        if n or abs(total) > 1e-9
    ]


def _whose(kept: Kept) -> _Whose:
    identity = kept.identity
    names = column_text(identity.partner), column_text(identity.account), column_text(kept.channel)
    return quarter_of(kept.received_at), *names


def _add(sums: _Sums, told: Told, sign: int) -> None:
    for key in {(finding.rule, finding.dimension, finding.outcome, finding.cause) for finding in told.findings}:
        _move(sums, key, sign, 0.0)
    _move(sums, ("", "", told.verdict, told.action), sign, 0.0)
    for dimension, score in told.score.items():
        if score is not None:
            _move(sums, ("", dimension, "score", ""), sign, sign * score)


def _move(sums: _Sums, key: _Key, n: int, total: float) -> None:
    if (found := sums.get(key)) is None:
        found = sums[key] = [0, 0.0]
    found[0] += n
    found[1] += total
