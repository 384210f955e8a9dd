"""Earlier orders as one order's check sees them: those that are kept, and those carried out just before it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dq_service.order import JSON, Order
from dq_service.recent import History
from dq_service.store.kept import Kept

_NONE = History({})


@dataclass(frozen=True, slots=True)
class Past:
    """The look-up of `Context.recent` for one order: what was found under its keys, and its own last body."""

    others: History
    own: Order | None

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

    def __init__(self, kept: Mapping[int, Sequence[JSON]]) -> None:
        """`kept` holds the orders under each key, newest first (store.history.earlier)."""
        self._kept = kept
        self._new: dict[int, list[JSON]] = defaultdict(list)

    def past(self, keys: Iterable[int], own: Kept | None) -> Past:
        """What an order with these keys may see."""
        orders: dict[int, JSON] = {}  # by object: one order is found under several keys
        for key in keys:
            for json in (*reversed(self._kept.get(key, ())), *self._new.get(key, ())):
                orders[id(json)] = json
        sent = own.sent if own is not None else None
        return Past(History.of(orders.values()) if orders else _NONE, None if sent is None else Order(sent))

    def add(self, keys: Iterable[int], order: JSON) -> None:
        """An order that stands now, for those of the group that come after it."""
        for key in keys:
            self._new[key].append(order)
