"""Orders go when their time is over, by partner and channel, with all that hangs on them; events when they are old."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from dq_service.partner import load
from dq_service.service import retention as module
from dq_service.service.retention import Retention
from dq_service.store import audit, dump, leases, orders, outbox, removal, webhooks
from dq_service.store.database import Database
from dq_service.store.kept import Identity, Kept, Note
from dq_service.store.schema import (
    AUDIT,
    BODIES,
    CHANGES,
    DELIVERIES,
    FINDINGS,
    KNOWN_BY,
    ORDERS,
    OUTBOX,
    RESULTS,
    ROLLUPS,
)
from tests.service.simulated import SimulatedLoop, simulate
from tests.store.steps import arrival, changed

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
DAY = timedelta(days=1)
FILES = {
    "acme": "name: acme\nretention: {default: P90D, shopify: P10D}",
    "bolt": "name: bolt\nretention: P30D",
    "keeps": "name: keeps",
}


class InForce:
    """What is in force: three partners."""

    published: ClassVar[dict[str, int]] = {}
    engine: Any = None

    def __init__(self) -> None:
        self.partners = {name: load(text, f"{name}.yaml") for name, text in FILES.items()}


def kept(database: Database, *, days: float, ended: float | None = None, **values: Any) -> Kept:
    """An order that was last changed so many days ago, and was over so many days ago."""
    at = NOW - days * DAY
    over = {} if ended is None else {"lifecycle": "closed", "ended_at": NOW - ended * DAY}
    first = arrival(at=at - DAY, **{"channel": "shopify", **values})
    then = changed(first.after, changed_at=at, **over)
    then = replace(then, notes=(Note(at, "Aisha Martinez", "order.cancel", first.after.id, "acme", {"reason": "no"}),))
    with database.writing() as connection:
        orders.write(connection, [first, then], (), "w1")
    return then.after


def ids(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.scalars(sa.select(ORDERS.c.id)))


def rows(database: Database, table: sa.Table) -> int:
    with database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def passed(database: Database, *, seconds: float = 600, **values: Any) -> None:
    """One pass of the background, or what comes of so many seconds."""

    async def trial(loop: SimulatedLoop) -> None:
        job = Retention(database, InForce, holder="one", clock=loop.clock, **values)
        task = asyncio.create_task(job.run())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    simulate(trial, NOW)


def test_orders_go_by_partner_and_channel_from_when_they_were_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", 2)
    going = [
        kept(database, days=1, ended=11),  # recalled, acknowledged, looked at since: counts from its end
        kept(database, days=12, ended=12),
        kept(database, days=12, ended=12),
        kept(database, days=11),  # nobody ever said that it was delivered: counts from its last change
        kept(database, days=91, channel="amazon"),
        kept(database, days=31, partner="bolt"),
        kept(database, days=11, identity=Identity("acme", "", "TRIAL-1", "", trial=True)),  # of a test key
    ]
    staying = [
        kept(database, days=9, ended=9),
        kept(database, days=9),
        kept(database, days=89, ended=89, channel="amazon"),
        kept(database, days=29, partner="bolt"),
        kept(database, days=4000, partner="keeps"),
        kept(database, days=4000, partner="nobody"),
        kept(database, days=40, lifecycle="held"),  # has an end of its own
    ]
    counts = rows(database, ROLLUPS)
    passed(database)
    assert ids(database) == {one.id for one in staying}
    for table, each in ((BODIES, 2), (RESULTS, 2), (CHANGES, 2), (FINDINGS, 1)):
        assert rows(database, table) == each * len(staying), table
    assert rows(database, ROLLUPS) == counts
    with database.reading() as connection:
        assert set(connection.scalars(sa.select(KNOWN_BY.c.order_id))) == ids(database)
        told = audit.verify(connection)
        assert isinstance(told, audit.Verified), told
        assert told.erased == len(going)
        said = [line for line in audit.lines(connection) if line.action == "orders.expire"]
        assert sum(line.detail["orders"] for line in said if line.detail) == len(going)
        assert {line.actor for line in said} == {"service"}
        kept_names = [line for line in audit.lines(connection) if line.actor == "Aisha Martinez"]
        assert len(kept_names) == len(staying)


def test_the_events_of_an_order_go_with_it(database: Database) -> None:
    going, staying = kept(database, days=11), kept(database, days=9)
    passed(database)
    assert ids(database) == {staying.id}
    with database.reading() as connection:
        assert set(connection.scalars(sa.select(OUTBOX.c.order_id))) == {staying.id}
        assert going.id not in str(list(connection.execute(sa.select(AUDIT.c.detail, AUDIT.c.actor))))


def test_who_goes_along_the_list_of_orders_misses_nobody_after_the_newest_went(database: Database) -> None:
    staying, going = kept(database, days=9), kept(database, days=11)
    with database.reading() as connection:
        (_, last) = orders.page(connection)
        assert (last.kept.id, last.seq) == (going.id, orders.latest(connection))
    passed(database)
    new = kept(database, days=0)
    with database.reading() as connection:
        assert [one.kept.id for one in orders.page(connection, after=last.seq)] == [new.id]
        assert dump.counters(connection)["orders"] == orders.latest(connection) > last.seq
    assert ids(database) == {staying.id, new.id}


def test_an_order_that_changed_meanwhile_stays(database: Database) -> None:
    one = kept(database, days=11)
    with database.reading() as connection:
        due = next(module.terms("acme", InForce().partners["acme"].retention, NOW))
        found = removal.overdue(connection, due, 10)
    assert [order.id for order in found] == [one.id]
    with database.writing() as connection:
        orders.write(connection, [changed(one, changed_at=NOW)], (), "w1")
    with database.writing() as connection:
        assert removal.remove(connection, found).ids == ()
    assert ids(database) == {one.id}


def test_of_several_workers_one_deletes(database: Database) -> None:
    kept(database, days=11)
    with database.writing() as connection:
        assert leases.take(connection, module.LEASE, "another", NOW, 1000)
    passed(database, seconds=800)
    assert len(ids(database)) == 1
    passed(database, seconds=2000)
    assert not ids(database)


def hook(database: Database, name: str, cursor: int, *, disabled: bool = False) -> webhooks.Webhook:
    one = webhooks.Webhook(
        name, "https://example.com", "whsec_x", "", (), (), NOW, cursor, NOW if disabled else None, "x" * disabled
    )
    with database.writing() as connection:
        webhooks.add(connection, one)
    return one


def places(database: Database) -> list[int]:
    with database.reading() as connection:
        return [entry.seq for entry in outbox.after(connection, 0, 1000).entries]


def test_old_events_go_but_nothing_that_is_pending(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRETCH", 4)
    for days in (50, 40, 31, 20, 10):
        kept(database, days=days, partner="keeps")  # three events each
    assert places(database) == list(range(1, 16))
    one = hook(database, "whk_1", 0)
    hook(database, "whk_2", 0, disabled=True)  # holds back nothing that it has not taken up
    with database.writing() as connection:
        webhooks.take_up(connection, one, 0, NOW, 8)
        done = [webhooks.Attempted(seq, "", "delivered", 1, None, 200, "", NOW) for seq in (1, 2, 3, 5, 6, 7)]
        webhooks.settle(connection, one.id, done)
    passed(database)
    assert places(database) == [4, 8, *range(9, 16)], "4 and 8 are pending, 9 is not taken up"
    with database.reading() as connection:
        assert list(connection.scalars(sa.select(DELIVERIES.c.seq).order_by(DELIVERIES.c.seq))) == [4, 8]
    with database.writing() as connection:
        webhooks.take_up(connection, one, 8, NOW, 100)
        rest = [webhooks.Attempted(seq, "", "dead", 1, None, 500, "", NOW) for seq in (4, 8, *range(9, 16))]
        webhooks.settle(connection, one.id, rest)
    passed(database)
    assert places(database) == list(range(10, 16))
    passed(database, events_kept=timedelta(days=15))
    assert places(database) == [13, 14, 15]
    with database.reading() as connection:
        assert [entry.seq for entry in outbox.after(connection, 5, 2).entries] == [13, 14], "it goes on with the oldest"
