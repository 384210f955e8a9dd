"""Whether anybody can be reached at a party: the contact that is required, and contacts in a wrong field."""

from collections.abc import Sequence
from typing import Any

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import email
from dq_service.parsing.contact_text import InLine, email_meant, in_address_line
from dq_service.parsing.further_contact import email_placed, fitting, phone_placed
from dq_service.parsing.person import people, phone_in_email_of, phone_seen, read_phone, region_of, unreachable


def contact_missing(part: Part, context: Context) -> Sequence[Observation]:
    """A party where nobody can be reached, if the partner requires a contact: the broken one where one is given."""
    if not unreachable(part, context.partner.required, context.reference):
        return ()
    name = "phone" if part.text("phone") or not part.text("email") else "email"
    return (Observation(part.field(name), part.text(name), (part.field("phone"), part.field("email"))),)


def contact_found(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The address that a broken one most likely was; what an address line holds; what bill_to has for the same name."""
    meant = email_meant(part.text("email"), context.reference.email_domains) if part.text("email") else ()
    found = [Candidate({part.field("email"): address}, share, why) for address, share, why in meant]
    if not part.text("phone"):
        found += [one for line in in_line(part, context) for one in out_of_line(line, part, context)]
    payer = part.order.part("bill_to")
    if payer.text("name") and payer.text("name").casefold() == part.text("name").casefold():
        for name in ("phone", "email"):
            if payer.text(name) and not part.text(name):
                found.append(Candidate({part.field(name): payer.text(name)}, 0.85, "the same name in bill_to"))
    return found


def phone_in_email(part: Part, context: Context) -> Sequence[Observation]:
    """E-mail fields that hold a phone number and nothing else."""
    return tuple(
        Observation(
            person.field("email"),
            person.text("email"),
            (person.field("email"), person.field("phone"), person.field("phone_extension"), part.field("contacts")),
            person,
        )
        for person in people(part)
        if phone_in_email_of(person, context.reference)
    )


def phone_from_email(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The number in the phone field (what stands there is an e-mail address: in its place), else in a contact."""
    person: Part = seen.clue
    reading = read_phone(seen.value, person, context.reference)
    address = email.read(person.text("phone")).address
    changes = {
        seen.field: address or None,
        **phone_placed(part, person, reading, context.reference, free=bool(address)),
    }
    return fitting(part, Candidate(changes, None, "a phone number and no e-mail address"))


def email_in_phone(part: Part, context: Context) -> Sequence[Observation]:
    """Phone fields that hold an e-mail address and nothing else."""
    return tuple(
        Observation(
            person.field("phone"),
            person.text("phone"),
            (person.field("phone"), person.field("email"), person.field("phone_extension"), part.field("contacts")),
            person,
        )
        for person in people(part)
        if "email" in phone_seen(person, context.reference)
    )


def email_from_phone(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The address in the e-mail field, or in a further contact where another one stands there."""
    person: Part = seen.clue
    changes = {seen.field: None, **email_placed(part, person, email.read(seen.value).address)}
    return fitting(part, Candidate(changes, None, "an e-mail address and no phone number"))


def in_line(part: Part, context: Context) -> Sequence[Observation]:
    """Address lines that hold a phone number or an e-mail address."""
    found = []
    for name in ("line1", "line2"):
        line = part.inner("address").text(name)
        inside = (
            in_address_line(line, region_of(part, context.reference), context.reference.area_codes) if line else None
        )
        if inside:
            field = f"{part.path}.address.{name}"
            moved = part.field("email" if inside.address else "phone")
            found.append(Observation(field, line, (field, moved, part.field("contacts")), inside))
    return found


def out_of_line(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """What was found in its own field (a further contact where another one stands there), the line without it."""
    inside: InLine = seen.clue
    changes: dict[str, Any] = {seen.field: inside.rest or None}
    if inside.number:
        changes |= phone_placed(part, part, inside.number.reading, context.reference)
    else:
        changes |= email_placed(part, part, inside.address)
    share = 0.9 if inside.rest else 0.97
    return fitting(part, Candidate(changes, share, "to reach somebody by, no part of an address"))
