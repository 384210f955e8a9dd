"""Which rules are disputed of which orders: read where counts move, written with the counts that they move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dq_service.store.bulk import Row, among, bulk
from dq_service.store.dispute_tables import DISPUTES
from dq_service.store.rollups import ADDED
from dq_service.store.schema import ROLLUPS, column_text


@dataclass(frozen=True, slots=True)
class Dispute:
    """Who says of an order that a rule is wrong there, and why."""

    order_id: str
    rule: str
    partner: str
    by: str
    at: datetime
    reason: str


def of_orders(connection: Connection, ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """The disputed rules of these orders; of those without, nothing."""
    found: dict[str, set[str]] = {}
    for order_id, rule in among(bulk(connection), "SELECT order_id, rule FROM disputes WHERE order_id", ids):
        found.setdefault(order_id, set()).add(rule)
    return {order_id: frozenset(rules) for order_id, rules in found.items()}


def add(connection: Connection, dispute: Dispute, counts: Sequence[Row]) -> None:
    """Writes a dispute and moves the counts; `counts` are rows of the roll-ups. The order's row must be locked."""
    given = bulk(connection)
    by, reason = column_text(dispute.by, 1000), column_text(dispute.reason, 1000)
    row = (dispute.order_id, dispute.rule, column_text(dispute.partner), by, given.at(dispute.at), reason)
    given.insert(DISPUTES, [row])
    given.add(ROLLUPS, counts, ADDED)
