"""The client for programs that wait: `answer = Client(url).keep(order)`."""

import logging
import math
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from dq_service.client import calls
from dq_service.client.answer import Answer, Event, Flushed, Listed, Receipt, Webhook
from dq_service.client.bodies import Given, Portion
from dq_service.client.calls import Call
from dq_service.client.errors import Unavailable
from dq_service.client.keeping import OnUnavailable
from dq_service.client.opening import address, keeping
from dq_service.client.spool import LIMIT, Spool
from dq_service.client.transport import Connections, Verify
from dq_service.client.wire import Ask, Conversation, Pause, Step, Work
from dq_service.order import JSON

T = TypeVar("T")

log = logging.getLogger("dq_service.client")

IDLE: Final = 5.0  # seconds between two looks into an empty spool: another process may have left something there
AWAY: Final = 1.0  # seconds between two rounds while the service is away


class Client:
    """A service at a URL, for one thread or many. Made after a fork, not before; closed at the end, or used by `with`.

    `key` is the service's key, `partner` who sends the orders (wins over their own `partner`). `timeout`, in seconds,
    is for a call as a whole. When it is over, or the service was just seen to be away, `check` and `keep` do what
    `on_unavailable` says:
    spool: the order passes unchecked, lies on disk before `keep` returns, and is sent by a thread of the client later,
    in its turn and under its Idempotency-Key. Of `spool` (a folder, which processes may share) at most `spool_limit`
    bytes are used. pass: it passes unchecked and is forgotten. block: it is asked for until there is an answer.

    Every call may raise Refused; all but `check` and `keep` raise Unavailable too, and `keep` NotKept.
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
        self._wake = threading.Event()
        self._closed = threading.Event()
        made = keeping(url, key, partner, timeout, on_unavailable, spool, spool_limit)
        self._keeping = replace(made, spooled=self._wake.set)
        self._connections = Connections(address(url), verify, proxy)
        self._sender = threading.Thread(target=self._attend, name="dq-spool", daemon=True)
        if made.spool is not None:
            self._sender.start()

    # --- the order path ---------------------------------------------------------------------------------------------

    def check(self, order: Given) -> Answer:
        """The answer for an order that is not kept. An order is JSON as a mapping, or its text or bytes as they are."""
        return self._drive(self._keeping.check(order))

    def keep(self, order: Given, *, key: str = "") -> Answer:
        """The answer for an order that the service keeps, exactly once, whatever is sent again.

        `key` is an Idempotency-Key of the caller's own, for a caller who may ask again after a crash.
        """
        return self._drive(self._keeping.keep(order, key))

    def keep_many(self, orders: Iterable[Given], *, timeout: float = 30.0, backfill: bool = False) -> Iterator[Answer]:
        """The answers for orders in their order, sent in batches; each batch has `timeout` seconds.

        `backfill`: earlier orders, of which the service learns and about which it bothers nobody. A line that the
        service refuses comes unchecked, with the problem as `raw`.
        """
        portion = Portion()
        for order in orders:
            portion.add(order)
            if portion.full:
                yield from self._drive(self._keeping.keep_batch(portion.taken(), timeout, backfill=backfill))
        if portion.orders:
            yield from self._drive(self._keeping.keep_batch(portion.taken(), timeout, backfill=backfill))

    @property
    def spool(self) -> Spool | None:
        """What waits, and what was refused for good; None where orders are not spooled."""
        return self._keeping.spool

    def flush(self, timeout: float = 30.0) -> Flushed:
        """Sends what waits now, instead of in the background; what it came to after so many seconds at most."""
        return self._drive(self._keeping.flush(timeout))

    # --- orders that are kept ---------------------------------------------------------------------------------------

    def get(self, id: str) -> Answer:
        """An order as it stands. Raises NotFound."""
        return self._call(calls.get(id))

    def find(self, partner: str, received_id: str, *, account: str = "", shipment_id: str = "") -> Answer:
        """An order by the sender's own names for it. Raises NotFound."""
        return self._call(calls.find(partner, received_id, account, shipment_id))

    def orders(
        self, *, lifecycle: str = "", changed_since: str = "", partner: str = "", limit: int = 100
    ) -> Iterator[Listed]:
        """All orders kept that fit, by when they changed last; `limit` is for a page. `changed_since` is ISO 8601."""
        after = ""
        while True:
            page = self._call(calls.orders(lifecycle, changed_since, partner, limit, after))
            yield from page.rows
            after = page.next
            if not after:
                return

    def receipt(self, id: str) -> Receipt:
        """Every change of an order, with its evidence and the way back."""
        return self._call(calls.receipt(id))

    def revert(
        self, id: str, change: str = "", *, by: str = "", reason: str = "", if_match: int | None = None
    ) -> Answer:
        """Takes one change back, or all that the machine made where none is named."""
        return self._call(calls.revert(id, change, by, reason, if_match))

    def cancel(self, id: str, *, by: str = "", reason: str = "", if_match: int | None = None) -> Answer:
        """The order shall not leave any more."""
        return self._call(calls.cancel(id, by, reason, if_match))

    def acknowledge(self, id: str, revision: int, *, by: str = "", frozen: bool = False) -> Answer:
        """Says that a destination has this revision; `frozen`: it can take no other."""
        return self._call(calls.acknowledge(id, revision, by, frozen))

    # --- events and webhooks ----------------------------------------------------------------------------------------

    def events(
        self, after: str = "", *, partner: str = "", follow: bool = False, every: float = 1.0, limit: int = 100
    ) -> Iterator[Event]:
        """What happened, oldest first. `follow`: never ends, and looks for more every so many seconds.

        Keep an event's `position` when it is dealt with, and begin there next time.
        """
        while True:
            page = self._call(calls.events(after, partner, limit), patient=follow)
            yield from page.rows
            after = page.next
            if not page.more:
                if not follow:
                    return
                time.sleep(every)

    def webhooks(self) -> Sequence[Webhook]:
        """The endpoints that events are sent to."""
        return self._call(calls.webhooks())

    def add_webhook(
        self, url: str, *, types: Sequence[str] = (), include: Sequence[str] = (), partner: str = ""
    ) -> Webhook:
        """A new endpoint, with its secret, which is told this once. No types: all."""
        return self._call(calls.add_webhook(url, types, include, partner))

    def change_webhook(
        self,
        id: str,
        *,
        url: str | None = None,
        types: Sequence[str] | None = None,
        include: Sequence[str] | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """An endpoint with other values; disabled for a while, or taken up again where it stopped."""
        return self._call(calls.change_webhook(id, url, types, include, enabled))

    def remove_webhook(self, id: str) -> None:
        """No more events there."""
        self._call(calls.remove_webhook(id))

    def deliveries(self, id: str, *, state: str = "", limit: int = 100) -> Iterator[JSON]:
        """What was sent to an endpoint, waits or was given up: `pending`, `delivered`, `dead`."""
        after = ""
        while True:
            page = self._call(calls.deliveries(id, state, limit, after))
            yield from page.rows
            after = page.next
            if not after:
                return

    def replay_webhook(self, id: str, *, event: str = "") -> int:
        """Sends one event again, or all that were given up; how many those are."""
        return self._call(calls.replay_webhook(id, event))

    # --- how it is done ---------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stops sending. What waits in the spool stays there for the next client."""
        self._closed.set()
        self._wake.set()
        if self._sender.is_alive():
            self._sender.join(self._keeping.asking.timeout + AWAY)
        self._connections.close()
        if self.spool is not None:
            self.spool.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, call: Call[T], *, patient: bool = False) -> T:
        ends = math.inf if patient else None
        return self._drive(self._keeping.asking.answer(call.request, call.read, ends=ends, once=call.once))

    def _drive(self, conversation: Conversation[T]) -> T:
        try:
            step = next(conversation)
            while True:
                try:
                    outcome = self._take(step)
                except Exception as error:
                    step = conversation.throw(error)
                else:
                    step = conversation.send(outcome)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            conversation.close()

    def _take(self, step: Step) -> Any:
        match step:
            case Ask(request, within):
                if self._closed.is_set():
                    raise Unavailable("the client is closed")
                return self._connections.send(request, within)
            case Pause(seconds):
                return self._closed.wait(seconds)
            case Work(call):
                return call()

    def _attend(self) -> None:
        """Sends what waits whenever the service is there, for as long as the client is open."""
        while not self._closed.is_set():
            waiting = 1
            try:
                waiting = self._drive(self._keeping.replay()).waiting
            except Exception as error:
                log.error("the spool waits: %s", type(error).__name__)
            if waiting:
                self._closed.wait(AWAY)
            else:
                self._wake.wait(IDLE)
            self._wake.clear()
