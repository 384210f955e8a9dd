"""City, state and postal code in each other's fields: each is moved into its own, whole, or the move is offered."""

from collections.abc import Iterator, Sequence
from typing import Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.tails import same, tail, told
from dq_service.reference.bundle import Reference
from dq_service.reference.place_names import city_key
from dq_service.reference.resolution import FIELDS
from dq_service.reference.resolver import resolve
from dq_service.reference.zip_codes import ZIP

CONFIRMED: Final = 0.999  # the postal table knows the place
READ: Final = 0.8  # it only looks so


def marks(part: Part, context: Context) -> Sequence[str]:
    """Which of the three fields may hold another's value; `()` where each plainly holds its own."""
    city, state, postal_code = part.text("city"), part.text("state"), part.text("postal_code")
    reference = context.reference
    coded, numbered = state in reference.places.states.codes, bool(ZIP.fullmatch(postal_code))
    if not (coded and numbered and city.replace(" ", "").isalpha()):
        return tuple(_marks_of_fields(city, state, postal_code, coded, numbered, reference))
    if " " in city and city.rpartition(" ")[2].upper() == state:
        return ("city_holds",)
    return ()


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
        evidence = "the same stands in its own field"
        return (Candidate({seen.field: None}, CONFIRMED, evidence, tuple(part.field(field) for field in parts)),)
    other = {field: value for field, value in parts.items() if field != holder}
    code_of = context.reference.places.states.code
    differing = [
        field
        for field, value in other.items()
        if (given := part.text(field))
        and not same(field, given, value)
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
    return (Candidate(changes, confidence, told(read), (part.field(holder),)),)


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
    whole = f"{meant['city']}, {meant['state']} {meant['postal_code']}".strip(" ,")
    return (Candidate(changes, CONFIRMED if sure else READ, f"{whole} is a place", seen.fields),)


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
    return all(part.text(field) and same(field, part.text(field), value) for field, value in parts.items())


def _is_city(text: str, part: Part, context: Context) -> bool:
    """Whether a text as a whole is a city of the order's own state or ZIP (`Iowa City`, `Port Washington`)."""
    places = context.reference.places
    row = places.at(part.text("postal_code")[:5])
    if row is not None and city_key(text) in {city_key(name) for name in (row.city, *row.acceptable)}:
        return True
    code = places.states.code(part.text("state"))
    return bool(places.zips(text, code)) if code else city_key(text) in places.named


def _of_state(postal_code: str, state: str, context: Context) -> bool:
    row = context.reference.places.at(postal_code[:5])
    return row is None or row.state == context.reference.places.states.code(state)
