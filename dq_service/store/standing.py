"""How things stand: what waits to be delivered, which holds run, whether the tables are those of this version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, func, select

from dq_service.store import migrations, outbox, webhooks
from dq_service.store.schema import DELIVERIES, ORDERS


@dataclass(frozen=True, slots=True)
class Standing:
    """One look. `waiting` counts events that some webhook in use has not had yet, `oldest` is when the first happened.

    `migration` is the number of the tables' schema, `holds` orders that are held, `overdue` those whose end has passed.
    """

    migration: str | None
    waiting: int = 0
    oldest: datetime | None = None
    deliveries: Mapping[str, int] = field(default_factory=dict)  # pending and dead
    webhooks: Mapping[str, int] = field(default_factory=dict)  # enabled and disabled
    holds: int = 0
    overdue: int = 0

    @property
    def at_head(self) -> bool:
        """Whether the tables are those of this version."""
        return self.migration == migrations.HEAD


def standing(connection: Connection, now: datetime) -> Standing:
    """How things stand now; only the `migration` where the tables are not those of this version."""
    migration = migrations.revision_of(connection)
    if migration != migrations.HEAD:
        return Standing(migration)
    known = webhooks.every(connection)
    enabled = [webhook for webhook in known if webhook.disabled_at is None]
    states = {"pending": 0, "dead": 0}
    waiting, since = 0, [outbox.oldest(connection, webhook.cursor) for webhook in enabled]
    latest = outbox.latest(connection)
    for webhook in enabled:
        pending, first = _of(connection, webhook.id, "pending")
        states["pending"] += pending
        waiting += pending + latest - webhook.cursor
        if first is not None:
            since.append(outbox.oldest(connection, first - 1))
    for webhook in known:
        states["dead"] += _of(connection, webhook.id, "dead")[0]
    return Standing(
        migration,
        waiting=waiting,
        oldest=min((at for at in since if at is not None), default=None),
        deliveries=states,
        webhooks={"enabled": len(enabled), "disabled": len(known) - len(enabled)},
        holds=_count(connection, ORDERS.c.hold_until.is_not(None)),
        overdue=_count(connection, ORDERS.c.hold_until <= now),
    )


def _of(connection: Connection, webhook_id: str, state: webhooks.State) -> tuple[int, int | None]:
    """How many deliveries of a webhook are in this state, and the outbox seq of the first."""
    one = DELIVERIES.c
    row = connection.execute(
        select(func.count(), func.min(one.seq)).where(one.webhook_id == webhook_id, one.state == state)
    ).one()
    return row[0], row[1]


def _count(connection: Connection, which: sa.ColumnElement[Any]) -> int:
    return connection.scalar(select(func.count()).select_from(ORDERS).where(which)) or 0
