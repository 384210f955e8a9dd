"""Kept orders judged again with the rules and tables in force: what would become of them, or what has."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dq_service.faults import told
from dq_service.intake.json_text import read
from dq_service.order import JSON
from dq_service.service.commands import Look
from dq_service.service.group import Asked
from dq_service.service.ledger import Ledger, Overloaded
from dq_service.service.lookup import Cursor
from dq_service.store import orders as stored
from dq_service.store.database import Database, Unavailable
from dq_service.store.kept import Kept, Lifecycle, Step

log = logging.getLogger(__name__)

OPEN: Final[tuple[Lifecycle, ...]] = ("held", "waiting", "released")  # whose next revision somebody may still take
MOST: Final = 500  # orders that one call looks at


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What a call came to: orders looked at, those that differ, and where the next call goes on (None: it is done)."""

    checked: int
    changed: Sequence[JSON]
    next: str | None


async def recheck(
    database: Database,
    ledger: Ledger,
    *,
    lifecycle: Lifecycle | None,
    partner: str,
    after: Cursor | None,
    limit: int,
    dry: bool,
    trial: bool = False,
    tell: Callable[[Cursor], object] = int,
) -> Rechecked:
    """Looks again at up to `limit` orders, in the order in which they last changed.

    `trial`: those that came with test keys, and no others. `tell` makes of a place what the caller is told of it. With
    `dry` nothing is written. An order that changes by it comes again later in that order, and does not change
    twice. Raises Unavailable, Overloaded.
    """

    def some() -> Sequence[stored.Placed]:
        with database.reading() as connection:
            return stored.page(connection, lifecycle, None, partner, after, limit, trial=trial)

    found = await asyncio.to_thread(some)
    wanted = [one.kept for one in found if lifecycle is not None or one.kept.lifecycle in OPEN]
    steps = await asyncio.gather(*(_looked(ledger, kept, dry) for kept in wanted))
    changed = [_difference(step) for step in steps if step is not None and step.told is not None]
    return Rechecked(len(wanted), changed, str(tell(found[-1].seq)) if len(found) == limit else None)


async def _looked(ledger: Ledger, kept: Kept, dry: bool) -> Step | None:
    try:
        return await ledger.carry_out(Asked(Look(), id=kept.id, dry=dry))
    except (Unavailable, Overloaded):
        raise
    except Exception as broke:  # that order alone; the log has it, and the call goes on to the others
        log.error("%s cannot be judged again: %s", kept.id, told(broke))
        return None


def _difference(step: Step) -> JSON:
    """What a new revision makes of an order."""
    before, after = step.before, step.after
    assert before is not None, "only kept orders are looked at again"
    rules = {finding["rule"] for finding in read(before.result)["findings"]}
    now = {finding["rule"] for finding in read(after.result)["findings"]}
    return {
        "id": after.id,
        "received_id": after.identity.received_id,
        "revision": after.revision,
        "before": {"verdict": before.verdict, "action": before.action, "lifecycle": before.lifecycle},
        "after": {"verdict": after.verdict, "action": after.action, "lifecycle": after.lifecycle},
        "rules_gone": sorted(rules - now),
        "rules_new": sorted(now - rules),
    }
