"""One rule: its text, what it applies to, and the check and repair functions that it names."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dq_service.context import Context
from dq_service.finding import Candidate, Cause, Dimension, Observation, Severity
from dq_service.order import Part

Stage = Literal["tidy", "arrange", "resolve", "judge"]
Safety = Literal["safe", "ask"]
Concern = Literal["where", "whom", "what", "when", "forbidden"]

STAGES: tuple[Stage, ...] = ("tidy", "arrange", "resolve", "judge")

Check = Callable[[Part, Context], Sequence[Observation]]
RepairFunction = Callable[[Observation, Part, Context], Sequence[Candidate]]
Marker = Callable[[Part, Context], Collection[str]]
Spared = Callable[[Part, Context], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Call:
    """A function as a rule names it, `subject.function`, with the parameters it gives."""

    name: str
    parameters: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """The module of `checks/` where the function stands."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class BadExample:
    """An order that the rule must find, and what becomes of it (neither: the finding is open)."""

    given: Mapping[str, Any]
    becomes: Mapping[str, Any]
    suggests: tuple[Mapping[str, Any], ...]
    companions: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class World:
    """What the world holds while a rule's examples run."""

    partner: Mapping[str, Any] | None = None
    as_of: str = "2026-12-01T18:00:00Z"
    points: tuple[Mapping[str, Any], ...] = ()
    points_complete: bool = False  # an address that is not among the points does not exist
    skus: tuple[Mapping[str, Any], ...] = ()
    recent: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Examples:
    """A rule's proof: orders it must leave alone, and orders it must find."""

    on: World
    good: tuple[Mapping[str, Any], ...]
    bad: tuple[BadExample, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One YAML file of `rules/`, read. `file` and `line` say where a complaint about it belongs."""

    code: str
    name: str
    why: str
    message: str
    dimension: Dimension
    severity: Severity
    stage: Stage
    applies_to: tuple[str, ...]
    kinds: tuple[str, ...]  # kinds of field (fields.Kind): every field of the contract of such a kind
    excepting: tuple[str, ...]  # of those, fields that the rule leaves alone
    countries: tuple[str, ...]
    orders: tuple[str, ...]  # kinds of order: delivery, pickup ...
    needs: tuple[str, ...]  # what must be configured for the rule to speak (planning.NEEDS)
    marks: tuple[str, ...]  # what the subject's one look must have seen for the check to be asked
    reads: tuple[str, ...]  # fields outside `applies_to` that the check depends on
    concerns: Concern | None
    cause: Cause
    check: Call
    repair: Call | None
    safety: Safety
    doubt: str  # why an `ask` repair may be wrong
    confidence: float | None  # of a form repair; None where the repair function gives it
    masks: bool  # what it repairs must be repeated nowhere: it goes first, and there is no way back
    examples: Examples
    file: str
    subject: str  # the folder it stands in
