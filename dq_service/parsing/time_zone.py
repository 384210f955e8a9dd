"""The time zone in which an address lies: clocks there show what a window without an offset means."""

from typing import Final

from dq_service.order import Part
from dq_service.parsing.country import country_of
from dq_service.reference.bundle import Reference
from dq_service.reference.resolver import agrees, resolve

# Time in Canada by province (National Research Council Canada); Saskatchewan keeps standard time all year.
_PROVINCES: Final = {
    "AB": "America/Edmonton", "BC": "America/Vancouver", "MB": "America/Winnipeg", "NB": "America/Moncton",
    "NL": "America/St_Johns", "NS": "America/Halifax", "NT": "America/Edmonton", "ON": "America/Toronto",
    "PE": "America/Halifax", "QC": "America/Toronto", "SK": "America/Regina", "YT": "America/Whitehorse",
}  # fmt: skip
# Beginnings of postal codes in the parts of a province that keep, or may keep, a neighbour's time: Labrador, the
# Magdalen Islands and the Lower North Shore, Ontario west of 90° W, Lloydminster, the east of British Columbia.
_ELSEWHERE: Final = (
    "A0K", "A0P", "A0R", "A2V", "G0G", "G4T", "P0T", "P0V", "P0W", "P0X", "P0Y", "P8", "P9", "S9V",
    "V0A", "V0B", "V0C", "V1C", "V1G", "V1J",
)  # fmt: skip


def zone_of(address: Part, reference: Reference) -> str:
    """The IANA name of the zone in which an address lies for certain; `""` where it cannot be told."""
    country = country_of(address, reference)
    if country == "US":
        places = reference.places
        city, state, postal_code = address.text("city"), address.text("state"), address.text("postal_code")
        if agrees(city, state, postal_code, places):
            return places.rows[postal_code[:5]].time_zone
        return resolve(city, state, postal_code, places=places).time_zone
    if country != "CA":
        return ""
    postal_code = address.text("postal_code").upper()
    if not postal_code or postal_code.startswith(_ELSEWHERE):
        return ""
    return _PROVINCES.get(reference.canada.province(address.text("state")), "")


def zones_of(address: Part, reference: Reference) -> list[str]:
    """The zones in which an address may lie, likeliest first, where `zone_of` cannot tell."""
    if country_of(address, reference) != "US":
        return []
    places = reference.places
    answer = resolve(address.text("city"), address.text("state"), address.text("postal_code"), places=places)
    zones = [places.at(candidate.postal_code[:5]) for candidate in answer.candidates]
    return list(dict.fromkeys(place.time_zone for place in zones if place is not None))
