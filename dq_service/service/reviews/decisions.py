"""What a person decides: looked at when it is made, kept until its delay is over, taken back before without a trace.

A decision is carried out by the ledger as any command (`outcomes.py`); here nothing of the order changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection

from dq_service.engine.merge import same
from dq_service.fields import join
from dq_service.intake.json_text import read
from dq_service.order import JSON
from dq_service.service.commands import Refused
from dq_service.service.fixes import check_changes
from dq_service.service.instants import instant_text
from dq_service.service.reviews.choices import NoChoice, chosen, sure
from dq_service.service.reviews.claims import LEASE
from dq_service.store import orders as stored
from dq_service.store import queue, reviews
from dq_service.store.bulk import bulk
from dq_service.store.ids import new_id
from dq_service.store.in_review import IN_REVIEW, Decision, DecisionKind
from dq_service.store.kept import Kept

DELAY: Final = timedelta(seconds=10)  # until a decision takes effect
CHANGES: Final = 100  # fields that one decision changes, at most
REASONS: Final[Mapping[str, tuple[str, ...]]] = {  # offered by their numbers; any other text is one, too
    "refuse": (
        "the address cannot be delivered to",
        "these goods may not be sent there",
        "it is there twice",
        "the customer does not want it any more",
        "it looks like fraud",
        "the partner asked for it",
        "nobody answered in time",
    ),
    "skip": ("not my language", "I need the partner", "not my subject", "later"),
}
_AT_ONCE: Final = frozenset({"skip", "second_opinion"})  # they change nothing of the order
_REASONED: Final = frozenset({"release", "refuse", "skip", "second_opinion"})

Why = Literal["unknown", "over", "older", "claimed", "decided", "asked", "invalid"]


class Denied(Exception):
    """A decision that cannot be made as things stand. `said` tells more: who has it, who decided, what has moved.

    `unknown`: there is no such item. `over`: it is not in review any more. `older`: the order has moved on since that
    revision. `claimed`, `decided`: somebody else has it open, or was quicker. `asked`: they wanted another's opinion.
    """

    def __init__(self, why: Why, text: str, said: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.why = why
        self.text = text
        self.said = dict(said or {})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reviewer wants done with an item that they saw at a revision.

    `choices` are suggestions by number (finding -> suggestion, both from 1); an `accept` without choices and changes
    takes all that are sure. `changes` are values by field.
    """

    kind: DecisionKind
    revision: int
    changes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    choices: Mapping[int, int] = field(default_factory=dict)
    reason: str = field(default="", repr=False)


def decide(
    connection: Connection,
    order_id: str,
    wish: Wish,
    by: str,
    now: datetime,
    *,
    delay: timedelta = DELAY,
    trial: bool = False,
) -> Decision:
    """The decision as it is kept. The same one once more is the one that there is. Raises Denied.

    In a transaction that writes. It takes effect after the delay, sooner only if the hold ends.
    """
    kept = _in_review(connection, order_id, trial)
    item = queue.item(connection, order_id, now, trial=trial)
    claim = reviews.claim(connection, order_id, by, now, now + LEASE, trial=trial)
    if item is None or claim is None:
        raise Denied("unknown", "there is no such item")
    waiting = reviews.pending(connection, [order_id]).get(order_id)
    if waiting is not None:
        if waiting.by == by and _alike(waiting, wish, kept):
            reviews.unclaim(connection, order_id, by)
            return waiting
        said = {"by": waiting.by, "decision": waiting.kind, "effective_at": instant_text(waiting.effective_at)}
        raise Denied("decided", "somebody has decided this already", said)
    if claim.holder != by:
        said = {"by": claim.holder, "until": instant_text(claim.until)}
        raise Denied("claimed", "somebody else has this open", said)
    if wish.revision != kept.revision:
        raise Denied("older", "the order has moved on", moved(connection, kept, wish.revision))
    if item.asked_by == by and wish.kind not in _AT_ONCE:
        raise Denied("asked", "you have asked for a second opinion; somebody else decides")
    decision = _made(kept, wish, by, now, delay)
    reviews.add_decision(connection, decision)
    if wish.kind == "second_opinion":
        reviews.ask_another(connection, order_id, by)
    reviews.unclaim(connection, order_id, by)
    return decision


def undo(connection: Connection, order_id: str, by: str, now: datetime, *, trial: bool = False) -> Decision:
    """The last decision of an order, taken back where it has not taken effect; where it has, as it is (`applied`):
    then the ledger takes it back. In a transaction that writes. Raises Denied."""
    kept = stored.get(connection, order_id)
    if kept is None or kept.identity.trial != trial:
        raise Denied("unknown", "there is no such order")
    last = next(
        (one for one in reviews.decisions_of(connection, order_id) if one.state in ("pending", "applied")), None
    )
    if last is None:
        raise Denied("unknown", "nothing was decided that could be taken back")
    if last.state == "pending":
        if reviews.take_back_pending(connection, last.id, by, now):
            reviews.claim(connection, order_id, by, now, now + LEASE, trial=trial)
            return replace(last, state="undone", ended_at=now, ended_by=by)
        found = reviews.decision(connection, last.id)  # it has just taken effect
        assert found is not None
        last = found
    if last.kind in _AT_ONCE:
        reviews.forget_remark(connection, last, by, now)
        return replace(last, state="undone", ended_at=now, ended_by=by)
    return last


def moved(connection: Connection, kept: Kept, revision: int) -> JSON:
    """What has changed of an order since a revision: which fields, and who did it. No values."""
    old = next((one for one in stored.revisions_of(connection, kept.id) if one.number == revision), None)
    lines = [line for line in stored.changes_of(connection, kept.id) if line.revision > revision]
    by = {line.who for line in lines if line.who != "machine"}
    if old is not None:
        given = bulk(connection)
        sql = "SELECT count(*) FROM bodies WHERE order_id = ? AND standing = 'accepted' AND at > ?"
        if given.ask(sql, kept.id, given.at(old.at))[0][0]:
            by.add("sender")
    fields = [] if old is None else list(_differing("", read(old.result)["order"], read(kept.result)["order"]))
    return {"revision": kept.revision, "lifecycle": kept.lifecycle, "fields": fields[:CHANGES], "by": sorted(by)}


def _in_review(connection: Connection, order_id: str, trial: bool) -> Kept:
    kept = stored.get(connection, order_id)
    if kept is None or kept.identity.trial != trial:
        raise Denied("unknown", "there is no such item")
    if kept.lifecycle not in IN_REVIEW:
        said: JSON = {"revision": kept.revision, "lifecycle": kept.lifecycle}
        last = next((one for one in reviews.decisions_of(connection, order_id) if one.state == "applied"), None)
        if last is not None:
            said |= {"by": last.by, "decision": last.kind}
        raise Denied("over", "the order is not in review any more", said)
    return kept


def _made(kept: Kept, wish: Wish, by: str, now: datetime, delay: timedelta) -> Decision:
    if wish.kind in _REASONED and not wish.reason.strip():
        raise Denied("invalid", f"{wish.kind} wants a reason")
    changes = _changes(kept, wish)
    if changes:
        try:
            check_changes(kept, changes, now)
        except Refused as refused:
            raise Denied("invalid", refused.text) from None
    effective_at = now + delay
    if kept.hold is not None:
        effective_at = max(now, min(effective_at, kept.hold.until))
    decision = Decision(new_id("dec"), kept.id, kept.revision, by, wish.kind, changes, wish.reason, now, effective_at)
    if wish.kind in _AT_ONCE:
        return replace(decision, effective_at=now, state="applied", applied_at=now, applied_revision=kept.revision)
    return decision


def _changes(kept: Kept, wish: Wish) -> dict[str, Any]:
    if wish.kind not in ("accept", "edit"):
        if wish.changes or wish.choices:
            raise Denied("invalid", f"{wish.kind} changes nothing")
        return {}
    try:
        result = read(kept.result)
        changes = {**chosen(result, wish.choices), **wish.changes}
        if wish.kind == "accept" and not changes:
            changes = sure(result)
    except NoChoice as none:
        raise Denied("invalid", str(none)) from None
    if not changes:
        raise Denied("invalid", "nothing is changed" if wish.kind == "edit" else "nothing is offered that is sure")
    if len(changes) > CHANGES:
        raise Denied("invalid", f"more than {CHANGES} fields")
    return changes


def _alike(known: Decision, wish: Wish, kept: Kept) -> bool:
    """Whether it is the same once more: a page that did not hear the answer asks again."""
    if (known.kind, known.revision, known.reason) != (wish.kind, wish.revision, wish.reason):
        return False
    try:
        return same(_changes(kept, wish), dict(known.changes))
    except Denied:
        return False


def _differing(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            yield from _differing(join(path, name), old.get(name), new.get(name))
    elif not same(old, new):
        yield path
