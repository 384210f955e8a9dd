"""Phones of every party and its further contacts: how they are written, whether they can be used."""

import re
from collections.abc import Sequence
from typing import Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.contact_text import alike, numbers_in, say_more
from dq_service.parsing.further_contact import fitting, further_phone, phone_fields
from dq_service.parsing.person import (
    BROKEN_PHONE,
    blanked,
    email_seen,
    has_dressed_extension,
    people,
    phone_seen,
    read_phone,
    region_of,
    unreachable,
)
from dq_service.parsing.phone import PhoneReading
from dq_service.parsing.phones_in_text import FoundPhone

_DRESSED: Final = re.compile(r"(?:extensi[oó]n|ext|xtn|poste|x|#)?[ .:#=]*(\d{1,7})", re.A | re.I)


def phone_reads(part: Part, context: Context, *, as_: str) -> Sequence[Observation]:
    """Phones that are: `formatted` otherwise than E.164, `letters`, `around` or `several` (words, numbers beside it),
    `placeholder`, `scientific`, `unreadable`, `unserved` (no such area code or exchange), `toll_free`, `premium`.

    One that cannot be used is not told where the partner wants a contact and there is no other: contact-missing does.
    """
    if as_ in BROKEN_PHONE and unreachable(part, context.partner.required, context.reference):
        return ()
    more = (part.field("contacts"),) if as_ == "several" else ()
    if as_ == "placeholder" and blanked(part, "phone", context.received, context.reference):
        return (Observation(part.field("phone"), context.received.text(part.field("phone"))),)
    return tuple(
        Observation(
            person.field("phone"),
            person.text("phone"),
            (person.field("phone"), person.field("phone_extension"), *more),
            person,
        )
        for person in people(part)
        if as_ in phone_seen(person, context.reference)
    )


def phone_in_e164(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The number in E.164, its extension in its own field; only offered where another extension stands there."""
    return _written(seen.clue, read_phone(seen.value, seen.clue, context.reference))


def phone_alone(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The one number in the text; only offered where the words beside it say more: a fax, further digits."""
    numbers = _numbers(seen.clue, context)
    candidates = _written(seen.clue, numbers[0].reading)
    if say_more(numbers):
        return tuple(Candidate(one.changes, 0.6, "a number among other words") for one in candidates)
    return candidates


def phones_apart(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The first number as the phone, each other as a further contact with the words beside it as its role."""
    numbers = _numbers(seen.clue, context)
    changes = {path: value for one in _written(seen.clue, numbers[0].reading) for path, value in one.changes.items()}
    for place, other in enumerate(numbers[1:]):
        changes |= further_phone(part, place, other.reading, other.words)
    return fitting(part, Candidate(changes, 0.6 if say_more(numbers) else None, "two numbers in one field"))


def extension_dressed(part: Part, context: Context) -> Sequence[Observation]:
    """Extensions that are more than digits: `x214`, `ext. 12`."""
    return tuple(
        Observation(person.field("phone_extension"), person.text("phone_extension"))
        for person in people(part)
        if has_dressed_extension(person)
    )


def extension_bare(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The extension's digits; none where other words or digits stand beside them."""
    found = _DRESSED.fullmatch(seen.value.strip())
    return (Candidate({seen.field: found[1]}),) if found else ()


def relayed(part: Part, context: Context) -> Sequence[Observation]:
    """Phones and e-mail addresses that a marketplace forwards, where `relay` does not say so yet."""
    found = []
    for person in people(part):
        by_phone = "relay" in phone_seen(person, context.reference)
        if (by_phone or "relay" in email_seen(person, context.reference)) and person.at("relay") is not True:
            field = person.field("phone" if by_phone else "email")
            found.append(Observation(field, person.order.at(field), (field, person.field("relay")), person))
    return found


def as_relay(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """`relay: true` on the person."""
    return (Candidate({seen.clue.field("relay"): True}),)


def area_code_far(part: Part, context: Context) -> Sequence[Observation]:
    """The phone of a party without e-mail whose area code lies in another state or province than its address."""
    reading = read_phone(part.text("phone"), part, context.reference)
    states = context.reference.area_codes.states(reading.area_code) if reading.kind == "fixed_or_mobile" else ()
    written = part.inner("address").text("state")
    state = context.reference.states.read(written).code or context.reference.canada.province(written)
    if not states or not state or state in states:
        return ()
    return (Observation(part.field("phone"), part.text("phone")),)


def _numbers(person: Part, context: Context) -> Sequence[FoundPhone]:
    return numbers_in(person.text("phone"), region_of(person, context.reference), context.reference.area_codes)


def _written(person: Part, reading: PhoneReading) -> Sequence[Candidate]:
    """The reading in its fields; unsure where another extension stands there already."""
    there = person.text("phone_extension")
    contradicted = bool(reading.extension and there) and not alike(there, reading.extension)
    return (Candidate(phone_fields(person, reading), 0.6 if contradicted else None),)
