"""What the tests of the queue share: what is in force, a clock that the test sets, and a desk beside a ledger."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from dq_service.app import App
from dq_service.engine.engine import Engine
from dq_service.engine.proof import overlaid
from dq_service.partner import Partners, load
from dq_service.service.access import LOCAL
from dq_service.service.due import Due
from dq_service.service.group import Asked
from dq_service.service.ledger import Ledger
from dq_service.service.reviews.desk import Desk
from dq_service.settings import Settings
from dq_service.store import orders as stored
from dq_service.store import reviews
from dq_service.store.database import Database
from dq_service.store.in_review import Decision
from dq_service.store.kept import Kept, Step
from dq_service.store.schema import OUTBOX
from dq_service.web.api.asking import arriving

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
DELAY = timedelta(seconds=10)


@dataclass
class Clock:
    """A clock that the test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        """So much later."""
        self.now += timedelta(**time)


@dataclass
class House:
    """A database, a ledger at work and the desk beside it; `due` is called by hand."""

    database: Database
    ledger: Ledger
    desk: Desk
    clock: Clock
    due: Due
    tasks: list[Any] = field(default_factory=list)

    async def gets(self, raw: bytes) -> Step:
        """A body comes in."""
        return await self.ledger.carry_out(arriving(raw, "", LOCAL))

    async def carried(self, command: Any, id_: str) -> Step:
        """A command carried out."""
        return await self.ledger.carry_out(Asked(command, id=id_))

    async def falls_due(self) -> None:
        """What is due is carried out, as the service does it by itself."""
        task = asyncio.create_task(self.due.run())
        await asyncio.sleep(0.2)
        while self.ledger.waiting != (0, 0):
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    def order(self, id_: str) -> Kept:
        """An order as it stands."""
        with self.database.reading() as connection:
            found = stored.get(connection, id_)
        assert found is not None
        return found

    def result(self, id_: str) -> Any:
        """What callers are answered."""
        return orjson.loads(self.order(id_).result)

    def decisions(self, id_: str) -> list[Decision]:
        """What was decided, the newest first."""
        with self.database.reading() as connection:
            return list(reviews.decisions_of(connection, id_))

    def events(self, id_: str) -> list[str]:
        """What was announced."""
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(OUTBOX.c.type).where(OUTBOX.c.order_id == id_).order_by(OUTBOX.c.seq))
            return [row[0] for row in rows]

    def count(self, table: sa.Table) -> int:
        """Rows of a table."""
        with self.database.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> App:
    """The shipped rules, and two partners whose orders are held for ten minutes; the second is worth four times."""
    texts = {
        "tern": "name: tern\npolicy: {hold_max: PT10M, then: refuse}\n",
        "egret": "name: egret\npolicy: {hold_max: PT10M, then: refuse, priority: 4}\n",
    }
    partners = Partners({name: load(text, f"{name}.yaml") for name, text in texts.items()})
    return App(Settings(tmp_path), engine, partners, published={"rulebook": 3, "partners": 5})


@asynccontextmanager
async def at_work(database: Database, app: App, clock: Clock) -> AsyncIterator[House]:
    """A ledger at work, and a desk."""
    ledger = Ledger(database, lambda: app, worker="test", clock=clock)
    desk = Desk(database, ledger, lambda: app, clock, delay=DELAY)
    task = asyncio.create_task(ledger.run())
    try:
        yield House(database, ledger, desk, clock, Due(database, ledger, clock))
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def house(database: Database, app: App, clock: Clock) -> Callable[[], Any]:
    """`async with house() as one:` on each database."""
    return lambda: at_work(database, app, clock)


def body(number: int, **changes: Any) -> bytes:
    """An order of its own, good as it is: nobody else has its name and phone."""
    name = f"Robin {'ABCDEFGHIJKLMNOPRSTUVW'[number % 22]}{'aeiou'[number // 22 % 5]}lberg"
    own = {"order_id": f"TERN-{number:04d}", "partner": "tern", "ship_to.phone": f"+1402538{number:04d}"}
    return orjson.dumps(overlaid({**own, "ship_to.name": name, **changes}))


def held(number: int, **changes: Any) -> bytes:
    """One without a house number: nobody can deliver there, and nobody but a person can say it."""
    return body(number, **{"ship_to.address.line1": "Ida Street", **changes})
