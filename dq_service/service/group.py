"""Commands that are carried out in one transaction: read together, decided one after the other, written together."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from time import monotonic, perf_counter
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from dq_service.context import Context
from dq_service.engine.engine import Engine
from dq_service.faults import told
from dq_service.finding import Finding
from dq_service.intake.json_text import Unreadable, read
from dq_service.intake.record import profiled_in
from dq_service.meters import Meters
from dq_service.order import JSON, Order
from dq_service.partner import Partner
from dq_service.result import Result
from dq_service.service.commands import Arrive, Command, Decide, EndHold, Moment, Refused, Revert, TakeBack
from dq_service.service.life import decide
from dq_service.service.past import Found
from dq_service.store import history, reviews
from dq_service.store import orders as stored
from dq_service.store.database import Unavailable
from dq_service.store.ids import new_id
from dq_service.store.in_review import Decision
from dq_service.store.kept import Identity, Kept, ReceiptLine, Step

log = logging.getLogger(__name__)

NO_ORDER: Final = "the document is no JSON object"


class InForce(Protocol):
    """What orders are checked with: one state of the installation, whole and unchanging."""

    @property
    def engine(self) -> Engine:
        """What checks orders."""

    @property
    def published(self) -> Mapping[str, int]:
        """The versions in force by kind."""

    @property
    def partners(self) -> Mapping[str, Partner]:
        """All partners that have a file, by name."""

    def partner_of(self, order: Any, named: str = "") -> Partner:
        """The partner named, else the order's own; the built-in policy where there is none."""


class OtherBody(Exception):
    """The Idempotency-Key was used before, with another body."""


@dataclass(frozen=True, slots=True)
class Once:
    """An Idempotency-Key: whose, which, and a hash of the body that it stands for."""

    scope: str
    key: str
    digest: str


@dataclass(slots=True, unsafe_hash=True)
class Asked:
    """A command for the order of an identity or of our id, and what carrying it out needs besides.

    `named` is the partner that the caller named, `milliseconds` what its check may take (None: as long as it takes;
    waiting does not count, or an order would leave unchecked because others are many), `trouble` why an arriving body
    is no order. With `dry` the step is made and forgotten.
    `sees(partner, trial)` tells whether an order that is named by our id is there for whoever asks.
    """

    command: Final[Command]
    identity: Final[Identity | None] = None
    id: Final[str] = ""
    named: Final[str] = ""
    milliseconds: Final[int | None] = None
    trouble: Final[Unreadable | None] = None
    once: Final[Once | None] = None
    dry: Final[bool] = False
    sees: Final[Callable[[str, bool], bool] | None] = None


class Group:
    """Commands that are carried out in one transaction, and the orders as they stand meanwhile."""

    def __init__(
        self,
        connection: Connection,
        asked: Sequence[Asked],
        in_force: InForce,
        now: datetime,
        meters: Meters,
        before: "Group | None" = None,
    ) -> None:
        """`before` is a group that is decided and not yet written: its orders are found, too."""
        self.written = False
        self._connection = connection
        self._in_force = in_force
        self._now = now
        self._meters = meters
        self._steps: list[Step] = []
        self._once: list[stored.Remembered] = []
        arriving = [(one.identity, one.command.digest) for one in asked if isinstance(one.command, Arrive)]
        self._loaded = stored.load(
            connection,
            stored.Wanted(
                identities={one.identity for one in asked if one.identity is not None},
                ids={one.id for one in asked if one.id},
                digests={(identity, digest) for identity, digest in arriving if identity is not None},
                idempotency={(one.once.scope, one.once.key) for one in asked if one.once is not None},
            ),
            read=read,
        )
        ending = {one.id for one in asked if isinstance(one.command, Decide | EndHold)}
        self._pending = reviews.pending(connection, ending) if ending else {}
        self._keys = {id(one): self._keys_of(one) for one in asked}
        wanted = {key for keys in self._keys.values() for key in keys}
        kept = history.earlier(connection, wanted)
        self._found: Found = Found(kept, before._found.new if before is not None else {})

    def came_to(self, asked: Asked) -> Step | Exception:
        """What a command comes to; an exception is that command's alone."""
        try:
            if asked.once is not None:
                self._check_once(asked.once)
            return self._step(asked)
        except (Refused, OtherBody) as refused:
            return refused
        except Unavailable:
            raise
        except Exception as broke:
            log.error("a command broke: %s", told(broke))
            return broke

    def write(self, worker: str) -> None:
        """Writes what the commands came to."""
        if self._steps or self._once:
            stored.write(self._connection, self._steps, self._once, worker)

    def _step(self, asked: Asked) -> Step:
        kept, command = self._kept(asked), asked.command
        if isinstance(command, Arrive) and kept is not None:
            command = replace(command, seen=(kept.id, command.digest) in self._loaded.seen)
        elif isinstance(command, Revert) and kept is not None:
            command = replace(command, lines=self._lines(kept.id))
        elif isinstance(command, Decide | EndHold) and kept is not None:
            decision = self._pending.pop(kept.id, None)  # what a person has decided goes before the end of the hold
            command = Decide(decision) if decision is not None else command
        elif isinstance(command, TakeBack) and kept is not None:
            command = replace(command, lines=self._lines(kept.id), decision=self._decision(command.id, kept.id))
        name = asked.named or (kept.identity.partner if kept else "")
        json = command.order if isinstance(command, Arrive) else kept.sent if kept else None
        partner = self._in_force.partner_of(json, name)
        keys = self._keys[id(asked)]
        end = inf if asked.milliseconds is None else monotonic() + asked.milliseconds / 1000

        def check(order: JSON | None, pinned: frozenset[str], noted: tuple[Finding, ...]) -> Result:
            engine = self._in_force.engine
            if order is None:
                context = Context(self._now, engine.reference, partner)
                unread = asked.trouble or Unreadable(NO_ORDER)
                return engine.rejected(str(unread), context, field=unread.path)
            begun = perf_counter()
            result = engine.check(
                order,
                as_of=self._now,
                partner=partner,
                recent=self._found.past(keys, kept),
                expired=lambda: monotonic() >= end,
                named=name,
                pinned=pinned,
                noted=noted,
                profiled=profiled_in(order) if partner.profile else (),
            )
            self._meters.check_seconds.add(perf_counter() - begun)
            return result

        policy = partner.policy
        moment = Moment(self._now, check, new_id, self._in_force.published, policy.hold_max, policy.priority, keys)
        step = decide(kept, command, moment)
        if not asked.dry:
            self._take(asked, step, keys)
        return step

    def _take(self, asked: Asked, step: Step, keys: Sequence[int]) -> None:
        """Makes a step the state that the commands after it find."""
        after = step.after
        if step.after is not step.before or step.body is not None or step.decided is not None:
            known = step.keys is None and isinstance(asked.command, Arrive) and after.sent is asked.command.order
            self._steps.append(replace(step, keys=keys) if known else step)
            key = self._loaded.key_of.setdefault(after.id, after.identity.key)
            self._loaded.by_identity[key] = self._loaded.by_id[after.id] = after
        if step.body is not None:
            self._loaded.seen.add((after.id, step.body.digest))
        if step.told is not None and after.sent is not None:
            self._found.add(keys, after.id, after.sent)
        once = asked.once
        if once is not None and (once.scope, once.key) not in self._loaded.remembered:
            kept = stored.Remembered(once.scope, once.key, once.digest, after.id, after.revision, self._now)
            self._loaded.remembered[once.scope, once.key] = kept
            self._once.append(kept)

    def _decision(self, id_: str, order_id: str) -> Decision | None:
        """A decision of this order as it stands at this place of the group."""
        if any(step.decided is not None and step.decided.id == id_ for step in self._steps):
            return None
        decision = reviews.decision(self._connection, id_, lock=True)
        return decision if decision is not None and decision.order_id == order_id else None

    def _lines(self, id_: str) -> tuple[ReceiptLine, ...]:
        """The receipt of an order as it stands at this place of the group."""
        lines = {line.id: line for line in stored.changes_of(self._connection, id_)}
        for step in self._steps:
            if step.after.id == id_:
                lines.update((line.id, line) for line in (*step.lines, *step.reverted))
        return tuple(lines.values())

    def _kept(self, asked: Asked) -> Kept | None:
        if asked.identity is not None:
            return self._loaded.by_identity.get(asked.identity.key)
        kept = self._loaded.by_id.get(asked.id)
        if kept is None or asked.sees is None or asked.sees(kept.identity.partner, kept.identity.trial):
            return kept
        return None

    def _keys_of(self, asked: Asked) -> Sequence[int]:
        """The keys under which this command's check may look for earlier orders."""
        kept = self._kept(asked)
        sent = asked.command.order if isinstance(asked.command, Arrive) else kept.sent if kept is not None else None
        if sent is None:
            return ()
        identity = asked.identity or (kept and kept.identity)
        return history.keys_of(identity.realm if identity else "", Order(sent))

    def _check_once(self, once: Once) -> None:
        known = self._loaded.remembered.get((once.scope, once.key))
        if known is not None and known.digest != once.digest:
            raise OtherBody
