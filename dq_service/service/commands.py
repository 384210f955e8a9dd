"""What can be asked of a kept order, what a decision may see besides the order, and how it is refused."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol, TypeAlias

from dq_service.finding import Finding
from dq_service.order import JSON
from dq_service.result import Result
from dq_service.service.versions import UNTOLD
from dq_service.store.in_review import Decision
from dq_service.store.kept import Identity, ReceiptLine, Version

Revisions: TypeAlias = Container[int]  # one of these the order must be at (If-Match); of no order it is 0
ANY: Final[Revisions] = range(1, 10**9)  # `If-Match: *`: there must be an order


class Check(Protocol):
    """The engine with partner, history, clock and deadline of this order bound."""

    def __call__(self, order: JSON | None, pinned: frozenset[str], noted: tuple[Finding, ...]) -> Result:
        """The result for an order; of None, what was read was no order, and the function knows why.

        `pinned` are fields that people have decided on: nothing at or below them is repaired, only suggested. `noted`
        are findings that the life of the order made (SYS004); they stand first and count for verdict and action.
        """


@dataclass(slots=True, unsafe_hash=True)
class Moment:
    """What a decision may see besides the order and the command: the instant, the engine, new ids, what is in force.

    `now` is aware, UTC. `new_id("evt")` makes `evt_` and a UUID. `published` are the versions (kind -> number) that
    `check` works with. `hold_max` is the partner's, for a hold that is lengthened; `priority` its weight in the review
    queue. `keys` are store.history.keys_of of an arriving body, where they are known.
    """

    now: Final[datetime]
    check: Final[Check]
    new_id: Final[Callable[[str], str]]
    published: Final[Mapping[str, int]] = field(default_factory=dict)
    hold_max: Final[timedelta] = timedelta(hours=2)
    priority: Final[float] = 1.0
    keys: Final[Sequence[int] | None] = None


@dataclass(slots=True, unsafe_hash=True)
class Arrive:
    """A body came in. `order` is None for what is no order. `seen`: this order has had a body with this digest.

    `version` is `versions.version_of(order)`, `digest` `versions.digest_of(order)` (of no order: of its bytes).
    `mapped`: a profile made the order of the bytes, so that it cannot be read from them.
    """

    identity: Final[Identity]
    raw: Final[bytes] = field(repr=False)
    order: Final[JSON | None] = field(repr=False)
    digest: Final[str]
    version: Final[Version] = UNTOLD
    seen: Final[bool] = False
    backfill: Final[bool] = False
    mapped: Final[bool] = False
    if_match: Final[Revisions | None] = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """The order is called off."""

    by: str
    reason: str = ""
    if_match: Revisions | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A destination has this revision; `frozen`: it takes no other."""

    revision: int
    by: str
    frozen: bool = False
    if_match: Revisions | None = None


@dataclass(frozen=True, slots=True)
class Correct:
    """A person puts values into fields (None empties one); `service/reviews` makes it."""

    changes: Mapping[str, Any]
    by: str
    reason: str = ""
    if_match: Revisions | None = None


@dataclass(frozen=True, slots=True)
class Revert:
    """A change is taken back, by its id, or all that the machine made.

    `lines` are the order's receipt, all of it, as it stands when this is decided: the group reads them.
    """

    by: str
    lines: tuple[ReceiptLine, ...] = field(default=(), repr=False)
    change: str = ""
    machine: bool = False
    reason: str = ""
    if_match: Revisions | None = None


@dataclass(frozen=True, slots=True)
class EndHold:
    """A hold's time is up. Before its end, or without a hold, nothing happens."""


@dataclass(frozen=True, slots=True)
class Look:
    """The order is judged again with what is in force: what could not be evaluated, or after new rules."""


@dataclass(frozen=True, slots=True)
class Decide:
    """What a person decided takes effect, its delay being over. `decision` is what waits of the order: the group reads
    it. Where nothing does, or not yet, nothing happens."""

    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class TakeBack:
    """What a person's decision made of the order is undone. The group reads `decision` and the receipt's `lines`."""

    id: str
    by: str
    reason: str = ""
    decision: Decision | None = None
    lines: tuple[ReceiptLine, ...] = field(default=(), repr=False)


Command = Arrive | Cancel | Acknowledge | Correct | Revert | EndHold | Look | Decide | TakeBack
Reason = Literal["frozen", "older", "cancelled", "held", "refused", "unknown"]


class Refused(Exception):
    """A command that cannot be carried out on the order as it stands; nothing has changed.

    `older`: it was meant for another revision (`If-Match`, or what is acknowledged). `unknown`: there is no such
    order, or it has no such field or change.
    """

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
