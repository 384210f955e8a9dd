"""Webhooks: who wants to hear of what, and the task that has every one of them served by a courier of its own."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from time import monotonic
from typing import Final, TypeAlias, TypeVar

from dq_service.faults import told
from dq_service.meters import Meters
from dq_service.order import JSON
from dq_service.service.courier import Courier
from dq_service.service.feeds import Bell
from dq_service.service.outgoing import Outgoing, new_secret
from dq_service.store import leases, outbox, webhooks
from dq_service.store.audit import append
from dq_service.store.database import Database
from dq_service.store.ids import new_id
from dq_service.store.kept import Note
from dq_service.store.schema import column_text
from dq_service.store.trouble import Conflict, Unavailable
from dq_service.store.webhooks import Include, Webhook

T = TypeVar("T")
log = logging.getLogger(__name__)

EVERY: Final = 1.0  # seconds between two looks at which webhooks there are
ON_REQUEST: Final = "on request"  # why a webhook is disabled that a caller has disabled
LEASE: Final = "webhooks"
LEASED: Final = 10.0  # seconds; as long at most nobody sends after a worker has died
_THREADS: Final = 4  # of our own: whoever else needs a thread does not wait for us
_MARGIN: Final = 2.0  # seconds before the end of the lease from which on nothing more is sent


Sees: TypeAlias = Callable[[str, bool], bool]  # of partner and whether a test key made it: is it there for who asks?


def everybodys(partner: str, trial: bool) -> bool:
    """Whoever may see all webhooks."""
    return True


class Unknown(LookupError):
    """There is no such webhook, or no such event that it could hear of."""


def register(
    database: Database,
    url: str,
    *,
    partner: str = "",
    types: Sequence[str] = (),
    include: Sequence[Include] = (),
    after: int | None = None,
    trial: bool = False,
    by: str = "local",
    now: datetime,
) -> Webhook:
    """A new webhook, with its secret. It hears of what comes after `after`, a cursor of the feed; of now, where None.

    The URL was examined (`Outgoing.examine`). `trial`: made by a test key; `by`: who made it. Raises Unavailable.
    """
    with database.writing() as connection:
        latest = outbox.latest(connection)
        webhook = Webhook(
            id=new_id("whk"),
            url=url,
            secret=new_secret(),
            partner=column_text(partner),
            types=tuple(types),
            include=tuple(include),
            created_at=now,
            cursor=latest if after is None else min(after, latest),
            trial=trial,
        )
        webhooks.add(connection, webhook)
        append(connection, [_note("webhook.add", webhook, by, now, {"types": list(types), "include": list(include)})])
        return webhook


def change(
    database: Database,
    webhook_id: str,
    *,
    url: str | None = None,
    types: Sequence[str] | None = None,
    include: Sequence[Include] | None = None,
    enabled: bool | None = None,
    sees: Sees = everybodys,
    by: str = "local",
    now: datetime,
) -> Webhook:
    """A webhook with other values where they are given. Raises Unknown, Unavailable.

    What is enabled again goes on where it stopped: what was pending is sent, and then all that happened meanwhile.
    Other `types` hold for what is taken up from now on. A URL was examined (`Outgoing.examine`).
    """
    told: dict[str, object] = {"url": url, "types": types, "include": include}
    values = {name: value for name, value in told.items() if value is not None}
    with database.writing() as connection:
        webhook = webhooks.find(connection, webhook_id)
        if webhook is None or not sees(webhook.partner, webhook.trial):
            raise Unknown
        if enabled is True:
            values.update(disabled_at=None, disabled_why="")
        elif enabled is False and webhook.disabled_at is None:
            values.update(disabled_at=now, disabled_why=ON_REQUEST)
        if values:
            webhooks.change(connection, webhook_id, values)
            append(connection, [_note("webhook.change", webhook, by, now, {"changed": sorted(values)})])
        return replace(webhook, **values)  # type: ignore[arg-type]


def remove(database: Database, webhook_id: str, *, sees: Sees = everybodys, by: str = "local", now: datetime) -> None:
    """Forgets a webhook and its deliveries. Raises Unknown, Unavailable."""
    with database.writing() as connection:
        webhook = webhooks.find(connection, webhook_id)
        if webhook is None or not sees(webhook.partner, webhook.trial):
            raise Unknown
        webhooks.remove(connection, webhook_id)
        append(connection, [_note("webhook.remove", webhook, by, now, {})])


def _note(action: str, webhook: Webhook, by: str, now: datetime, detail: JSON) -> Note:
    return Note(now, by, action, webhook.id, webhook.partner, detail)


def replay(database: Database, webhook_id: str, event_id: str | None, now: datetime, *, sees: Sees = everybodys) -> int:
    """Sends an event once more, or (None) everything that was given up; how many. Raises Unknown, Unavailable."""
    with database.writing() as connection:
        webhook = webhooks.find(connection, webhook_id)
        if webhook is None or not sees(webhook.partner, webhook.trial):
            raise Unknown
        if webhooks.lock(connection, webhook_id) is None:
            raise Unknown
        if event_id is None:
            count = webhooks.replay_dead(connection, webhook_id, now)
        else:
            entry = outbox.find(connection, event_id)
            if (
                entry is None
                or entry.event.trial is not webhook.trial
                or webhook.partner not in ("", entry.event.partner)
            ):
                raise Unknown
            webhooks.replay_event(connection, webhook, entry, now)
            count = 1
        outbox.announce(connection)
        return count


class Dispatcher:
    """Has every webhook served. Of several workers on one database only the one that holds the lease does.

    `holder` names this worker. All waiting is the event loop's, all instants that are kept are `clock`'s.
    """

    def __init__(
        self,
        database: Database,
        outgoing: Outgoing,
        bell: Bell,
        *,
        holder: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Random | None = None,
        meters: Meters | None = None,
    ) -> None:
        self._meters = meters or Meters()
        self.looked_at = monotonic()  # when it was last seen at work
        self._database = database
        self._outgoing = outgoing
        self._bell = bell
        self._holder = holder
        self._clock = clock
        self._random = random or Random()
        self._threads = ThreadPoolExecutor(_THREADS, "dq-webhooks")
        self._couriers: dict[str, asyncio.Task[None]] = {}
        self._served: dict[str, Webhook] = {}  # as their couriers know them
        self._leads_until = float("inf") if database.dialect == "sqlite" else 0.0  # the loop's clock

    async def run(self) -> None:
        """Until it is cancelled; then what is under way has two seconds to end."""
        try:
            while True:
                await self._look()
                self.looked_at = monotonic()
                await asyncio.sleep(EVERY)
        finally:
            await self._end(list(self._couriers))
            if self._leads():
                await self._in_thread(self._step_down)
            await asyncio.to_thread(self._threads.shutdown)  # nothing of ours is at the database any more

    def _leads(self) -> bool:
        return asyncio.get_running_loop().time() < self._leads_until

    async def _look(self) -> None:
        """Begins to serve new webhooks and ends with those that are gone."""
        began = asyncio.get_running_loop().time()
        try:
            found = await self._in_thread(self._survey)
        except (Unavailable, Conflict):
            if not self._leads():
                await self._end(list(self._couriers))
            return
        if self._database.dialect != "sqlite":
            self._leads_until = began + LEASED - _MARGIN if found is not None else 0.0
        wanted = {one.id: replace(one, cursor=0) for one in found or () if one.disabled_at is None}
        ended = [one for one, task in self._couriers.items() if wanted.get(one) != self._served.get(one) or task.done()]
        await self._end(ended)
        for one in found or ():
            if one.id in wanted and one.id not in self._couriers:
                self._couriers[one.id] = asyncio.create_task(self._courier(one).run())
        self._served = wanted

    def _courier(self, webhook: Webhook) -> Courier:
        return Courier(
            webhook,
            self._database,
            self._outgoing,
            self._bell,
            clock=self._clock,
            random=Random(self._random.random()),
            leads=self._leads,
            threads=self._threads,
            meters=self._meters,
        )

    async def _in_thread(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, act)

    async def _end(self, ids: Sequence[str]) -> None:
        tasks = [self._couriers.pop(one) for one in ids]
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("a courier broke: %s", told(ended))

    # --- in a thread ---

    def _survey(self) -> list[Webhook] | None:
        """The webhooks; None while another worker serves them."""
        if self._database.dialect == "sqlite":  # one process writes the file, and that is this one
            with self._database.reading() as connection:
                return webhooks.every(connection)
        with self._database.writing() as connection:
            if not leases.take(connection, LEASE, self._holder, self._clock(), LEASED):
                return None
            return webhooks.every(connection)

    def _step_down(self) -> None:
        if self._database.dialect == "sqlite":
            return
        with suppress(Unavailable, Conflict), self._database.writing() as connection:  # else it ends by itself
            leases.release(connection, LEASE, self._holder)
