"""The desk that reviewers work at: each call one transaction, beside the ledger, which alone changes orders."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from dq_service.faults import told
from dq_service.intake.json_text import read
from dq_service.service.commands import TakeBack
from dq_service.service.group import Asked, InForce
from dq_service.service.ledger import Ledger
from dq_service.service.reviews import claims, decisions
from dq_service.service.reviews.decisions import DELAY, Denied, Wish
from dq_service.service.reviews.items import item_of
from dq_service.service.reviews.listing import Counting
from dq_service.service.reviews.outcomes import fix
from dq_service.store import orders as stored
from dq_service.store import queue, reviews
from dq_service.store.database import Database
from dq_service.store.ids import new_id
from dq_service.store.in_review import Claim, Comment, Decision, View
from dq_service.store.kept import Step
from dq_service.store.queue import Filter, Listed
from dq_service.store.reviews import LONGEST_COMMENT
from dq_service.store.trouble import again

log = logging.getLogger(__name__)

T = TypeVar("T")

_TRIES: Final = 4  # of a transaction that another worker's got in the way of
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Undone:
    """A decision that was taken back. `step` is what the ledger did where it had taken effect, else None."""

    decision: Decision
    step: Step | None = None

    @property
    def recalled(self) -> bool:
        """Whether the order had left and was called back."""
        return self.step is not None and any(event.type == "order.recalled" for event in self.step.events)


class Desk:
    """What reviewers do with the queue. `by` is a Caller's name; `trial`: among orders of test keys.

    The asynchronous methods are for an event loop, the others for a thread. All raise Unavailable.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        in_force: Callable[[], InForce],
        clock: Callable[[], datetime],
        *,
        delay: timedelta = DELAY,
    ) -> None:
        """`delay` passes until a decision takes effect."""
        self._database = database
        self._ledger = ledger
        self._in_force = in_force
        self._clock = clock
        self.delay: Final = delay
        self.counting: Final = Counting()

    def claim(self, order_id: str, by: str, *, trial: bool = False) -> Claim | None:
        """The claim that stands: theirs, or another's who was there before. None: there is nothing to be claimed."""
        return self._written(lambda connection: claims.claim(connection, order_id, by, self._clock(), trial=trial))

    def unclaim(self, order_id: str, by: str) -> bool:
        """Whether it was theirs; it is free now."""
        return self._written(lambda connection: reviews.unclaim(connection, order_id, by))

    def claim_next(self, wanted: Filter, by: str) -> Listed | None:
        """The next item for this reviewer, theirs from now on; None: there is none."""
        now = self._clock()
        with self._database.reading() as connection:  # most of the work, and nobody waits for it
            if not queue.page(connection, wanted, now, None, 1, queue.Free(by, now - claims.SKIPPED)):
                return None
        return self._written(lambda connection: claims.claim_next(connection, wanted, by, self._clock()))

    def decide(self, order_id: str, wish: Wish, by: str, *, trial: bool = False) -> Decision:
        """What was decided, as it is kept. Raises Denied."""
        return self._written(
            lambda connection: decisions.decide(
                connection, order_id, wish, by, self._clock(), delay=self.delay, trial=trial
            )
        )

    async def undo(self, order_id: str, by: str, *, reason: str = "", trial: bool = False) -> Undone:
        """The last decision taken back, before or after it took effect. Raises Denied, and what the ledger raises."""
        decision = await asyncio.to_thread(self._undone, order_id, by, trial)
        if decision.state != "applied":
            return Undone(decision)
        step = await self._ledger.carry_out(Asked(TakeBack(decision.id, by, reason), id=order_id))
        ended = step.decided
        return Undone(replace(decision, state="undone", ended_at=ended.at if ended else None, ended_by=by), step)

    async def preview(
        self, order_id: str, changes: Mapping[str, Any], by: str, sees: Callable[[str, bool], bool]
    ) -> Step:
        """What these values would make of the order: nothing is kept. Raises Refused, Overloaded."""
        return await self._ledger.carry_out(Asked(fix(changes, by), id=order_id, dry=True, sees=sees))

    def assign(self, order_id: str, assignee: str, *, trial: bool = False) -> bool:
        """Whose it is from now on; False: there is no such item."""
        return self._written(lambda connection: reviews.assign(connection, order_id, assignee, trial=trial))

    def comment(self, order_id: str, by: str, text: str) -> Comment:
        """Something said beside an order. Raises Denied."""
        if not text.strip() or len(text) > LONGEST_COMMENT:
            raise Denied("invalid", f"a comment has 1 to {LONGEST_COMMENT} characters")
        new = Comment(new_id("com"), order_id, by, self._clock(), text)
        self._written(lambda connection: reviews.comment(connection, new))
        return new

    def keep_view(self, by: str, view: View) -> None:
        """A way to look at the queue, by a name of the reviewer's."""
        self._written(lambda connection: reviews.keep_view(connection, by, view))

    def forget_view(self, by: str, name: str) -> bool:
        """Whether there was one."""
        return self._written(lambda connection: reviews.forget_view(connection, by, name))

    def mend(self) -> int:
        """Items for orders in review that have none: those of a database from before there was a queue; how many."""
        last, mended = "", 0
        while True:

            def piece(connection: Connection, after: str) -> list[str]:
                ids = list(reviews.itemless(connection, after, _AT_ONCE))
                found = [one for one in (stored.get(connection, id_, read=read) for id_ in ids) if one is not None]
                partners = {one.identity.partner: one.sent for one in found}
                weights = {name: self._in_force().partner_of(sent, name).policy for name, sent in partners.items()}
                reviews.add_items(
                    connection, [(one, item_of(one, weights[one.identity.partner].priority)) for one in found]
                )
                return ids

            with self._database.reading() as connection:
                if not reviews.missing_items(connection):
                    return mended
            ids = self._written(lambda connection, after=last: piece(connection, after))  # type: ignore[misc]
            if not ids:
                return mended
            last, mended = ids[-1], mended + len(ids)

    async def run(self) -> None:
        """Mends the queue once, when the service starts."""
        try:
            mended = await asyncio.to_thread(self.mend)
        except Exception as broke:
            log.error("the review queue cannot be completed: %s", told(broke))
        else:
            if mended:
                log.info("%d orders were added to the review queue", mended)

    def _undone(self, order_id: str, by: str, trial: bool) -> Decision:
        return self._written(lambda connection: decisions.undo(connection, order_id, by, self._clock(), trial=trial))

    def _written(self, act: Callable[[Connection], T]) -> T:
        """In a transaction; once more where another worker was at the same rows."""

        def once() -> T:
            with self._database.writing() as connection:
                return act(connection)

        return again(once, _TRIES)
