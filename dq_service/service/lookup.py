"""Kept orders as callers see them: one whole, many in brief, the receipt of one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from dq_service.intake.json_text import read
from dq_service.order import JSON
from dq_service.service.receipts import receipt
from dq_service.store import orders as stored
from dq_service.store.kept import Kept, Lifecycle

Cursor = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Page:
    """Orders in brief, and where the next page begins; None: there is nothing after them now."""

    orders: Sequence[JSON]
    next: str | None


def described(kept: Kept) -> JSON:
    """The result in force, and where the order stands."""
    said = kept.acknowledged
    return {
        **read(kept.result),
        "lifecycle": kept.lifecycle,
        "acknowledged": None if said is None else {**asdict(said), "at": _text(said.at)},
        "received_at": _text(kept.received_at),
        "changed_at": _text(kept.changed_at),
    }


def brief(kept: Kept) -> JSON:
    """What a reconciliation needs to know of an order."""
    partner, account, received_id, shipment_id = kept.identity
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
        "hold_until": None if kept.hold is None else _text(kept.hold.until),
        "received_at": _text(kept.received_at),
        "changed_at": _text(kept.changed_at),
    }


def listed(
    connection: Connection,
    *,
    lifecycle: Lifecycle | None,
    changed_since: datetime | None,
    partner: str,
    after: Cursor | None,
    limit: int,
) -> Page:
    """A page of orders, by when they last changed."""
    found = stored.page(connection, lifecycle, changed_since, partner, after, limit + 1)
    more = len(found) > limit
    return Page([brief(kept) for kept in found[:limit]], cursor_text(found[limit - 1]) if more else None)


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


def cursor_text(kept: Kept) -> str:
    """Where a page goes on after this order."""
    return f"{kept.changed_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{kept.id}"


def cursor_of(text: str) -> Cursor:
    """What `cursor_text` wrote. Raises ValueError."""
    at, _, id_ = text.partition("-")
    return datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), id_


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
