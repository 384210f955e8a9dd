"""What there is to say of an order as a whole: one look for all subjects that look at all of it."""

from collections.abc import Sequence
from typing import Final

from dq_service.context import Context
from dq_service.order import Part
from dq_service.parsing import handing_over
from dq_service.parsing.blank import lacks
from dq_service.parsing.customer import kind_of, names_somebody, side_of

PARTS: Final = ("",)
_UNDER_WAY: Final = frozenset({"created", "confirmed", "picked_up", "in_transit", "out_for_delivery"})


def marks(part: Part, context: Context) -> Sequence[str]:
    """`no_id`, `order_id` against the partner's pattern · `no_address`, `required`: blank fields · `no_recipient`:
    nobody is named · `payer`: bill_to is there · `no_items`, `restricted` goods · `no_window` · `under_way`: it has a
    status that an order may fall back to · `no_instructions` where the partner wants some · `handed_over`: it says how
    · `goods` and `parcels` that earlier orders may have had.
    """
    order, json, partner = part.order, part.value, context.partner
    found: list[str] = []
    order_id = json.get("order_id")
    if order_id is None or order_id == "":
        found.append("no_id")
    elif partner.order_id and type(order_id) is str and not partner.order_id.matches(order_id):
        found.append("order_id")
    kind = json.get("kind")
    customer = json.get(side_of(order) if kind else "ship_to")
    if type(customer) is not dict:
        found += ("no_address", "no_recipient")
    else:
        address = customer.get("address")
        if type(address) is not dict or not address.get("line1") or (kind and kind_of(order) == "transfer"):
            found.append("no_address")
        if not (names_somebody(customer.get("name")) or names_somebody(customer.get("company"))):
            found.append("no_recipient")
    if partner.required and lacks(order, partner.required):
        found.append("required")
    if json.get("bill_to"):
        found.append("payer")
    items = json.get("items")
    named = False
    for line in items if type(items) is list else ():
        if type(line) is dict:
            named = True
            if line.get("restricted"):
                found.append("restricted")
                break
    if not named:
        found.append("no_items")
    window = json.get("window")
    if type(window) is not dict or not (window.get("start") or window.get("end")):
        found.append("no_window")
    if context.recent is not None:
        if order.text("status") in _UNDER_WAY:
            found.append("under_way")
        if items:
            found.append("goods")
        if json.get("packages"):
            found.append("parcels")
    text = json.get("instructions")
    if not text and partner.instructions_required:
        found.append("no_instructions")
    if (
        json.get("signature_required") is True
        or json.get("requirements")
        or json.get("service")
        or (text and type(text) is str and handing_over.signed(text))
    ):
        found.append("handed_over")
    return found
