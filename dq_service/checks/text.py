"""Texts that came in broken, and values of the wrong type: checks and mending for every field of the contract.

Each step of the tidying pipeline is a repair of form: the same value in another dress, with one possible reading.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.fields import TEXT_KINDS, shape_at
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import text as reading

_PLACE: Final = re.compile(r"\[\d+\]")
_SIDES: Final = ("ship_to", "ship_from", "stops")
_PARTIES: Final = frozenset({*_SIDES, *(f"{side}.address" for side in _SIDES)})
_GOODS: Final = frozenset({"items", "packages"})


def marks(part: Part, context: Context) -> Sequence[str]:
    """One scan of a value: see parsing.text.marks; and `placeholder` or `same` for a word that stands for nothing."""
    shape = shape_at(part.path)
    value = part.value
    found = reading.marks(value, shape if isinstance(shape, str) else "object")
    if isinstance(value, str) and isinstance(shape, str) and shape in TEXT_KINDS:
        kind = context.reference.placeholders.kind(value.strip(reading.EDGE), part.path.rpartition(".")[2])
        if kind:
            return (*found, "same" if kind == "same" else "placeholder")
    return found


def seen(part: Part, context: Context) -> Sequence[Observation]:
    """The field, as it stands: the rule's marks have said what is wrong with it."""
    return (Observation(part.path, part.value),)


def unreadable(part: Part, context: Context, *, of: str) -> Sequence[Observation]:
    """Something else stands where an object or a list belongs; `of` says whose: a party's (with its address), the
    goods', or any other.
    """
    path = _PLACE.sub("", part.path)
    whose = "party" if path in _PARTIES else "goods" if path in _GOODS else "other"
    return (Observation(part.path, part.value),) if whose == of else ()


def as_digits(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """A number where text belongs, as its digits: `68142` is "68142", `5036.0` is "5036".

    None for a number that JSON itself may have damaged (a fraction, an exponent, more than 15 digits of a float).
    """
    value = seen.value
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= 1e15:
            return ()
        value = int(value)
    return _becoming(part, str(value))


def as_number(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Digits where a number belongs, as a number: "2" and "2.0" are 2, "12.50" is 12.5."""
    number = float(seen.value)
    return _becoming(part, int(number) if number.is_integer() and abs(number) < 1e15 else number)


def as_flag(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """A plain yes or no as true or false; none for any other word or number."""
    word = str(seen.value).strip().casefold()
    if word in ("true", "yes", "y", "1", "on"):
        return _becoming(part, True)
    return _becoming(part, False) if word in ("false", "no", "n", "0", "off") else ()


def without_entities(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """HTML entities as the characters that they name."""
    return _mended(part, reading.without_entities(part.value))


def without_mojibake(seen: Observation, part: Part, context: Context, *, otherwise: float) -> Sequence[Candidate]:
    """The text before its bytes were misread; with confidence `otherwise` where that does not round-trip."""
    text, round_trips = reading.without_mojibake(part.value)
    if text == part.value:
        return ()
    return (Candidate({part.path: text}, None if round_trips else otherwise, "UTF-8 that was read as Windows-1252"),)


def narrowed(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    return _mended(part, reading.narrowed(part.value))


def without_invisible(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Without control, zero-width, direction and byte-order characters."""
    return _mended(part, reading.without_invisible(part.value))


def composed(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """In Unicode normal form C."""
    return _mended(part, reading.composed(part.value))


def spaced(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """With single spaces, none at the ends; line breaks stay in prose."""
    return _mended(part, reading.spaced(part.value, breaks=shape_at(part.path) == "prose"))


def trimmed(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Without the commas, semicolons and bars at the ends."""
    return _mended(part, reading.trimmed(part.value))


def without_float(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The digits before `.0`, as they were before a spreadsheet took them for a fraction."""
    return _mended(part, reading.whole_number(part.value))


def _mended(part: Part, text: str) -> Sequence[Candidate]:
    return (Candidate({part.path: text or None}),) if text != part.value else ()


def _becoming(part: Part, value: Any) -> Sequence[Candidate]:
    return (Candidate({part.path: value}),)


def blanked(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Nothing, where nothing was meant; the receipt keeps the word."""
    return _becoming(part, None)


def as_billed(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """What stands in the same field of bill_to, where ship_to says `same` and the billing address is complete."""
    field = part.path.removeprefix("ship_to.")
    order = part.order
    complete = all(order.text(f"bill_to.address.{name}") for name in ("line1", "city", "state", "postal_code"))
    value = order.text(f"bill_to.{field}") if field != part.path and complete else ""
    if not value:
        return ()
    return (Candidate({part.path: value}, None, f"bill_to has it: {value}", (f"bill_to.{field}",)),)
