"""What is seen and said about an order: observations, candidates, repairs, suggestions, findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Dimension = Literal["completeness", "validity", "consistency", "conformity", "uniqueness", "timeliness"]
Severity = Literal["error", "warning", "info"]
Outcome = Literal["repaired", "suggested", "open", "waived", "shadowed", "not_evaluated"]
Cause = Literal["partner", "profile", "reference", "engine", "carrier", "unknown"]

DIMENSIONS: tuple[Dimension, ...] = (
    "completeness",
    "validity",
    "consistency",
    "conformity",
    "uniqueness",
    "timeliness",
)


class Observation(NamedTuple):
    """What a check saw; it knows no rule.

    `field` is the narrowest field that is wrong, `fields` all that the matter is about and that a repair may
    change (empty: just `field`). `clue` carries what the check already worked out over to its repair.
    """

    field: str
    value: Any = None
    fields: tuple[str, ...] = ()
    clue: Any = None


class Candidate(NamedTuple):
    """One way to mend what was seen: the new values by path (None empties), and how sure that is.

    `confidence` is a probability, None where the rule's YAML states it; `evidence` says in a sentence what
    speaks for it, `evidence_fields` are the fields that confirm it.
    """

    changes: Mapping[str, Any]
    confidence: float | None = None
    evidence: str = ""
    evidence_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair that was applied (or would be, in shadow), reversible by its changes."""

    rule: str
    confidence: float
    evidence: str
    evidence_fields: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A repair that is offered and not applied."""

    changes: Mapping[str, Any]
    confidence: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of an order."""

    rule: str
    name: str
    field: str
    fields: tuple[str, ...]
    dimension: Dimension
    severity: Severity
    outcome: Outcome
    cause: Cause
    message: str
    value: Any = None
    suggestions: tuple[Suggestion, ...] = ()
    note: str = ""
