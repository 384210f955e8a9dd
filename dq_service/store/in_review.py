"""What is kept of orders in review: the item in the queue, who has it open, what was decided and said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from dq_service.finding import Severity

IN_REVIEW: Final = frozenset({"held", "waiting"})  # lifecycles: an order in one of them is in the queue, no other

DecisionKind = Literal["accept", "edit", "release", "refuse", "skip", "second_opinion"]
DecisionState = Literal["pending", "undone", "applied", "stale"]


@dataclass(frozen=True, slots=True)
class Item:
    """An order in review as the queue lists and ranks it; all of it follows from the order as it stands.

    `rank` is in seconds since 1970, lower first; `seconds` what it is expected to take a reviewer. `what` says in a
    line what is the matter, `place` where the parcel goes. `confidence` is that of the best suggestion, None without
    one. `kind` is the same for items that are decided alike: `ADR003@ship_to.address.line1`, several with a `+`.
    `rules` are (rule, field) of what keeps the order; in a field, places of lists are `[*]`.
    """

    state: Literal["held", "waiting"]
    revision: int
    due_at: datetime | None
    then: str
    escalated: bool
    rank: float
    seconds: float
    what: str
    place: str
    severity: Severity
    confidence: float | None
    kind: str
    search: str = field(repr=False)
    rules: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A reviewer has an item open, until `until` unless they say again that they have."""

    order_id: str
    holder: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided of an order at a revision: `pending` until `effective_at`, without a trace till then.

    `changes` is the new value of each field (None empties it), as the person saw and chose it. `applied_revision` is
    the order's after it was carried out. `why` says why it is `stale`: then nothing came of it.
    """

    id: str
    order_id: str
    revision: int
    by: str
    kind: DecisionKind
    changes: Mapping[str, Any] = field(repr=False)
    reason: str = field(repr=False)
    decided_at: datetime
    effective_at: datetime
    state: DecisionState = "pending"
    ended_at: datetime | None = None  # when it was applied, or found stale, or undone
    ended_by: str = ""  # who undid it
    applied_revision: int | None = None
    applied_at: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a decision, to be written with the order: its new state, when, at which revision, by whom, why."""

    id: str
    state: DecisionState
    at: datetime
    revision: int | None = None
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """What a person wrote beside an order."""

    id: str
    order_id: str
    by: str
    at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class View:
    """A person's own name for a way to look at the queue: the parameters of the list."""

    name: str
    query: Mapping[str, Any]
