"""One look at an address before all others: most are plainly fine, and then most subjects need not look at all."""

from itertools import product
from typing import Final

from dq_service.context import Context
from dq_service.order import Part
from dq_service.parsing import lines
from dq_service.reference.bundle import Reference
from dq_service.reference.resolver import agrees

PARTS: Final = ("ship_to.address", "ship_from.address", "bill_to.address", "stops[*].address")
# What is plainly fine, and the subjects whose rules then have nothing to say.
_SUBJECTS: Final = {
    "lines": ("place_lines", "address_lines", "address", "strays"),  # a plain street, with nothing or a unit beside it
    "place": ("place_fields", "place"),  # city, state and ZIP are one place of the post's
    "country": ("country",),  # ... in the United States, as the country says
    "point": ("points",),  # of which the known points have nothing to tell
    "pin": ("coordinates",),  # there is none
}
_SPARED: Final = {
    fine: frozenset(
        subject for subjects, is_fine in zip(_SUBJECTS.values(), fine, strict=True) if is_fine for subject in subjects
    )
    for fine in product((False, True), repeat=len(_SUBJECTS))
}


def spared(part: Part, context: Context) -> frozenset[str]:
    """The subjects that would see nothing at this address."""
    address, reference = part.value, context.reference
    city, state, postal_code = address.get("city"), address.get("state"), address.get("postal_code")
    place = (
        type(city) is str
        and type(state) is str
        and type(postal_code) is str
        and agrees(city, state, postal_code, reference.places)
        and city.replace(" ", "").isalpha()
    )
    line1, line2 = address.get("line1"), address.get("line2") or ""
    street = type(line1) is str and type(line2) is str and _is_plain(line1, line2, reference)
    return _SPARED[
        street,
        place,
        place and address.get("country") == "US",
        street and type(postal_code) is str and _is_known(line1, line2, postal_code[:5], reference),
        address.get("latitude") is None or address.get("longitude") is None,
    ]


def _is_plain(line1: str, line2: str, reference: Reference) -> bool:
    """Whether line 1 is a street with a number in digits, and line 2 a unit or empty."""
    return (
        len(line1) <= lines.LONGEST
        and line1.partition(" ")[0].isdecimal()
        and lines.is_plain_street(line1, reference)
        and (not line2 or (len(line2) <= lines.LONGEST and lines.is_unit(line2, reference)))
    )


def _is_known(line1: str, line2: str, zip5: str, reference: Reference) -> bool:
    """Whether the ZIP has no known points, or they have this one with the unit that it may want, or nothing near."""
    points = reference.points
    if points is None:
        return True
    number, _, street = line1.partition(" ")
    standing = points.standing(zip5, street, number)
    if standing == "street_unknown":
        return not points.near(zip5, street, number)
    return not standing or (standing == "units" and bool(line2) and not lines.is_instruction(line2))
