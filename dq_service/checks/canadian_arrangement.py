"""Province and postal code of a Canadian address that stand in a line, in the city's field or in each other's."""

from collections.abc import Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.canadian_tail import CanadianTail, canadian_tail

CONFIRMED: Final = 0.999  # the postal code lies in that province
UNCONFIRMED: Final = 0.9
CONTRADICTED: Final = 0.5
PLACE_FIELDS: Final = ("state", "postal_code", "city")
LINES: Final = ("line1", "line2")


def marks(part: Part, context: Context) -> Sequence[str]:
    """One look: the fields that end with more than their own value."""
    return [name for name in (*PLACE_FIELDS, *LINES) if _parts(name, part, context)]


def in_wrong_field(part: Part, context: Context) -> Sequence[Observation]:
    """A field that ends with a place of which it is not the field; the first of them, since one repair moves it all."""
    for name in (*PLACE_FIELDS, *LINES):
        parts = _parts(name, part, context)
        if parts:
            fields = tuple(part.field(field) for field in dict.fromkeys((name, *parts)))
            return (Observation(part.field(name), part.text(name), fields, (name, parts)),)
    return ()


def in_own_field(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Each value in its own field. Sure where the postal code lies in the province and no field says otherwise."""
    name, parts = seen.clue
    canada = context.reference.canada
    other = {field: value for field, value in parts.items() if field != name}
    free = [field for field in other if not part.text(field) or _swapped(part, parts, context)]
    against = [field for field in other if field not in free and _plain(field, part, context) != other[field]]
    changes: dict[str, Any] = {part.field(name): parts.get(name) or None}
    changes |= {part.field(field): other[field] for field in free}
    province = parts.get("state") or canada.province(part.text("state"))
    postal_code = parts.get("postal_code") or canada.postal_code(part.text("postal_code"))
    agree = bool(province) and canada.province_of(postal_code) == province
    confidence = CONTRADICTED if against else CONFIRMED if agree else UNCONFIRMED
    evidence = tuple(part.field(field) for field in ("state", "postal_code") if part.text(field)) or (part.field(name),)
    told = f"{postal_code[:3]} lies in {canada.names[province]}" if agree else "it is written like a place"
    return (Candidate(changes, confidence, told, evidence),)


def _parts(name: str, part: Part, context: Context) -> dict[str, str]:
    """What each field should hold if this one is taken apart; empty where it holds nothing but its own."""
    text = part.text(name)
    read = canadian_tail(text, context.reference) if len(text) > 2 else None
    if read is None:
        return {}
    if name == "state":
        # `ON M5V 2T6`, `Toronto, ON`, `Québec (QC)`; the province alone is its own.
        return _whole(read, part, context) if read.postal_code or read.rest else {}
    if name == "postal_code":
        return _whole(read, part, context) if read.province and (read.postal_code or read.rest) else {}
    if name == "city":
        # `Toronto, ON`, `Montréal (Québec) H2X 1Y4`; Québec alone is the city.
        return {"city": read.rest, **_own(read)} if read.rest else {}
    return _of_line(name, read, part)


def _whole(read: CanadianTail, part: Part, context: Context) -> dict[str, str]:
    canada = context.reference.canada
    if read.rest and canada.province(read.rest) == read.province != "":
        return _own(read)
    if not read.rest:
        province = canada.province(part.text("postal_code"))
        return _own(read) | ({"state": province} if province and not read.province else {})
    return {} if part.text("city") else {"city": read.rest, **_own(read)}


def _swapped(part: Part, parts: dict[str, str], context: Context) -> bool:
    """Whether the postal code's field holds the province that belongs into the other."""
    return context.reference.canada.province(part.text("postal_code")) == parts.get("state", "-")


def _of_line(name: str, read: CanadianTail, part: Part) -> dict[str, str]:
    """A line that ends with city, province and postal code, the city set apart by a comma or known from its field."""
    if not (read.postal_code and read.province):
        return {}
    before, comma, city = read.rest.rpartition(",")
    given = part.text("city")
    if given and read.rest.casefold().endswith(given.casefold()):
        line, city = read.rest[: -len(given)].rstrip(" ,;"), given
    elif given or not comma or any(map(str.isdigit, city)):
        return {}
    else:
        line, city = before.rstrip(" ,;"), city.strip()
    if name == "line1" and not any(map(str.isdigit, line)):
        return {}
    return {name: line, "city": city, **_own(read)}


def _own(read: CanadianTail) -> dict[str, str]:
    own = {"state": read.province, "postal_code": read.postal_code}
    return {field: value for field, value in own.items() if value}


def _plain(field: str, part: Part, context: Context) -> str:
    """A field's value in the form in which the parts stand."""
    text, canada = part.text(field), context.reference.canada
    return canada.province(text) if field == "state" else canada.postal_code(text) if field == "postal_code" else text
