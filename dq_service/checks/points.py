"""An address against the known address points of its ZIP: its street, its number, its units."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import lines
from dq_service.parsing.address import parse
from dq_service.reference.bundle import Reference
from dq_service.reference.place_names import city_key
from dq_service.reference.points import Points, StreetNearby

FEW_UNITS: Final = 5  # more than these are no help to the person who chooses
READ: Final = 0.9  # of the address model: below it the split into number and street is not believed
ONE_SLIP: Final = 0.997
TWO_SLIPS: Final = 0.996
A_NAME: Final = 0.9  # what stands there is itself a name: another street than the known one, perhaps
SHORT: Final = 0.97  # in a short word one letter is a good part of it (Mill, Hill)
SHORTEST: Final = 5  # letters of a word of which one may be wrong for certain
_HOUSE: Final = re.compile(r"\d[\dA-Za-z/-]*")
_WORDS: Final = re.compile(r"[^\W_]+(?:['\u2019.][^\W_]+)*")
_INSIDE: Final = re.compile(r"['\u2019.]")


class Known(NamedTuple):
    """What the points say of one line: `seen` is the mark, `number` and `street` how the line was split,
    `unit`: the line itself names one.
    """

    seen: str
    number: str
    street: str
    unit: bool


NOTHING: Final = Known("", "", "", False)


def marks(part: Part, context: Context) -> Sequence[str]:
    """One look: `()` where the ZIP has no points, or where the point is known and no unit is wanted."""
    points = context.reference.points
    assert points is not None  # the rules need points
    zip5 = part.text("postal_code")[:5]
    if not points.streets(zip5):
        return ()
    seen = _known(part.text("line1"), zip5, context.reference, points).seen
    return (seen,) if seen else ()


def street_misspelt(part: Part, context: Context) -> Sequence[Observation]:
    """A street that the ZIP does not have, while one that differs by letters has the number."""
    near = _near(part, context)
    return (Observation(part.field("line1"), part.text("line1"), (), near),) if near else ()


def street_spelt(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The line with the known street's words in place of the misspelt ones, and nothing else changed."""
    near: tuple[StreetNearby, ...] = seen.clue
    evidence = (part.field("line1"), part.field("postal_code"))
    zip5 = part.text("postal_code")[:5]
    out = []
    for street in near:
        line = _respelt(part.text("line1"), street)
        if line:
            confidence = _confidence(street, context.reference) if len(near) == 1 else 0.9 / len(near)
            number = _of(part, context).number
            told = f"{zip5} has {number} {street.name}, and no street as written"
            out.append(Candidate({seen.field: line}, confidence, told, evidence))
    return tuple(out)


def number_unknown(part: Part, context: Context, *, complete: bool) -> Sequence[Observation]:
    """A number that the street's known points do not have; `complete`: the file must (must not) name every address."""
    points = context.reference.points
    if points is None or points.complete is not complete:
        return ()
    return (Observation(part.field("line1"), part.text("line1"), (), _of(part, context).number),)


def unit_missing(part: Part, context: Context) -> Sequence[Observation]:
    """A building that has units, and none is named; silent where the sender answered that there is none."""
    points, known = context.reference.points, _of(part, context)
    line2 = part.text("line2")
    if points is None or known.unit or (part.at("line2") is not None and not lines.is_instruction(line2)):
        return ()
    field = part.field("line2")
    if context.reference.placeholders.kind(context.received.text(field), "line2") == "none":
        return ()
    units = points.units(part.text("postal_code"), known.street, known.number)
    return (Observation(field, line2 or None, (field,), units),)


def known_units(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The building's known units where they are few; none of many, and none over what the driver is told there."""
    units: tuple[str, ...] = seen.clue
    if len(units) > FEW_UNITS or seen.value:
        return ()
    share = 0.6 if len(units) == 1 else 0.9 / len(units)
    return tuple(
        Candidate({seen.field: _designated(unit, context.reference)}, share, "a known unit of the building")
        for unit in units
    )


def _of(part: Part, context: Context) -> Known:
    points = context.reference.points
    assert points is not None
    return _known(part.text("line1"), part.text("postal_code")[:5], context.reference, points)


@lru_cache(maxsize=8192)
def _known(line: str, zip5: str, reference: Reference, points: Points) -> Known:
    """What the points of a ZIP say of a line. The model reads it only where plain splitting finds no known street."""
    if not line[:1].isdigit():
        return NOTHING
    if lines.is_plain_street(line, reference):
        number, _, street = line.partition(" ")
        return _compared(number, street, False, zip5, points)
    units = lines.trailing_units(line, reference)
    rest = units.rest if units else line
    number, _, street = rest.partition(" ")
    if _HOUSE.fullmatch(number) and points.knows(zip5, street):
        return _compared(number, street, bool(units), zip5, points)
    read = parse(rest)
    if read.kind != "street" or read.confidence < READ or not rest.startswith(read.number):
        return NOTHING
    parts = (read.predirectional, read.street, read.suffix, read.postdirectional)
    unit = bool(units or read.occupancies or read.landmark or read.po_box)
    return _compared(read.number, " ".join(filter(None, parts)), unit, zip5, points)


def _compared(number: str, street: str, unit: bool, zip5: str, points: Points) -> Known:
    seen = points.standing(zip5, street, number)
    return Known("" if unit and seen == "units" else seen, number, street, unit)


def _near(part: Part, context: Context) -> tuple[StreetNearby, ...]:
    points, known = context.reference.points, _of(part, context)
    if points is None:
        return ()
    zip5 = part.text("postal_code")[:5]
    whole = part.text("line1").removeprefix(known.number).strip()  # some files have the unit in the street's name
    near = points.near(zip5, known.street, known.number)
    return near if near or whole == known.street else points.near(zip5, whole, known.number)


def _confidence(near: StreetNearby, reference: Reference) -> float:
    """How sure it is that the known street is meant.

    Two streets of one ZIP whose names differ by a letter and that both have the number are what addressing
    authorities avoid; so it is a slip unless what stands there is a name of its own.
    """
    if near.known_word or any(city_key(asked) in reference.places.named for asked, _ in near.words):
        return A_NAME
    if min(len(right) for _, right in near.words) < SHORTEST:
        return SHORT
    return ONE_SLIP if near.slips == 1 else TWO_SLIPS


def _respelt(line: str, near: StreetNearby) -> str:
    """The line with each misspelt word replaced, in the sender's case; `""` where one is not found exactly once."""
    for asked, right in near.words:
        places = [word for word in _WORDS.finditer(line) if _INSIDE.sub("", word.group()).upper() == asked]
        if len(places) != 1:
            return ""
        start, end = places[0].span()
        line = line[:start] + _in_case(places[0].group(), right, near.name) + line[end:]
    return line


def _in_case(written: str, right: str, name: str) -> str:
    """A word as the points file writes it, in the case of what it replaces."""
    for word in _WORDS.finditer(name):
        if _INSIDE.sub("", word.group()).upper() == right:
            right = word.group()
    if written.isupper():
        return right.upper()
    if written.islower():
        return right.lower()
    return right if not (right.isupper() or right.islower()) else right.capitalize()


def _designated(unit: str, reference: Reference) -> str:
    """A unit with the sign of one, where the file gives the number alone (Pub. 28, section 213.3)."""
    first = unit.split()[0] if unit.split() else ""
    return unit if first.startswith("#") or reference.designators.standard(first) else f"# {unit}"
