"""What the engine says of an order becomes a revision: where the order stands then, and what is announced of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from dq_service.engine.merge import same
from dq_service.engine.verdict import BLOCKING
from dq_service.fields import parse_path
from dq_service.finding import Finding
from dq_service.intake.json_text import read, write
from dq_service.order import JSON, Order
from dq_service.result import Action, Result
from dq_service.service.commands import Moment
from dq_service.service.telling import (
    Said,
    announced,
    hold_json,
    hold_told,
    lines_of,
    told_before,
    told_in,
    written,
)
from dq_service.store.kept import Body, Fix, Kept, Lifecycle, Note, ReceiptLine, Step, Told, Version
from dq_service.store.kept import Waiting as Hold

Occasion = Literal["arrival", "backfill", "correction", "revert", "undo", "look"]  # what an order is judged for

HELD: Final = frozenset({"held", "waiting"})
_ENDED: Final = frozenset({"delivered", "returned"})
_ACTIONS: Final[Mapping[Lifecycle, Action]] = {
    "released": "release",
    "frozen": "release",
    "held": "hold",
    "waiting": "hold",
    "refused": "refuse",
    "cancelled": "refuse",  # a caller obeys the action: what is called off must not leave
}
_UNASKED: Final = frozenset({"not_evaluated"})  # what an incomplete order is kept back for
_FIRST_LOOK: Final = timedelta(seconds=2)
_LONGEST_WAIT: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Basis:
    """What an order is judged from: its sender's side with people's fixes."""

    sent: JSON | None
    fixes: Mapping[str, Fix]
    version: Version
    filled: bool

    @classmethod
    def of(cls, kept: Kept) -> "Basis":
        """That of the order as it stands."""
        return cls(kept.sent, kept.fixes, kept.version, kept.filled)

    @property
    def channel(self) -> str:
        """What the sender calls the way that it came."""
        channel = self.sent.get("channel") if self.sent else ""
        return channel if type(channel) is str else ""

    @property
    def test(self) -> bool:
        """Whether the sender says that it is a test."""
        source = self.sent.get("source") if self.sent else None
        return type(source) is dict and source.get("test") is True

    def order(self) -> JSON | None:
        """The order as the engine gets it."""
        return None if self.sent is None else laid(self.sent, self.fixes)


def laid(sent: JSON, fixes: Mapping[str, Fix]) -> JSON:
    """The sender's side with people's fixes in it, the whole before its parts. Raises ValueError as Order.replacing."""
    order = Order(sent)
    for fix in whole_first(fixes):
        if fix.value is not None or order.at(fix.field) is not None:
            order = order.replacing({fix.field: fix.value})
    return order.json


def whole_first(fixes: Mapping[str, Fix]) -> list[Fix]:
    """Fixes in the order in which they are laid over: the whole before its parts, list entries by their places."""
    return sorted(fixes.values(), key=lambda fix: [(type(step) is str, step) for step in parse_path(fix.field)])


def judge(
    before: Kept,
    basis: Basis,
    occasion: Occasion,
    moment: Moment,
    *,
    noted: Sequence[Finding] = (),
    body: Body | None = None,
    lines: Sequence[ReceiptLine] = (),
    reverted: Sequence[ReceiptLine] = (),
    notes: Sequence[Note] = (),
) -> Step:
    """The order judged again from this basis: a new revision where that says something new, else the basis alone.

    What is new is where it stands, its verdict, its hold, the order sent on or a finding; scores and dates are not.

    `lines` are of people's changes, without number and revision yet.
    """
    result = moment.check(basis.order(), frozenset(basis.fixes), tuple(noted))
    old = read(before.result)
    awakes = before.backfill and occasion == "arrival"  # a body that is no backfill: the order lives from now on
    backfill = before.backfill and not awakes
    lifecycle = lifecycle_of(before, result, occasion, old["findings"])
    action = action_in(lifecycle, result)
    hold = hold_of(before, result) if lifecycle in HELD else None
    tries = before.tries + 1 if occasion == "look" and before.due_at else 0
    due_at = due_of(result, lifecycle, backfill, tries, moment.now)
    basic = replace(
        before, sent=basis.sent, fixes=basis.fixes, version=basis.version, filled=basis.filled, channel=basis.channel,
        test=basis.test or before.identity.trial, backfill=backfill, due_at=due_at, tries=tries if due_at else 0,
    )  # fmt: skip
    moved = not same(old["order"], result.order)
    stands = (before.lifecycle, before.verdict, before.action, before.hold) == (lifecycle, result.verdict, action, hold)
    if stands and not moved and not awakes and write(old["findings"]) == write(result.findings):
        after = before if body is None and basic == before else basic
        return Step(before, after, body, notes=tuple(notes), reverted=tuple(reverted))
    silent = backfill and occasion in ("backfill", "look")
    said = (
        []
        if silent
        else [*_opening(occasion, awakes, moved, lifecycle), *moves(None if awakes else before, lifecycle, hold)]
    )
    revision = before.revision + 1
    after = replace(
        basic,
        revision=revision,
        lifecycle=lifecycle,
        verdict=result.verdict,
        action=action,
        hold=hold,
        result=written(result, before.id, before.identity, revision, action, hold, moment.published),
        events=before.events + len(said),
        changed_at=max(moment.now, before.changed_at),
        published=moment.published,
    )
    told = Told(result.findings, result.repairs, result.score, result.verdict, action, result.score_after)
    machine = lines_of(result, () if "order_if_applied" in old else old["repairs"], after.id, revision, moment)
    numbered = [
        replace(line, revision=revision, number=place) for place, line in enumerate((*lines, *machine), start=1)
    ]
    return Step(
        before, after, body, told, told_before(before, old), announced(after, said, before.events, moment),
        tuple(notes), tuple(numbered), tuple(reverted),
    )  # fmt: skip


def rewritten(before: Kept, lifecycle: Lifecycle, hold: Hold | None, said: Sequence[Said], moment: Moment) -> Step:
    """A revision without the engine: what was found stays, where the order stands and what the caller does do not."""
    action = _ACTIONS[lifecycle]
    result = read(before.result)
    result.update(revision=before.revision + 1, action=action, hold=hold_json(before.id, hold))
    after = replace(
        before,
        revision=before.revision + 1,
        lifecycle=lifecycle,
        action=action,
        hold=hold,
        result=write(result),
        events=before.events + len(said),
        changed_at=max(moment.now, before.changed_at),
        due_at=None if lifecycle == "cancelled" else before.due_at,
        tries=0 if lifecycle == "cancelled" else before.tries,
    )
    return Step(
        before, after, None, told_in(result), told_before(before, read(before.result)),
        announced(after, said, before.events, moment),
    )  # fmt: skip


def lifecycle_of(before: Kept | None, result: Result, occasion: Occasion, findings: Sequence[JSON] = ()) -> Lifecycle:
    """Where an order stands by what the engine says of it; `findings` are those of the revision before."""
    order = Order(result.order_if_applied or result.order or {})
    status = order.text("status")
    if status == "cancelled":
        return "cancelled"
    if status in _ENDED or (occasion == "backfill" and (before is None or before.backfill)):
        return "closed"
    stood = before.lifecycle if before else "received"
    if stood == "closed" and before and (not status if not before.backfill else occasion != "arrival"):
        return "closed"  # what was delivered is not under way again because its sender does not say so
    if result.action == "release":
        return "released"
    if before and stood in ("released", "refused") and occasion != "undo":
        # What was let go, or refused, in spite of its faults is not fetched back for the same faults.
        keeps = _UNASKED if result.verdict == "incomplete" else BLOCKING
        new = _faults(_as_json(result.findings), keeps) - _faults(findings, BLOCKING | _UNASKED)
        decided = occasion == "revert" or not new
        if decided or (stood == "released" and before.acknowledged):
            return stood
    if occasion == "revert" and stood in HELD:
        return stood
    if result.action == "refuse":
        return "refused"
    return "waiting" if stood == "waiting" else "held"


def _faults(findings: Sequence[JSON], outcomes: Collection[str]) -> set[tuple[str, str, bytes]]:
    """What an order is kept back for: rule, field and value of errors with these outcomes."""
    return {
        (finding["rule"], finding["field"], write(finding["value"]))
        for finding in findings
        if finding["severity"] == "error" and finding["outcome"] in outcomes
    }


def _as_json(findings: Sequence[Finding]) -> list[JSON]:
    found: list[JSON] = read(write(findings))
    return found


def action_in(lifecycle: Lifecycle, result: Result) -> Action:
    """What the caller does; of what is over, nothing is held."""
    otherwise: Action = "refuse" if result.action == "refuse" else "release"
    return _ACTIONS.get(lifecycle, otherwise)


def hold_of(before: Kept | None, result: Result) -> Hold | None:
    """A hold by what the engine says; one that runs is never lengthened by what comes in between."""
    held = before.hold if before and before.lifecycle in HELD else None
    if result.hold is None:
        return held
    until = datetime.fromisoformat(result.hold.until)
    if held is None:
        return Hold(until, result.hold.then, result.hold.why)
    then = "refuse" if held.escalated else result.hold.then
    return Hold(min(until, held.until), then, result.hold.why, held.escalated)


def due_of(result: Result, lifecycle: Lifecycle, backfill: bool, tries: int, now: datetime) -> datetime | None:
    """When the background looks again; None where all was evaluated, or it is no longer of use."""
    alive = lifecycle in ("held", "waiting", "released", "refused") or (lifecycle == "closed" and backfill)
    if result.evaluated.complete or not alive:
        return None
    wait: timedelta = min(_FIRST_LOOK * 2 ** min(tries, 20), _LONGEST_WAIT)
    return now + wait


def _opening(occasion: Occasion, awakes: bool, moved: bool, lifecycle: Lifecycle) -> list[Said]:
    """What a new revision is announced by, before where the order stands now."""
    if awakes:
        return [("order.received", {})]
    if occasion == "look":
        return [("order.rechecked", {}), ("order.changed", {})] if moved else [("order.rechecked", {})]
    return [] if lifecycle == "cancelled" else [("order.changed", {})]


def moves(before: Kept | None, lifecycle: Lifecycle, hold: Hold | None) -> list[Said]:
    """What is announced of an order that stands somewhere else now."""
    stood = before.lifecycle if before else "received"
    if lifecycle == stood:
        return []
    said: list[Said] = [("order.recalled", {})] if stood == "released" and lifecycle in ("held", "refused") else []
    if lifecycle == "held" and hold:
        said.append(("order.held", hold_told(hold)))
    elif lifecycle == "released":
        said.append(("order.released", {}))
    elif lifecycle == "refused":
        said.append(("order.refused", {}))
    elif lifecycle == "cancelled":
        said.append(("order.cancelled", {"by": "sender"}))
    return said
