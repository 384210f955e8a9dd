"""What kind of order it is, on which of its two sides the customer stands, and whether a name names anybody."""

import re
from functools import lru_cache
from typing import Final

from dq_service.order import Order

KINDS: Final = ("delivery", "pickup", "return", "exchange", "transfer")
_CUSTOMER_FROM: Final = frozenset({"pickup", "return"})


def kind_of(order: Order) -> str:
    """One of KINDS, case, spaces and hyphens aside; a delivery where the order says nothing or no known word."""
    text = order.json.get("kind")
    if type(text) is not str:
        return "delivery"
    return text if text in KINDS else kind_meant(text) or "delivery"


@lru_cache(maxsize=256)
def kind_meant(text: str) -> str:
    """The kind that a text is in another dress (`Pick up`, `RETURN`); `""` for any other text."""
    plain = re.sub(r"[\W_]+", "", text).casefold()
    return plain if plain in KINDS else ""


def side_of(order: Order) -> str:
    """`ship_from` for a pickup or a return that has one, else `ship_to` (CONTRACT section 1)."""
    return "ship_from" if kind_of(order) in _CUSTOMER_FROM and order.at("ship_from") is not None else "ship_to"


def names_somebody(name: object) -> bool:
    """Whether a name holds a letter, of whatever script: dots and digits name nobody."""
    return type(name) is str and (name[:1].isalpha() or any(map(str.isalpha, name)))
