"""E-mail addresses of every party and its further contacts: how they are written, whether they can be used."""

from collections.abc import Sequence
from typing import Any

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import email
from dq_service.parsing.contact_text import addresses_in, email_dotted, email_meant
from dq_service.parsing.further_contact import fitting, further_entry
from dq_service.parsing.person import (
    BROKEN_EMAIL,
    blanked,
    email_seen,
    people,
    phone_in_email_of,
    unreachable,
)


def email_reads(part: Part, context: Context, *, as_: str) -> Sequence[Observation]:
    """E-mail addresses that are: `dressed` (brackets, mailto:, spaces), `slip` (one edit from a well-known domain),
    `broken` (no address), `role` (a shared mailbox), `disposable`.

    As for phones, contact-missing tells of the one that nobody can be reached by.
    """
    more = (part.field("contacts"),) if as_ == "broken" else ()
    if as_ in BROKEN_EMAIL and unreachable(part, context.partner.required, context.reference):
        return ()
    if as_ == "broken" and blanked(part, "email", context.received, context.reference):
        return (Observation(part.field("email"), context.received.text(part.field("email"))),)
    return tuple(
        Observation(person.field("email"), person.text("email"), (person.field("email"), *more))
        for person in people(part)
        if as_ in email_seen(person, context.reference)
        and not (as_ == "broken" and phone_in_email_of(person, context.reference))
    )


def email_bare(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The address without what stands around it."""
    return (Candidate({seen.field: email.read(seen.value).address}),)


def email_as_meant(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The same person at the well-known domains that the text is one slip away from, or ends in; of several addresses
    the first, with the others as further contacts.
    """
    if meant := email_meant(seen.value, context.reference.email_domains):
        return [Candidate({seen.field: address}, share, why) for address, share, why in meant]
    if dotted := email_dotted(seen.value):
        return (Candidate({seen.field: dotted}, 0.9, "a dot too many, or a comma for one"),)
    changes: dict[str, Any] = {}
    for place, address in enumerate(addresses_in(seen.value), -1):
        entry = further_entry(part, place)
        changes |= {seen.field: address} if place < 0 else {f"{entry}.role": "alternate", f"{entry}.email": address}
    return fitting(part, Candidate(changes, 0.9, "several addresses")) if changes else ()
