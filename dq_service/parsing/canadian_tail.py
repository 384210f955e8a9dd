"""A Canadian place where a text ends: `..., Toronto, ON M5V 2T6`. Read by its form, since no table has its cities."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dq_service.reference.bundle import Reference

_END: Final = re.compile(
    r"(?P<before>.*?)(?:^|[\s,;(])(?P<code>[A-Z]\d[A-Z][ -]{0,2}\d[A-Z]\d)[\s,.)]*(?:CANADA|CAN|CA)?[\s.)]*$",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\s,;()]+")
_EDGES: Final = " ,;|(-\t\n"
_LONGEST_PROVINCE: Final = 4  # words: Newfoundland and Labrador has three, Territoires du Nord-Ouest as well


@dataclass(frozen=True, slots=True)
class CanadianTail:
    """What a text ends with: postal code in its right form, province as its two letters, each `""` when absent.

    `rest` is what stands before them. `consistent`: the postal code lies in the province. `apart`: a comma or a
    bracket stands before the province, or before the code where there is none.
    """

    rest: str
    province: str
    postal_code: str
    consistent: bool
    apart: bool


@lru_cache(maxsize=4096)
def canadian_tail(text: str, reference: Reference) -> CanadianTail | None:
    """The province and postal code at the end of a text, which may be all of it; None where it ends with neither.

    A province alone is believed only after a comma or in brackets: `Nova Scotia Ave` has none, nor has `Rue Québec`.
    """
    canada, rest, postal_code = reference.canada, text, ""
    found = _END.fullmatch(text)
    if found:
        postal_code = canada.postal_code(found.group("code"))
        rest = found.group("before") if postal_code else text
    words = list(_WORD.finditer(rest))
    for size in range(min(_LONGEST_PROVINCE, len(words)), 0, -1):
        start = words[-size].start()
        written = rest[start:].strip(_EDGES + ").")
        province = canada.province(written) if "," not in written else ""
        apart = rest[:start].rstrip(" ")[-1:] in (",", ";", "(", "")
        if province and (apart or postal_code):
            consistent = bool(postal_code) and canada.province_of(postal_code) == province
            return CanadianTail(rest[:start].strip(_EDGES), province, postal_code, consistent, apart)
    if not postal_code:
        return None
    return CanadianTail(rest.strip(_EDGES), "", postal_code, False, rest.rstrip(" ")[-1:] in (",", ";", ""))
