"""Callers' keys are forgotten when their time is over, and not before; on both engines."""

from datetime import timedelta

from dq_service.store import idempotency, orders
from dq_service.store.database import Database
from tests.store.steps import NOW


def keys(database: Database, *names: str) -> set[str]:
    """Those of these keys that are remembered."""
    with database.reading() as connection:
        wanted = orders.Wanted(idempotency={("acme", name) for name in names})
        return {key for _, key in orders.load(connection, wanted, lock=False).remembered}


def test_keys_are_forgotten_after_their_time_in_pieces(database: Database) -> None:
    ages = {"old": 50.0, "older": 60.0, "oldest": 70.0, "young": 47.9, "new": 0.0}
    remembered = [
        orders.Remembered("acme", name, "sha256:1", "ord_1", 1, NOW - timedelta(hours=age))
        for name, age in ages.items()
    ]
    with database.writing() as connection:
        orders.write(connection, [], remembered, "w1")
    with database.writing() as connection:
        assert idempotency.forget(connection, NOW, 2) == 2
    assert keys(database, *ages) == {"old", "young", "new"}
    with database.writing() as connection:
        assert idempotency.forget(connection, NOW, 2) == 1
        assert idempotency.forget(connection, NOW, 2) == 0
    assert keys(database, *ages) == {"young", "new"}
