"""The answer for one order: verdict, action, score, repairs, findings, and the order to send on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from dq_service.finding import Finding, Repair
from dq_service.order import JSON

Verdict = Literal["rejected", "review", "incomplete", "repaired", "clean"]
Action = Literal["release", "hold", "refuse"]
Score = Mapping[str, float | None]  # overall and each dimension, 0 to 1; None where no rule applies


@dataclass(unsafe_hash=True)
class Hold:
    """Why an order waits, until when (ISO 8601), and what happens then."""

    until: Final[str]
    then: Final[Literal["release", "refuse", "escalate"]]
    why: Final[str]
    review_id: Final[str | None] = None


@dataclass(unsafe_hash=True)
class Evaluated:
    """Whether every rule that applies was asked; the codes of those that were not."""

    complete: Final[bool] = True
    missing: Final[tuple[str, ...]] = ()


@dataclass(unsafe_hash=True)
class Result:
    """CONTRACT section 2, in its order. `order` is None only where the input could not be read as one."""

    id: Final[str | None]
    line: Final[int | None]
    received_id: Final[str]
    order_id: Final[str]
    partner: Final[str]
    revision: Final[int | None]
    verdict: Final[Verdict]
    action: Final[Action]
    hold: Final[Hold | None]
    score: Final[Score]
    score_after: Final[Score]
    order: Final[JSON | None]
    repairs: Final[tuple[Repair, ...]]
    findings: Final[tuple[Finding, ...]]
    evaluated: Final[Evaluated]
    rulebook: Final[str]
    reference: Final[str]
    as_of: Final[str]
    order_if_applied: Final[JSON | None] = None

    def to_json(self) -> JSON:
        """The contract's object; the parts are values that intake.json_text.write writes as they are."""
        out = dict(vars(self))
        if self.order_if_applied is None:
            del out["order_if_applied"]
        return out

    @property
    def passes(self) -> bool:
        """Whether the data is good enough to act on: clean, or made so."""
        return self.verdict in ("clean", "repaired")
