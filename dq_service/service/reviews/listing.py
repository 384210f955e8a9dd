"""The queue as reviewers see it: items in brief, how many there are of what, what others have open, one item whole."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection

from dq_service.order import JSON
from dq_service.service.instants import instant_text
from dq_service.service.lookup import described
from dq_service.service.reviews.decisions import moved
from dq_service.service.telling import review_id
from dq_service.store import access, queue, reviews
from dq_service.store import orders as stored
from dq_service.store.in_review import Claim, Comment, Decision
from dq_service.store.kept import Kept
from dq_service.store.queue import AGES, Counts, Filter, Listed, Place

REMEMBERED: Final = 2.0  # seconds that counts are good for
LONGEST_PAGE: Final = 200
_FACETS: Final = ("partner", "state", "assignee", "age", "rule", "field", "kind")
_FACET: Final = 50  # values of a facet that are told, the most frequent
_MOST: Final = 64  # filters whose counts are remembered


@dataclass(frozen=True, slots=True)
class Page:
    """Items in brief and where the next page begins; None: there are no more."""

    items: Sequence[JSON]
    next: Place | None


class Counting:
    """Counts of the queue, remembered for a moment in each worker: everybody looks at the same."""

    def __init__(self, timer: Callable[[], float] = monotonic) -> None:
        self._timer = timer
        self._known: dict[tuple[tuple[str, ...], bool], tuple[float, Counts]] = {}
        self._one = threading.Lock()

    def of(self, connection: Connection, wanted: Filter, now: datetime) -> Counts:
        """At most `REMEMBERED` seconds old; whatever is chosen, they are the same ones."""
        key = (wanted.words, wanted.trial)
        with self._one:  # one counts, the others read what it found
            found = self._known.get(key)
            if found is None or self._timer() - found[0] > REMEMBERED:
                counted = queue.counts(connection, wanted, now)
                if len(self._known) >= _MOST:
                    self._known.clear()
                found = self._known[key] = (self._timer(), counted)
            return found[1]


def page(connection: Connection, wanted: Filter, now: datetime, after: Place | None, limit: int) -> Page:
    """A page of the queue."""
    found = queue.page(connection, wanted, now, after, limit + 1)
    shown = found[:limit]
    end = Place(shown[-1].rank, shown[-1].order_id) if len(found) > limit else None
    return Page([brief(one, now) for one in shown], end)


def facets(counts: Counts, wanted: Filter) -> JSON:
    """How many items there are, and by each facet how many there would be with another choice of it."""
    total = 0
    by: dict[str, Counter[str]] = {name: Counter() for name in _FACETS}
    for cell, number in counts.cells.items():
        rules = cell.rules
        has: dict[str, Collection[str]] = {
            "partner": (cell.partner,),
            "state": (cell.state,),
            "assignee": (cell.assignee or "-",),
            "age": (cell.age,),
            "kind": (cell.kind,),
            "rule": {rule for rule, _ in rules},
            "field": {path for _, path in rules},
        }
        missed = [name for name in _FACETS if (chosen := getattr(wanted, name)) and chosen not in has[name]]
        if not missed:
            total += number
        for name in _FACETS if not missed else missed if len(missed) == 1 else ():
            for value in has[name]:
                by[name][value] += number
    told = {name: _told(counter.most_common(_FACET)) for name, counter in by.items()}
    return {"total": total, "facets": {**told, "age": _told([(age, by["age"][age]) for age in AGES])}}


def others(connection: Connection, wanted: Filter, holder: str, now: datetime) -> JSON:
    """What others have open of it: how many, who, and when the first of them is free again."""
    found = queue.open_to_others(connection, wanted, holder, now)
    free_in = None if found.free_at is None else max(0, round((found.free_at - now).total_seconds()))
    return {"claimed": sum(found.by.values()), "by": dict(found.by), "free_in": free_in}


def brief(one: Listed, now: datetime) -> JSON:
    """An item of the list."""
    told = {name: value for name, value in asdict(one).items() if name not in ("rank", "rules", "claim", "asked_by")}
    return {
        "id": review_id(one.order_id),
        **told,
        "due_at": _instant(one.due_at),
        "due_in": None if one.due_at is None else round((one.due_at - now).total_seconds()),
        "opened_at": _instant(one.opened_at),
        "second_opinion": one.asked_by,
        "claim": claim_told(one.claim, now),
        "rules": [{"rule": rule, "field": path} for rule, path in one.rules],
    }


def whole(connection: Connection, kept: Kept, now: datetime) -> JSON:
    """An order in review, or that was: how it stands, who has it open, what was decided and said about it."""
    item = queue.item(connection, kept.id, now, trial=kept.identity.trial)
    made = reviews.decisions_of(connection, kept.id)
    drafts = [
        {**decision_told(one), "moved": moved(connection, kept, one.revision)} for one in made if one.state == "stale"
    ]
    return {
        "id": review_id(kept.id),
        "item": None if item is None else brief(item, now),
        "order": described(kept),
        "pending": next((decision_told(one) for one in made if one.state == "pending"), None),
        "decisions": [decision_told(one) for one in made],
        "drafts": drafts,
        "comments": [comment_told(one) for one in reviews.comments_of(connection, kept.id)],
    }


def kept_order(connection: Connection, order_id: str) -> Kept | None:
    """The order of an item."""
    return stored.get(connection, order_id)


def names(connection: Connection) -> Mapping[str, str]:
    """Users as others call them, by the name of their Caller."""
    return {f"user:{user.id}": user.name for user in access.users(connection)}


def claim_told(claim: Claim | None, now: datetime) -> JSON | None:
    """A claim that has not ended."""
    if claim is None or claim.until <= now:
        return None
    free_in = round((claim.until - now).total_seconds())
    return {"by": claim.holder, "since": _instant(claim.since), "until": _instant(claim.until), "free_in": free_in}


def decision_told(one: Decision) -> JSON:
    """A decision, with the draft that it was made from."""
    return {
        "id": one.id,
        "review": review_id(one.order_id),
        "order_id": one.order_id,
        "decision": one.kind,
        "state": one.state,
        "by": one.by,
        "revision": one.revision,
        "changes": dict(one.changes),
        "reason": one.reason,
        "decided_at": _instant(one.decided_at),
        "effective_at": _instant(one.effective_at),
        "applied_at": _instant(one.applied_at),
        "applied_revision": one.applied_revision,
        "ended_at": _instant(one.ended_at),
        "ended_by": one.ended_by,
        "why": one.why,
    }


def comment_told(one: Comment) -> JSON:
    """Something said."""
    return {"id": one.id, "by": one.by, "at": _instant(one.at), "text": one.text}


def _told(found: Sequence[tuple[str, int]]) -> list[JSON]:
    return [{"value": value, "count": number} for value, number in found]


def _instant(at: datetime | None) -> Any:
    return None if at is None else instant_text(at)
