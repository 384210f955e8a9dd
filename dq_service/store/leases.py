"""Tasks that only one worker does at a time: it takes a lease, renews it while it works, and others take over later."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from dq_service.store.bulk import bulk


def take(connection: Connection, name: str, holder: str, now: datetime, seconds: float) -> bool:
    """Whether this holder has the lease from now on: it was free, had ended, or was this holder's already."""
    given = bulk(connection)
    sql = (
        "INSERT INTO leases (name, holder, until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE "
        "SET holder = excluded.holder, until = excluded.until "
        "WHERE leases.holder = excluded.holder OR leases.until <= ? RETURNING name"
    )
    return bool(given.ask(sql, name, holder, given.at(now + timedelta(seconds=seconds)), given.at(now)))


def release(connection: Connection, name: str, holder: str) -> None:
    """The lease is free, if it was this holder's."""
    bulk(connection).run("DELETE FROM leases WHERE name = ? AND holder = ?", [(name, holder)])
