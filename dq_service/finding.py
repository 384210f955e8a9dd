"""What is seen and said about an order: observations, candidates, repairs, suggestions, findings.

What goes into a result is frozen by `Final`, which the type checker enforces, and has no slots: a frozen dataclass
takes six times as long to make, and slots take orjson four times as long to write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

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


@dataclass(unsafe_hash=True)
class Change:
    """One field before and after."""

    field: Final[str]
    before: Final[Any]
    after: Final[Any]


@dataclass(unsafe_hash=True)
class Repair:
    """A repair that was applied (or would be, in shadow), reversible by its changes."""

    rule: Final[str]
    confidence: Final[float]
    evidence: Final[str]
    evidence_fields: Final[tuple[str, ...]]
    changes: Final[tuple[Change, ...]]


@dataclass(unsafe_hash=True)
class Suggestion:
    """A repair that is offered and not applied."""

    changes: Final[Mapping[str, Any]]
    confidence: Final[float]
    evidence: Final[str]


@dataclass(unsafe_hash=True)
class Finding:
    """What a rule says of an order."""

    rule: Final[str]
    name: Final[str]
    field: Final[str]
    fields: Final[tuple[str, ...]]
    dimension: Final[Dimension]
    severity: Final[Severity]
    outcome: Final[Outcome]
    cause: Final[Cause]
    message: Final[str]
    value: Final[Any] = None
    suggestions: Final[tuple[Suggestion, ...]] = ()
    note: Final[str] = ""
