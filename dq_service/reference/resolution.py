"""The answer to "which place is meant": the slips that were made, the candidates, and the place believed."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from dq_service.reference.places import Place

PlaceField = Literal["city", "state", "postal_code"]
SlipKind = Literal[
    "city_missing",
    "city_misspelled",
    "city_abbreviated",  # `Phila`, `NYC`: shorter than the post allows
    "city_not_acceptable",  # a note: the post knows the name and asks for another
    "city_not_of_zip",  # a city of the table, elsewhere
    "city_unknown",  # no city of the table, and like none that would fit
    "state_missing",
    "state_misspelled",
    "state_name",  # the right state in another form: `Minnesota`, `T.N.`, `tn`
    "state_not_of_place",
    "zip_missing",
    "zip_lost_zero",
    "zip_letters",
    "zip_swapped",
    "zip_digit",  # one digit wrong, lost or too many
    "zip_plus4_damaged",
    "zip_form",
    "zip_unknown",  # the post has no such ZIP, and it is no slip of the one that fits
    "zip_retired",  # a note: right, but no longer in use
    "zip_not_of_city",  # a ZIP of the table, elsewhere
]
FIELDS: tuple[PlaceField, ...] = ("city", "state", "postal_code")


class Slip(NamedTuple):
    """One field that is wrong: what stands there and what should."""

    field: PlaceField
    kind: SlipKind
    before: str
    after: str


class PlaceCandidate(NamedTuple):
    """One place that may be meant: the values to write, the slips that this supposes, and how sure it is.

    What is right is kept as the sender wrote it. `evidence_fields` are those that speak for it.
    """

    city: str
    state: str
    postal_code: str
    slips: tuple[Slip, ...]
    probability: float
    evidence: str
    evidence_fields: tuple[PlaceField, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What city, state and ZIP say together.

    `agrees`: they name one place and there is nothing to say. `settled`: the clear winner, of which each slip is one
    finding; its probability decides whether it is applied. Where only some fields are clear (`Minnesota` is MN,
    whatever the ZIP), `settled` changes those and leaves the others as they are. `unsettled`: the fields that are
    still open after that; `candidates` are then the answers to choose from (whole places, best first, at most
    five), none if nothing fits. `notes`: warnings about a place that holds. `place`: the place now believed, None
    while the ZIP is open. `time_zone`: the zone in which the place lies for certain, also while the ZIP is open.
    """

    agrees: bool
    settled: PlaceCandidate | None = None
    unsettled: tuple[PlaceField, ...] = ()
    candidates: tuple[PlaceCandidate, ...] = ()
    notes: tuple[Slip, ...] = ()
    place: Place | None = None
    time_zone: str = ""
