"""What is kept of an order: who it is, the bodies it came in, where it stands, and what happened to it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from dq_service.finding import Finding, Repair
from dq_service.order import JSON
from dq_service.result import Action, Score, Verdict
from dq_service.store.in_review import Decided, Item

Lifecycle = Literal["received", "held", "waiting", "released", "frozen", "refused", "cancelled", "closed"]
Standing = Literal["accepted", "stale", "offered"]  # what became of a body: taken, older than ours, too late (frozen)
EventType = Literal[
    "order.received",
    "order.held",
    "order.released",
    "order.refused",
    "order.changed",
    "order.cancelled",
    "order.recalled",
    "order.expired",
    "order.rechecked",
    "review.opened",
    "review.decided",
]

_PLAIN = 200  # characters of a key that are kept readable
_TRIAL = "test\x1e"  # before the key of an order that came with a test key; of no other order can it stand there


class Identity(NamedTuple):
    """What an order is known by. `received_id`: its order_id as received; of what is no order, its hash.

    `trial`: it came with a test key. Such orders live in a realm of their own: by the same names they are others.
    """

    partner: str
    account: str
    received_id: str
    shipment_id: str
    trial: bool = False

    @property
    def key(self) -> str:
        """One text for them, the same on every database: plain where it can be, else by its hash."""
        return _key_of(self)

    @property
    def realm(self) -> str:
        """Whose earlier orders it is compared with: the partner's; those of test keys stay among themselves."""
        return _TRIAL + self.partner if self.trial else self.partner


@lru_cache(1024)  # a key is asked for some six times while an order is kept
def _key_of(identity: Identity) -> str:
    names, partner = identity[:4], identity.partner
    realm = _TRIAL if identity.trial else ""
    text = "\x1f".join(names)
    if len(text) <= _PLAIN and all(map(str.isprintable, names)):
        return realm + text
    digest = hashlib.sha256(repr(names).encode()).hexdigest()
    return f"{realm}{partner[:40] if partner.isprintable() else ''}\x1f#{digest}"


@dataclass(slots=True, unsafe_hash=True)
class Version:
    """The sender's own: `source.updated_at` (aware, UTC) and `source.version`; None and "" where it gives none."""

    updated_at: Final[datetime | None] = None
    number: Final[str] = ""


@dataclass(slots=True, unsafe_hash=True)
class Body:
    """One body of an order as its sender wrote it. `digest` is of what it says, not of its blanks."""

    digest: Final[str]
    raw: Final[bytes] = field(repr=False)
    version: Final[Version]
    standing: Final[Standing]
    at: Final[datetime]


@dataclass(frozen=True, slots=True)
class Fix:
    """A value that a person put into a field; the machine leaves that field alone from then on.

    `before` is what stood there. `reason` is "revert" where a repair was taken back.
    """

    field: str
    value: Any
    before: Any
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hold: until when (aware, UTC), what happens then, why, and whether it was lengthened once (escalated)."""

    until: datetime
    then: Literal["release", "refuse", "escalate"]
    why: str
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a destination said that it has: a revision; frozen: it will take no other."""

    revision: int
    by: str
    frozen: bool
    at: datetime


@dataclass(slots=True, unsafe_hash=True)
class Kept:
    """An order as it stands. `result` is the contract's object of this revision, as bytes: what callers are answered.

    `sent` is the sender's last accepted body, parsed (None: it was no order); where list entries of that body left out
    what an earlier one had said, it stands here all the same and `filled` is true: then `sent` is kept beside the
    bytes, since it cannot be read from them. So it is of what a profile has mapped. `fixes` by field. `events` counts
    what was announced of it. `published` names the versions (kind -> number) that the result was made with.
    """

    id: Final[str]
    identity: Final[Identity]
    revision: Final[int]
    lifecycle: Final[Lifecycle]
    verdict: Final[Verdict]
    action: Final[Action]
    hold: Final[Waiting | None]
    version: Final[Version]
    sent: Final[JSON | None] = field(repr=False)
    result: Final[bytes] = field(repr=False)
    fixes: Final[Mapping[str, Fix]]
    events: Final[int]
    acknowledged: Final[Acknowledgement | None]
    received_at: Final[datetime]
    changed_at: Final[datetime]
    channel: Final[str] = ""
    test: Final[bool] = False
    backfill: Final[bool] = False
    due_at: Final[datetime | None] = None  # when the background looks again at what could not be evaluated
    tries: Final[int] = 0  # how often it has
    published: Final[Mapping[str, int]] = field(default_factory=dict)
    filled: Final[bool] = False
    ended_at: Final[datetime | None] = None  # when it was over (service/endings.py); its retention counts from then


@dataclass(slots=True, unsafe_hash=True)
class ReceiptLine:
    """One field's change in one revision: what stood there, what stands there, and who or what changed it, why.

    `number` counts from 1 within the revision. `rule` is "" and `confidence` None for a person's fix; `evidence` is
    then the person's reason. `who` is "machine" or the person. A line taken back says when and by whom.
    """

    id: Final[str]
    order_id: Final[str]
    revision: Final[int]
    number: Final[int]
    field: Final[str]
    before: Final[Any]
    after: Final[Any]
    rule: Final[str]
    confidence: Final[float | None]
    evidence: Final[str]
    who: Final[str]
    at: Final[datetime]
    reverted_at: Final[datetime | None] = None
    reverted_by: Final[str] = ""


@dataclass(slots=True, unsafe_hash=True)
class Event:
    """Something that happened to an order; `number` counts from 1 within the order. `data` is thin: no order in it.

    `trial`: the order came with a test key.
    """

    id: Final[str]
    type: Final[EventType]
    order_id: Final[str]
    number: Final[int]
    partner: Final[str]
    at: Final[datetime]
    data: Final[JSON]
    trial: Final[bool] = False


@dataclass(slots=True, unsafe_hash=True)
class Told:
    """What a revision's result says, for the tables that are asked by rule and field.

    `score_after` is that of the order sent on; None where it is the score itself.
    """

    findings: Final[tuple[Finding, ...]]
    repairs: Final[tuple[Repair, ...]]
    score: Final[Score]
    verdict: Final[Verdict]
    action: Final[Action]
    score_after: Final[Score | None] = None


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the audit log: who did what to what."""

    at: datetime
    actor: str
    action: str
    object: str
    partner: str
    detail: JSON


@dataclass(slots=True, unsafe_hash=True)
class Step:
    """One command carried out on one order: how it stood, how it stands, and everything to be written with that.

    `after is before` where nothing changed but a body may have been kept. `told` is set where there is a new
    revision; `before_told` is what the last revision said (None for a new order), so that counts can be moved.
    `lines` are the new revision's lines of the receipt, with their ids; `reverted` are lines of earlier revisions that
    were taken back, with `reverted_at` and `reverted_by` set. `keys` are store.history.keys_of of the sender's body,
    where they were worked out before. `item` is the order's in the queue, where it is in review and that was looked at
    anew; `decided` is what became of a person's decision.
    """

    before: Final[Kept | None]
    after: Final[Kept]
    body: Final[Body | None] = None
    told: Final[Told | None] = None
    before_told: Final[Told | None] = None
    events: Final[tuple[Event, ...]] = ()
    notes: Final[tuple[Note, ...]] = ()
    lines: Final[tuple[ReceiptLine, ...]] = ()
    reverted: Final[tuple[ReceiptLine, ...]] = ()
    keys: Final[Sequence[int] | None] = None
    item: Final[Item | None] = None
    decided: Final[Decided | None] = None
