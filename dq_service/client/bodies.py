"""An order's bytes on the way out, and what comes back for it: a result, a line of a batch, or nothing at all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeAlias

import orjson

from dq_service.client.answer import Answer, answer_of
from dq_service.client.asking import Unreadable
from dq_service.client.wire import Reply
from dq_service.order import JSON

Given: TypeAlias = Mapping[str, Any] | bytes | str

OF_THE_ORDER: Final = frozenset({400, 412, 413, 415, 422})  # refusals that concern the order, not the caller
# Of one batch at most: so much fits into the buffers on the way, and is sent before any answer has to be read.
BATCH_ORDERS, BATCH_BYTES = 200, 2**17
JSON_BODY: Final = {"Content-Type": "application/json"}
NDJSON_BODY: Final = {"Content-Type": "application/x-ndjson"}


def unchecked(order: Given, why: str, *, spooled: bool = False) -> Answer:
    """The answer where nobody answered: the order as it was given leaves, and says that it is unchecked."""
    if isinstance(order, bytes | str):
        try:
            order = json.loads(order)
        except ValueError:
            order = {}
    shown = dict(order) if isinstance(order, Mapping) else None
    return Answer("release", None, shown or None, unchecked=True, spooled=spooled, why=why)


def written(order: Given) -> bytes:
    """The bytes of an order; bytes and text go as they are. Raises TypeError for what is no JSON."""
    if isinstance(order, bytes):
        return order
    if isinstance(order, str):
        return order.encode("utf-8", "surrogatepass")
    try:
        return orjson.dumps(order, default=_as_json)
    except TypeError:  # half a character, a number of more than 64 bits: the service says what it makes of them
        return json.dumps(order, default=_as_json, separators=(",", ":")).encode()


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def read_result(reply: Reply) -> Answer:
    """The result in a reply. Raises Unreadable."""
    try:
        return answer_of(reply.json(), repeat=reply.headers.get("idempotent-replay", "").lower() == "true")
    except (ValueError, KeyError, TypeError):
        raise Unreadable from None


def read_lines(reply: Reply) -> Sequence[tuple[int, JSON]]:
    """The lines of a batch's reply, each with the number of the line that it answers. Raises Unreadable."""
    try:
        told = [json.loads(line) for line in reply.body.splitlines() if line.strip()]
        return [(int(one["line"]), one) for one in told]
    except (ValueError, KeyError, TypeError):
        raise Unreadable from None


def line_answer(order: Given, told: JSON) -> Answer | None:
    """A line's answer: a result, or a problem that stays; None for one that may pass."""
    if "verdict" in told:
        return answer_of(told, repeat=bool(told.get("repeat")))
    if told.get("status") in OF_THE_ORDER:
        refusal = unchecked(order, str(told.get("detail") or told.get("title") or "refused"))
        return Answer(refusal.action, None, refusal.order, told, unchecked=True, why=refusal.why)
    return None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An order of a batch and its bytes, on one line."""

    order: Given
    body: bytes = field(repr=False)


@dataclass(slots=True)
class Portion:
    """What is collected for one request."""

    orders: list[Outgoing] = field(default_factory=list)
    size: int = 0

    def add(self, order: Given) -> None:
        """One more. Raises TypeError for what is no JSON."""
        body = written(order).replace(b"\r", b" ").replace(b"\n", b" ")  # JSON has them between values only
        self.orders.append(Outgoing(order, body))
        self.size += len(body)

    @property
    def full(self) -> bool:
        """Whether one request should not take more."""
        return len(self.orders) >= BATCH_ORDERS or self.size >= BATCH_BYTES

    def taken(self) -> list[Outgoing]:
        """What was collected; nothing is left."""
        orders, self.orders, self.size = self.orders, [], 0
        return orders
