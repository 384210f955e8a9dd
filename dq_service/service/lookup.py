"""Kept orders as callers see them: one whole, many in brief, the receipt of one."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from dq_service.intake.json_text import read
from dq_service.order import JSON
from dq_service.service.instants import instant_text
from dq_service.service.receipts import receipt
from dq_service.store import orders as stored
from dq_service.store.kept import Identity, Kept, Lifecycle

Cursor = int  # the place of a change among those of all orders


@dataclass(frozen=True, slots=True)
class Page:
    """Orders in brief, and where the next page begins; None: there is nothing after them now.

    `cursor` is the place after them all the same: what changes later comes after it.
    """

    orders: Sequence[JSON]
    next: str | None
    cursor: str


def described(kept: Kept) -> JSON:
    """The result in force, and where the order stands."""
    said = kept.acknowledged
    return {
        **read(kept.result),
        "lifecycle": kept.lifecycle,
        "acknowledged": None if said is None else {**asdict(said), "at": instant_text(said.at)},
        "received_at": instant_text(kept.received_at),
        "changed_at": instant_text(kept.changed_at),
    }


def brief(kept: Kept) -> JSON:
    """What a reconciliation needs to know of an order."""
    partner, account, received_id, shipment_id = kept.identity[:4]
    return {
        "id": kept.id,
        "partner": partner,
        "account": account,
        "received_id": received_id,
        "shipment_id": shipment_id,
        "lifecycle": kept.lifecycle,
        "revision": kept.revision,
        "verdict": kept.verdict,
        "action": kept.action,
        "hold_until": None if kept.hold is None else instant_text(kept.hold.until),
        "received_at": instant_text(kept.received_at),
        "changed_at": instant_text(kept.changed_at),
    }


def listed(
    connection: Connection,
    *,
    lifecycle: Lifecycle | None,
    changed_since: datetime | None,
    partner: str,
    trial: bool = False,
    after: Cursor | None,
    limit: int,
    identity: Identity | None = None,
    told: Callable[[Cursor], object] = int,
) -> Page:
    """A page of orders, in the order in which they last changed; with `identity` that one, if it is among them.

    `trial`: those that came with test keys, and no others. `told` makes of a place what the caller is told of it.
    """
    latest = stored.latest(connection)
    found = stored.page(connection, lifecycle, changed_since, partner, after, limit + 1, trial=trial, identity=identity)
    shown = found[:limit]
    end = shown[-1].seq if len(found) > limit else max(latest, after or 0)
    return Page([brief(one.kept) for one in shown], str(told(end)) if len(found) > limit else None, str(told(end)))


def receipt_of(connection: Connection, kept: Kept) -> JSON:
    """The receipt of an order as it stands."""
    made = {}
    for revision in stored.revisions_of(connection, kept.id):
        result = read(revision.result)
        made[revision.number] = {
            "rulebook": result["rulebook"],
            "reference": result["reference"],
            "publication": revision.published,
        }
    received = kept.sent
    if kept.filled:  # list entries of the last body left out what an earlier one had said
        received = read(stored.accepted_body_of(connection, kept.id) or b"null")
    return receipt(kept, received, stored.changes_of(connection, kept.id), made)
