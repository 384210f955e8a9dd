"""The country of an address: the form it is written in, and whether state and postal code say the same."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.reference.bundle import Reference
from dq_service.reference.place_names import city_key
from dq_service.reference.resolution import FIELDS
from dq_service.reference.resolver import resolve
from dq_service.reference.tables import squashed
from dq_service.reference.zip_codes import ZIP

CERTAIN: Final = 0.999  # no other country has such a place
CONFIRMED: Final = 0.998  # state and postal code agree, and the word is one or two letters from the country's name
LIKELY: Final = 0.9
GUESSED: Final = 0.6

# ISO 3166-1 has codes of their own for them; the post (Pub. 28, appendix B) counts them as states with a ZIP.
TERRITORIES: Final = frozenset({"AS", "FM", "GU", "MH", "MP", "PR", "PW", "UM", "VI"})
_SPELT: Final = {"unitedstates": "US", "unitedstatesofamerica": "US", "america": "US", "canada": "CA"}
_SHORT: Final = {"usa": "US", "can": "CA"}  # believed in another spelling only where the place says so, too
_TWICE: Final = re.compile(r"[-,/()|]+")


class Told(NamedTuple):
    """The country that state and postal code name together (`""`: none), and whether the city is known there, too."""

    country: str
    sure: bool


def marks(part: Part, context: Context) -> Sequence[str]:
    """One look at the country: `()` where it is the code of a home market and the postal code begins as one of its."""
    country, postal_code = part.text("country"), part.text("postal_code")
    if country == "US":
        return ("code",) if postal_code[:1].isalpha() else ()
    if country == "CA":
        return ("code",) if postal_code[:1].isdigit() or not postal_code else ()
    if not country:
        return ("missing",) if part.at("country") is None else ()  # of another type: said elsewhere
    if country in context.reference.countries:
        return ("code",)
    return ("word",)


def not_iso(part: Part, context: Context) -> Sequence[Observation]:
    """A known country that is not written as its ISO code: `U.S.A.`, `Canada (CA)`."""
    country = part.text("country")
    code = _code(country, context.reference)
    if not code or code == country or _contradicted(part, code, context.reference):
        return ()
    return (Observation(part.field("country"), country, (), code),)


def as_iso(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The ISO 3166-1 alpha-2 code."""
    return (Candidate({seen.field: seen.clue}, None, "ISO 3166-1"),)


def misspelt(part: Part, context: Context) -> Sequence[Observation]:
    """No country, but a letter or two from the name of a home market: `Unted States`, `Cananda`."""
    country = part.text("country")
    code = _meant(country, _told(part, context.reference), context.reference)
    return (Observation(part.field("country"), country, (), code),) if code else ()


def spelt(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The country's code; sure where state and postal code are of that country."""
    told = _told(part, context.reference)
    fields = tuple(part.field(name) for name in ("state", "postal_code"))
    if told.country == seen.clue:
        return (Candidate({seen.field: seen.clue}, CONFIRMED, "state and postal code are of that country", fields),)
    near = Candidate({seen.field: seen.clue}, GUESSED if told.country else LIKELY, "the nearest name of a country")
    if not told.country:
        return (near,)
    return (near, Candidate({seen.field: told.country}, 0.4, "state and postal code are of that country", fields))


def unknown(part: Part, context: Context) -> Sequence[Observation]:
    """A text that is no country and near none."""
    country, reference = part.text("country"), context.reference
    if _code(country, reference) or _meant(country, _told(part, reference), reference):
        return ()
    return (Observation(part.field("country"), country),)


def of_place(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The country that state and postal code tell, if they do."""
    told = _told(part, context.reference)
    if not told.country:
        return ()
    fields = tuple(part.field(name) for name in FIELDS)
    confidence = 0.95 if told.sure else LIKELY
    return (Candidate({seen.field: told.country}, confidence, "state and postal code are of that country", fields),)


def contradicted(part: Part, context: Context) -> Sequence[Observation]:
    """State and postal code, which agree with each other, are of another country than the one named."""
    country = part.text("country")
    code = _code(country, context.reference)
    if not code or not _contradicted(part, code, context.reference):
        return ()
    return (Observation(part.field("country"), country, (), code),)


def of_agreeing_place(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The country of city, state and postal code; sure where they agree, if only in being a state and a ZIP of the
    United States, and the word has a way of getting there.

    Forms fill in the home market for everybody, and `CA` and `Georgia` are states, too; what made Germany of an
    address in Ohio nobody knows, so that is a person's.
    """
    reference = context.reference
    told = _told(part, reference)
    country = told.country or "US"
    state = reference.states.code(part.text("state"))
    explained = seen.clue in ("US", "CA") or state in (seen.clue, reference.states.code(seen.value))
    confidence = CERTAIN if explained and (told.sure or _american(part, reference)) else LIKELY
    fields = tuple(part.field(name) for name in FIELDS if part.text(name))
    place = " ".join(part.text(name) for name in FIELDS if part.text(name))
    name = reference.countries.name(country)
    return (Candidate({seen.field: country}, confidence, f"{place} is in {name}", fields),)


def missing(part: Part, context: Context) -> Sequence[Observation]:
    """No country, and the place says which. Silent where it does not: the home market goes without saying."""
    found = _of_place(part, context.reference)
    return (Observation(part.field("country"), None, (), found),) if found else ()


def from_place(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The country of the place."""
    country, confidence, fields = seen.clue
    fields = tuple(part.field(name) for name in fields)
    return (Candidate({seen.field: country}, confidence, "state and postal code are of that country", fields),)


def _code(text: str, reference: Reference) -> str:
    """The code of a text that is a country, said once or twice: `USA`, `US - United States`."""
    code: str = reference.countries.code(text)
    if code or not _TWICE.search(text):
        return code
    codes = {reference.countries.code(piece) for piece in _TWICE.split(text) if piece.strip()}
    return codes.pop() if len(codes) == 1 else ""


def _meant(text: str, told: Told, reference: Reference) -> str:
    """The home market of which a text is a misspelling, `""` if it is none."""
    word = squashed(text)
    if _code(text, reference) or len(word) < 3:
        return ""
    near = {
        code for name, code in _SPELT.items() if OSA.distance(word, name, score_cutoff=2) <= (1 if len(name) < 8 else 2)
    }
    near |= {
        code for name, code in _SHORT.items() if code == told.country and OSA.distance(word, name, score_cutoff=1) <= 1
    }
    return near.pop() if len(near) == 1 else ""


def _contradicted(part: Part, code: str, reference: Reference) -> bool:
    told = _told(part, reference)
    state = reference.states.code(part.text("state"))
    if not told.country and code == "CA" and _american(part, reference):
        return True
    if not told.country:
        # `Georgia` beside the state GA is the state once more, whatever is missing besides.
        named = reference.states.code(part.text("country"))
        return code not in ("US", "CA", *TERRITORIES) and bool(named) and named == state
    return told.country != code and not (told.country == "US" and code in TERRITORIES and code == state)


def _american(part: Part, reference: Reference) -> bool:
    """Whether the state is one of the United States and the postal code has but digits, which Canada's never have."""
    state, postal_code = part.text("state"), part.text("postal_code")
    digits = postal_code.replace("-", "").isdecimal() and 4 <= len(postal_code) <= 10
    return digits and bool(reference.states.code(state))


def _told(part: Part, reference: Reference) -> Told:
    city, state, postal_code = (part.text(name) for name in FIELDS)
    if ZIP.fullmatch(postal_code):
        row = reference.places.at(postal_code)
        if row is None or row.state != reference.states.code(state):
            return Told("", False)
        return Told("US", bool(city) and city_key(city) in row.keys)
    canadian = reference.canada.postal_code(postal_code)
    if canadian and reference.canada.province(state) == reference.canada.province_of(canadian):
        return Told("CA", True)
    return Told("", False)


def _of_place(part: Part, reference: Reference) -> tuple[str, float, tuple[str, ...]] | None:
    """The country, how sure it is, and the fields that say so, where none is given."""
    city, state, postal_code = (part.text(name) for name in FIELDS)
    canada = reference.canada
    canadian = canada.postal_code(postal_code) or canada.read_slips(postal_code)
    if canadian:
        if not canada.province(state) and reference.states.code(state):
            return None
        return "CA", CONFIRMED, ("state", "postal_code") if state else ("postal_code",)
    if not (postal_code and (city or state)):
        return None
    code, row = reference.states.code(state), reference.places.at(postal_code[:5])
    if code and row is not None and row.state == code and ZIP.fullmatch(postal_code):
        return "US", CERTAIN, ("state", "postal_code")
    answer = resolve(city, state, postal_code, places=reference.places)
    if answer.agrees:
        return "US", CERTAIN, FIELDS
    if answer.settled is None or answer.unsettled:
        return None
    return "US", min(CONFIRMED, answer.settled.probability), FIELDS
