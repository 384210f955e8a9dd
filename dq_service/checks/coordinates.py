"""Where latitude and longitude say that an address lies, against the earth and against its ZIP."""

from collections.abc import Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part

NULL_ISLAND: Final = 0.01  # degrees around 0, 0: what a geocoder gives that has found nothing
NEARBY: Final = 5  # miles from the ZIP's centre within which no rule has anything to ask
SWAPPED: Final = 0.999
SIGN_LOST: Final = 0.95


def marks(part: Part, context: Context) -> Sequence[str]:
    """One look: whether there is a pin at all, whether it is on the earth, and whether it is near the ZIP's centre."""
    address = part.value
    latitude, longitude = address.get("latitude"), address.get("longitude")
    if latitude is None or longitude is None or not _is_number(latitude) or not _is_number(longitude):
        return ()
    if not _on_earth(latitude, longitude):
        return ("off_earth",)
    return ("far",) if _near(part, latitude, longitude, context, NEARBY) is False else ()


def impossible(part: Part, context: Context, *, miles: int) -> Sequence[Observation]:
    """A latitude beyond the poles, a longitude beyond the date line, or 0, 0; not where they lie within `miles` of
    the ZIP once they are swapped.
    """
    latitude, longitude = part.at("latitude"), part.at("longitude")
    if _near(part, longitude, latitude, context, miles):
        return ()
    field = "longitude" if abs(latitude) <= 90 and abs(longitude) > 180 else "latitude"
    return (Observation(part.field(field), part.at(field), _fields(part)),)


def blanked(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """No coordinates: these name no place where anybody lives."""
    return (Candidate(dict.fromkeys(seen.fields), None, "no such place on land"),)


def swapped(part: Part, context: Context, *, miles: int) -> Sequence[Observation]:
    """Latitude and longitude in each other's field: as they stand beyond `miles` of the ZIP, swapped within."""
    latitude, longitude = part.at("latitude"), part.at("longitude")
    if _near(part, latitude, longitude, context, miles) is not False or not _near(
        part, longitude, latitude, context, miles
    ):
        return ()
    return (Observation(part.field("latitude"), latitude, _fields(part)),)


def swapped_back(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Each in the other's field."""
    latitude, longitude = seen.fields
    changes = {latitude: part.at("longitude"), longitude: part.at("latitude")}
    zip5 = part.text("postal_code")[:5]
    evidence = (part.field("postal_code"),)
    return (Candidate(changes, SWAPPED, f"so the pin lies in the area of {zip5}", evidence),)


def away(part: Part, context: Context, *, miles: int) -> Sequence[Observation]:
    """A pin more than `miles` from the centre of the address's ZIP. It is kept: the words may be what is wrong."""
    latitude, longitude = part.at("latitude"), part.at("longitude")
    if _near(part, latitude, longitude, context, miles) is not False:
        return ()
    if _near(part, longitude, latitude, context, miles):
        return ()  # swapped, which has been said
    return (Observation(part.field("latitude"), [latitude, longitude], _fields(part), miles),)


def signed(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The other sign, where a lost one explains it (longitudes of America are negative); the pin otherwise stands."""
    latitude, longitude = part.at("latitude"), part.at("longitude")
    if not _near(part, latitude, -longitude, context, seen.clue):
        return ()
    evidence = (part.field("postal_code"),)
    zip5 = part.text("postal_code")[:5]
    return (
        Candidate(
            {seen.fields[1]: -longitude}, SIGN_LOST, f"with its sign the pin lies in the area of {zip5}", evidence
        ),
    )


def _near(part: Part, latitude: float, longitude: float, context: Context, miles: int) -> bool | None:
    """Whether a pin lies within `miles` of the ZIP's centre; None where the ZIP has none that is known."""
    zip5, places = part.text("postal_code")[:5], context.reference.places
    row = places.at(zip5)
    if row is None or row.type == "military" or part.text("country") not in ("US", ""):
        return None
    if not _on_earth(latitude, longitude):
        return False
    distance = places.miles_to(zip5, latitude, longitude)
    return None if distance is None else distance <= miles


def _fields(part: Part) -> tuple[str, str]:
    return part.field("latitude"), part.field("longitude")


def _is_number(value: Any) -> bool:
    return type(value) is float or type(value) is int


def _on_earth(latitude: float, longitude: float) -> bool:
    return (
        -90 <= latitude <= 90
        and -180 <= longitude <= 180
        and not (abs(latitude) < NULL_ISLAND and abs(longitude) < NULL_ISLAND)
    )
