"""The feed of events: each as a CloudEvent, read from a cursor on, or followed as it grows."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final

import psycopg

from dq_service.intake.json_text import write
from dq_service.order import JSON
from dq_service.service.instants import instant_text
from dq_service.store import outbox
from dq_service.store.database import Database
from dq_service.store.listening import listen
from dq_service.store.trouble import Unavailable

SOURCE: Final = "/v1/orders"
CLOUD_EVENT: Final = "application/cloudevents+json"
HEARTBEAT: Final = 15.0  # seconds; what stands between us and the reader closes what is silent for a minute or less
LOOK: Final = 2.0  # seconds after which a follower looks whether it was rung for
AT_ONCE: Final = 200  # events that are read for one piece of a stream
_RECONNECT: Final = b"retry: 2000\n\n"


def cloud_event(entry: outbox.Entry, order: JSON | None = None) -> JSON:
    """An event as CloudEvents 1.0 has it in JSON. `sequence` counts within the order (the subject).

    `timestamp` is the same instant as `time`, under the name that Standard Webhooks gives it. With `order`, the data
    hold the order as the event's revision sent it on.
    """
    event = entry.event
    time = instant_text(event.at)
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": SOURCE,
        "type": event.type,
        "subject": event.order_id,
        "time": time,
        "datacontenttype": "application/json",
        "partner": event.partner,
        "sequence": event.number,
        "timestamp": time,
        "data": {**event.data, "order": order} if order is not None else event.data,
    }


def page(
    database: Database,
    after: int,
    limit: int,
    partner: str = "",
    *,
    trial: bool = False,
    alone: bool = False,
    told: Callable[[int], object] = int,
) -> JSON:
    """Events after a cursor, and the cursor to come back with. Raises Unavailable.

    `trial`: of orders that came with test keys, and of no others. `alone`: the caller is that partner and learns
    nothing of others; `told` makes of a place what they are told of it.
    """
    with database.reading() as connection:
        read = outbox.own if alone else outbox.after
        stretch = read(connection, after, limit, partner, trial=trial)
    told_of = [cloud_event(entry) for entry in stretch.entries]
    return {"events": told_of, "next": told(stretch.end), "more": stretch.more}


def end(database: Database) -> int:
    """The cursor after which nothing has happened yet. Raises Unavailable."""
    with database.reading() as connection:
        return outbox.latest(connection)


class Bell:
    """Rung when something was written that somebody may be waiting for. Any thread may ring, any loop may wait."""

    def __init__(self) -> None:
        self.closed = False
        self.rung = 0
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def ring(self) -> None:
        """Wakes everybody who waits."""
        with self._lock:
            self.rung += 1
            waiting, self._waiting = self._waiting, set()
        for loop, event in waiting:
            with suppress(RuntimeError):  # that loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(event.set)

    def close(self) -> None:
        """The service stops: whoever follows ends."""
        self.closed = True
        self.ring()

    async def after(self, heard: int) -> None:
        """Waits until it is rung once more than `heard`, which is `rung` as it was before one looked."""
        one = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if self.rung != heard:
                return
            self._waiting.add(one)
        try:
            await one[1].wait()
        finally:
            with self._lock:
                self._waiting.discard(one)


async def follow(
    database: Database,
    bell: Bell,
    after: int,
    partner: str = "",
    *,
    trial: bool = False,
    told: Callable[[int], object] = int,
    heartbeat: float = HEARTBEAT,
) -> AsyncIterator[bytes]:
    """Events after a cursor as server-sent events, as they come, until the bell is closed or the reader goes away.

    Each has its cursor, as it is `told`, as its id, so a reader that comes back says in Last-Event-ID how far it was.
    When the database cannot be read the stream ends; the reader comes back.
    """
    yield _RECONNECT
    silent_since = monotonic()
    while not bell.closed:
        heard = bell.rung
        try:
            stretch = await asyncio.to_thread(_read, database, after, AT_ONCE, partner, trial)
        except Unavailable:
            return
        after = stretch.end
        if stretch.entries:
            yield b"".join(_sent(entry, told) for entry in stretch.entries)
            silent_since = monotonic()
        elif monotonic() - silent_since >= heartbeat:
            yield b": alive\nid: %s\n\n" % str(told(after)).encode()  # no data: the reader only learns how far we are
            silent_since = monotonic()
        if not stretch.more:
            with suppress(TimeoutError):
                await asyncio.wait_for(bell.after(heard), min(LOOK, heartbeat))


class Listening:
    """Rings the bell when another process wrote to the same PostgreSQL database."""

    def __init__(self, url: str, bell: Bell) -> None:
        self._url = url
        self._bell = bell
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="dq-listening", daemon=True)

    def start(self) -> None:
        """Begins to listen, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Ends within a second or so."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                listen(self._url, outbox.CHANNEL, self._bell.ring, lambda: not self._ended.is_set())
            except psycopg.Error:  # the server is away; followers look by themselves meanwhile
                self._ended.wait(1)


def _read(database: Database, after: int, limit: int, partner: str, trial: bool) -> outbox.Stretch:
    with database.reading() as connection:
        return outbox.after(connection, after, limit, partner, trial=trial)


def _sent(entry: outbox.Entry, told: Callable[[int], object]) -> bytes:
    event: dict[str, Any] = cloud_event(entry)
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        str(told(entry.seq)).encode(),
        entry.event.type.encode(),
        write(event),
    )
