"""Webhooks from the outbox to a receiver, on both databases, in simulated time: what arrives, when, in what order."""

import asyncio
import ipaddress
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from dq_service.service import courier
from dq_service.service import webhooks as service
from dq_service.service.feeds import Bell
from dq_service.service.outgoing import Outgoing
from dq_service.service.retries import SCHEDULE
from dq_service.service.webhooks import Dispatcher, Unknown, change, register, replay
from dq_service.store import webhooks
from dq_service.store.database import Database
from dq_service.store.trouble import Unavailable
from dq_service.store.webhooks import Delivery, Webhook
from tests.service.happenings import happen, keep_result
from tests.service.receiver import Receiver, Reply, Request
from tests.service.simulated import SimulatedLoop, simulate

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
HOUR = 3600.0
DOWN = Reply(503)


@asynccontextmanager
async def dispatching(
    database: Database, loop: SimulatedLoop, *, holder: str = "one", bell: Bell | None = None
) -> AsyncIterator[Bell]:
    """A dispatcher at work, and the bell that wakes it."""
    rung, outgoing = bell or Bell(), Outgoing(LOOPBACK)
    dispatcher = Dispatcher(database, outgoing, rung, holder=holder, clock=loop.clock, random=Random(1))
    task = asyncio.create_task(dispatcher.run())
    try:
        yield rung
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        outgoing.close()


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that take days: nobody looks at the database every few seconds, only when something is due."""
    looking(monkeypatch, HOUR)


def looking(monkeypatch: pytest.MonkeyPatch, every: float) -> None:
    """How often the database is looked at though nobody rings, in seconds."""
    monkeypatch.setattr(courier, "LOOK", every)
    monkeypatch.setattr(service, "EVERY", every)
    monkeypatch.setattr(service, "LEASED", 3 * every)


async def until(reached: Callable[[], bool], patience: float = 600.0) -> None:
    """Waits, in the loop's time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while not reached():
        assert loop.time() < end, "it never came to that"
        await asyncio.sleep(0.25 if patience < HOUR else 30)


def hook(database: Database, receiver: Receiver, path: str = "/hook", **wanted: Any) -> Webhook:
    return register(database, receiver.url(path=path), now=NOW, **wanted)


def deliveries(database: Database, webhook: Webhook) -> list[Delivery]:
    with database.reading() as connection:
        return webhooks.page(connection, webhook.id, state=None, before=None, limit=10_000)


def states(database: Database, webhook: Webhook) -> Counter[str]:
    return Counter(one.state for one in deliveries(database, webhook))


def ids(requests: Sequence[Request]) -> list[str]:
    return [request.headers["webhook-id"] for request in requests]


def by_order(requests: Sequence[Request]) -> dict[str, list[int]]:
    """The sequence numbers of each order as they came."""
    found = defaultdict(list)
    for request in requests:
        found[request.json["subject"]].append(request.json["sequence"])
    return dict(found)


# --- what arrives ----------------------------------------------------------------------------------------------------


def test_an_event_arrives_signed_and_thin(database: Database) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver() as receiver, dispatching(database, loop) as bell:
            webhook = hook(database, receiver)
            (event,) = happen(database, ["ord_1"], kind="order.held")
            bell.ring()
            await until(lambda: len(receiver.requests) == 1)
            (request,) = receiver.requests
            assert Verifier(webhook.secret).verify(request.body, dict(request.headers)) == {
                "specversion": "1.0",
                "id": event,
                "source": "/v1/orders",
                "type": "order.held",
                "subject": "ord_1",
                "time": "2026-12-01T18:00:00.250Z",
                "datacontenttype": "application/json",
                "partner": "acme",
                "sequence": 1,
                "timestamp": "2026-12-01T18:00:00.250Z",
                "data": {"revision": 1, "received_id": "ord_1-as-received"},
            }
            assert request.headers["webhook-id"] == event
            assert request.headers["content-type"] == "application/cloudevents+json"
            await until(lambda: states(database, webhook) == {"delivered": 1})

    simulate(trial)


def test_with_include_the_order_of_that_revision_is_in_it(database: Database) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver() as receiver, dispatching(database, loop):
            hook(database, receiver, include=["order"])
            keep_result(database, "ord_1", 1, {"order_id": "A-1", "ship_to": {"name": "Aisha"}})
            keep_result(database, "ord_1", 2, {"order_id": "A-2"})
            happen(database, ["ord_1"])
            await until(lambda: len(receiver.requests) == 1)
            data = receiver.requests[0].json["data"]
            assert data["order"] == {"order_id": "A-1", "ship_to": {"name": "Aisha"}}
            assert data["revision"] == 1

    simulate(trial)


def test_a_webhook_hears_of_its_partner_and_its_types_from_its_cursor_on(database: Database) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver() as receiver, dispatching(database, loop) as bell:
            early = happen(database, ["ord_0"])
            hook(database, receiver, "/all")
            hook(database, receiver, "/early", after=0)
            hook(database, receiver, "/tern", partner="tern")
            hook(database, receiver, "/held", types=["order.held", "order.released"])
            acme = happen(database, ["ord_1"], kind="order.received")
            tern = happen(database, ["ord_2"], kind="order.held", partner="tern")
            bell.ring()
            await until(lambda: len(receiver.requests) == 7)
            await asyncio.sleep(60)
            heard = defaultdict(set)
            for request in receiver.requests:
                heard[request.line.split()[1]].add(request.headers["webhook-id"])
            assert heard == {
                "/all": {*acme, *tern},
                "/early": {*early, *acme, *tern},
                "/tern": set(tern),
                "/held": set(tern),
            }
            assert len(receiver.requests) == 7

    simulate(trial)


# --- when it fails ---------------------------------------------------------------------------------------------------


def test_a_failed_event_holds_back_the_later_ones_of_its_order_only(database: Database) -> None:
    refused: set[str] = set()

    def answer(request: Request) -> Reply:
        return Reply(400) if request.headers["webhook-id"] in refused else Reply()

    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver(answer) as receiver, dispatching(database, loop):
            webhook = hook(database, receiver)
            numbers: dict[str, int] = {}
            refused.add(happen(database, ["ord_1"], numbers=numbers)[0])
            happen(database, ["ord_1", "ord_2", "ord_1", "ord_2"], numbers=numbers)
            await until(lambda: states(database, webhook) == {"delivered": 2, "pending": 3})
            assert set(by_order(receiver.requests)["ord_1"]) == {1}
            refused.clear()
            await until(lambda: states(database, webhook) == {"delivered": 5}, HOUR)
            arrived = by_order(receiver.requests)
            assert arrived["ord_2"] == [1, 2]
            assert list(dict.fromkeys(arrived["ord_1"])) == [1, 2, 3]

    simulate(trial)


def test_order_is_kept_and_nothing_lost_where_every_third_attempt_fails(database: Database, days: None) -> None:
    random = Random(7)
    taken: list[Request] = []

    def answer(request: Request) -> Reply:
        if random.random() < 0.33:
            return random.choice([Reply(500), Reply(404), Reply(302, {"Location": "/"}), Reply(hang=True)])
        taken.append(request)
        return Reply(random.choice([200, 202, 204]))

    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver(answer) as receiver, dispatching(database, loop) as bell:
            webhook = hook(database, receiver)
            numbers: dict[str, int] = {}
            sent = []
            for _ in range(6):
                sent += happen(database, [f"ord_{random.randrange(12)}" for _ in range(20)], numbers=numbers)
                bell.ring()
                await asyncio.sleep(1)
            await until(lambda: len(taken) >= len(sent), 80 * HOUR)
            assert sorted(ids(taken)) == sorted(sent)
            assert all(found == sorted(found) for found in by_order(taken).values())
            await until(lambda: states(database, webhook) == {"delivered": 120})

    simulate(trial)


def test_three_days_of_retries_then_a_dead_letter_that_can_be_replayed(database: Database, days: None) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver(lambda _: DOWN) as receiver, dispatching(database, loop) as bell:
            webhook = hook(database, receiver)
            numbers: dict[str, int] = {}
            event = happen(database, ["ord_1"], numbers=numbers)[0]
            while states(database, webhook) != {"dead": 1}:
                await asyncio.sleep(HOUR)
                assert loop.time() < 130 * HOUR
            times = [request.at for request in receiver.requests]
            waits = [after - before for before, after in pairwise(times)]
            assert len(times) == len(SCHEDULE) + 1
            for number, (wait, planned) in enumerate(zip(waits, SCHEDULE, strict=True)):
                assert 0.5 * planned <= wait <= 1.5 * planned + (80 if number >= 4 else 10)  # a probe's time
            assert 1.5 * 24 * HOUR < times[-1] - times[0] < 4.8 * 24 * HOUR
            (dead,) = deliveries(database, webhook)
            assert (dead.event, dead.state, dead.attempts, dead.last_status) == (event, "dead", 10, 503)
            assert dead.last_at is not None
            assert dead.next_at is None

            happen(database, ["ord_1"], numbers=numbers)  # what is dead holds nothing back
            receiver.answer = lambda _: Reply()
            bell.ring()
            await until(lambda: states(database, webhook) == {"dead": 1, "delivered": 1})
            assert replay(database, webhook.id, None, loop.clock()) == 1
            bell.ring()
            await until(lambda: states(database, webhook) == {"delivered": 2})
            assert replay(database, webhook.id, None, loop.clock()) == 0
            assert set(ids(receiver.requests[:11])) - {event} == {ids(receiver.requests)[10]}

    simulate(trial)


def test_410_disables_the_webhook(database: Database) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver(lambda _: Reply(410)) as receiver, dispatching(database, loop) as bell:
            webhook = hook(database, receiver)
            happen(database, ["ord_1"])

            def found() -> Webhook:
                with database.reading() as connection:
                    one = webhooks.find(connection, webhook.id)
                assert one is not None
                return one

            await until(lambda: found().disabled_at is not None)
            assert found().disabled_why == "the receiver answered 410 Gone"
            happen(database, ["ord_2"])
            bell.ring()
            await asyncio.sleep(100)
            assert len(receiver.requests) == 1
            with pytest.raises(Unknown):
                replay(database, webhook.id, None, NOW)

    simulate(trial)


def test_what_was_disabled_goes_on_where_it_stopped(database: Database) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        status = [410]
        async with Receiver(lambda _: Reply(status[0])) as receiver, dispatching(database, loop) as bell:
            webhook = hook(database, receiver)
            (gone,) = happen(database, ["ord_1"])
            await until(lambda: states(database, webhook) == {"dead": 1})
            missed = happen(database, [f"ord_{n}" for n in range(2, 7)])
            await asyncio.sleep(100)
            status[0] = 204
            enabled = change(database, webhook.id, enabled=True, now=NOW)
            assert (enabled.disabled_at, enabled.disabled_why) == (None, "")
            bell.ring()
            await until(lambda: states(database, webhook) == {"dead": 1, "delivered": 5})
            assert sorted(ids(receiver.requests[1:])) == sorted(missed)
            assert replay(database, webhook.id, None, NOW) == 1
            await until(lambda: states(database, webhook) == {"delivered": 6})
            assert ids(receiver.requests)[-1] == gone
            disabled = change(database, webhook.id, enabled=False, now=NOW)
            assert (disabled.disabled_at, disabled.disabled_why) == (NOW, service.ON_REQUEST)
            happen(database, ["ord_7"])
            bell.ring()
            await asyncio.sleep(100)
            assert len(receiver.requests) == 7
            with pytest.raises(Unknown):
                change(database, "whk_none", enabled=True, now=NOW)

    simulate(trial)


def test_a_webhook_that_is_changed_goes_on_as_it_is_now(database: Database) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver() as receiver, dispatching(database, loop) as bell:
            webhook = hook(database, receiver, types=["order.held"])
            keep_result(database, "ord_1", 1, {"order_id": "A-1"})
            happen(database, ["ord_1"], kind="order.held")
            await until(lambda: len(receiver.requests) == 1)
            url = receiver.url(path="/other")
            change(database, webhook.id, url=url, types=[], include=["order"], now=NOW)
            await asyncio.sleep(5)
            happen(database, ["ord_1"], kind="order.released")
            bell.ring()
            await until(lambda: states(database, webhook) == {"delivered": 2})
            first, second = receiver.requests
            assert ("/hook" in first.line, "/other" in second.line) == (True, True)
            assert ("order" in first.json["data"], second.json["data"]["order"]) == (False, {"order_id": "A-1"})
            assert Verifier(webhook.secret).verify(second.body, dict(second.headers))

    simulate(trial)


def test_a_receiver_that_asks_for_time_gets_it(database: Database) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        replies = [Reply(429, {"Retry-After": "900"}), *[Reply()] * 9]
        async with Receiver(lambda _: replies.pop(0)) as receiver, dispatching(database, loop) as bell:
            hook(database, receiver)
            happen(database, ["ord_1"])
            await until(lambda: len(receiver.requests) == 1)
            happen(database, ["ord_2"])
            bell.ring()
            await until(lambda: len(receiver.requests) == 3, HOUR)
            assert receiver.requests[1].at - receiver.requests[0].at >= 900

    simulate(trial)


def test_a_webhook_that_is_removed_hears_nothing_more(database: Database) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver(lambda _: DOWN) as receiver, dispatching(database, loop):
            webhook = hook(database, receiver)
            happen(database, [f"ord_{n}" for n in range(20)])
            await until(lambda: len(receiver.requests) > 0)
            with database.writing() as connection:
                assert webhooks.remove(connection, webhook.id)
                assert not webhooks.remove(connection, webhook.id)
            await asyncio.sleep(30)
            count = len(receiver.requests)
            await asyncio.sleep(200)
            assert len(receiver.requests) == count
            assert deliveries(database, webhook) == []

    simulate(trial)


def test_an_event_is_replayed_whatever_became_of_it(database: Database) -> None:
    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver() as receiver, dispatching(database, loop) as bell:
            before = happen(database, ["ord_0"])[0]
            other = happen(database, ["ord_9"], partner="tern")[0]
            webhook = hook(database, receiver, partner="acme")
            event = happen(database, ["ord_1"])[0]
            await until(lambda: ids(receiver.requests) == [event])
            await until(lambda: states(database, webhook) == {"delivered": 1})
            for expected in ([event, event], [event, event, before]):
                assert replay(database, webhook.id, expected[-1], loop.clock()) == 1
                bell.ring()
                await until(lambda expected=expected: ids(receiver.requests) == expected)
            for webhook_id, one in ((webhook.id, other), (webhook.id, "evt_none"), ("whk_none", event)):
                with pytest.raises(Unknown):
                    replay(database, webhook_id, one, loop.clock())
            await until(lambda: states(database, webhook) == {"delivered": 2})
            assert len(receiver.requests) == 3

    simulate(trial)


def test_what_is_replayed_stands_before_the_later_events_of_its_order(database: Database) -> None:
    with database.writing() as connection:
        webhook = Webhook("whk_1", "", "", "", (), (), NOW, 0)
        webhooks.add(connection, webhook)
    numbers: dict[str, int] = {}
    happen(database, ["ord_1", "ord_1", "ord_1", "ord_2"], numbers=numbers)
    with database.writing() as connection:
        assert webhooks.take_up(connection, webhook, 0, NOW, 100) == 4
        assert [one.entry.seq for one in webhooks.due(connection, "whk_1", NOW, 10)] == [1, 4]
        given_up = webhooks.Attempted(1, "ord_1", "dead", 10, None, None, "timeout", NOW)
        webhooks.settle(connection, "whk_1", [given_up])
        assert [one.entry.seq for one in webhooks.due(connection, "whk_1", NOW, 10)] == [2, 4]
        assert webhooks.replay_dead(connection, "whk_1", NOW) == 1
        assert [one.entry.seq for one in webhooks.due(connection, "whk_1", NOW, 10)] == [1, 4]


# --- outages ---------------------------------------------------------------------------------------------------------


def test_an_hour_of_outage(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """2,000 events while one receiver is down, another hangs, and a third works."""
    looking(monkeypatch, 60.0)
    began, over = 60.0, 60.0 + HOUR
    taken: dict[str, list[Request]] = defaultdict(list)
    written: dict[str, float] = {}

    def answer(request: Request) -> Reply:
        path = request.line.split()[1]
        outage = path != "/healthy" and began <= request.at < over
        if path == "/down" or not outage:
            taken[path].append(request)  # the worst: who is down takes it in, and says that it did not
        return Reply(hang=path == "/hanging", status=503) if outage else Reply()

    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver(answer) as receiver:
            hooks = {path: hook(database, receiver, path) for path in ("/down", "/healthy")}
            hooks["/hanging"] = hook(database, receiver, "/hanging", partner="tern")
            async with dispatching(database, loop) as bell:
                await asyncio.sleep(1)
                numbers: dict[str, int] = {}
                random = Random(3)
                for burst in range(100):
                    partner = "acme" if burst % 8 else "tern"
                    orders = [f"ord_{partner}_{random.randrange(500)}" for _ in range(20)]
                    events = happen(database, orders, numbers=numbers, partner=partner)
                    written.update(dict.fromkeys(events, loop.time()))
                    bell.ring()
                    await asyncio.sleep(HOUR / 100)
                tried = len(receiver.requests) - len(taken["/healthy"])
                await until(lambda: len(set(ids(taken["/down"]))) == 2000 and len(taken["/hanging"]) == 260, 0.9 * HOUR)
                back = loop.time() - over
                await until(lambda: sum(states(database, one)["delivered"] for one in hooks.values()) == 4260)

        assert set(ids(taken["/down"])) == set(ids(taken["/healthy"])) == written.keys(), "nothing is lost or made up"
        for requests in taken.values():
            firsts = {request.headers["webhook-id"]: request for request in reversed(requests)}.values()
            assert all(found == sorted(found) for found in by_order(list(reversed(list(firsts)))).values())
        assert len(taken["/down"]) <= 1.05 * 2000
        late = [request.at - written[request.headers["webhook-id"]] for request in taken["/healthy"]]
        assert len(late) == 2000
        assert max(late) < 0.5, "nobody waits for those who are down"
        assert back < 120, "when they are back, everything goes out"
        assert tried < 0.1 * 2000, "who is down is left alone"

    simulate(trial)


def test_a_dispatcher_that_ends_in_the_middle_loses_nothing(database: Database) -> None:
    taken: list[Request] = []

    def answer(request: Request) -> Reply:
        taken.append(request)
        return Reply()

    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver(answer) as receiver:
            webhook = hook(database, receiver)
            numbers: dict[str, int] = {}
            random = Random(5)
            sent = [
                event
                for _ in range(4)
                for event in happen(database, [f"ord_{random.randrange(40)}" for _ in range(100)], numbers=numbers)
            ]
            for _ in range(3):
                already = len(taken)
                async with dispatching(database, loop):
                    while len(taken) < already + 60:
                        await asyncio.sleep(0)
            async with dispatching(database, loop):
                await until(lambda: states(database, webhook) == {"delivered": 400})
            assert set(ids(taken)) == set(sent)
            assert len(taken) == 400, "it ended in order, so nothing came twice"
            assert all(found == sorted(found) for found in by_order(taken).values())

    simulate(trial)


def test_a_worker_that_dies_is_followed_by_another(postgresql_url: str) -> None:
    """Two workers on one database: one dispatches; when it is gone without a word, the other does."""

    async def trial(loop: SimulatedLoop) -> None:
        one, other = Database.open(postgresql_url), Database.open(postgresql_url)
        way = Outgoing(LOOPBACK)
        try:
            async with Receiver() as receiver:
                webhook = hook(one, receiver)
                first = Dispatcher(one, way, Bell(), holder="one", clock=loop.clock)
                dying = asyncio.create_task(first.run())
                await asyncio.sleep(1)
                async with dispatching(other, loop, holder="other") as bell:
                    await asyncio.sleep(30)
                    happen(one, [f"ord_{n}" for n in range(50)])
                    bell.ring()
                    await until(lambda: states(one, webhook) == {"delivered": 50})
                    assert len(receiver.requests) == 50, "only one of them sends"
                    first._step_down = lambda: None  # type: ignore[method-assign]  # it dies: it lets go of nothing
                    dying.cancel()
                    await asyncio.gather(dying, return_exceptions=True)
                    died = loop.time()
                    happen(one, ["ord_99"])
                    await until(lambda: len(receiver.requests) == 51)
                    assert loop.time() - died <= service.LEASED + 2 * service.EVERY
        finally:
            way.close()
            one.close()
            other.close()

    simulate(trial)


def test_a_database_that_is_away_for_a_while(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Request] = []

    def answer(request: Request) -> Reply:
        taken.append(request)
        return Reply()

    async def trial(loop: SimulatedLoop) -> None:
        writing = database.writing

        @contextmanager
        def failing() -> Any:
            if 20 <= loop.time() < 60:
                raise Unavailable("gone", "away", 2)
            with writing() as connection:
                yield connection

        async with Receiver(answer) as receiver, dispatching(database, loop):
            webhook = hook(database, receiver)
            await asyncio.sleep(19)
            sent = happen(database, [f"ord_{n % 30}" for n in range(300)])
            monkeypatch.setattr(database, "writing", failing)
            await until(lambda: states(database, webhook) == {"delivered": 300})
            assert set(ids(taken)) == set(sent)
            assert len(taken) == 300
            assert loop.time() > 60

    simulate(trial)


def test_clocks_that_jump(database: Database) -> None:
    """The wall clock goes back and forward: everything is delivered, and once."""

    async def trial(loop: SimulatedLoop) -> None:
        async with Receiver() as receiver, dispatching(database, loop) as bell:
            webhook = hook(database, receiver)
            for number, jump in enumerate((0, -1, 2, -30)):
                loop.began += timedelta(days=jump)
                happen(database, [f"ord_{number}"])
                bell.ring()
                await until(lambda number=number: states(database, webhook)["delivered"] == number + 1)
            assert len(receiver.requests) == 4

            receiver.answer = lambda _: DOWN
            happen(database, ["ord_9"])
            bell.ring()
            await until(lambda: len(receiver.requests) == 5)
            receiver.answer = lambda _: Reply()
            loop.began -= timedelta(days=30)  # what was put off for five seconds would wait for a month
            await until(lambda: states(database, webhook) == {"delivered": 5})
            assert len(receiver.requests) == 6

    simulate(trial)
