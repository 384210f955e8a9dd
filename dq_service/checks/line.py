"""What is wrong with a line of an order: one look for its article and its quantity."""

from collections.abc import Sequence
from typing import Final

from dq_service.context import Context
from dq_service.order import Part
from dq_service.parsing.article import reading_of

PARTS: Final = ("items[*]",)
_EVERYDAY: Final = 1000  # a quantity up to this needs no second look


def marks(part: Part, context: Context) -> Sequence[str]:
    """`unquantified`, `nothing`, or `many` that may be `broken`; `form` `confused` `blank` `swallowed` `misspelt`
    `unknown` `unlisted` `retired` `contradicts` of the SKU, `gtin_form` `gtin_wrong` `gtin_other` of the GTIN.
    """
    line, partner = part.value, context.partner
    quantity, sku, gtin = line.get("quantity"), line.get("sku"), line.get("gtin")
    catalog = context.reference.catalogs.get(partner.catalog) if partner.catalog else None
    if catalog is not None and type(sku) is str and catalog.has_plainly(sku, gtin):
        found: Sequence[str] = ()
    else:
        found = reading_of(line, catalog, complete=partner.catalog_complete).marks
    if type(quantity) is int and 0 < quantity <= _EVERYDAY:
        return found
    if quantity is None or isinstance(quantity, bool) or not isinstance(quantity, int | float) or quantity != quantity:
        return (*found, "unquantified")
    return (*found, "broken", "many") if quantity > 0 else (*found, "nothing")
