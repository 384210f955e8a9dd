"""What was just decided, in a line, for as long as it can be taken back without a trace."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import Connection

from dq_service.service.access import Caller
from dq_service.store import orders as stored
from dq_service.store import reviews
from dq_service.store.in_review import Decision, DecisionKind
from dq_service.web.pages.wording import label

_TOLD: dict[DecisionKind, str] = {
    "accept": "accepted",
    "edit": "changed",
    "release": "is released as it is",
    "refuse": "is refused",
    "skip": "skipped",
    "second_opinion": "waits for a second opinion",
}


@dataclass(frozen=True, slots=True)
class Done:
    """A decision of an order. `seconds` are left until it takes effect; 0: it has."""

    order_id: str
    received_id: str
    told: str
    seconds: int


def done_of(connection: Connection, order_id: str, caller: Caller, now: datetime) -> Done | None:
    """The last decision of an order, where it is this caller's."""
    kept = stored.get(connection, order_id)
    if kept is None or not caller.sees(kept.identity.partner, kept.identity.trial):
        return None
    last = next((one for one in reviews.decisions_of(connection, order_id, 1)), None)
    if last is None or last.by != caller.name or last.state not in ("pending", "applied"):
        return None
    seconds = max(0, ceil((last.effective_at - now).total_seconds()))
    return Done(order_id, kept.identity.received_id, told(last), seconds)


def told(decision: Decision) -> str:
    """A decision in words: what becomes of which fields, or why not."""
    words = _TOLD[decision.kind]
    if decision.changes:
        fields = list(dict.fromkeys(label(path) for path in decision.changes))
        more = f" and {len(fields) - 3} more" if len(fields) > 3 else ""
        return f"{', '.join(fields[:3])}{more} {words}"
    return f"{words}: {decision.reason}" if decision.reason else words
