"""Where a number or an address goes: its own field, or a further contact of the party where another stands there."""

from collections.abc import Sequence
from typing import Any

from dq_service.finding import Candidate
from dq_service.order import Part
from dq_service.parsing.person import read_phone
from dq_service.parsing.phone import PhoneReading
from dq_service.reference.bundle import Reference


def phone_fields(person: Part, reading: PhoneReading) -> dict[str, Any]:
    """A number and its extension in the person's fields, in place of what stands there."""
    extension = {person.field("phone_extension"): reading.extension} if reading.extension else {}
    return {person.field("phone"): reading.text if reading.vanity else reading.e164, **extension}


def phone_placed(
    part: Part, person: Part, reading: PhoneReading, reference: Reference, *, free: bool = False
) -> dict[str, Any]:
    """A number in the person's phone field; in a further contact of the party where another number stands there."""
    if free or not person.text("phone"):
        return phone_fields(person, reading)
    return (
        {}
        if read_phone(person.text("phone"), person, reference).e164 == reading.e164
        else further_phone(part, 0, reading, "")
    )


def email_placed(part: Part, person: Part, address: str) -> dict[str, Any]:
    """An address in the person's e-mail field, or in a further contact where another one stands there."""
    there = person.text("email")
    if not there:
        return {person.field("email"): address}
    place = further_entry(part, 0)
    same = there.casefold() == address.casefold()
    return {} if same else {f"{place}.role": "alternate", f"{place}.email": address}


def further_phone(part: Part, place: int, reading: PhoneReading, words: str) -> dict[str, Any]:
    """A number as one more contact of the party; `place` counts from the first new one."""
    entry = further_entry(part, place)
    extension = {f"{entry}.phone_extension": reading.extension} if reading.extension else {}
    return {f"{entry}.role": words[:40] or "alternate", f"{entry}.phone": reading.e164, **extension}


def further_entry(part: Part, place: int) -> str:
    """The path of a new contact of the party, counted from the first new one."""
    contacts = part.at("contacts")
    return f"{part.field('contacts')}[{(len(contacts) if type(contacts) is list else 0) + place}]"


def fitting(part: Part, candidate: Candidate) -> Sequence[Candidate]:
    """The candidate, unless it needs a further contact and what stands in `contacts` is no list."""
    contacts = part.field("contacts")
    if part.at("contacts") is None or type(part.at("contacts")) is list:
        return (candidate,)
    return () if any(path.startswith(contacts) for path in candidate.changes) else (candidate,)
