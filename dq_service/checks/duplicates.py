"""The same goods sent twice: orders and parcel numbers that another order has had shortly before."""

from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from typing import Final

from dq_service.context import Context
from dq_service.finding import Observation
from dq_service.order import Order, Part
from dq_service.parsing.customer import kind_of
from dq_service.parsing.instant import read
from dq_service.recent import identity, squeezed

_NUMBERS: Final = ("sscc", "tracking_number")
_BACK: Final = frozenset({"return", "exchange"})
_AGAIN: Final = frozenset({"attempted", "exception", "returned"})  # what is sent again with its number
_CANCELLED: Final = "cancelled"


def repeated(part: Part, context: Context, *, minutes: int, most_a_day: int, commercial: bool) -> Sequence[Observation]:
    """Another order to the same person at the same place with the same items, placed so many minutes before at most.

    `commercial`: a company, or a recipient of `most_a_day` or more orders on that day; a residence otherwise.
    """
    order = part.order
    if context.recent is None or order.text("status") == _CANCELLED:
        return ()
    known = _as_known(order, context)
    others = context.recent.same_person(known)
    if not others:
        return ()
    placed, goods, here = _placed(order), _goods(order), _place(order)
    if placed is None or not goods:
        return ()
    there = [other for other in others if _place(other) == here]
    twins = [
        other
        for other in there
        if other.text("order_id") != known.text("order_id")
        and kind_of(other) == kind_of(order)
        and other.text("status") != _CANCELLED
        and (at := _placed(other)) is not None
        and placed - at <= timedelta(minutes=minutes)
        and _came_first(other, known)
        and _goods(other) == goods
    ]
    if not twins:
        return ()
    same_day = [
        other for other in there if (at := _placed(other)) is not None and abs(placed - at) <= timedelta(days=1)
    ]
    often = bool(order.text("ship_to.company")) or len(same_day) >= most_a_day
    if often is not commercial:
        return ()
    return (Observation("order_id", order.text("order_id"), ("order_id", "items"), twins[0].text("order_id")),)


def parcel_used(part: Part, context: Context, *, days: int) -> Sequence[Observation]:
    """SSCCs and tracking numbers that another order had in the last `days`; not its return, nor what goes out again.

    Of two orders with one number only the later is told of it.
    """
    order = part.order
    if context.recent is None or kind_of(order) in _BACK:
        return ()
    since = (_placed(order) or context.as_of) - timedelta(days=days)
    known = _as_known(order, context)
    return tuple(
        Observation(package.field(name), number)
        for package in order.parts("packages[*]")
        for name in _NUMBERS
        if (number := package.text(name))
        and any(_is_other(other, known, since) for other in context.recent.same_parcel(number))
    )


def _is_other(other: Order, known: Order, since: datetime) -> bool:
    """Whether an earlier order is another delivery: neither a part of the same order nor one that is sent again."""
    if identity(other)[:2] == identity(known)[:2] or kind_of(other) in _BACK:
        return False
    placed = _placed(other)
    if (placed is not None and placed < since) or not _came_first(other, known):
        return False
    return not (other.text("status") in _AGAIN and _place(other) == _place(known))


def _as_known(order: Order, context: Context) -> Order:
    """The order under the id that it came with: that is what it is known by."""
    received = context.received.at("order_id")
    return order if received == order.at("order_id") else order.replacing({"order_id": received})


def _came_first(other: Order, known: Order) -> bool:
    """Whether another order was placed earlier; of two at one instant, or where one is undated, the lower id counts.

    So one of two orders is accused, never both.
    """
    at, placed = _placed(other), _placed(known)
    if at is not None and placed is not None and at != placed:
        return at < placed
    return identity(other) < identity(known)


def _goods(order: Order) -> Counter[Hashable]:
    """What is ordered: how many of what, by SKU, GTIN or description."""
    out: Counter[Hashable] = Counter()
    for item in order.parts("items[*]"):
        name = squeezed(item.text("sku") or item.text("gtin") or item.text("description"))
        quantity = item.at("quantity")
        if name:
            out[name] += quantity if type(quantity) is int else 0
    return out


def _place(order: Order) -> str:
    """Both lines and the postal code, by their letters and digits."""
    address = order.part("ship_to.address")
    return squeezed(address.text("line1") + address.text("line2")) + address.text("postal_code")[:5]


def _placed(order: Order) -> datetime | None:
    text = order.text("placed_at")
    value = read(text).value if text else None
    return value if value is not None and value.tzinfo is not None else None
