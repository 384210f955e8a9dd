"""A place in a line of an address: moved into city, state and postal code, or dropped where they say it already."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import lines
from dq_service.parsing.tails import Tail, ends_with_city, may_end_with_place, same, tail, told
from dq_service.reference.place_names import city_key
from dq_service.reference.resolution import FIELDS
from dq_service.reference.resolver import resolve

CONFIRMED: Final = 0.999  # the postal table knows the place
CONSISTENT: Final = 0.997  # ZIP and state agree, and a comma sets the place apart; the city may be misspelt
READ: Final = 0.8  # it only looks so


def marks(part: Part, context: Context) -> Sequence[str]:
    """`tail` where a line may end with a place; `()` for a plain street with nothing or a unit beside it."""
    reference = context.reference
    line1, line2 = part.text("line1"), part.text("line2")
    plain = lines.is_plain_street(line1, reference)
    if plain and (not line2 or lines.is_unit(line2, reference)):
        return ()
    if len(line1) > lines.LONGEST or len(line2) > lines.LONGEST:
        return ()  # no address: address.marks tells of it
    city = part.text("city")
    looked_at = ("" if plain else line1, line2)
    ending = any(line and (not city or may_end_with_place(line, city, reference)) for line in looked_at)
    return ("tail",) if ending else ()


def place_in_line(part: Part, context: Context) -> Sequence[Observation]:
    """A line that ends with city, state or postal code; their own fields lack some of it, and contradict nothing."""
    out = []
    for name, read in (*_tails(part, context), *_with_city(part, context)):
        missing = _lacking(part, read)
        if missing and not _contradicted(part, read, context):
            fields = tuple(part.field(field) for field in (name, *missing))
            out.append(Observation(part.field(name), part.text(name), fields, (name, read)))
            break
    return out


def into_place_fields(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The line without its place, and the place in its own fields."""
    name, read = seen.clue
    changes: dict[str, Any] = {part.field(name): read.rest or None}
    changes |= {part.field(field): getattr(read, field) for field in _lacking(part, read)}
    confidence = _confidence(read, bool(read.rest) or name == "line2")
    return (Candidate(changes, confidence, told(read), (part.field(name),)),)


def _lacking(part: Part, read: Tail) -> list[str]:
    """What the line has and the fields lack; a state's field that only repeats the postal code lacks the state."""
    return [
        field
        for field in FIELDS
        if getattr(read, field)
        and (not part.text(field) or (field == "state" and part.text(field).strip() == read.postal_code))
    ]


def place_repeated(part: Part, context: Context) -> Sequence[Observation]:
    """A line that ends with what city, state and postal code say already."""
    out = []
    for name, read in _tails(part, context):
        given = [field for field in FIELDS if getattr(read, field)]
        same = all(part.text(field) for field in given) and not _contradicted(part, read, context)
        if same and (read.rest or name == "line2"):
            out.append(Observation(part.field(name), part.text(name), (part.field(name),), (name, read.rest)))
    return out or [
        Observation(part.field(name), part.text(name), (part.field(name),), (name, rest))
        for name, rest in _with_city_repeated(part, context)
    ]


def without_place(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The line without what stands in its own fields."""
    _, rest = seen.clue
    fields = tuple(part.field(field) for field in FIELDS if part.text(field))
    return (Candidate({seen.field: rest or None}, CONFIRMED, "the same place stands in its own fields", fields),)


def place_differs(part: Part, context: Context) -> Sequence[Observation]:
    """A line that ends with another place than city, state and postal code name."""
    for name, read in _tails(part, context):
        sure = read.confirmed or (read.consistent and read.apart)
        if sure and read.postal_code and read.state and _contradicted(part, read, context):
            fields = tuple(part.field(field) for field in (name, *FIELDS))
            return (Observation(part.field(name), part.text(name), fields, (name, read)),)
    return ()


def either_place(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The line's place into the fields, or the line without it: nothing in the order tells which."""
    _, read = seen.clue
    rest = {seen.field: read.rest or None}
    moved = {part.field(field): getattr(read, field) for field in FIELDS if getattr(read, field)}
    return (Candidate(rest, 0.5, "the fields may be right"), Candidate({**rest, **moved}, 0.4, "the line may be right"))


def _tails(part: Part, context: Context) -> Iterator[tuple[str, Tail]]:
    for name in ("line1", "line2"):
        text = part.text(name)
        if text and not lines.is_plain_street(text, context.reference):
            read = tail(text, context.reference)
            if read is not None and _leaves_an_address(read, name):
                yield name, read


def _leaves_an_address(read: Tail, name: str) -> bool:
    """Whether what stands before a place could be the line it was added to (a highway's number is no ZIP).

    A bare number before it is a unit only where line 2 sets it apart: `911 West Texas` is a street.
    """
    rest = read.rest
    if not rest or any(character.isalpha() for character in rest):
        return True
    return name == "line2" and read.apart and bool(read.postal_code)


def _contradicted(part: Part, read: Tail, context: Context) -> bool:
    """Whether one of the fields says something else than the line's end, and does not just say the same misspelt."""
    reference = context.reference
    given = {field: part.text(field) for field in FIELDS}
    ends: dict[str, str] = {field: getattr(read, field) for field in FIELDS}
    differing = [field for field, text in given.items() if text and ends[field] and not same(field, text, ends[field])]
    if differing == ["state"] and reference.states.code(given["state"]) == read.state:
        return False
    if not differing:
        return False
    answer = resolve(*(given[field] or ends[field] for field in FIELDS), places=reference.places)
    meant = answer.settled
    if (
        meant is None
        or meant.probability < context.partner.apply_at
        or any(field in answer.unsettled for field in differing)
    ):
        return True
    return not all(same(field, getattr(meant, field), ends[field]) for field in differing)


def _with_city_repeated(part: Part, context: Context) -> Iterator[tuple[str, str]]:
    city, postal_code = part.text("city"), part.text("postal_code")
    for name in ("line1", "line2"):
        text = part.text(name)
        head, _, last = text.rpartition(" ")
        if name == "line2" and _says_again(text, part, context):
            yield name, ""
            continue
        if postal_code and last in (postal_code, postal_code[:5]) and len(last) >= 5:
            rest = head.strip(" ,;")
            if lines.is_plain_street(rest, context.reference):
                yield name, rest
            continue
        before = ends_with_city(text, city)
        if before is None:
            continue
        apart = before.rstrip()[-1:] in (",", ";")
        rest = before.strip(" ,;")
        if (apart and any(map(str.isdigit, rest))) or lines.is_plain_street(rest, context.reference):
            yield name, rest


def _says_again(text: str, part: Part, context: Context) -> bool:
    """Whether a whole line is the city, the postal code or the country that stands in its own field."""
    city, postal_code, country = part.text("city"), part.text("postal_code"), part.text("country")
    if not text or not city:
        return False
    if city_key(text) == city_key(city) or (len(text) >= 5 and text in (postal_code, postal_code[:5])):
        return True
    return bool(country) and len(text) > 2 and context.reference.countries.code(text) == country


def _with_city(part: Part, context: Context) -> Iterator[tuple[str, Tail]]:
    """Lines that end, after a comma, with a city of the order's own ZIP (or state, without one), which has no city."""
    places, postal_code = context.reference.places, part.text("postal_code")
    if part.text("city") or not (postal_code or part.text("state")):
        return
    row = places.at(postal_code)
    for name in ("line1", "line2"):
        rest, comma, city = part.text(name).rpartition(",")
        if not (any(map(str.isdigit, rest)) if comma else name == "line2") or not city.strip():
            continue
        state = places.states.code(part.text("state"))
        if city_key(city) in row.keys if row is not None else not postal_code and places.zips(city, state):
            yield name, Tail(rest.strip(" ,;"), city.strip(), "", "", True, True, bool(comma))


def _confidence(read: Tail, leaves: bool) -> float:
    if not leaves:
        return READ
    if read.confirmed and (read.consistent or not read.postal_code):
        return CONFIRMED
    return CONSISTENT if read.consistent and read.apart and read.state else READ
