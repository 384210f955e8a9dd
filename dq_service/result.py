"""The answer for one order: verdict, action, score, repairs, findings, and the order to send on."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from dq_service.finding import Finding, Repair
from dq_service.order import JSON

Verdict = Literal["rejected", "review", "incomplete", "repaired", "clean"]
Action = Literal["release", "hold", "refuse"]
Score = Mapping[str, float | None]  # overall and each dimension, 0 to 1; None where no rule applies


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an order waits, until when (ISO 8601), and what happens then."""

    until: str
    then: Literal["release", "refuse", "escalate"]
    why: str
    review_id: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Whether every rule that applies was asked; the codes of those that were not."""

    complete: bool = True
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """CONTRACT section 2, in its order. `order` is None only where the input could not be read as one."""

    id: str | None
    line: int | None
    received_id: str
    order_id: str
    partner: str
    revision: int | None
    verdict: Verdict
    action: Action
    hold: Hold | None
    score: Score
    score_after: Score
    order: JSON | None
    repairs: tuple[Repair, ...]
    findings: tuple[Finding, ...]
    evaluated: Evaluated
    rulebook: str
    reference: str
    as_of: str
    order_if_applied: JSON | None = None

    def to_json(self) -> JSON:
        """The contract's object; the parts are values that intake.json_text.write writes as they are."""
        out = {name: getattr(self, name) for name in _NAMES}
        if self.order_if_applied is None:
            del out["order_if_applied"]
        return out

    @property
    def passes(self) -> bool:
        """Whether the data is good enough to act on: clean, or made so."""
        return self.verdict in ("clean", "repaired")


_NAMES: tuple[str, ...] = tuple(f.name for f in fields(Result))
