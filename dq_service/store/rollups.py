"""Counts by quarter hour, so that scorecards never read orders: moved in the transaction that moves the orders.

All by partner, account, channel and the quarter hour (UTC) in which the order was received:
- of a rule: `rule`, `dimension`, `outcome`, `cause`; n = orders of which it says this (it counts once an order),
  `disputed` = those where the partner says that it is not so;
- of orders: `rule` and `dimension` "", `outcome` the verdict, `cause` the action; n = orders;
- of scores: `rule` "", `outcome` "score", `dimension` "overall" or one of the six; n = orders that have this score,
  `total` = their sum.
The rest is there only of orders where it makes a difference, so that a clean order costs nothing more:
- `outcome` "mended", `dimension` as of scores: n = orders whose score got better, `total` = by how much;
- `outcome` "spared" and "spared_after": by how much the score, as received and as sent on, is better where only what
  the partner caused and does not dispute is counted;
- `dimension` "spared": orders whose verdict is `cause`, and `outcome` by what the partner caused alone;
- `dimension` "by_person", `outcome` the verdict: orders in which a person has mended something;
- `dimension` "refused": orders that were refused, by policy or by a person.
`waived` is counted by a later issue.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from dq_service.finding import Finding, Outcome
from dq_service.result import Score, Verdict
from dq_service.store.bulk import Row
from dq_service.store.kept import Kept, Step, Told
from dq_service.store.schema import column_text

ADDED: Final = ("n", "total", "disputed", "waived")
QUARTER: Final = timedelta(minutes=15)
NOT_THEIRS: Final[frozenset[Outcome]] = frozenset({"not_evaluated", "waived"})  # outcomes no partner answers for

_STANDING: Final = frozenset({"open", "suggested", "shadowed"})  # outcomes that leave the order as wrong as it came
_BLOCKING: Final = frozenset({"open", "suggested"})
_WEIGHT: Final = {"error": 3, "warning": 1, "info": 0}  # as the engine's score weighs them
_NONE: Final[frozenset[str]] = frozenset()

_Whose = tuple[datetime, str, str, str]  # quarter hour, partner, account, channel
_Key = tuple[str, str, str, str]  # rule, dimension, outcome, cause
_Count = tuple[_Key, int, float, int]  # n, total, disputed
_Sums = dict[_Key, list[float]]  # n, total, disputed


def quarter_of(instant: datetime) -> datetime:
    """The start of the quarter hour of an instant."""
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def counted(
    steps: Iterable[Step],
    worker: str,
    at: Callable[[datetime], Any],
    disputes: Mapping[str, Collection[str]] | None = None,
) -> Sequence[Row]:
    """What a group of steps adds to the counts, as rows; instants through `at`.

    A new revision takes back what the last one counted. Test orders and backfill are not counted. `disputes` are the
    rules that are disputed, by order.
    """
    sums: dict[_Whose, _Sums] = {}
    for step in steps:
        counts = not (step.after.test or step.after.backfill)
        refused = (step.after.lifecycle == "refused") - (step.before is not None and step.before.lifecycle == "refused")
        if refused and counts:
            _put(_of(sums, step.after), (("", "refused", "", ""), refused, 0.0, 0), 1)
        if step.told is None:
            continue
        disputed = disputes.get(step.after.id, _NONE) if disputes else _NONE
        if counts:
            _add(_of(sums, step.after), step.after, step.told, disputed, 1)
        if step.before is not None and step.before_told is not None:
            _add(_of(sums, step.before), step.before, step.before_told, disputed, -1)
    return _rows(sums, worker, at)


def moved(
    kept: Kept, told: Told, before: Collection[str], after: Collection[str], worker: str, at: Callable[[datetime], Any]
) -> Sequence[Row]:
    """What changes in the counts when these rules are disputed of an order instead of those."""
    sums: dict[_Whose, _Sums] = {}
    of = _of(sums, kept)
    _add(of, kept, told, after, 1)
    _add(of, kept, told, before, -1)
    return _rows(sums, worker, at)


def _rows(sums: Mapping[_Whose, _Sums], worker: str, at: Callable[[datetime], Any]) -> Sequence[Row]:
    return [
        (at(quarter), *names, *key, worker, int(n), total, int(disputed), 0)
        for (quarter, *names), counts in sorted(sums.items())
        for key, (n, total, disputed) in sorted(counts.items())
        if n or disputed or abs(total) > 1e-9
    ]


def _of(sums: dict[_Whose, _Sums], kept: Kept) -> _Sums:
    """The counts that an order belongs to."""
    identity = kept.identity
    names = column_text(identity.partner), column_text(identity.account), column_text(kept.channel)
    return sums.setdefault((quarter_of(kept.received_at), *names), {})


def _add(sums: _Sums, kept: Kept, told: Told, disputed: Collection[str], sign: int) -> None:
    for count in _counts(kept, told, disputed):
        _put(sums, count, sign)


def _put(sums: _Sums, count: _Count, sign: int) -> None:
    key, n, total, disputed = count
    if (found := sums.get(key)) is None:
        found = sums[key] = [0, 0.0, 0]
    found[0] += sign * n
    found[1] += sign * total
    found[2] += sign * disputed


def _counts(kept: Kept, told: Told, disputed: Collection[str]) -> Iterator[_Count]:
    for key in {(finding.rule, finding.dimension, finding.outcome, finding.cause) for finding in told.findings}:
        yield key, 1, 0.0, int(key[0] in disputed)
    yield ("", "", told.verdict, told.action), 1, 0.0, 0
    for dimension, score in told.score.items():
        if score is not None:
            yield ("", dimension, "score", ""), 1, score, 0
    if kept.fixes:
        yield ("", "by_person", told.verdict, ""), 1, 0.0, 0
    if told.findings:
        yield from _differences(told, disputed)


def _differences(told: Told, disputed: Collection[str]) -> Iterator[_Count]:
    """What is otherwise once repairs are in, and by what the partner caused alone."""
    after = told.score_after or told.score
    yield from _gains("mended", told.score, after)
    theirs = [one for one in told.findings if is_theirs(one, disputed)]
    if len(theirs) == len(told.findings):
        return
    verdict = verdict_by(theirs, told.verdict)
    if verdict != told.verdict:
        yield ("", "spared", verdict, told.verdict), 1, 0.0, 0
    yield from _gains("spared", told.score, score_by(theirs, told.findings, told.score))
    standing = [one for one in told.findings if one.outcome in _STANDING]
    yield from _gains("spared_after", after, score_by([one for one in standing if one in theirs], standing, after))


def _gains(outcome: str, before: Score, after: Score) -> Iterator[_Count]:
    for dimension, score in before.items():
        better = after.get(dimension)
        if score is not None and better is not None and better != score:
            yield ("", dimension, outcome, ""), 1, better - score, 0


def is_theirs(finding: Finding, disputed: Collection[str]) -> bool:
    """Whether the partner answers for a finding: caused by it, evaluated, neither waived nor disputed."""
    return finding.cause == "partner" and finding.outcome not in NOT_THEIRS and finding.rule not in disputed


def verdict_by(findings: Sequence[Finding], verdict: Verdict) -> Verdict:
    """The verdict by these of an order's findings; what could not be evaluated stays so."""
    if verdict in ("clean", "incomplete"):
        return verdict
    if verdict == "rejected":
        return "rejected" if findings else "incomplete"
    if any(one.severity == "error" and one.outcome in _BLOCKING for one in findings):
        return "review"
    return "repaired" if any(one.outcome == "repaired" for one in findings) else "clean"


def score_by(findings: Iterable[Finding], every: Iterable[Finding], score: Score) -> Score:
    """A score by some of the findings that made it: each dimension loses their share of what it lost.

    The overall score loses as its dimensions do on average, which is exact where they weigh the same.
    """
    lost, of = _lost(findings), _lost(every)
    out: dict[str, float | None] = dict(score)
    missed = left = 0.0
    for dimension, value in score.items():
        if value is None or dimension == "overall" or not of.get(dimension):
            continue
        share = lost.get(dimension, 0) / of[dimension]
        out[dimension] = round(1 - (1 - value) * share, 4)
        missed += 1 - value
        left += (1 - value) * share
    overall = score.get("overall")
    if overall is not None and missed:
        out["overall"] = round(1 - (1 - overall) * left / missed, 4)
    return out


def _lost(findings: Iterable[Finding]) -> Mapping[str, int]:
    """What these findings weigh, by dimension: a rule once."""
    rules = {one.rule: (one.dimension, _WEIGHT[one.severity]) for one in findings if one.outcome != "not_evaluated"}
    out: dict[str, int] = {}
    for dimension, weight in rules.values():
        out[dimension] = out.get(dimension, 0) + weight
    return out
