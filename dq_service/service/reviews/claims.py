"""Who has an item open: a lease that its page renews, so that two reviewers never work on the same one unknowing."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from dq_service.store import queue, reviews
from dq_service.store.in_review import Claim
from dq_service.store.queue import Filter, Free, Listed

LEASE: Final = timedelta(minutes=5)  # without a sign of its page
HEARTBEAT: Final = timedelta(seconds=60)  # as often a page says that it is still there
SKIPPED: Final = timedelta(hours=1)  # so long a reviewer is not given again what they skipped, unless it changes
_AT_ONCE: Final = 8  # items that are tried for one reviewer: several want the first at the same instant


def claim(connection: Connection, order_id: str, holder: str, now: datetime, *, trial: bool = False) -> Claim | None:
    """The claim that stands; theirs where the item was free (or theirs: then it is renewed), else the other's.

    None: the order is not in review, or something is decided of it already. In a transaction that writes.
    """
    if reviews.pending(connection, [order_id]):
        return None
    return reviews.claim(connection, order_id, holder, now, now + LEASE, trial=trial)


def claim_next(connection: Connection, wanted: Filter, holder: str, now: datetime) -> Listed | None:
    """The first item that this reviewer may have, theirs from now on; None where there is none. In a writing one."""
    free = Free(holder, now - SKIPPED)
    for one in queue.page(connection, wanted, now, None, _AT_ONCE, free):
        taken = claim(connection, one.order_id, holder, now, trial=wanted.trial)
        if taken is not None and taken.holder == holder:
            return queue.item(connection, one.order_id, now, trial=wanted.trial)
    return None
