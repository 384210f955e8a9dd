"""An order's whole life: what each command makes of it. Pure: no clock, no database; ids and the engine handed in."""

from dataclasses import replace
from typing import Final

from dq_service.order import JSON
from dq_service.service.arrivals import arrive, begin_with
from dq_service.service.commands import (
    Acknowledge,
    Arrive,
    Cancel,
    Command,
    Correct,
    Decide,
    EndHold,
    Look,
    Moment,
    Reason,
    Refused,
    Revert,
    Revisions,
    TakeBack,
)
from dq_service.service.endings import with_end
from dq_service.service.fixes import correct, overtaken_in, revert
from dq_service.service.holds import end_hold
from dq_service.service.judging import Basis, judge, rewritten
from dq_service.service.reviews.items import in_review
from dq_service.service.reviews.outcomes import take_back, take_effect
from dq_service.store.kept import Acknowledgement, Kept, Lifecycle, Note, Step

_OVER: Final = ("frozen", "cancelled")  # nothing is changed any more
_NOT_SENT_ON: Final[dict[Lifecycle, Reason]] = {
    "held": "held",
    "waiting": "held",
    "refused": "refused",
    "cancelled": "cancelled",
}


def decide(kept: Kept | None, command: Command, moment: Moment) -> Step:
    """One command carried out on one order; None: there is none of that identity or id yet.

    The same object stands in `before` and `after` where nothing changed. What was asked and is so already (a body
    seen before, a second cancel, the same acknowledgement) is no change and never refused. Raises Refused.
    """
    return in_review(with_end(_decided(kept, command, moment), command, moment.now), moment)


def _decided(kept: Kept | None, command: Command, moment: Moment) -> Step:
    if kept is None:
        if not isinstance(command, Arrive):
            raise Refused("unknown", "there is no such order")
        _check_match(0, command.if_match)
        return begin_with(command, moment)
    if _is_so(kept, command):
        return Step(kept, kept)
    if not isinstance(command, EndHold | Look | Decide | TakeBack):
        _check_match(kept.revision, command.if_match)
    match command:
        case Arrive():
            return arrive(kept, command, moment)
        case Cancel():
            return _cancel(kept, command, moment)
        case Acknowledge():
            return _acknowledge(kept, command, moment)
        case EndHold():
            return end_hold(kept, moment)
        case Decide():
            return take_effect(kept, command, moment)
        case Correct() | Revert() | TakeBack():
            if kept.lifecycle in _OVER:
                raise _over(kept)
            if isinstance(command, TakeBack):
                return take_back(kept, command, moment)
            return correct(kept, command, moment) if isinstance(command, Correct) else revert(kept, command, moment)
        case _:
            return _look(kept, moment)


def _is_so(kept: Kept, command: Command) -> bool:
    """Whether what is asked is so already."""
    match command:
        case Arrive():
            return command.seen
        case Cancel():
            return kept.lifecycle == "cancelled"
        case Acknowledge():
            held = kept.acknowledged
            told = held is not None and held.revision == command.revision == kept.revision
            return held is not None and told and (held.frozen or (held.by == command.by and not command.frozen))
        case _:
            return False


def _check_match(revision: int, if_match: Revisions | None) -> None:
    if if_match is not None and revision not in if_match:
        raise Refused("older", f"the order is at revision {revision}" if revision else "there is no such order")


def _cancel(kept: Kept, command: Cancel, moment: Moment) -> Step:
    if kept.lifecycle == "frozen":
        raise _over(kept)
    said = {"by": command.by, "reason": command.reason}
    step = rewritten(kept, "cancelled", None, [("order.cancelled", said)], moment)
    return replace(step, notes=(_note("order.cancel", kept, command.by, {"reason": command.reason}, moment),))


def _acknowledge(kept: Kept, command: Acknowledge, moment: Moment) -> Step:
    if reason := _NOT_SENT_ON.get(kept.lifecycle):
        raise Refused(reason, f"the order is {kept.lifecycle}; there is nothing to acknowledge")
    if command.revision != kept.revision:
        raise Refused("older", f"the order is at revision {kept.revision}")
    frozen = command.frozen or kept.lifecycle == "frozen"
    after = replace(
        kept,
        acknowledged=Acknowledgement(command.revision, command.by, frozen, moment.now),
        lifecycle="frozen" if frozen else kept.lifecycle,
        changed_at=max(moment.now, kept.changed_at),
        due_at=None if frozen else kept.due_at,
        tries=0 if frozen else kept.tries,
    )
    detail = {"revision": command.revision, "frozen": command.frozen}
    return Step(kept, after, notes=(_note("order.acknowledge", kept, command.by, detail, moment),))


def _look(kept: Kept, moment: Moment) -> Step:
    over = kept.lifecycle in _OVER or (kept.lifecycle == "closed" and not kept.backfill)
    if over or kept.sent is None:
        return Step(kept, kept)
    return judge(kept, Basis.of(kept), "look", moment, noted=tuple(overtaken_in(kept)))


def _over(kept: Kept) -> Refused:
    if kept.lifecycle == "frozen":
        return Refused("frozen", "a destination has frozen the order; it takes no change any more")
    return Refused("cancelled", "the order is cancelled")


def _note(action: str, kept: Kept, by: str, detail: JSON, moment: Moment) -> Note:
    return Note(moment.now, by, action, kept.id, kept.identity.partner, detail)
