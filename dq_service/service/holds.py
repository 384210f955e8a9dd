"""A hold's time is up: the order leaves, is refused, or is held once more."""

from dq_service.service.commands import Moment
from dq_service.service.judging import HELD, rewritten
from dq_service.service.telling import Said, hold_told
from dq_service.store.kept import Kept, Step, Waiting


def end_hold(kept: Kept, moment: Moment) -> Step:
    """What the end of its hold makes of an order. Nothing before that, nor where none runs any more."""
    hold = kept.hold
    if hold is None or kept.lifecycle not in HELD or moment.now < hold.until:
        return Step(kept, kept)
    if hold.then == "escalate":
        until = (moment.now + moment.hold_max).replace(microsecond=0)  # as callers are told it
        once_more = Waiting(until, "refuse", hold.why, True)
        return rewritten(kept, kept.lifecycle, once_more, [("order.held", hold_told(once_more))], moment)
    released = hold.then == "release"
    said: list[Said] = [("order.expired", {}), ("order.released" if released else "order.refused", {})]
    return rewritten(kept, "released" if released else "refused", None, said, moment)
