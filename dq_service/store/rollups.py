"""Counts by quarter hour, so that scorecards never read orders: moved in the transaction that moves the orders.

Three kinds of rows, all by partner, account, channel and the quarter hour (UTC) in which the order was received:
- of a rule: `rule`, `dimension`, `outcome`, `cause`; n = orders of which it says this (it counts once an order);
- of orders: `rule` and `dimension` "", `outcome` the verdict, `cause` the action; n = orders;
- of scores: `rule` "", `outcome` "score", `dimension` "overall" or one of the six; n = orders that have this score,
  `total` = their sum.
`disputed` and `waived` belong to the rows of rules; later issues count them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from dq_service.store.bulk import Row
from dq_service.store.kept import Kept, Step, Told
from dq_service.store.schema import column_text

ADDED: Final = ("n", "total", "disputed", "waived")
QUARTER: Final = timedelta(minutes=15)

_Key = tuple[str, str, str, str]  # rule, dimension, outcome, cause


def quarter_of(instant: datetime) -> datetime:
    """The start of the quarter hour of an instant."""
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def counted(steps: Iterable[Step], worker: str, at: Callable[[datetime], Any]) -> Sequence[Row]:
    """What a group of steps adds to the counts, as rows; instants through `at`.

    A new revision takes back what the last one counted. Test orders and backfill are not counted.
    """
    sums: dict[tuple[Any, ...], list[float]] = {}
    for step in steps:
        if step.told is None:
            continue
        if not (step.after.test or step.after.backfill):
            _add(sums, step.after, step.told, 1)
        if step.before is not None and step.before_told is not None:
            _add(sums, step.before, step.before_told, -1)
    return [
        (at(key[0]), *key[1:], worker, int(n), total, 0, 0)
        for key, (n, total) in sorted(sums.items())
        if n or abs(total) > 1e-9
    ]


def _add(sums: dict[tuple[Any, ...], list[float]], kept: Kept, told: Told, sign: int) -> None:
    identity = kept.identity
    whose = (quarter_of(kept.received_at), *map(column_text, (identity.partner, identity.account, kept.channel)))
    for key, value in _counts(told):
        found = sums.setdefault((*whose, *key), [0, 0.0])
        found[0] += sign
        found[1] += sign * value


def _counts(told: Told) -> Iterator[tuple[_Key, float]]:
    for key in {(finding.rule, finding.dimension, finding.outcome, finding.cause) for finding in told.findings}:
        yield key, 0.0
    yield ("", "", told.verdict, told.action), 0.0
    for dimension, score in told.score.items():
        if score is not None:
            yield ("", dimension, "score", ""), score
