"""The client for asyncio: `answer = await AsyncClient(url).keep(order)`; it does what the client that waits does."""

import asyncio
import logging
import math
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from dq_service.client import calls
from dq_service.client.answer import Answer, Event, Flushed, Listed, Receipt, Webhook
from dq_service.client.async_transport import AsyncConnections
from dq_service.client.bodies import Given, Portion
from dq_service.client.calls import Call
from dq_service.client.errors import Unavailable
from dq_service.client.keeping import OnUnavailable
from dq_service.client.opening import address, keeping
from dq_service.client.spool import LIMIT, Spool
from dq_service.client.transport import Verify
from dq_service.client.wire import Ask, Conversation, Pause, Step, Work
from dq_service.order import JSON

T = TypeVar("T")

log = logging.getLogger("dq_service.client")

IDLE: Final = 5.0  # seconds between two looks into an empty spool: another process may have left something there
AWAY: Final = 1.0  # seconds between two rounds while the service is away


class AsyncClient:
    """A service at a URL, for one event loop. Closed at the end, or used by `async with`.

    Everything that it is given means what it means to `Client`; what waits in the spool is sent by a task, which
    begins with the first call.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        partner: str = "",
        *,
        timeout: float = 2.0,
        on_unavailable: OnUnavailable = "spool",
        spool: Path | str | None = None,
        spool_limit: int = LIMIT,
        verify: Verify = True,
        proxy: str | None = None,
    ) -> None:
        """Raises ValueError for wrong use, OSError where the spool's folder cannot be written."""
        self._wake = asyncio.Event()
        self._closed = False
        made = keeping(url, key, partner, timeout, on_unavailable, spool, spool_limit)
        self._keeping = replace(made, spooled=self._wake.set)
        self._connections = AsyncConnections(address(url), verify, proxy)
        self._sender: asyncio.Task[None] | None = None

    # --- the order path ---------------------------------------------------------------------------------------------

    async def check(self, order: Given) -> Answer:
        """The answer for an order that is not kept. An order is JSON as a mapping, or its text or bytes as they are."""
        return await self._drive(self._keeping.check(order))

    async def keep(self, order: Given, *, key: str = "") -> Answer:
        """The answer for an order that the service keeps, exactly once, whatever is sent again.

        `key` is an Idempotency-Key of the caller's own, for a caller who may ask again after a crash.
        """
        return await self._drive(self._keeping.keep(order, key))

    async def keep_many(
        self, orders: Iterable[Given] | AsyncIterable[Given], *, timeout: float = 30.0, backfill: bool = False
    ) -> AsyncIterator[Answer]:
        """The answers for orders in their order, sent in batches; each batch has `timeout` seconds.

        `backfill`: earlier orders, of which the service learns and about which it bothers nobody. A line that the
        service refuses comes unchecked, with the problem as `raw`.
        """
        portion = Portion()
        async for order in _each(orders):
            portion.add(order)
            if portion.full:
                for answer in await self._drive(self._keeping.keep_batch(portion.taken(), timeout, backfill=backfill)):
                    yield answer
        if portion.orders:
            for answer in await self._drive(self._keeping.keep_batch(portion.taken(), timeout, backfill=backfill)):
                yield answer

    @property
    def spool(self) -> Spool | None:
        """What waits, and what was refused for good; None where orders are not spooled."""
        return self._keeping.spool

    async def flush(self, timeout: float = 30.0) -> Flushed:
        """Sends what waits now, instead of in the background; what it came to after so many seconds at most."""
        return await self._drive(self._keeping.flush(timeout))

    # --- orders that are kept ---------------------------------------------------------------------------------------

    async def get(self, id: str) -> Answer:
        """An order as it stands. Raises NotFound."""
        return await self._call(calls.get(id))

    async def find(self, partner: str, received_id: str, *, account: str = "", shipment_id: str = "") -> Answer:
        """An order by the sender's own names for it. Raises NotFound."""
        return await self._call(calls.find(partner, received_id, account, shipment_id))

    async def orders(
        self, *, lifecycle: str = "", changed_since: str = "", partner: str = "", limit: int = 100
    ) -> AsyncIterator[Listed]:
        """All orders kept that fit, by when they changed last; `limit` is for a page. `changed_since` is ISO 8601."""
        after = ""
        while True:
            page = await self._call(calls.orders(lifecycle, changed_since, partner, limit, after))
            for row in page.rows:
                yield row
            after = page.next
            if not after:
                return

    async def receipt(self, id: str) -> Receipt:
        """Every change of an order, with its evidence and the way back."""
        return await self._call(calls.receipt(id))

    async def revert(
        self, id: str, change: str = "", *, by: str = "", reason: str = "", if_match: int | None = None
    ) -> Answer:
        """Takes one change back, or all that the machine made where none is named."""
        return await self._call(calls.revert(id, change, by, reason, if_match))

    async def cancel(self, id: str, *, by: str = "", reason: str = "", if_match: int | None = None) -> Answer:
        """The order shall not leave any more."""
        return await self._call(calls.cancel(id, by, reason, if_match))

    async def acknowledge(self, id: str, revision: int, *, by: str = "", frozen: bool = False) -> Answer:
        """Says that a destination has this revision; `frozen`: it can take no other."""
        return await self._call(calls.acknowledge(id, revision, by, frozen))

    # --- events and webhooks ----------------------------------------------------------------------------------------

    async def events(
        self, after: str = "", *, partner: str = "", follow: bool = False, every: float = 1.0, limit: int = 100
    ) -> AsyncIterator[Event]:
        """What happened, oldest first. `follow`: never ends, and looks for more every so many seconds.

        Keep an event's `position` when it is dealt with, and begin there next time.
        """
        while True:
            page = await self._call(calls.events(after, partner, limit), patient=follow)
            for row in page.rows:
                yield row
            after = page.next
            if not page.more:
                if not follow:
                    return
                await asyncio.sleep(every)

    async def webhooks(self) -> Sequence[Webhook]:
        """The endpoints that events are sent to."""
        return await self._call(calls.webhooks())

    async def add_webhook(
        self, url: str, *, types: Sequence[str] = (), include: Sequence[str] = (), partner: str = ""
    ) -> Webhook:
        """A new endpoint, with its secret, which is told this once. No types: all."""
        return await self._call(calls.add_webhook(url, types, include, partner))

    async def change_webhook(
        self,
        id: str,
        *,
        url: str | None = None,
        types: Sequence[str] | None = None,
        include: Sequence[str] | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """An endpoint with other values; disabled for a while, or taken up again where it stopped."""
        return await self._call(calls.change_webhook(id, url, types, include, enabled))

    async def remove_webhook(self, id: str) -> None:
        """No more events there."""
        await self._call(calls.remove_webhook(id))

    async def deliveries(self, id: str, *, state: str = "", limit: int = 100) -> AsyncIterator[JSON]:
        """What was sent to an endpoint, waits or was given up: `pending`, `delivered`, `dead`."""
        after = ""
        while True:
            page = await self._call(calls.deliveries(id, state, limit, after))
            for row in page.rows:
                yield row
            after = page.next
            if not after:
                return

    async def replay_webhook(self, id: str, *, event: str = "") -> int:
        """Sends one event again, or all that were given up; how many those are."""
        return await self._call(calls.replay_webhook(id, event))

    # --- how it is done ---------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Stops sending. What waits in the spool stays there for the next client."""
        self._closed = True
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        await self._connections.close()
        if self.spool is not None:
            self.spool.close()

    async def __aenter__(self) -> "AsyncClient":
        self._begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _call(self, call: Call[T], *, patient: bool = False) -> T:
        ends = math.inf if patient else None
        return await self._drive(self._keeping.asking.answer(call.request, call.read, ends=ends, once=call.once))

    async def _drive(self, conversation: Conversation[T]) -> T:
        self._begin()
        try:
            step = next(conversation)
            while True:
                try:
                    outcome = await self._take(step)
                except Exception as error:
                    step = conversation.throw(error)
                else:
                    step = conversation.send(outcome)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            conversation.close()

    async def _take(self, step: Step) -> Any:
        match step:
            case Ask(request, within):
                if self._closed:
                    raise Unavailable("the client is closed")
                return await self._connections.send(request, within)
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case Work(call):
                return await self._connections.work(call)

    def _begin(self) -> None:
        if self._sender is None and self.spool is not None and not self._closed:
            self._sender = asyncio.create_task(self._attend(), name="dq-spool")

    async def _attend(self) -> None:
        """Sends what waits whenever the service is there, for as long as the client is open."""
        while True:
            waiting = 1
            try:
                waiting = (await self._drive(self._keeping.replay())).waiting
            except Exception as error:
                log.error("the spool waits: %s", type(error).__name__)
            if waiting:
                await asyncio.sleep(AWAY)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), IDLE)
            self._wake.clear()


async def _each(orders: Iterable[Given] | AsyncIterable[Given]) -> AsyncIterator[Given]:
    if isinstance(orders, AsyncIterable):
        async for order in orders:
            yield order
    else:
        for order in orders:
            yield order
