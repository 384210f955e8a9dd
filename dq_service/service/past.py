"""Earlier orders as one order's check sees them: those that are kept, and those carried out just before it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dq_service.order import JSON, Order
from dq_service.recent import History
from dq_service.store.kept import Kept

Known = Mapping[int, Mapping[str, JSON]]  # under each key orders by their ids, oldest first

_NONE = History({})


@dataclass(slots=True, unsafe_hash=True)
class Past:
    """The look-up of `Context.recent` for one order: what was found under its keys, and its own last body."""

    others: Final[History]
    own: Final[Order | None]

    def same_person(self, order: Order) -> Sequence[Order]:
        """Other orders to the same recipient."""
        return self.others.same_person(order)

    def same_place(self, order: Order) -> Sequence[Order]:
        """Other orders to the same street address."""
        return self.others.same_place(order)

    def same_site(self, order: Order) -> Sequence[Order]:
        """Other orders to the same site."""
        return self.others.same_site(order)

    def same_parcel(self, number: str) -> Sequence[Order]:
        """Orders that carry this SSCC or tracking number."""
        return self.others.same_parcel(number)

    def earlier_version(self, order: Order) -> Order | None:
        """The sender's last body of the same order, where it differs from this one."""
        return None if self.own is None or self.own.json == order.json else self.own


class Found:
    """What a group of commands may find of earlier orders: read once for all of them, and added to as they go on."""

    def __init__(self, kept: Known, before: Known) -> None:
        """`kept` holds the orders under each key, oldest first (store.history.earlier); `before`: being written."""
        self._kept = kept
        self._before = before
        self.new: dict[int, dict[str, JSON]] = defaultdict(dict)

    def past(self, keys: Iterable[int], own: Kept | None) -> Past:
        """What an order with these keys may see, each order as it stands."""
        orders: dict[str, JSON] = {}  # one is found under several keys
        for key in keys:
            for known in (self._kept, self._before, self.new):
                if key in known:
                    orders.update(known[key])
        sent = own.sent if own is not None else None
        return Past(History.of(orders.values()) if orders else _NONE, None if sent is None else Order(sent))

    def add(self, keys: Iterable[int], id_: str, order: JSON) -> None:
        """An order that stands now, for those that come after it."""
        for key in keys:
            self.new[key][id_] = order
