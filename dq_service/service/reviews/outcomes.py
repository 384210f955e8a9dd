"""What becomes of an order when a person's decision takes effect, and when it is taken back afterwards. Pure.

What a person puts in is input like any other: the order is judged again, and leaves only where it is good now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dq_service.engine.merge import same
from dq_service.order import JSON
from dq_service.service.commands import Correct, Decide, Moment, Refused, TakeBack
from dq_service.service.fixes import correct, overtaken_in
from dq_service.service.judging import Basis, judge, rewritten
from dq_service.service.reviews.items import saying
from dq_service.service.telling import review_id
from dq_service.store.in_review import IN_REVIEW, Decided, Decision
from dq_service.store.kept import Fix, Kept, Lifecycle, Note, ReceiptLine, Step

_ENDS: Final[Mapping[str, Lifecycle]] = {"release": "released", "refuse": "refused"}
_GONE: Final = "what was decided does not stand any more"


def fix(changes: Mapping[str, Any], by: str, reason: str = "", revision: int | None = None) -> Correct:
    """The command for a person's fixes: the new value of each field by its path (None empties it), by whom, why.

    `revision` is the one that the person saw; the fix is refused as `older` when there is a newer one.
    """
    return Correct(dict(changes), by, reason, None if revision is None else {revision})


def take_effect(kept: Kept, command: Decide, moment: Moment) -> Step:
    """A decision carried out, once its delay is over or the hold ends; stale where the order has moved on.

    Nothing where there is none that waits (any more).
    """
    decision, hold = command.decision, kept.hold
    if decision is None or decision.state != "pending":
        return Step(kept, kept)
    if moment.now < decision.effective_at and not (hold is not None and moment.now >= hold.until):
        return Step(kept, kept)
    if kept.revision != decision.revision or kept.lifecycle not in IN_REVIEW:
        return _stale(kept, decision, "the order has moved on", moment)
    try:
        step = _carried_out(kept, decision, moment)
    except Refused as refused:
        return _stale(kept, decision, refused.text, moment)
    said: JSON = {"review": review_id(kept.id), "decision": decision.kind, "decision_id": decision.id}
    step = saying(step, [("review.decided", said)], moment)
    return replace(step, decided=Decided(decision.id, "applied", moment.now, step.after.revision))


def take_back(kept: Kept, command: TakeBack, moment: Moment) -> Step:
    """What a decision made of the order is undone: its values leave, and it waits again, recalled where it had left.

    Also where a destination has it: that is told it by `order.recalled`. Raises Refused where the order has moved on.
    """
    decision = command.decision
    if decision is None or decision.state != "applied":
        raise Refused("unknown", "nothing was decided that could be taken back")
    basis, lines, reverted = Basis.of(kept), command.lines, tuple[ReceiptLine, ...]()
    if decision.kind in _ENDS:
        if kept.lifecycle != _ENDS[decision.kind]:
            raise Refused("older", _GONE)
    else:
        theirs = {
            path: one for path, one in kept.fixes.items() if (one.by, one.at) == (decision.by, decision.applied_at)
        }
        if not theirs:
            raise Refused("older", _GONE)
        basis = replace(basis, fixes=_without(kept.fixes, theirs, lines))
        reverted = tuple(
            replace(line, reverted_at=moment.now, reverted_by=command.by)
            for line in lines
            if _made(line, decision) and line.reverted_at is None
        )
    detail: JSON = {"decision": decision.kind, "reason": command.reason, "revision": kept.revision}
    note = Note(moment.now, command.by, "review.undo", kept.id, kept.identity.partner, detail)
    step = judge(kept, basis, "undo", moment, noted=tuple(overtaken_in(kept)), reverted=reverted, notes=[note])
    return replace(step, decided=Decided(decision.id, "undone", moment.now, by=command.by))


def _carried_out(kept: Kept, decision: Decision, moment: Moment) -> Step:
    end = _ENDS.get(decision.kind)
    if end is None:
        return correct(kept, Correct(decision.changes, decision.by, decision.reason), moment)
    step = rewritten(kept, end, None, [("order.released" if end == "released" else "order.refused", {})], moment)
    detail: JSON = {"reason": decision.reason, "revision": kept.revision}
    note = Note(moment.now, decision.by, f"review.{decision.kind}", kept.id, kept.identity.partner, detail)
    return replace(step, notes=(*step.notes, note))


def _stale(kept: Kept, decision: Decision, why: str, moment: Moment) -> Step:
    return Step(kept, kept, decided=Decided(decision.id, "stale", moment.now, why=why))


def _without(fixes: Mapping[str, Fix], theirs: Mapping[str, Fix], lines: Sequence[ReceiptLine]) -> dict[str, Fix]:
    """The fixes as they were before a decision: without its own, and with those that it had taken the place of."""
    out = {path: one for path, one in fixes.items() if path not in theirs}
    for path, one in theirs.items():
        for line in reversed(lines):
            earlier = line.field == path and not line.rule and line.reverted_at is None and line.at < one.at
            if earlier and same(line.after, one.before):
                out[path] = Fix(path, line.after, line.before, line.who, line.at, line.evidence)
                break
    return out


def _made(line: ReceiptLine, decision: Decision) -> bool:
    return not line.rule and (line.who, line.at) == (decision.by, decision.applied_at)
