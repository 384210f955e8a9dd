"""What comes back: the answer for an order, and the rows, receipts, events and webhooks that a service tells of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from dq_service.finding import Change, Finding, Repair, Suggestion
from dq_service.order import JSON
from dq_service.result import Action, Evaluated, Hold, Score, Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service says of one order: do what `action` says, with `order`.

    `unchecked`: nobody answered in time, so `verdict` is None and `order` the one that was given; `why` tells the
    reason, `spooled` whether it lies on disk and is sent later. `repeat`: the service had this body before. `raw` is
    the contract's result whole (CONTRACT section 2), empty while unchecked.
    """

    action: Action
    verdict: Verdict | None
    order: JSON | None = field(repr=False)
    raw: JSON = field(repr=False, default_factory=dict)
    unchecked: bool = False
    spooled: bool = False
    repeat: bool = False
    why: str = ""

    @property
    def id(self) -> str | None:
        """The service's id of the kept order; None where nothing was kept."""
        return cast("str | None", self.raw.get("id"))

    @property
    def revision(self) -> int | None:
        """The service's count of this order's results; `if_match` takes it."""
        return cast("int | None", self.raw.get("revision"))

    @property
    def lifecycle(self) -> str:
        """Where a kept order stands, `""` where the service does not say."""
        return str(self.raw.get("lifecycle") or "")

    @property
    def hold(self) -> Hold | None:
        """Why it waits, until when, and what happens then."""
        found = self.raw.get("hold")
        return Hold(**_known(Hold, {"until": "", "then": "release", "why": "", **found})) if found else None

    @property
    def score(self) -> Score:
        """Of the order as received: overall and by dimension, 0 to 1."""
        return self.raw.get("score") or {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the rules say."""
        return tuple(map(_finding, self.raw.get("findings") or ()))

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was changed, with the evidence."""
        return tuple(map(_repair, self.raw.get("repairs") or ()))

    @property
    def evaluated(self) -> Evaluated:
        """Whether every rule that applies was asked. Of an unchecked order, none was."""
        found = self.raw.get("evaluated") or {}
        return Evaluated(bool(found.get("complete")), tuple(found.get("missing") or ()))


def answer_of(result: JSON, *, repeat: bool = False) -> Answer:
    """The answer that a result of the contract is. Raises KeyError where it has no verdict and action."""
    return Answer(result["action"], result["verdict"], result.get("order"), result, repeat=repeat)


@dataclass(frozen=True, slots=True)
class Listed:
    """A kept order as lists have it; `raw` holds all that the service tells."""

    id: str
    lifecycle: str
    revision: int
    raw: JSON = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Every change of one order. `patch` (RFC 6902): from the one received to the one sent on; `inverse`: back."""

    changes: Sequence[JSON]
    patch: Sequence[JSON] = field(repr=False)
    inverse: Sequence[JSON] = field(repr=False)
    raw: JSON = field(repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an order, a CloudEvent.

    `position` is for `events(after=…)`: what follows this event comes then, and at most a page of it once more.
    """

    id: str
    type: str
    subject: str
    time: str
    data: JSON = field(repr=False)
    position: str
    raw: JSON = field(repr=False)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint that events are sent to. `secret` is told once, when it is added."""

    id: str
    url: str
    secret: str = field(repr=False)
    raw: JSON = field(repr=False)


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a spool came to: how many were sent, set aside as refused, and still wait."""

    sent: int = 0
    refused: int = 0
    waiting: int = 0


def _known(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what this release knows: a newer service may tell more."""
    return {name: values[name] for name in kind.__dataclass_fields__ if name in values}


def _finding(found: JSON) -> Finding:
    offered = tuple(
        Suggestion(one.get("changes") or {}, one.get("confidence") or 0.0, one.get("evidence") or "")
        for one in found.get("suggestions") or ()
    )
    texts = dict.fromkeys(("rule", "name", "field", "dimension", "severity", "outcome", "cause", "message"), "")
    told = {**texts, **_known(Finding, found), "fields": tuple(found.get("fields") or ()), "suggestions": offered}
    return Finding(**told)


def _repair(made: JSON) -> Repair:
    changes = tuple(
        Change(one.get("field") or "", one.get("before"), one.get("after")) for one in made.get("changes") or ()
    )
    fields = tuple(made.get("evidence_fields") or ())
    return Repair(made.get("rule") or "", made.get("confidence") or 0.0, made.get("evidence") or "", fields, changes)
