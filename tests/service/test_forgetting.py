"""The background forgets what is old: all of it, piece by piece, and of several workers one."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from dq_service.service import forgetting
from dq_service.service.forgetting import Forgetting
from dq_service.store import leases, orders
from dq_service.store.database import Database
from dq_service.store.idempotency import LIFETIME
from dq_service.store.schema import IDEMPOTENCY
from tests.service.simulated import SimulatedLoop, simulate

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)


def count(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(IDEMPOTENCY)) or 0


def test_what_is_old_goes_while_the_service_runs(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "PIECE", 10)

    async def trial(loop: SimulatedLoop) -> None:
        with database.writing() as connection:
            at = [loop.clock() - LIFETIME - timedelta(hours=1)] * 35 + [loop.clock() - LIFETIME + timedelta(hours=1)]
            told = [orders.Remembered("acme", str(n), "sha256:1", "ord_1", 1, one) for n, one in enumerate(at)]
            orders.write(connection, [], told, "w1")
            assert leases.take(connection, forgetting.LEASE, "another", loop.clock(), 300)
        task = asyncio.create_task(Forgetting(database, holder="one", clock=loop.clock).run())
        await asyncio.sleep(120)
        assert count(database) == 36, "another worker does it"
        await asyncio.sleep(300)
        assert count(database) == 1
        await asyncio.sleep(3600)
        assert count(database) == 0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    simulate(trial, NOW)
