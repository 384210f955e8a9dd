"""How a party and its further contacts are reached: one look for all subjects that look at a party."""

from collections.abc import Sequence
from typing import Final

from dq_service.context import Context
from dq_service.order import Part
from dq_service.parsing.contact_text import may_reach
from dq_service.parsing.person import (
    BROKEN_PHONE,
    blanked,
    email_seen,
    has_dressed_extension,
    is_plainly_reached,
    people,
    phone_in_email_of,
    phone_seen,
    unreachable,
)

PARTS: Final = ("ship_to", "ship_from", "bill_to", "stops[*]")
_SHORTEST: Final = 6  # characters of an e-mail address: a@b.co


def marks(part: Part, context: Context) -> Sequence[str]:
    """Of phones and e-mail addresses what `contact_text.phone_marks` and `email_marks` say; `phone_only` without an
    e-mail address, `phone_in_email`, `extension` in another form; `no_contact` where a required one is missing,
    `blanked_phone` and `blanked_email`; `line` where an address line may hold one.
    """
    party = part.value
    found: list[str] = [] if is_plainly_reached(party, context.reference) else _seen(part, context)
    lines = party.get("address")
    if type(lines) is dict:
        for name in ("line1", "line2"):
            line = lines.get(name)
            if line and type(line) is str and len(line) >= _SHORTEST and may_reach(line):
                found.append("line")
    return found


def _seen(part: Part, context: Context) -> list[str]:
    reference, required = context.reference, context.partner.required
    found: list[str] = []
    broken = False
    for person in people(part):
        value = person.value
        phone, mail = phone_seen(person, reference), email_seen(person, reference)
        found += phone
        found += mail
        broken = broken or not BROKEN_PHONE.isdisjoint(phone)
        if value.get("phone") and not value.get("email"):
            found.append("phone_only")
        if value.get("phone_extension") and has_dressed_extension(person):
            found.append("extension")
        if "broken" in mail and phone_in_email_of(person, reference):
            found.append("phone_in_email")
    if required and (broken or not part.value.get("phone")) and unreachable(part, required, reference):
        found.append("no_contact")
    if part.order.json is not context.received.json:
        found += (f"blanked_{name}" for name in ("phone", "email") if blanked(part, name, context.received, reference))
    return found
