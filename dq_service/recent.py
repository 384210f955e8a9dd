"""Earlier orders held in memory as a look-up, where there is no store: `--recent FILE`, the rules' own examples."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dq_service.order import JSON, Order

Key = tuple[str, str | tuple[str, ...]]

_OTHERS: Final = re.compile(r"[\W_]+")  # what is neither letter nor digit


@dataclass(frozen=True, slots=True)
class History:
    """Orders indexed by person, place, site, parcel and identity; an order is never its own evidence."""

    found: dict[Key, list[Order]]

    @classmethod
    def of(cls, orders: Iterable[JSON]) -> "History":
        """The history of these orders, oldest first (the order of a file)."""
        found: dict[Key, list[Order]] = defaultdict(list)
        for json in orders:
            order = Order(json)
            for key in keys(order):
                found[key].append(order)
        return cls(dict(found))

    def same_person(self, order: Order) -> Sequence[Order]:
        """Other orders with the phone of `ship_to` (its last ten digits), or with its name in the same ZIP."""
        return self._others(order, ("phone", "person"))

    def same_place(self, order: Order) -> Sequence[Order]:
        """Other orders with both address lines and the ZIP of `ship_to`, by their letters and digits."""
        return self._others(order, ("place",))

    def same_site(self, order: Order) -> Sequence[Order]:
        """Other orders with the `site_id` of `ship_to`; without one, with its company and phone."""
        return self._others(order, ("site",))

    def earlier_version(self, order: Order) -> Order | None:
        """The last order of the same identity that is not equal to this one; None where there is none."""
        versions = [other for other in self.found.get(("identity", identity(order)), ()) if other.json != order.json]
        return versions[-1] if versions else None

    def same_parcel(self, number: str) -> Sequence[Order]:
        """Orders with a package of this SSCC or tracking number, newest first; versions of one order, too."""
        return self.found.get(("parcel", squeezed(number)), [])[::-1]

    def _others(self, order: Order, names: tuple[str, ...]) -> list[Order]:
        """Newest first, each once, without any version of the order itself."""
        if not self.found:
            return []
        own = identity(order)
        out: dict[int, Order] = {}
        for key in keys(order):
            if key[0] in names:
                for other in reversed(self.found.get(key, ())):
                    if identity(other) != own:
                        out.setdefault(id(other), other)
        return list(out.values())


def identity(order: Order) -> tuple[str, ...]:
    """What one partner's order is known by: account, order_id as received, shipment_id.

    A history is one partner's, whatever its orders call themselves (`--partner` wins over them).
    """
    return tuple(str(order.at(name) or "") for name in ("account", "order_id", "shipment_id"))


def squeezed(text: str) -> str:
    """A text by its letters and digits alone, for keys."""
    return _OTHERS.sub("", text).casefold()


def keys(order: Order) -> Iterator[Key]:
    """What an order is known by: identity, phone, person, place, site, parcel, each with its value."""
    yield "identity", identity(order)
    yield from shared_keys(order)


def shared_keys(order: Order) -> Iterator[Key]:
    """Those that it may have in common with another order."""
    person, address = order.part("ship_to"), order.part("ship_to.address")
    postal_code = address.text("postal_code")[:5]
    phone = squeezed(person.text("phone"))
    if len(phone) >= 10:
        yield "phone", phone[-10:]
    if person.text("name") and postal_code:
        yield "person", (squeezed(person.text("name")), postal_code)
    line = squeezed(address.text("line1") + address.text("line2"))
    if line and postal_code:
        yield "place", (line, postal_code)
    if person.text("site_id"):
        yield "site", squeezed(person.text("site_id"))
    elif person.text("company") and phone:
        yield "site", (squeezed(person.text("company")), phone[-10:])
    packages = order.at("packages")
    for place in range(len(packages) if isinstance(packages, list) else 0):
        package = order.part(f"packages[{place}]")
        for name in ("sscc", "tracking_number"):
            if package.text(name):
                yield "parcel", squeezed(package.text(name))
