"""The ledger on both databases: groups that are written whole, orders that are kept once, whoever else writes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from time import sleep
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from dq_service.app import App
from dq_service.engine.engine import Engine
from dq_service.engine.proof import overlaid
from dq_service.partner import Partners, load
from dq_service.service import group as group_module
from dq_service.service import ledger as module
from dq_service.service.access import LOCAL
from dq_service.service.commands import Cancel, EndHold, Look, Refused, Revert
from dq_service.service.group import Asked, Group, OtherBody
from dq_service.service.ledger import InFlight, Ledger, Overloaded
from dq_service.service.reviews.outcomes import fix
from dq_service.settings import Settings
from dq_service.store import audit, outbox
from dq_service.store import orders as stored
from dq_service.store.database import Database, Unavailable
from dq_service.store.kept import Kept, Step
from dq_service.store.schema import BODIES, ORDERS, OUTBOX
from dq_service.web.api import asking
from tests.databases import server as postgresql_server

arriving = partial(asking.arriving, caller=LOCAL)

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
pytestmark = pytest.mark.anyio

SECRET = "gate 4711"
HELD = {"ship_to.address": {}}  # nobody can deliver there


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(engine: Engine, tmp_path: Any) -> App:
    """What is in force: the shipped rules, and a partner whose orders are held for ten minutes."""
    tern = load("name: tern\npolicy: {hold_max: PT10M, then: refuse}\n", "tern.yaml")
    return App(Settings(tmp_path), engine, Partners({"tern": tern}), published={"rulebook": 3, "partners": 5})


@asynccontextmanager
async def running(
    database: Database, app: App, clock: Callable[[], datetime], worker: str = "test"
) -> AsyncIterator[Ledger]:
    """A ledger at work."""
    ledger = Ledger(database, lambda: app, worker=worker, clock=clock)
    task = asyncio.create_task(ledger.run())
    try:
        yield ledger
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def body(number: int, **changes: Any) -> bytes:
    """An order of its own: nobody else has its name and phone."""
    own = {"order_id": f"TERN-{number:04d}", "partner": "tern", "ship_to.phone": f"+1402538{number:04d}"}
    return orjson.dumps(overlaid({**own, "ship_to.name": f"Robin {'ABCDEFGHIJ'[number % 10]}berg", **changes}))


def held(number: int) -> bytes:
    """One that has no address."""
    return body(number, **HELD)


def count(database: Database, table: sa.Table) -> int:
    with database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def told(database: Database) -> int:
    """How many events there are, but for those of the review queue: some of these orders are held."""
    with database.reading() as connection:
        counted = sa.select(sa.func.count()).where(OUTBOX.c.type.like("order.%"))
        return connection.scalar(counted) or 0


def kept(database: Database, id_: str) -> Kept:
    with database.reading() as connection:
        found = stored.get(connection, id_)
    assert found is not None
    return found


async def test_commands_that_come_together_are_written_together(
    database: Database, app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    written = Ledger._written
    monkeypatch.setattr(
        Ledger, "_written", lambda self, jobs, decided: (groups.append(len(jobs)), written(self, jobs, decided))[1]
    )
    async with running(database, app, clock) as ledger:
        steps = await asyncio.gather(*(ledger.carry_out(arriving(body(number), "")) for number in range(90)))
    assert groups == ([32, 32, 26] if database.several else [64, 26])
    assert len({step.after.id for step in steps}) == 90 == count(database, ORDERS) == told(database) / 2
    assert steps[0].after.published == {"rulebook": 3, "partners": 5}


async def test_one_order_twice_in_a_group_is_kept_once(database: Database, app: App, clock: Clock) -> None:
    newer = body(1, instructions="Leave it with the neighbour at 14207")
    async with running(database, app, clock) as ledger:
        asked = [arriving(raw, "") for raw in (body(1), body(1), newer, body(1))]
        first, again, changed, old = await asyncio.gather(*map(ledger.carry_out, asked))
    assert [step.after.revision for step in (first, again, changed, old)] == [1, 1, 2, 2]
    assert (again.body, old.body) == (None, None)
    assert (count(database, ORDERS), count(database, BODIES)) == (1, 2)


async def test_an_order_sees_those_that_come_with_it(database: Database, app: App, clock: Clock) -> None:
    twin = body(1, order_id="TERN-0002", placed_at="2026-12-01T09:14:00-06:00")
    async with running(database, app, clock) as ledger:
        together = await asyncio.gather(*(ledger.carry_out(arriving(raw, "")) for raw in (body(1), twin)))
    async with running(database, app, clock) as ledger:
        third = body(1, order_id="TERN-0003", placed_at="2026-12-01T09:16:00-06:00")
        later = await ledger.carry_out(arriving(third, ""))
    told = [{one["rule"] for one in orjson.loads(step.after.result)["findings"]} for step in (*together, later)]
    assert [any(rule.startswith("DUP") for rule in rules) for rules in told] == [False, True, True]


@pytest.mark.parametrize("fails", [False, True], ids=["written", "lost"])
async def test_an_order_sees_those_that_are_being_written_and_no_others(
    postgresql_url: str, app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    database = Database.open(postgresql_url)
    write, made = stored.write, Group.__init__
    happened: list[str] = []

    def slow(*given: Any) -> None:
        happened.append("written")
        if happened.count("written") == 1:
            sleep(0.5)  # meanwhile the next group is decided
            if fails:
                raise Unavailable("full")
        write(*given)

    monkeypatch.setattr(stored, "write", slow)
    monkeypatch.setattr(Group, "__init__", lambda self, *given: (happened.append("read"), made(self, *given))[1])
    twin = body(1, order_id="TERN-0099", placed_at="2026-12-01T09:14:00-06:00")
    async with running(database, app, clock) as ledger:
        asked = [arriving(raw, "") for raw in (*map(body, range(32)), twin, *map(body, range(40, 48)))]
        came = await asyncio.gather(*map(ledger.carry_out, asked), return_exceptions=True)
    assert happened == ["read", "written", "read", *(["read"] if fails else []), "written"]
    assert [type(one) for one in came] == [Unavailable if fails else Step] * 32 + [Step] * 9
    assert isinstance(came[32], Step)
    rules = {one["rule"] for one in orjson.loads(came[32].after.result)["findings"]}
    assert any(rule.startswith("DUP") for rule in rules) is not fails
    assert count(database, ORDERS) == (9 if fails else 41)
    database.close()


async def test_an_order_is_in_one_group_at_a_time(
    database: Database, app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    made = Group.__init__
    monkeypatch.setattr(Group, "__init__", lambda self, *given: (groups.append(len(given[1])), made(self, *given))[1])
    raws = [body(number, instructions=text) for text in ("", "Ring twice", "Ring thrice") for number in range(25)]
    async with running(database, app, clock) as ledger:
        steps = await asyncio.gather(*(ledger.carry_out(arriving(raw, "")) for raw in raws))
    assert [step.after.revision for step in steps] == [1] * 25 + [2] * 25 + [3] * 25
    assert sum(groups) == len(raws), "none was carried out twice"


async def test_a_command_is_refused_alone(database: Database, app: App, clock: Clock) -> None:
    async with running(database, app, clock) as ledger:
        came = await asyncio.gather(
            ledger.carry_out(arriving(body(1), "")),
            ledger.carry_out(Asked(Cancel("dana"), id="ord_none")),
            ledger.carry_out(arriving(body(2), "")),
            return_exceptions=True,
        )
    assert isinstance(came[1], Refused)
    assert came[1].reason == "unknown"
    assert isinstance(came[0], Step)
    assert isinstance(came[2], Step)


async def test_a_command_that_breaks_breaks_alone(
    database: Database, app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    decide = group_module.decide

    def careless(kept: Kept | None, command: Any, moment: Any) -> Step:
        if isinstance(command, Cancel):
            raise KeyError(SECRET)
        return decide(kept, command, moment)

    monkeypatch.setattr(group_module, "decide", careless)
    async with running(database, app, clock) as ledger:
        came = await asyncio.gather(
            ledger.carry_out(Asked(Cancel("dana"), id="ord_none")),
            ledger.carry_out(arriving(body(1), "")),
            return_exceptions=True,
        )
    assert isinstance(came[0], KeyError)
    assert isinstance(came[1], Step)
    assert "KeyError" in caplog.text
    assert SECRET not in caplog.text


async def test_an_order_that_cannot_be_written_takes_no_other_with_it(
    database: Database, app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write = stored.write

    def careless(connection: Any, steps: list[Step], *rest: Any) -> None:
        write(connection, steps, *rest)
        if any(step.after.identity.received_id == "TERN-0002" for step in steps):
            raise ValueError(SECRET)

    monkeypatch.setattr(stored, "write", careless)
    async with running(database, app, clock) as ledger:
        asked = [ledger.carry_out(arriving(body(number), "")) for number in range(5)]
        came = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in came] == [Step, Step, ValueError, Step, Step]
    assert count(database, ORDERS) == 4
    assert SECRET not in caplog.text


async def test_a_key_stands_for_one_body_and_one_request_at_a_time(database: Database, app: App, clock: Clock) -> None:
    async with running(database, app, clock) as ledger:
        first = arriving(body(1), "tern", once="k-1")
        came = await asyncio.gather(ledger.carry_out(first), ledger.carry_out(first), return_exceptions=True)
        assert isinstance(came[0], Step)
        assert isinstance(came[1], InFlight)
        assert (await ledger.carry_out(first)).body is None
        with pytest.raises(OtherBody):
            await ledger.carry_out(arriving(body(2), "tern", once="k-1"))
        other = await ledger.carry_out(arriving(body(2), "raven", once="k-1"))  # another caller's key
        assert other.before is None
    assert count(database, ORDERS) == 2


async def test_two_workers_keep_an_order_once(postgresql_url: str, app: App, clock: Clock) -> None:
    one, other = Database.open(postgresql_url), Database.open(postgresql_url)
    raws = [body(number) for number in range(80)]
    async with running(one, app, clock) as first, running(other, app, clock) as second:
        asked = [ledger.carry_out(arriving(raw, "")) for raw in raws for ledger in (first, second)]
        steps = await asyncio.gather(*asked)
    assert sum(step.before is None for step in steps) == 80
    assert len({step.after.id for step in steps}) == 80 == count(one, ORDERS)
    assert told(one) == 160  # received and released, of each
    for database in (one, other):
        database.close()


async def test_two_workers_write_list_events_and_log_in_the_order_of_commits(
    postgresql_url: str, app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has two groups under way. Who goes along meanwhile passes nothing over."""
    one, other = Database.open(postgresql_url), Database.open(postgresql_url)
    write, pick = stored.write, Random(1)

    def slow(*given: Any) -> None:
        write(*given)
        sleep(pick.random() / 50)  # from its numbers to its commit

    monkeypatch.setattr(stored, "write", slow)
    seen: dict[str, int] = {}
    events: list[int] = []

    def read_on() -> None:
        with one.reading() as connection:
            seen.update((placed.kept.id, placed.seq) for placed in stored.page(connection, None, None, "", last(), 500))
            events.extend(entry.seq for entry in outbox.after(connection, events[-1] if events else 0, 500).entries)

    def last() -> int:
        return max(seen.values(), default=0)

    async def client(ledger: Ledger, numbers: range) -> None:
        for number in numbers:
            id_ = (await ledger.carry_out(arriving(body(number), ""))).after.id
            await ledger.carry_out(Asked(Cancel("dana"), id=id_))

    async with running(one, app, clock, "w1") as first, running(other, app, clock, "w2") as second:
        ledgers = [first, second] * 12
        work = asyncio.gather(*(client(ledger, range(place, 240, 24)) for place, ledger in enumerate(ledgers)))
        while not work.done():
            await asyncio.to_thread(read_on)
        await work
    for _ in range(2):
        read_on()
    with one.reading() as connection:
        assert seen == {placed.kept.id: placed.seq for placed in stored.page(connection, limit=500)}
        assert events == list(connection.scalars(sa.select(OUTBOX.c.seq).order_by(OUTBOX.c.seq)))
        verified = audit.verify(connection)
    assert (len(seen), told(one)) == (240, 720)  # received, released or held, cancelled, of each
    assert isinstance(verified, audit.Verified)
    assert verified.count == 240
    for database in (one, other):
        database.close()


async def test_too_much_at_once_is_refused(
    database: Database, app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING", 5)
    async with running(database, app, clock) as ledger:
        asked = [ledger.carry_out(arriving(body(number), "")) for number in range(9)]
        came = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in came] == [Step] * 5 + [Overloaded] * 4


async def test_what_waits_when_the_ledger_stops_is_still_written(database: Database, app: App, clock: Clock) -> None:
    async with running(database, app, clock) as ledger:
        asked = [asyncio.ensure_future(ledger.carry_out(arriving(body(number), ""))) for number in range(100)]
        await asyncio.sleep(0)
    assert all(one.done() for one in asked)
    assert count(database, ORDERS) == 100


async def test_a_full_disk_acknowledges_nothing_and_passes(sqlite_url: str, app: App, clock: Clock) -> None:
    database = Database.open(sqlite_url)
    with database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
    async with running(database, app, clock) as ledger:
        asked = [ledger.carry_out(arriving(body(number), "")) for number in range(64)]
        came = await asyncio.gather(*asked, return_exceptions=True)
        written = [one for one in came if isinstance(one, Step)]
        full = [one for one in came if isinstance(one, Unavailable)]
        assert {one.why for one in full} == {"full"}
        assert len(written) + len(full) == 64
        assert count(database, ORDERS) == len(written)
        with database.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        again = await asyncio.gather(*(ledger.carry_out(arriving(body(number), "")) for number in range(64)))
    assert len({step.after.id for step in again}) == 64 == count(database, ORDERS)
    database.close()


async def test_a_hold_ends_when_it_is_due_and_not_before(database: Database, app: App, clock: Clock) -> None:
    async with running(database, app, clock) as ledger:
        step = await ledger.carry_out(arriving(held(1), ""))
        assert step.after.lifecycle == "held"
        end = Asked(EndHold(), id=step.after.id)
        clock.now = NOW + timedelta(minutes=9, seconds=59)
        assert (await ledger.carry_out(end)).after.lifecycle == "held"
        clock.now = NOW + timedelta(minutes=10)
        ended = await asyncio.gather(ledger.carry_out(end), ledger.carry_out(end))
    assert [one.after.lifecycle for one in ended] == ["refused", "refused"]
    assert [event.type for event in ended[0].events] == ["order.expired", "order.refused"]
    assert ended[1].events == ()


async def test_a_persons_fix_releases_what_was_held_and_stays(database: Database, app: App, clock: Clock) -> None:
    whole = orjson.loads(body(1))["ship_to"]["address"]
    async with running(database, app, clock) as ledger:
        step = await ledger.carry_out(arriving(held(1), ""))
        changes = {f"ship_to.address.{name}": value for name, value in whole.items() if value not in (None, "", {})}
        mended = await ledger.carry_out(Asked(fix(changes, "dana", "called"), id=step.after.id))
        assert (mended.after.lifecycle, mended.after.revision) == ("released", 2)
        more = orjson.loads(held(1)) | {"instructions": "Leave it with the neighbour at 14207"}
        later = await ledger.carry_out(arriving(orjson.dumps(more), ""))
    order = orjson.loads(later.after.result)["order"]
    assert (order["ship_to"]["address"]["city"], order["instructions"]) == (whole["city"], more["instructions"])
    assert kept(database, step.after.id).fixes.keys() == changes.keys()


async def test_a_step_that_is_only_tried_is_not_written(database: Database, app: App, clock: Clock) -> None:
    async with running(database, app, clock) as ledger:
        step = await ledger.carry_out(arriving(body(1), ""))
        tried = await ledger.carry_out(Asked(Cancel("dana"), id=step.after.id, dry=True))
    assert tried.after.lifecycle == "cancelled"
    assert kept(database, step.after.id).lifecycle == "released"


async def test_a_database_server_that_crashes_and_comes_back_loses_nothing(app: App, clock: Clock) -> None:
    server = postgresql_server()
    database = Database.open(server.url())
    try:
        database.migrate()
        raws = iter([body(number) for number in range(400)])
        steps: list[Step] = []
        troubles: set[str] = set()

        async def client(ledger: Ledger) -> None:
            for raw in raws:
                while True:
                    try:
                        steps.append(await ledger.carry_out(arriving(raw, "")))
                        break
                    except Unavailable as trouble:
                        troubles.add(trouble.why)
                        await asyncio.sleep(0.05)

        async with running(database, app, clock) as ledger:
            clients = asyncio.gather(*(client(ledger) for _ in range(16)))
            while len(steps) < 100:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(server.crash)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(server.start)
            await clients
        assert troubles
        assert len({step.after.id for step in steps}) == 400 == count(database, ORDERS)
        assert told(database) == 800
    finally:
        database.close()
        server.end()


async def test_a_clock_that_jumps_leaves_the_order_of_things(database: Database, app: App, clock: Clock) -> None:
    jumps = [timedelta(), timedelta(hours=-3), timedelta(hours=5), timedelta(days=-1)]
    async with running(database, app, clock) as ledger:
        for number, jump in enumerate(jumps):
            clock.now = NOW + jump
            said = {"instructions": f"Ring {number + 1} times at the blue door"}
            step = await ledger.carry_out(arriving(body(1, **said), ""))
            assert step.after.revision == number + 1
    with database.reading() as connection:
        told = connection.execute(sa.select(OUTBOX.c.number, OUTBOX.c.at).order_by(OUTBOX.c.seq)).all()
        latest = stored.page(connection)[0].kept
    assert [row[0] for row in told] == list(range(1, len(told) + 1))
    assert latest.changed_at == NOW + timedelta(hours=5)


async def test_what_is_taken_back_is_what_stands_in_that_group(database: Database, app: App, clock: Clock) -> None:
    async with running(database, app, clock) as ledger:
        id_ = (await ledger.carry_out(arriving(body(1), ""))).after.id
        misspelled = body(1, **{"ship_to.address.city": "Omhaa"})
        repaired, reverted, again = await asyncio.gather(  # one group: the lines of the first are not written yet
            ledger.carry_out(arriving(misspelled, "")),
            ledger.carry_out(Asked(Revert("dana", machine=True), id=id_)),
            ledger.carry_out(Asked(Revert("dana", machine=True), id=id_)),
        )
        (line,) = repaired.lines
        assert [one.id for one in reverted.reverted] == [line.id]
        assert again.after is again.before
        one = await ledger.carry_out(Asked(Revert("dana", change=line.id), id=id_))
        assert one.after is one.before, "it was taken back before"
    with database.reading() as connection:
        (told,) = stored.changes_of(connection, id_)
    assert (told.id, told.reverted_by) == (line.id, "dana")
    assert orjson.loads(kept(database, id_).result)["order"]["ship_to"]["address"]["city"] == "Omhaa"


@pytest.mark.parametrize(
    "name", ["N\u0000X", "L" * 1500, "\ufffd odd", "tab\tin it"], ids=["NUL", "long", "mark", "tab"]
)
async def test_an_odd_order_id_is_one_order_and_holds_up_nobody(
    database: Database, app: App, clock: Clock, name: str
) -> None:
    async with running(database, app, clock) as ledger:
        first = await ledger.carry_out(arriving(body(1, order_id=name), ""))
        newer = [arriving(body(1, order_id=name, instructions=f"Ring {n} times"), "") for n in range(2, 5)]
        steps = await asyncio.gather(*map(ledger.carry_out, newer), ledger.carry_out(arriving(body(2), "")))
        gone = await ledger.carry_out(Asked(Cancel("dana"), id=first.after.id))
        again = await ledger.carry_out(arriving(body(1, order_id=name), ""))
    assert [step.after.revision for step in steps] == [2, 3, 4, 1]
    assert again.after.id == gone.after.id == first.after.id
    result = orjson.loads(steps[2].after.result)
    assert result["received_id"] == name == kept(database, first.after.id).identity.received_id
    assert not any(one["rule"].startswith("DUP") for one in result["findings"])


async def test_those_who_wait_go_before_what_nobody_waits_for(database: Database, app: App, clock: Clock) -> None:
    done: list[str] = []

    async def carried(ledger: Ledger, asked: Asked, name: str) -> None:
        await ledger.carry_out(asked)
        done.append(name)

    async with running(database, app, clock) as ledger:
        id_ = (await ledger.carry_out(arriving(body(1), ""))).after.id
        looks = [carried(ledger, Asked(Look(), id=id_, dry=True), "look") for _ in range(300)]
        background = asyncio.gather(*looks)
        await asyncio.sleep(0)
        await asyncio.gather(*(carried(ledger, arriving(body(number), ""), "order") for number in range(2, 40)))
        before = done.count("look")
        await background
    assert before <= 2 * module.MOST
    assert done.count("look") == 300


async def test_a_key_is_the_partners_own_whoever_names_it(database: Database, app: App, clock: Clock) -> None:
    async with running(database, app, clock) as ledger:
        one = await ledger.carry_out(arriving(body(1, partner="tern"), "", once="1"))
        other = await ledger.carry_out(arriving(body(2, partner="raven"), "", once="1"))
    assert one.before is other.before is None


async def test_a_log_that_cannot_be_tidied_stops_nobody(
    sqlite_url: str, app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Database, pages: int = 0) -> bool:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Database, "checkpoint", broken)
    database = Database.open(sqlite_url)
    async with running(database, app, clock) as ledger:
        for number in range(3):
            await ledger.carry_out(arriving(body(number), ""))
    assert "OSError" in caplog.text
    database.close()
