"""Which country an address is in, as far as it says."""

import re
from functools import lru_cache
from typing import Any, Final

from dq_service.order import Part
from dq_service.parsing.customer import side_of
from dq_service.reference.bundle import Reference

_ZIP: Final = re.compile(r"\s*[0-9]{4,5}(?:[-\s]?[0-9]{4})?(?:\.0+)?\s*")
_POSTAL: Final = re.compile(r"\s*[A-Za-z][0-9OoIl][A-Za-z][\s-]*[0-9OoIl][A-Za-z][0-9OoIl]\s*")
# A postal code behind other parts of the place, in whichever field: `WI 53221`, `Toronto ON M5V 2T6`.
_ENDS_IN_ZIP: Final = re.compile(r"(?:.*\W)?([A-Za-z]{2})\W+[0-9]{5}(?:-[0-9]{4})?\s*", re.S)
_ENDS_IN_POSTAL: Final = re.compile(r".*\b[A-Za-z][0-9][A-Za-z][\s-]*[0-9][A-Za-z][0-9]\s*", re.S)


def country_of(part: Part, reference: Reference) -> str:
    """ISO 3166-1 alpha-2 of the address that a part belongs to; `""` where it names a country that nobody knows.

    The address itself, else its party's, else the customer's (ship_to; ship_from for a pickup or return). Where no
    country is given, state and postal code tell; where they say nothing either, it is the home market, the US.
    """
    address = _address_of(part)
    if type(address) is not dict:
        return "US"
    country = address.get("country")
    if country == "US":
        return "US"
    given = (
        value if type(value) is str else "" for value in (country, address.get("state"), address.get("postal_code"))
    )
    return "CA" if country == "CA" else _told(*given, reference)


def _address_of(part: Part) -> Any:
    if part.path.endswith("address"):
        return part.value
    head = part.path.partition(".")[0]
    if head.startswith(("ship_", "bill_to", "stops")):
        return part.order.at(head + ".address")
    return part.order.at(side_of(part.order) + ".address")


@lru_cache(maxsize=4096)
def _told(country: str, state: str, postal_code: str, reference: Reference) -> str:
    if country.strip():
        return reference.countries.code(country)
    if _POSTAL.fullmatch(postal_code) or _ENDS_IN_POSTAL.fullmatch(postal_code) or _ENDS_IN_POSTAL.fullmatch(state):
        return "CA"
    american = reference.states.code(state)  # first: `NE` is Nebraska, and Nouvelle-Écosse to a few
    if not american and reference.canada.province(state) and not _ZIP.fullmatch(postal_code):
        return "CA"
    if american or _ZIP.fullmatch(postal_code) or not postal_code.strip():
        return "US"
    behind = _ENDS_IN_ZIP.fullmatch(postal_code)
    return "US" if behind and reference.states.code(behind[1]) else ""
