"""Whether anybody can be reached at a party: the contact that is required, and what stands in its address lines."""

from collections.abc import Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.contact_text import InLine, email_meant, in_address_line, may_reach
from dq_service.parsing.further_contact import email_placed, fitting, phone_placed
from dq_service.parsing.person import region_of, unreachable

_SHORTEST: Final = 6  # characters of an e-mail address: a@b.co


def marks(part: Part, context: Context) -> Sequence[str]:
    """`no_contact` where a required contact is missing, `line` where an address line may hold one."""
    found: Sequence[str] = ()
    phone = part.value.get("phone")
    # A phone that is there and no text is what the type rules tell of.
    if (not phone or type(phone) is str) and unreachable(part, context.partner.required, context.reference):
        found = ("no_contact",)
    lines = part.value.get("address")
    if type(lines) is dict:
        for name in ("line1", "line2"):
            line = lines.get(name)
            if type(line) is str and len(line) >= _SHORTEST and may_reach(line):
                found = (*found, "line")
    return found


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
