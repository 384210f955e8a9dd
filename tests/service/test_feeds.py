"""The feed: each event as a CloudEvent, cursors that lose nothing, streams that wake, beat and end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dq_service.service import feeds
from dq_service.service.feeds import Bell, Listening, cloud_event, follow, page
from dq_service.store import outbox
from dq_service.store.database import Database
from dq_service.store.kept import Event
from tests.service.happenings import happen


def ids(found: object) -> list[str]:
    assert isinstance(found, dict)
    return [event["id"] for event in found["events"]]


def test_an_event_as_cloud_events_has_it() -> None:
    at = datetime(2026, 12, 1, 12, 30, 0, 5000, timezone(timedelta(hours=-6)))
    event = Event("evt_1", "order.held", "ord_1", 3, "acme", at, {"revision": 2})
    assert cloud_event(outbox.Entry(17, event)) == {
        "specversion": "1.0",
        "id": "evt_1",
        "source": "/v1/orders",
        "type": "order.held",
        "subject": "ord_1",
        "time": "2026-12-01T18:30:00.005Z",
        "datacontenttype": "application/json",
        "partner": "acme",
        "sequence": 3,
        "timestamp": "2026-12-01T18:30:00.005Z",
        "data": {"revision": 2},
    }
    with_order = cloud_event(outbox.Entry(17, event), {"order_id": "A-1"})
    assert with_order["data"] == {"revision": 2, "order": {"order_id": "A-1"}}
    assert event.data == {"revision": 2}


def test_pages_in_the_order_of_the_commits(database: Database) -> None:
    assert page(database, 0, 10) == {"events": [], "next": 0, "more": False}
    sent = [event for _ in range(5) for event in happen(database, ["ord_1", "ord_2", "ord_3"])]
    cursor, found, more = 0, [], True
    while more:
        one = page(database, cursor, 4)
        cursor, more = one["next"], one["more"]
        found += ids(one)
    assert found == sent
    assert feeds.end(database) == cursor
    assert page(database, cursor + 100, 4) == {"events": [], "next": cursor + 100, "more": False}


def test_a_partner_who_is_rarely_there_is_found_in_bounded_looks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "FURTHEST", 10)
    sent = happen(database, ["ord_1"], partner="tern")
    happen(database, [f"ord_{n}" for n in range(34)])
    sent += happen(database, ["ord_1", "ord_2", "ord_3"], partner="tern")
    looks, cursor, found, more = 0, 0, [], True
    while more:
        one = page(database, cursor, 2, "tern")
        assert len(one["events"]) <= 2
        cursor, more = one["next"], one["more"]
        found += ids(one)
        looks += 1
    assert found == sent
    assert cursor == feeds.end(database)
    assert looks == 5


def test_how_far_behind_somebody_is(database: Database) -> None:
    happen(database, ["ord_1", "ord_2"])
    with database.reading() as connection:
        assert outbox.oldest(connection, outbox.latest(connection)) is None
        behind = outbox.oldest(connection, 0)
    assert behind is not None
    assert behind.tzinfo is not None


# --- the bell -------------------------------------------------------------------------------------------------------


def test_the_bell_wakes_whoever_waits_from_any_thread() -> None:
    async def trial() -> None:
        bell = Bell()
        waiting = [asyncio.create_task(bell.after(0)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.to_thread(bell.ring)
        await asyncio.wait_for(asyncio.gather(*waiting), 5)

    asyncio.run(trial())


def test_a_ring_before_one_waits_is_not_missed() -> None:
    async def trial() -> None:
        bell = Bell()
        heard = bell.rung
        bell.ring()
        await asyncio.wait_for(bell.after(heard), 5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(bell.after(bell.rung), 0.01)

    asyncio.run(trial())


def test_a_loop_that_is_gone_does_not_hinder_the_bell() -> None:
    bell = Bell()
    gone = asyncio.new_event_loop()
    gone.run_until_complete(asyncio.wait([gone.create_task(bell.after(0))], timeout=0.01))
    for task in asyncio.all_tasks(gone):
        bell._waiting.add((gone, asyncio.Event()))
        task.cancel()
    gone.run_until_complete(asyncio.sleep(0))
    gone.close()
    bell.ring()
    assert bell.rung == 1


# --- streams --------------------------------------------------------------------------------------------------------


async def upcoming(stream: AsyncIterator[bytes]) -> bytes:
    return await asyncio.wait_for(anext(stream), 10)


def test_a_stream_wakes_and_ends_with_the_bell(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LOOK", 60.0)  # it does not look by itself

    async def trial() -> None:
        bell = Bell()
        first = happen(database, ["ord_1"])[0]
        stream = follow(database, bell, 0)
        assert await upcoming(stream) == b"retry: 2000\n\n"
        piece = await upcoming(stream)
        assert piece.startswith(b"id: 1\nevent: order.changed\ndata: {")
        assert piece.endswith(b"}\n\n")
        assert first.encode() in piece
        waiting = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.05)
        second = happen(database, ["ord_2", "ord_3"])
        bell.ring()
        piece = await asyncio.wait_for(waiting, 10)
        assert [one.encode() in piece for one in second] == [True, True]
        assert piece.count(b"\n\n") == 2
        waiting = asyncio.create_task(anext(stream, b"the end"))
        await asyncio.sleep(0.05)
        bell.close()
        assert await asyncio.wait_for(waiting, 10) == b"the end"

    asyncio.run(trial())


def test_a_silent_stream_beats_and_tells_how_far_it_is(database: Database) -> None:
    async def trial() -> None:
        stream = follow(database, Bell(), 0, "tern", heartbeat=0.02)
        happen(database, ["ord_1"] * 7)
        await upcoming(stream)
        assert await upcoming(stream) == b": alive\nid: 7\n\n"

    asyncio.run(trial())


def test_a_stream_ends_when_the_database_cannot_be_read(tmp_path: object) -> None:
    async def trial() -> None:
        stream = follow(Database.open(f"sqlite:///{tmp_path}/none/dq.db"), Bell(), 0)
        await upcoming(stream)
        assert await anext(stream, b"the end") == b"the end"

    asyncio.run(trial())


def test_another_process_is_heard_on_postgresql(postgresql_url: str) -> None:
    async def trial() -> None:
        bell = Bell()
        listening = Listening(postgresql_url, bell)
        listening.start()
        try:
            await asyncio.wait_for(bell.after(0), 10)  # it listens now
            heard = bell.rung
            other = Database.open(postgresql_url)
            with other.writing() as connection:
                outbox.announce(connection)
            other.close()
            await asyncio.wait_for(bell.after(heard), 10)
        finally:
            listening.stop()

    asyncio.run(trial())


def test_the_time_of_an_event_is_utc(database: Database) -> None:
    happen(database, ["ord_1"])
    (event,) = page(database, 0, 1)["events"]
    assert datetime.fromisoformat(event["time"]).tzinfo == UTC
