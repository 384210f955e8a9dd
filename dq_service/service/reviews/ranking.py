"""In which order people see what waits for them: what waiting costs over what it takes to settle. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import log2
from typing import Final

from dq_service.engine.verdict import BLOCKING
from dq_service.finding import Finding

SURE: Final = 0.9  # from this confidence on a suggestion is accepted at a glance

# Seconds that a reviewer is expected to take: to see what it is, and for each finding.
_LOOK: Final = 5.0
_GLANCE: Final = 3.0  # a suggestion that is all but sure
_CHOICE: Final = 12.0  # candidates to choose from
_SEARCH: Final = 60.0  # nothing is offered: it must be found out

# What waiting costs when the hold ends so, beside the others: a parcel refused is an order lost, one that leaves with
# its faults may still arrive, one that is held once more is not lost yet.
_END: Final[Mapping[str, float]] = {"refuse": 4.0, "release": 2.0, "escalate": 1.0}
_MORE: Final = 0.25  # by which each further error counts
_WARNING: Final = 0.5  # where nothing but warnings is the matter
_HALVING: Final = 600.0  # seconds of its hold that an item may be behind one worth half as much for each second of work
_TYPICAL: Final = 60.0  # seconds of work for which an item of worth 1 ranks by the end of its hold alone
_FIRST: Final = 86_400.0  # seconds by which an order goes before others that was held once more


def seconds_of(findings: Sequence[Finding]) -> float:
    """What a reviewer is expected to take for these findings, in seconds."""
    return _LOOK + sum(_seconds(finding) for finding in findings if finding.outcome in BLOCKING)


def rank_of(
    due_at: datetime | None, then: str, escalated: bool, findings: Sequence[Finding], seconds: float, priority: float
) -> float:
    """The item's place, as an instant in seconds since 1970: the lower, the sooner it is shown.

    The end of the hold, moved forward by ten minutes for each doubling of what a second of work on it saves.
    `priority` is the partner's weight. It changes only with the order, so that a list is one walk along an index.
    """
    errors = sum(finding.severity == "error" and finding.outcome in BLOCKING for finding in findings)
    worth = _END.get(then, 1.0) * (1.0 + _MORE * (errors - 1) if errors else _WARNING) * priority
    due = due_at.timestamp() if due_at else 0.0
    gain = _HALVING * log2(max(worth, 1e-3) * _TYPICAL / max(seconds, 1.0))
    return due - gain - (_FIRST if escalated else 0.0)


def _seconds(finding: Finding) -> float:
    if not finding.suggestions:
        return _SEARCH
    return _GLANCE if finding.suggestions[0].confidence >= SURE else _CHOICE
