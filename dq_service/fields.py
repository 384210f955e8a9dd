"""The fields of an order: every name of the contract, and the kind of value that belongs there.

`ORDER` is the contract's section 1 as a tree: a mapping is an object, a one-element list is a list of such
entries, a string is the kind of a leaf. Everything that must know all fields (the type rules, the text rules,
header matching, the editors' schema) reads this one tree.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, TypeAlias

Kind = Literal[
    "text",  # one line of words
    "prose",  # words with line breaks
    "code",  # an identifier or a word of a fixed vocabulary: never prose
    "phone",
    "email",
    "instant",  # ISO 8601 with an offset
    "number",
    "count",  # a whole number of things
    "money",
    "flag",  # true or false
    "object",  # an object or a list; never a leaf of ORDER, but where something else stands in its place
]
Shape: TypeAlias = "Kind | Mapping[str, Shape] | list[Shape]"
Path: TypeAlias = tuple[str | int, ...]

TEXT_KINDS: Final = frozenset({"text", "prose", "code", "phone", "email", "instant"})
NUMBER_KINDS: Final = frozenset({"number", "count", "money"})

ADDRESS: Final[Mapping[str, Shape]] = {
    "line1": "text",
    "line2": "text",
    "city": "text",
    "state": "text",
    "postal_code": "code",
    "country": "code",
    "latitude": "number",
    "longitude": "number",
    "location": {"from": "code", "accuracy_m": "number"},
    "type": "code",
}
CONTACT: Final[Mapping[str, Shape]] = {
    "role": "code",
    "name": "text",
    "phone": "phone",
    "phone_extension": "code",
    "email": "email",
    "relay": "flag",
}
PARTY: Final[Mapping[str, Shape]] = {
    "name": "text",
    "company": "text",
    "site_id": "code",
    "phone": "phone",
    "phone_extension": "code",
    "relay": "flag",
    "email": "email",
    "contacts": [CONTACT],
    "address": ADDRESS,
}
WINDOW: Final[Mapping[str, Shape]] = {"start": "instant", "end": "instant", "basis": "code"}
ITEM: Final[Mapping[str, Shape]] = {
    "line_id": "code",
    "sku": "code",
    "gtin": "code",
    "description": "text",
    "quantity": "count",
    "unit": "code",
    "unit_price": "money",
    "restricted": ["code"],
}
PACKAGE: Final[Mapping[str, Shape]] = {
    "id": "code",
    "count": "count",
    "sscc": "code",
    "tracking_number": "code",
    "weight": {"value": "number", "unit": "code"},
    "dimensions": {"length": "number", "width": "number", "height": "number", "unit": "code"},
}
ORDER: Final[Mapping[str, Shape]] = {
    "order_id": "code",
    "partner": "code",
    "account": "code",
    "shipment_id": "code",
    "channel": "code",
    "kind": "code",
    "status": "code",
    "placed_at": "instant",
    "respond_by": "instant",
    "source": {"version": "code", "updated_at": "instant", "test": "flag"},
    "references": {"po": "code", "bol": "code", "pro": "code", "tracking_number": "code"},
    "ship_from": PARTY,
    "ship_to": PARTY,
    "bill_to": PARTY,
    "stops": [PARTY],
    "instructions": "prose",
    "access_code": "code",
    "gift_message": "prose",
    "signature_required": "flag",
    "service": {"level": "code", "type": "code", "extras": ["code"]},
    "requirements": {"min_age": "count", "contact_free": "flag", "pin": "flag"},
    "window": WINDOW,
    "items": [ITEM],
    "packages": [PACKAGE],
    "totals": {
        "goods": "money",
        "discount": "money",
        "shipping": "money",
        "tax": "money",
        "total": "money",
        "currency": "code",
    },
}


@lru_cache(maxsize=4096)
def parse_path(path: str) -> Path:
    """The steps of a dotted path: `items[0].sku` is `("items", 0, "sku")`; `[*]` is kept as the step `"*"`.

    Raises ValueError for an empty step or an unclosed bracket.
    """
    steps: list[str | int] = []
    for piece in path.split("."):
        name, bracket, places = piece.partition("[")
        if not name or (bracket and not places):
            raise ValueError(f"no field path: {path!r}")
        steps.append(name)
        while places:
            place, closed, places = places.partition("]")
            if not closed or not (place.isdecimal() or place == "*") or (places and places[0] != "["):
                raise ValueError(f"no field path: {path!r}")
            places = places[1:]
            steps.append("*" if place == "*" else int(place))
    return tuple(steps)


def join(path: str, step: str | int) -> str:
    """A path with one more step: `join("items", 0)` is `items[0]`, `join("", "items")` is `items`."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step


@lru_cache(maxsize=4096)
def shape_at(path: str) -> "Shape | None":
    """What the contract wants at a path (list places as numbers or `*`); None for a field it does not name."""
    shape: Shape | None = ORDER
    for step in parse_path(path):
        if isinstance(shape, Mapping) and isinstance(step, str):
            shape = shape.get(step)
        elif isinstance(shape, list) and not (isinstance(step, str) and step != "*"):
            shape = shape[0]
        else:
            return None
    return shape


def leaves(shape: Shape = ORDER, path: str = "") -> list[tuple[str, Kind]]:
    """Every leaf field with its kind, list places as `[*]`: `("items[*].sku", "code")`."""
    if isinstance(shape, Mapping):
        return [leaf for name, inner in shape.items() for leaf in leaves(inner, join(path, name))]
    if isinstance(shape, list):
        return leaves(shape[0], path + "[*]")
    return [(path, shape)]
