"""Things in the wrong field of an address: each is moved where it belongs, whole, or the move is offered."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import lines
from dq_service.parsing.address import parse
from dq_service.parsing.tails import Tail, ends_with_city, may_end_with_place, tail
from dq_service.recent import squeezed
from dq_service.reference.bundle import Reference
from dq_service.reference.place_names import city_key
from dq_service.reference.resolution import FIELDS
from dq_service.reference.resolver import resolve
from dq_service.reference.zip_codes import ZIP

CONFIRMED: Final = 0.999  # the postal table knows the place
CONSISTENT: Final = 0.997  # ZIP and state agree, and a comma sets the place apart; the city may be misspelt
READ: Final = 0.8  # it only looks so
ENCLOSING: Final = frozenset({"BLDG", "FL", "LOT", "HNGR", "PIER"})  # they hold doors of their own (Pub. 28, C2)
_NUMBERED: Final = re.compile(r"\d+[A-Z]? .*[^\W\d]{2,}", re.IGNORECASE)  # a house number and a word


def marks(part: Part, context: Context) -> Sequence[str]:
    """One look at an address for anything that may stand in the wrong field; `()` for a plainly good one."""
    reference = context.reference
    line1, line2, city, state = part.text("line1"), part.text("line2"), part.text("city"), part.text("state")
    plain = lines.is_plain_street(line1, reference)
    found = []
    if len(line1) > lines.LONGEST or len(line2) > lines.LONGEST:
        pass  # no address: address.marks tells of it
    elif not plain or line2:
        if plain and lines.is_unit(line2, reference):
            pass
        else:
            found = _marks_of_lines(part, line1, line2, plain, reference)
    postal_code = part.text("postal_code")
    coded, numbered = state in reference.places.states.codes, bool(ZIP.fullmatch(postal_code))
    if not (coded and numbered and city.replace(" ", "").isalpha()):
        found += _marks_of_fields(city, state, postal_code, coded, numbered, reference)
    elif " " in city and city.rpartition(" ")[2].upper() == state:
        found.append("city_holds")
    return found


def _marks_of_fields(
    city: str, state: str, postal_code: str, coded: bool, numbered: bool, reference: Reference
) -> Iterator[str]:
    """Which of city, state and postal code may hold another's value, whole or beside its own."""
    if "," in city or any(map(str.isdigit, city)) or (" " in city and reference.places.states.code(city.split()[-1])):
        yield "city_holds"
    if state and not coded and ("," in state or " " in state or any(map(str.isdigit, state))):
        yield "state_holds"
    if postal_code and not numbered and any(map(str.isalpha, postal_code)) and any(map(str.isdigit, postal_code)):
        yield "postal_code_holds"
    if (
        (state and not coded and not reference.places.states.code(state))
        or city.isdecimal()
        or (postal_code and not numbered and not any(map(str.isdigit, postal_code)))
    ):
        yield "swapped"


def _marks_of_lines(part: Part, line1: str, line2: str, plain: bool, reference: Reference) -> list[str]:
    found = []
    city = part.text("city")
    looked_at = ("" if plain else line1, line2)
    if any(line and (not city or may_end_with_place(line, city, reference)) for line in looked_at):
        found.append("tail")
    if line2 and not line1:
        found.append("line1_empty")
    if not plain and line1 and (line2 or "," in line1):
        found.append("lines")
    if not plain and line1 and lines.trailing_units(line1, reference):
        found.append("unit_inside")
    return found


# --- A place in a line -----------------------------------------------------------------------------------------


def place_in_line(part: Part, context: Context) -> Sequence[Observation]:
    """A line that ends with city, state or postal code; their own fields lack some of it, and contradict nothing."""
    out = []
    for name, read in (*_tails(part, context), *_with_city(part, context)):
        missing = [field for field in FIELDS if getattr(read, field) and not part.text(field)]
        if missing and not _contradicted(part, read, context):
            fields = tuple(part.field(field) for field in (name, *missing))
            out.append(Observation(part.field(name), part.text(name), fields, (name, read)))
            break
    return out


def into_place_fields(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The line without its place, and the place in its own fields."""
    name, read = seen.clue
    changes: dict[str, Any] = {part.field(name): read.rest or None}
    for field in FIELDS:
        if not part.text(field) and getattr(read, field):
            changes[part.field(field)] = getattr(read, field)
    confidence = _confidence(read, bool(read.rest) or name == "line2")
    return (Candidate(changes, confidence, _told(read), (part.field(name),)),)


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
        told = read.confirmed or (read.consistent and read.apart)
        if told and read.postal_code and read.state and _contradicted(part, read, context):
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
    told: dict[str, str] = {field: getattr(read, field) for field in FIELDS}
    differing = [field for field, text in given.items() if text and told[field] and not _same(field, text, told[field])]
    if differing == ["state"] and reference.states.code(given["state"]) == read.state:
        return False
    if not differing:
        return False
    answer = resolve(*(given[field] or told[field] for field in FIELDS), places=reference.places)
    meant = answer.settled
    if (
        meant is None
        or meant.probability < context.partner.apply_at
        or any(field in answer.unsettled for field in differing)
    ):
        return True
    return not all(_same(field, getattr(meant, field), told[field]) for field in differing)


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


def _told(read: Tail) -> str:
    place = ", ".join(text for text in (read.city, f"{read.state} {read.postal_code}".strip()) if text)
    return f"{place} is in the postal table" if read.confirmed else f"the line ends with {place}"


# --- City, state and postal code in each other's fields ----------------------------------------------------------


def fields_mixed(part: Part, context: Context, *, holder: str) -> Sequence[Observation]:
    """The field `holder` holds a neighbour's value beside its own: `Omaha, NE` as city, `NE 68142` as state."""
    text = part.text(holder)
    if not text or (holder == "city" and text.replace(" ", "").isalpha() and _is_city(text, part, context)):
        return ()
    read = tail(text, context.reference)
    if read is None and holder == "city":  # at the end of a street NE is a direction, at the end of a city it is none
        read = tail(", ".join(text.rsplit(None, 1)), context.reference)
    if read is None or read.rest or (holder == "postal_code" and not (read.city or read.state)):
        return ()
    parts: dict[str, str] = {field: getattr(read, field) for field in FIELDS if getattr(read, field)}
    if parts.keys() == {holder} or (
        holder not in parts
        and any(part.text(field) for field in parts)
        and not (holder == "state" and _is_copy(part, parts))
    ):
        return ()
    fields = (holder, *(field for field in parts if field != holder))
    return (Observation(part.field(holder), text, tuple(part.field(field) for field in fields), (holder, read, parts)),)


def unmixed(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Each value in its own field."""
    holder, read, parts = seen.clue
    if holder not in parts and _is_copy(part, parts):
        told = "the same stands in its own field"
        return (Candidate({seen.field: None}, CONFIRMED, told, tuple(part.field(field) for field in parts)),)
    other = {field: value for field, value in parts.items() if field != holder}
    code_of = context.reference.places.states.code
    differing = [
        field
        for field, value in other.items()
        if (given := part.text(field))
        and not _same(field, given, value)
        and not (field == "state" and code_of(given) == value)
    ]
    agree = not differing
    changes = {part.field(holder): parts.get(holder)}
    changes |= {part.field(field): value for field, value in other.items() if not part.text(field) or not agree}
    known = read.confirmed and (read.consistent or not read.postal_code)
    postal_code = parts.get("postal_code") or part.text("postal_code")
    if (
        known
        and agree
        and postal_code
        and not _of_state(postal_code, parts.get("state") or part.text("state"), context)
    ):
        known = False
    sure = known or (read.consistent and bool(read.state) and bool(read.postal_code))
    confidence = CONFIRMED if sure and agree else READ if agree else 0.5
    row = context.reference.places.at(postal_code[:5])
    if differing == ["state"] and row is not None and row.state == read.state and city_key(read.city) in row.keys:
        return (
            Candidate(
                changes, CONFIRMED, f"{postal_code[:5]} is {read.city}, {read.state}", (part.field("postal_code"),)
            ),
        )
    return (Candidate(changes, confidence, _told(read), (part.field(holder),)),)


def fields_swapped(part: Part, context: Context) -> Sequence[Observation]:
    """City, state and postal code stand in each other's fields, each whole."""
    given: dict[str, str] = {field: part.text(field) for field in FIELDS}
    meant = _assigned(given, context.reference)
    if meant is None or meant == given:
        return ()
    changed = [field for field in FIELDS if meant[field] != given[field]]
    fields = tuple(part.field(field) for field in changed)
    return (Observation(fields[0], given[changed[0]], fields, meant),)


def unswapped(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Each of the three in its own field; sure where the postal table knows the place that results."""
    meant: dict[str, str] = {**seen.clue}
    places = context.reference.places
    code = places.states.code(meant["state"])
    row = places.at(meant["postal_code"][:5])
    named = bool(meant["city"] and code and places.zips(meant["city"], code))
    if row is not None:
        keys = {city_key(name) for name in (row.city, *row.acceptable, *row.not_acceptable)}
        sure = code == row.state if code else city_key(meant["city"]) in keys
    else:
        sure = named
    changes = {field: meant[field.rpartition(".")[2]] or None for field in seen.fields}
    if not meant["city"] and changes.pop(part.field("city"), "") is None:
        # Where the ZIP has several cities, its digits stay where the city belongs until somebody says which.
        best = resolve(
            "", meant["state"], meant["postal_code"], places=places, capitals=part.text("line1").isupper()
        ).settled
        if best is not None and best.city and best.probability >= context.partner.apply_at:
            changes[part.field("city")] = meant["city"] = best.city
    told = f"{meant['city']}, {meant['state']} {meant['postal_code']}".strip(" ,")
    return (Candidate(changes, CONFIRMED if sure else READ, f"{told} is a place", seen.fields),)


def _assigned(given: dict[str, str], reference: Reference) -> dict[str, str] | None:
    """The three texts in the fields that their own form asks for; None where their form does not tell."""
    code_of = reference.places.states.code
    meant = {}
    rest = []
    for field, text in given.items():
        if not text:
            continue
        if ZIP.fullmatch(text.strip()):
            kind = "postal_code"
        elif code_of(text) and (field != "city" or (given["state"] and not code_of(given["state"]))):
            # A state's name in the city's field may be a city (New York): only where the state's holds something else.
            kind = "state"
        else:
            rest.append((field, text))
            continue
        if kind in meant:
            return None
        meant[kind] = text
    if len(rest) > 1 or (rest and any(map(str.isdigit, rest[0][1]))):
        return None
    if rest:
        field, text = rest[0]
        if field == "state" and "state" not in meant:
            return None
        if field == "postal_code" and "city" in meant:
            return None
        meant["city"] = text
    return {field: meant.get(field, "") for field in FIELDS}


def _is_copy(part: Part, parts: dict[str, str]) -> bool:
    """Whether the values found in a field all stand in their own fields, too."""
    return all(part.text(field) and _same(field, part.text(field), value) for field, value in parts.items())


def _is_city(text: str, part: Part, context: Context) -> bool:
    """Whether a text as a whole is a city of the order's own state or ZIP (`Iowa City`, `Port Washington`)."""
    places = context.reference.places
    row = places.at(part.text("postal_code")[:5])
    if row is not None and city_key(text) in {city_key(name) for name in (row.city, *row.acceptable)}:
        return True
    code = places.states.code(part.text("state"))
    return bool(places.zips(text, code)) if code else city_key(text) in places.named


def _same(field: str, one: str, other: str) -> bool:
    if field == "city":
        return city_key(one) == city_key(other)
    return one.strip().upper()[:5] == other.strip().upper()[:5]


def _of_state(postal_code: str, state: str, context: Context) -> bool:
    row = context.reference.places.at(postal_code[:5])
    return row is None or row.state == context.reference.places.states.code(state)


# --- Lines -------------------------------------------------------------------------------------------------------


def lines_swapped(part: Part, context: Context) -> Sequence[Observation]:
    """The unit stands in line 1 and the street in line 2, or line 1 is empty and line 2 is the street."""
    line1, line2 = part.text("line1"), part.text("line2")
    if not line2 or not _is_street(line2, context.reference):
        return ()
    if line1 and not (lines.is_unit(line1, context.reference) and not line1.replace("-", "").isdigit()):
        return ()
    fields = (part.field("line1"), part.field("line2"))
    return (Observation(fields[0], line1 or None, fields),)


def swapped_back(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The two lines in each other's place."""
    line1, line2 = part.text("line1"), part.text("line2")
    changes = {part.field("line1"): line2, part.field("line2"): line1 or None}
    return (Candidate(changes, CONFIRMED, "only line 2 is a street with its number", (part.field("line2"),)),)


def name_in_line1(part: Part, context: Context) -> Sequence[Observation]:
    """Line 1 repeats the recipient's name or company, and the street stands behind it or in line 2."""
    line1, line2 = part.text("line1"), part.text("line2")
    name, comma, rest = line1.partition(",")
    behind = comma and _is_street(rest.strip(), context.reference)
    street = rest.strip() if behind else line2
    if not line1 or not street or not (behind or _is_street(street, context.reference)):
        return ()
    if squeezed(name if behind else line1) not in _names(part):
        return ()
    fields = (part.field("line1"),) if behind else (part.field("line1"), part.field("line2"))
    return (Observation(fields[0], line1, fields, street),)


def without_name(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The street in line 1; the name stands in its own field already."""
    changes: dict[str, Any] = dict.fromkeys(seen.fields) | {part.field("line1"): seen.clue}
    return (Candidate(changes, CONFIRMED, "the name stands in its own field", seen.fields),)


def _names(part: Part) -> set[str]:
    party = part.path.rpartition(".")[0]
    return {squeezed(part.order.text(f"{party}.{name}")) for name in ("name", "company")} - {""}


def _is_street(text: str, reference: Reference) -> bool:
    """Whether a line is a street with its number."""
    if lines.is_plain_street(text, reference):
        return True
    if lines.is_unit(text, reference) or lines.is_instruction(text) or not text[:1].isdigit():
        return False
    read = parse(text)
    return read.kind == "street" and read.confidence >= 0.9


# --- Units -------------------------------------------------------------------------------------------------------


def unit_twice(part: Part, context: Context) -> Sequence[Observation]:
    """Line 1 ends with the unit that line 2 names."""
    line2 = part.text("line2")
    units = lines.trailing_units(part.text("line1"), context.reference)
    if not line2 or units is None:
        return ()
    if not lines.same_unit(units.text, line2, context.reference) and not _same_door(units.text, line2, context):
        return ()
    fields = (part.field("line1"), part.field("line2"))
    return (Observation(fields[0], part.text("line1"), fields, units),)


def unit_once(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The unit in line 2 alone, in the fuller of the two forms; only offered where the designators differ."""
    units, line2 = seen.clue, part.text("line2")
    if not lines.same_unit(units.text, line2, context.reference):
        line1 = part.field("line1")
        return (
            Candidate({line1: units.rest}, 0.6, "the unit of line 2"),
            Candidate({line1: units.rest, part.field("line2"): units.text}, 0.35, "the unit of line 1"),
        )
    fuller = (
        units.text
        if len(lines.unit_key(units.text, context.reference)) > len(lines.unit_key(line2, context.reference))
        else line2
    )
    changes = {part.field("line1"): units.rest, part.field("line2"): fuller}
    return (Candidate(changes, CONFIRMED, "both lines name the same unit", (part.field("line2"),)),)


def units_differ(part: Part, context: Context) -> Sequence[Observation]:
    """Line 1 ends with one unit and line 2 names another of the same kind."""
    line1, line2 = part.text("line1"), part.text("line2")
    units = lines.trailing_units(line1, context.reference)
    if not line2 or units is None or not lines.is_unit(line2, context.reference):
        return ()
    one, other = lines.unit_key(units.text, context.reference), lines.unit_key(line2, context.reference)
    kinds = [next((word for word in key if context.reference.designators.standard(word)), "") for key in (one, other)]
    if lines.same_unit(units.text, line2, context.reference) or (kinds[0] != kinds[1] and not _one_level(kinds)):
        return ()  # a building in one line and a suite in the other are two parts of one unit
    fields = (part.field("line1"), part.field("line2"))
    return (Observation(fields[1], line2, fields, units),)


def _same_door(one: str, other: str, context: Context) -> bool:
    """Whether two units are one number under two designators of doors: `Ste 200` and `Apt 200`."""
    keys = [lines.unit_key(text, context.reference) for text in (one, other)]
    standard = context.reference.designators.standard
    return (
        all(len(key) == 2 and standard(key[0]) and key[0] not in ENCLOSING for key in keys)
        and keys[0][1] == keys[1][1]
        and any(map(str.isdigit, keys[0][1]))
    )


def _one_level(kinds: Sequence[str]) -> bool:
    """Whether two designators may be of the same door: a bare number or `#` is a door's, but none of a building's."""
    return ("#" in kinds or "" in kinds) and not ENCLOSING.intersection(kinds)


def either_unit(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Both units in line 2, so that none is lost; then line 2's alone, and line 1's."""
    units = seen.clue
    line1, line2 = part.field("line1"), part.field("line2")
    return (
        Candidate({line1: units.rest, line2: f"{units.text}, {part.text('line2')}"}, 0.5, "both units"),
        Candidate({line1: units.rest}, 0.25, "the unit of line 2"),
        Candidate({line1: units.rest, line2: units.text}, 0.2, "the unit of line 1"),
    )


def unit_inside(part: Part, context: Context) -> Sequence[Observation]:
    """Line 1 ends with a unit, and line 2 is empty."""
    units = lines.trailing_units(part.text("line1"), context.reference)
    if units is None or part.text("line2"):
        return ()
    # A designator by its name tells a unit after anything with a number; `#` only after what reads as a street.
    numbered = bool(_NUMBERED.match(units.rest)) and not units.text.startswith("#")
    if not numbered and not _is_street(units.rest, context.reference):
        return ()
    fields = (part.field("line1"), part.field("line2"))
    return (Observation(fields[0], part.text("line1"), fields, units),)


def unit_apart(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The unit, whole, in line 2."""
    changes = {part.field("line1"): seen.clue.rest, part.field("line2"): seen.clue.text}
    return (Candidate(changes, CONFIRMED, "a designator stands before it and nothing after it", (seen.field,)),)
