"""Events in an outbox, as the write path leaves them there, for tests that begin where it ends."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import insert

from dq_service.store.database import Database
from dq_service.store.ids import new_id
from dq_service.store.schema import OUTBOX, RESULTS

AT = datetime(2026, 12, 1, 18, 0, 0, 250_000, UTC)


def happen(
    database: Database,
    orders: Iterable[str],
    *,
    partner: str = "acme",
    kind: str = "order.changed",
    numbers: dict[str, int] | None = None,
) -> list[str]:
    """One event of each order named, in one transaction; their ids. `numbers` counts within each order."""
    counted = {} if numbers is None else numbers
    rows: list[dict[str, Any]] = []
    for order in orders:
        counted[order] = counted.get(order, 0) + 1
        row = {"id": new_id("evt"), "type": kind, "order_id": order, "number": counted[order], "partner": partner}
        rows.append({**row, "account": "", "at": AT, "data": {"revision": 1, "received_id": f"{order}-as-received"}})
    with database.writing() as connection:
        connection.execute(insert(OUTBOX), rows)
    return [row["id"] for row in rows]


def keep_result(database: Database, order: str, revision: int, body: Any) -> None:
    """A revision's result, for those who want the order in their events."""
    row = {"order_id": order, "revision": revision, "body": orjson.dumps({"id": order, "order": body}), "at": AT}
    with database.writing() as connection:
        connection.execute(
            insert(RESULTS), {**row, "published": {}, "rulebook": "", "reference": "", "verdict": "clean"}
        )
