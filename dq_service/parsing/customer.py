"""Whose window and instructions an order carries: the customer stands on one of its two sides."""

from typing import Final

from dq_service.order import Order

_CUSTOMER_FROM: Final = frozenset({"pickup", "return"})


def side_of(order: Order) -> str:
    """`ship_from` for a pickup or a return that says where from, else `ship_to` (CONTRACT section 1)."""
    return "ship_from" if order.text("kind") in _CUSTOMER_FROM and order.at("ship_from.address") else "ship_to"
