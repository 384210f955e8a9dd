"""What a partner requires of every order and an order lacks, where no rule of its own tells of that field."""

from collections.abc import Sequence
from typing import Final

from dq_service.context import Context
from dq_service.finding import Observation
from dq_service.order import Order, Part
from dq_service.parsing.blank import asked, blank, is_blank
from dq_service.parsing.country import country_of
from dq_service.parsing.customer import side_of

_WHOM: Final = ("name", "company", "site_id")
_PLACE_COUNTRIES: Final = frozenset({"US", "CA"})  # elsewhere the rules of address and place are silent
_ANSWERED: Final = ("instructions", "line2")  # where `none` is an answer


def missing(part: Part, context: Context, *, of: Sequence[str], but: Sequence[str]) -> Sequence[Observation]:
    """The required fields under one of `of` (none: any) and none of `but` that are blank, each told once.

    What no entry of a list can hold, since there is none, is missing as the list: `packages` for `packages[*].sscc`.
    """
    seen = {
        observation.field: observation
        for path in asked(context.partner.required)
        if (not of or path.startswith(tuple(of))) and not path.startswith(tuple(but))
        for observation in blank(part.order, path)
        if not _told(path, observation.field, part.order, context)
    }
    return tuple(seen.values())


def _told(path: str, field: str, order: Order, context: Context) -> bool:
    """Whether another rule tells of a blank field, or its sender has answered that there is none."""
    name = field.rpartition(".")[2]
    if name in _ANSWERED and context.reference.placeholders.kind(context.received.text(field).strip(), name) == "none":
        return True
    if path.startswith("items[*]"):
        if field == "items":
            return "items" in context.partner.required or is_blank(order.at("packages"))  # items-missing
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
    if is_blank({**address.value, "country": None} if type(address.value) is dict else address.value):
        return party == side  # address-missing
    own = below in ("address.line1", "address.city", "address.state", "address.postal_code")  # the rules of place
    return own and country_of(address, context.reference) in _PLACE_COUNTRIES
