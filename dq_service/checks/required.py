"""What a partner requires of every order and an order lacks, where no rule of its own tells of that field."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Observation
from dq_service.order import Order, Part
from dq_service.parsing.country import country_of
from dq_service.parsing.customer import side_of

# Rules of their own tell of these, wherever they are blank: order-id-missing, items-missing, window-missing.
_TOLD_ALWAYS: Final = frozenset({"order_id", "items", "window"})
_CONTACT: Final = ".contact"
_REACHED: Final = ("phone", "email")
_WHOM: Final = ("name", "company", "site_id")
_PLACE_COUNTRIES: Final = frozenset({"US", "CA"})  # elsewhere the rules of address and place are silent
_ANSWERED: Final = ("instructions", "line2")  # where `none` is an answer


def marks(part: Part, context: Context) -> Sequence[str]:
    """`required`: a field that the partner requires is blank."""
    order = part.order
    for path in _asked(context.partner.required):
        if type(order.at(path)) is not str and next(_blank(order, path), None):
            return ("required",)
    return ()


def missing(part: Part, context: Context, *, of: Sequence[str], but: Sequence[str]) -> Sequence[Observation]:
    """The required fields under one of `of` (none: any) and none of `but` that are blank, each told once.

    What no entry of a list can hold, since there is none, is missing as the list: `packages` for `packages[*].sscc`.
    """
    seen = {
        observation.field: observation
        for path in _asked(context.partner.required)
        if (not of or path.startswith(tuple(of))) and not path.startswith(tuple(but))
        for observation in _blank(part.order, path)
        if not _told(path, observation.field, part.order, context)
    }
    return tuple(seen.values())


@lru_cache(maxsize=256)
def _asked(required: tuple[str, ...]) -> tuple[str, ...]:
    """The required fields less those that rules of their own always tell of."""
    return tuple(path for path in required if path not in _TOLD_ALWAYS)


def _blank(order: Order, path: str) -> Iterator[Observation]:
    """Where an order is blank at a path. A contact is only looked for here where its whole party is absent."""
    head, star, tail = path.partition("[*]")
    if star:
        entries = order.at(head)
        if type(entries) is not list or not entries:
            yield Observation(head, entries)
            return
        for place in range(len(entries)):
            yield from _blank(order, f"{head}[{place}]{tail}")
    elif path.endswith(_CONTACT):
        party = path.removesuffix(_CONTACT)
        if type(order.at(party)) is not dict:
            fields = tuple(f"{party}.{name}" for name in _REACHED)
            yield Observation(fields[0], None, fields)
    elif _is_blank(order.at(path)):
        yield Observation(path, None)


def _is_blank(value: Any) -> bool:
    """Whether nothing is said: null, an empty text or list, an object of nothing else."""
    if type(value) is dict:
        return all(map(_is_blank, value.values()))
    return value is None or value == "" or value == []


def _told(path: str, field: str, order: Order, context: Context) -> bool:
    """Whether another rule tells of a blank field, or its sender has answered that there is none."""
    name = field.rpartition(".")[2]
    if name in _ANSWERED and context.reference.placeholders.kind(context.received.text(field).strip(), name) == "none":
        return True
    if path.startswith("items[*]"):
        if field == "items":
            return "items" in context.partner.required or _is_blank(order.at("packages"))  # items-missing
        return path == "items[*].quantity"  # quantity-missing
    if path.startswith("window."):
        wanted = "window" in context.partner.required or context.partner.appointments
        return wanted and order.at("window.start") is None and order.at("window.end") is None  # window-missing
    if path == "instructions":
        return "always" in context.partner.instructions_required  # instructions-missing
    side = side_of(order)
    if path in (side, *(f"{side}.{one}" for one in _WHOM)):
        return not any(order.at(f"{side}.{one}") for one in _WHOM)  # recipient-missing
    party, _, below = path.partition(".")
    if not below.startswith("address") or not party.startswith("ship_"):
        return False
    address = order.part(f"{party}.address")
    if _is_blank({**address.value, "country": None} if type(address.value) is dict else address.value):
        return party == side  # address-missing
    own = below in ("address.line1", "address.city", "address.state", "address.postal_code")  # the rules of place
    return own and country_of(address, context.reference) in _PLACE_COUNTRIES
