"""A partner says that a finding is wrong: noted, and from then on it counts in nothing that the partner is shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dq_service.intake.json_text import read
from dq_service.service.access import Caller
from dq_service.service.telling import told_before, told_in
from dq_service.store import audit, disputes, orders, rollups
from dq_service.store.bulk import bulk
from dq_service.store.database import Database
from dq_service.store.disputes import Dispute
from dq_service.store.kept import Note

SLOT: Final = "disputes"  # whose counts these are: no worker's own, since any of them may be asked


class NoSuchFinding(ValueError):
    """The order is not there, or not for them, or this rule says nothing of it that its partner caused."""


@dataclass(frozen=True, slots=True)
class Disputed:
    """What became of it: `new` is false where that was disputed before."""

    order_id: str
    rule: str
    partner: str
    new: bool


def dispute(database: Database, caller: Caller, order_id: str, rule: str, reason: str, now: datetime) -> Disputed:
    """Notes that a rule is disputed of an order, for this and its later revisions. Raises NoSuchFinding."""
    with database.writing() as connection:
        kept = orders.load(connection, orders.Wanted(ids={order_id})).by_id.get(order_id)
        if kept is None or not caller.sees(kept.identity.partner, kept.identity.trial):
            raise NoSuchFinding("order")
        partner = kept.identity.partner
        before = disputes.of_orders(connection, [order_id]).get(order_id, frozenset())
        if rule in before:
            return Disputed(order_id, rule, partner, new=False)
        result = read(kept.result)
        if not any(one.rule == rule and rollups.is_theirs(one, before) for one in told_in(result).findings):
            raise NoSuchFinding("finding")
        counted = told_before(kept, result)
        at = bulk(connection).at
        counts = [] if counted is None else rollups.moved(kept, counted, before, {*before, rule}, SLOT, at)
        disputes.add(connection, Dispute(order_id, rule, partner, caller.name, now, reason), counts)
        note = Note(now, caller.name, "finding.disputed", order_id, partner, {"rule": rule, "reason": reason})
        audit.append(connection, [note])
    return Disputed(order_id, rule, partner, new=True)
