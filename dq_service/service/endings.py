"""When an order was over: delivered or returned, called off, refused. How long it is kept counts from then."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from dq_service.order import JSON, Order
from dq_service.service.commands import Arrive, Command
from dq_service.store.kept import Kept, Step

OVER: Final = frozenset({"closed", "cancelled", "refused"})  # lifecycles; closed is delivered or returned
_SAYING_SO: Final = frozenset({"delivered", "returned", "cancelled"})  # statuses, of an order that a destination has


def with_end(step: Step, command: Command, now: datetime) -> Step:
    """The step with the instant at which its order was over; None while it is under way, or again.

    What is over counts from when that was first told; what ends in another way later (delivered, then returned)
    counts from then. Of a frozen order only what its sender offers says that it arrived.
    """
    before, after = step.before, step.after
    if after is before:
        return step
    ended_at = _ended_at(before, after, command, now)
    if ended_at == after.ended_at:
        return step
    return replace(step, after=replace(after, ended_at=ended_at))


def _ended_at(before: Kept | None, after: Kept, command: Command, now: datetime) -> datetime | None:
    known = before.ended_at if before else None
    if after.lifecycle == "frozen":
        offered = _status(command.order) if isinstance(command, Arrive) else ""
        if not offered:
            return known
        return known or now if offered in _SAYING_SO else None
    if after.lifecycle not in OVER:
        return None
    same = before is not None and before.lifecycle == after.lifecycle and _status(before.sent) == _status(after.sent)
    return known or now if same else now


def _status(order: JSON | None) -> str:
    return Order(order).text("status") if order else ""
