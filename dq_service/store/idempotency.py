"""Callers' Idempotency-Keys, forgotten when their time is over."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from dq_service.store.bulk import bulk

LIFETIME: Final = timedelta(hours=48)  # at least so long the same key finds what it came to; docs/http.md says so, too


def forget(connection: Connection, now: datetime, limit: int) -> int:
    """Forgets up to `limit` keys whose time is over, the oldest first; how many."""
    given = bulk(connection)
    sql = (
        "DELETE FROM idempotency WHERE (scope, key) IN "
        "(SELECT scope, key FROM idempotency WHERE at < ? ORDER BY at LIMIT ?) RETURNING 1"
    )
    return len(given.ask(sql, given.at(now - LIFETIME), limit))
