"""The order path: an order is checked or kept, or passes unchecked and waits in the spool. It is never lost.

Every function here is a conversation (wire.py), so that both clients do the same.
"""

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, TypeAlias
from urllib.parse import urlencode
from uuid import uuid4

from dq_service.client.answer import Answer, Flushed
from dq_service.client.asking import FAULT, KEY, Asking
from dq_service.client.bodies import (
    JSON_BODY,
    NDJSON_BODY,
    OF_THE_ORDER,
    Given,
    Outgoing,
    line_answer,
    read_lines,
    read_result,
    unchecked,
    written,
)
from dq_service.client.errors import NotKept, Refused, Unavailable
from dq_service.client.spool import Full, Spool, Spooled, mark
from dq_service.client.wire import Conversation, Pause, Request, Work

log = logging.getLogger("dq_service.client")

OnUnavailable: TypeAlias = Literal["spool", "pass", "block"]

CHECK, KEEP, BATCH, READY = "/v1/orders/check", "/v1/orders", "/v1/orders/batch", "/readyz"
FORBIDDEN: Final = 403  # the order's partner is not the key's; or the key is wrong, and then every order is refused
POISONED: Final = 5  # rounds that fail over one order, while the service is ready, before it is set aside
BETWEEN_BATCHES: Final = 0.2  # seconds before lines that could not be taken are sent again


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a client keeps orders: whom it asks, as which partner, and what happens when nobody answers."""

    asking: Asking
    partner: str = ""
    on_unavailable: OnUnavailable = "spool"
    spool: Spool | None = None
    spooled: Callable[[], None] = lambda: None  # told when an order was put by, to wake whoever sends it
    faults: dict[str, int] = field(default_factory=dict, repr=False)  # rounds that failed over a spooled order

    # --- one order ----------------------------------------------------------------------------------------------

    def check(self, order: Given) -> Conversation[Answer]:
        """The answer for an order that is not kept."""
        request = Request("POST", self._path(CHECK), written(order), JSON_BODY)
        try:
            return (yield from self.asking.answer(request, read_result, ends=self._ends()))
        except Unavailable as gone:
            if self.on_unavailable == "block":
                raise
            return unchecked(order, gone.why)

    def keep(self, order: Given, key: str = "") -> Conversation[Answer]:
        """The answer for an order that the service keeps, now or later."""
        body, key = written(order), key or uuid4().hex
        if self._waits(body):
            return (yield from self._put_by(order, body, key, "an earlier body of this order still waits"))
        request = Request("POST", self._path(KEEP), body, {**JSON_BODY, KEY: key})
        try:
            return (yield from self.asking.answer(request, read_result, ends=self._ends()))
        except Unavailable as gone:
            if self.on_unavailable == "block":
                raise
            return (yield from self._put_by(order, body, key, gone.why))

    def _put_by(self, order: Given, body: bytes, key: str, why: str) -> Conversation[Answer]:
        """The order passes unchecked; with a spool it is on disk before that. Raises NotKept."""
        answer = unchecked(order, why, spooled=self.spool is not None)
        if self.spool is not None:
            first = not self.spool.waiting
            try:
                yield Work(partial(self.spool.add, self._mark(body), key, self._path(KEEP), body))
            except (Full, OSError) as error:
                reason = str(error) if isinstance(error, Full) else f"the spool cannot be written: {error.strerror}"
                raise NotKept(f"{why}; {reason}", unchecked(order, why)) from error
            if first:
                log.warning("orders go into the spool %s: %s", self.spool.folder, why)
            self.spooled()
        return answer

    # --- many orders --------------------------------------------------------------------------------------------

    def keep_batch(self, orders: Sequence[Outgoing], timeout: float, *, backfill: bool) -> Conversation[list[Answer]]:
        """The answers for some orders, in their order, sent as one request; each is kept or put by for itself.

        A backfill is nobody's order path: where the service is away, Unavailable is raised and nothing is put by.
        """
        answers: dict[int, Answer] = {}
        pending = [place for place, one in enumerate(orders) if not self._waits(one.body)]
        why = "an earlier body of this order still waits"
        ends = math.inf if self.on_unavailable == "block" else self.asking.clock() + timeout
        path = self._path(BATCH, {"keep": "true", **({"mode": "backfill"} if backfill else {})})
        while pending:
            content = b"".join(orders[place].body + b"\n" for place in pending)
            try:
                lines = yield from self.asking.answer(
                    Request("POST", path, content, NDJSON_BODY), read_lines, ends=ends
                )
            except Unavailable as gone:
                if backfill or self.on_unavailable == "block":
                    raise
                why = gone.why
                break
            sent, pending = pending, []
            told = dict(lines)
            for line, place in enumerate(sent, 1):
                answer = line_answer(orders[place].order, told.get(line, {}))
                if answer is None:
                    pending.append(place)
                else:
                    answers[place] = answer
            if pending:
                why = "the service could not take this line"
                if self.asking.clock() + BETWEEN_BATCHES >= ends:
                    break
                yield Pause(BETWEEN_BATCHES)
        for place, one in enumerate(orders):
            if place not in answers:
                answers[place] = yield from self._put_by(one.order, one.body, uuid4().hex, why)
        return [answers[place] for place in range(len(orders))]

    def _waits(self, body: bytes) -> bool:
        return self.spool is not None and self.spool.waiting > 0 and self.spool.holds(self._mark(body))

    # --- what waits in the spool --------------------------------------------------------------------------------

    def replay(self) -> Conversation[Flushed]:
        """Sends what waits, in its order and under its keys, until there is nothing left or the service is away.

        What the service refuses for the order's sake is set aside. What it refuses for ours (a key that is no longer
        good) ends the round, is logged, and waits on.
        """
        spool = self.spool
        if spool is None:
            return Flushed()
        if self.asking.circuit.resting(self.asking.clock()) or not spool.take_turn():
            return Flushed(waiting=spool.waiting)
        sent = refused = 0
        try:
            while names := (yield Work(spool.names)):
                for name in names:
                    entry: Spooled | None = yield Work(partial(spool.read, name))
                    if entry is None:
                        continue
                    request = Request("POST", entry.path, entry.body, {**JSON_BODY, KEY: entry.key})
                    try:
                        yield from self.asking.answer(request, read_result)
                    except Unavailable as gone:
                        if gone.status != FAULT or not (yield from self._poisoned(name)):
                            return Flushed(sent, refused, spool.waiting)
                        yield Work(partial(spool.set_aside, name, FAULT, gone.why))
                        refused += 1
                    except Refused as refusal:
                        if refusal.status not in OF_THE_ORDER and not self._often(name, refusal.status == FORBIDDEN):
                            log.error("the spool %s waits: the service answers %s", spool.folder, refusal.status)
                            return Flushed(sent, refused, spool.waiting)
                        yield Work(partial(spool.set_aside, name, refusal.status, refusal.detail))
                        refused += 1
                    else:
                        yield Work(partial(spool.done, name))
                        sent += 1
                    self.faults.pop(name, None)
            if sent or refused:
                log.info("the spool %s is empty: %d sent, %d set aside", spool.folder, sent, refused)
            return Flushed(sent, refused, 0)
        finally:
            spool.end_turn()

    def flush(self, timeout: float) -> Conversation[Flushed]:
        """Replays until the spool is empty or the time is up, whoever else is at it."""
        ends = self.asking.clock() + timeout
        sent = refused = 0
        while True:
            round_ = yield from self.replay()
            sent, refused = sent + round_.sent, refused + round_.refused
            if not round_.waiting or self.asking.clock() + BETWEEN_BATCHES >= ends:
                return Flushed(sent, refused, round_.waiting)
            yield Pause(BETWEEN_BATCHES)

    def _poisoned(self, name: str) -> Conversation[bool]:
        """Whether it is this order that the service fails over: again and again, while it says that it is ready."""
        if not self._often(name):
            return False
        try:
            yield from self.asking.answer(Request("GET", READY), lambda reply: None)
        except (Unavailable, Refused):
            return False
        return True

    def _often(self, name: str, concerns: bool = True) -> bool:
        """Counts a round that failed over an order; whether there were too many."""
        if concerns:
            self.faults[name] = self.faults.get(name, 0) + 1
        return concerns and self.faults[name] >= POISONED

    def _ends(self) -> float | None:
        return math.inf if self.on_unavailable == "block" else None

    def _path(self, path: str, query: Mapping[str, str] | None = None) -> str:
        asked = {**(query or {}), **({"partner": self.partner} if self.partner else {})}
        return f"{path}?{urlencode(asked)}" if asked else path

    def _mark(self, body: bytes) -> str:
        """Which order a body is of; one without an order_id is its own."""
        try:
            order = json.loads(body)
        except ValueError:
            order = None
        if not isinstance(order, dict) or order.get("order_id") in (None, ""):
            return mark(body.decode("utf-8", "replace"))
        own = (order.get(name) for name in ("account", "order_id", "shipment_id"))
        return mark(self.partner or str(order.get("partner") or ""), *(str(value or "") for value in own))
