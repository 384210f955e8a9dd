"""What is ordered and shipped: lines and packages, quantities, weights and sizes, totals, restricted goods."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.country import country_of

_SUMMANDS: Final = ("goods", "discount", "shipping", "tax", "total")
_SIDES: Final = ("length", "width", "height")
_DENSEST: Final = 23.0  # grams in a cubic centimetre: osmium has 22.6
# The unit that was meant where a package comes out too dense: a lighter one, or a larger one.
_LIGHTER: Final = {"t": ("kg",), "kg": ("g", "lb"), "lb": ("oz",), "oz": ("g",)}
_LARGER: Final = {"mm": ("cm", "in"), "cm": ("in",), "in": ("ft",), "ft": ("m",)}
_RESTRICTED: Final = frozenset({"age", "hazmat", "cold", "rx"})
# What a service or requirement says where it provides for restricted goods.
_PROVIDED: Final[Mapping[str, re.Pattern[str]]] = {
    "hazmat": re.compile(r"(?i)haz|dangerous|\bdg\b|\badr\b|orm-?d|limited|\bltd\b|lithium|\bun ?\d{4}\b"),
    "cold": re.compile(r"(?i)cold|refriger|frozen|freez|chill|temperature|reefer|perishable|\bice\b|fresh"),
    "age": re.compile(r"(?i)adult|age|alcohol|\bid\b|21|18|19"),
}


def marks(part: Part, context: Context) -> Sequence[str]:
    """`measured` packages, the list of lines where an SKU is `repeated`, totals with a `sum`."""
    value = part.value
    path = part.path
    if path == "totals":
        return ("sum",) if all(value.get(name) is not None for name in _SUMMANDS) else ()
    if path == "items":
        return ("repeated",) if type(value) is list and len(value) > 1 and _repeats(value) else ()
    return ("measured",) if value.get("weight") or value.get("dimensions") else ()


def items_missing(part: Part, context: Context) -> Sequence[Observation]:
    """An order that names neither items nor packages; or no items, where the partner requires them."""
    wanted = ("items",) if "items" in context.partner.required else ("items", "packages")
    if any(type(one) is dict for name in wanted for one in _entries(part.at(name))):
        return ()
    return (Observation("items", part.at("items")),)


def quantity_missing(part: Part, context: Context) -> Sequence[Observation]:
    """A line without a quantity, or with something else than a number in its place."""
    quantity = part.at("quantity")
    if _is_number(quantity):
        return ()
    return (Observation(part.field("quantity"), quantity),)


def quantity_not_positive(part: Part, context: Context) -> Sequence[Observation]:
    """A quantity of nothing or less."""
    quantity = part.at("quantity")
    return (Observation(part.field("quantity"), quantity),) if _is_number(quantity) and not quantity > 0 else ()


def quantity_broken(part: Part, context: Context) -> Sequence[Observation]:
    """A fraction of what comes in whole pieces only; measured goods (pounds, feet) and unknown units are let be."""
    quantity, unit = part.at("quantity"), part.text("unit")
    if not isinstance(quantity, float) or not quantity > 0 or quantity.is_integer():
        return ()
    if unit and not context.reference.units.countable(unit):
        return ()
    return (Observation(part.field("quantity"), quantity, (part.field("quantity"), part.field("unit"))),)


def quantity_absurd(part: Part, context: Context, *, most: float) -> Sequence[Observation]:
    """More than `most` of what is counted: another number has got into the field."""
    quantity, unit = part.at("quantity"), part.text("unit")
    if not _is_number(quantity) or not quantity > most or (unit and not context.reference.units.countable(unit)):
        return ()
    return (Observation(part.field("quantity"), quantity),)


def sku_twice(part: Part, context: Context) -> Sequence[Observation]:
    """Lines whose SKU stands in an earlier line too."""
    seen: dict[str, int] = {}
    twice = []
    for place, line in enumerate(part.value):
        sku = line.get("sku") if type(line) is dict else None
        if not sku or type(sku) is not str:
            continue
        first = seen.setdefault(sku, place)
        if first != place:
            field = f"{part.path}[{place}].sku"
            twice.append(Observation(field, sku, (field, f"{part.path}[{first}].sku")))
    return twice


def totals_differ(part: Part, context: Context, *, tolerance: float) -> Sequence[Observation]:
    """Totals that add up in no usual way: discount of either sign or already off the goods, tax added or included."""
    values = [part.at(name) for name in _SUMMANDS]
    if not all(_is_number(value) for value in values):
        return ()
    goods, discount, shipping, tax, total = values
    sums = (goods + shipping - off + added for off in (abs(discount), 0) for added in (tax, 0))
    if any(abs(one - total) <= tolerance for one in sums):
        return ()
    return (Observation(part.field("total"), total, tuple(part.field(name) for name in _SUMMANDS)),)


def not_provided_for(part: Part, context: Context, *, goods: str) -> Sequence[Observation]:
    """Lines with restricted goods of a kind (`age` `hazmat` `cold`) that nothing in the order provides for.

    For `age` that is a least age, a signature or an ID check; for the others a service that names them.
    """
    order = part.order
    place = next(
        (place for place, line in enumerate(_entries(part.at("items"))) if goods in _restrictions(line)),
        None,
    )
    if place is None:
        return ()
    service = part.inner("service")
    extras = service.at("extras")
    said = [service.text("level"), service.text("type"), *(extras if type(extras) is list else ())]
    if any(type(one) is str and _PROVIDED[goods].search(one) for one in said):
        return ()
    if goods == "age" and (order.at("requirements.min_age") or order.at("signature_required")):
        return ()
    field = "requirements.min_age" if goods == "age" else "service.extras"
    return (Observation(field, None, (field, f"items[{place}].restricted"), goods),)


def restriction_unknown(part: Part, context: Context) -> Sequence[Observation]:
    """Lines whose `restricted` has a word that is none of the contract's: no rule can tell what it asks for."""
    return tuple(
        Observation(f"items[{place}].restricted", unknown)
        for place, line in enumerate(_entries(part.at("items")))
        if (unknown := next((word for word in _restrictions(line) if word not in _RESTRICTED), ""))
    )


def unit_missing(part: Part, context: Context, *, measure: str) -> Sequence[Observation]:
    """A `weight` or `length` without a unit, or with a word that is none."""
    name, given = _measure(part, measure)
    if not given:
        return ()
    unit = part.inner(name).text("unit")
    if unit and context.reference.units.unit("weight" if measure == "weight" else "length", unit):
        return ()
    return (Observation(f"{part.path}.{name}.unit", unit),)


def unit_usual(seen: Observation, part: Part, context: Context, *, measure: str) -> Sequence[Candidate]:
    """The unit of the order's other packages; else the usual one of the country that it goes to."""
    name, _ = _measure(part, measure)
    packages = _entries(part.order.at("packages"))
    others = {
        unit
        for one in packages
        if type(one) is dict and type(one.get(name)) is dict and (unit := one[name].get("unit")) and type(unit) is str
    } - {seen.value}
    if len(others) == 1:
        return (Candidate({seen.field: others.pop()}, 0.95, "the unit of the order's other packages"),)
    american = country_of(part.order.part(""), context.reference) == "US"
    usual = {"weight": ("lb", "kg"), "length": ("in", "cm")}[measure][0 if american else 1]
    return (Candidate({seen.field: usual}, 0.8, "the usual unit there"),)


def measure_absurd(part: Part, context: Context, *, heaviest_kg: float, longest_m: float) -> Sequence[Observation]:
    """A weight or a side of nothing, less or far too much; or a package denser than any metal."""
    weight, sides = _grams(part, context), _millimetres(part, context)
    for field, size, most in (
        ("weight.value", weight, heaviest_kg * 1000),
        *((f"dimensions.{name}", side, longest_m * 1000) for name, side in zip(_SIDES, sides, strict=True)),
    ):
        if size is not None and not 0 < size <= most:
            return (Observation(part.field(field), part.order.at(part.field(field))),)
    density = _density(weight, sides)
    if density is None or density <= _DENSEST:
        return ()
    fields = tuple(part.field(field) for field in ("weight.unit", "dimensions.unit"))
    return (Observation(part.field("weight.unit"), part.inner("weight").text("unit"), fields, density),)


def lighter_or_larger(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Other units that make a package too dense to be true an ordinary one."""
    if seen.clue is None:
        return ()
    units, out = context.reference.units, []
    for name, kind, others, power in (("weight", "weight", _LIGHTER, 1), ("dimensions", "length", _LARGER, -3)):
        written = units.unit("weight" if kind == "weight" else "length", part.inner(name).text("unit"))
        for code in others.get(written.code, ()) if written else ():
            other = units.unit("weight" if kind == "weight" else "length", code)
            if written and other and 0.02 <= seen.clue * (other.factor / written.factor) ** power <= _DENSEST / 2:
                out.append(Candidate({part.field(f"{name}.unit"): code}, 0.4, "an ordinary density"))
                break
    return out


def _entries(value: Any) -> Sequence[Any]:
    """The entries of a list; none of what should be one and is not."""
    return value if type(value) is list else ()


def _restrictions(line: Any) -> list[str]:
    """What a line says of restricted goods: words of a list or of a text, by their letters and digits alone."""
    said = line.get("restricted") if type(line) is dict else None
    texts = [said] if type(said) is str else _entries(said)
    words = (word for text in texts if type(text) is str for word in re.split(r"[,;/|+&]", text))
    return [plain for word in words if (plain := re.sub(r"[\W_]+", "", word).casefold())]


def _repeats(lines: Sequence[Any]) -> bool:
    """Whether an SKU stands in two lines."""
    skus = [sku for line in lines if type(line) is dict and (sku := line.get("sku")) and type(sku) is str]
    return len(set(skus)) < len(skus)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _measure(part: Part, measure: str) -> tuple[str, bool]:
    """The field of a package that holds a measure, and whether a number stands there."""
    name = "weight" if measure == "weight" else "dimensions"
    inner = part.inner(name)
    return name, any(_is_number(inner.at(one)) for one in (("value",) if name == "weight" else _SIDES))


def _grams(part: Part, context: Context) -> float | None:
    value = part.inner("weight").at("value")
    unit = context.reference.units.unit("weight", part.inner("weight").text("unit"))
    if not _is_number(value):
        return None
    return float(value) * unit.factor if unit else (float(value) if value <= 0 else None)


def _millimetres(part: Part, context: Context) -> list[float | None]:
    inner = part.inner("dimensions")
    unit = context.reference.units.unit("length", inner.text("unit"))
    sides = [inner.at(name) for name in _SIDES]
    return [
        None if not _is_number(side) else float(side) * unit.factor if unit else (float(side) if side <= 0 else None)
        for side in sides
    ]


def _density(weight: float | None, sides: Sequence[float | None]) -> float | None:
    """Grams in a cubic centimetre, where weight and all sides are known."""
    volume = 1.0
    for side in sides:
        if side is None:
            return None
        volume *= side / 10
    return weight / volume if weight is not None and volume > 0 else None
