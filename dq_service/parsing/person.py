"""A person of an order and how a phone or an e-mail address reaches it.

A person is a party (`ship_to`, `stops[0]`) or an entry of its `contacts`: both have a phone and an e-mail.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from dq_service.order import Order, Part
from dq_service.parsing import phone
from dq_service.parsing.contact_text import email_marks, is_plain, is_plain_email, phone_marks
from dq_service.parsing.country import country_of
from dq_service.parsing.phone import PhoneReading
from dq_service.reference.bundle import Reference

BROKEN_PHONE: Final = frozenset({"placeholder", "scientific", "unreadable", "unserved"})
BROKEN_EMAIL: Final = frozenset({"slip", "broken"})
_EXTENSION: Final = re.compile(r"\d{1,7}", re.A)
_RELAY_EXTENSION: Final = 5  # digits of the extension behind which Amazon's relay keeps a buyer


def people(part: Part) -> list[Part]:
    """The party itself, then each of its further contacts."""
    if not part.value.get("contacts"):
        return [part]
    return [part, *(one for one in part.order.parts(part.field("contacts[*]")) if type(one.value) is dict)]


def is_plainly_reached(party: Mapping[str, Any], reference: Reference) -> bool:
    """Whether a party has a plain phone and a plain e-mail address, and nothing else to be reached by."""
    phone, mail = party.get("phone"), party.get("email")
    return (
        type(phone) is str
        and type(mail) is str
        and not (party.get("phone_extension") or party.get("contacts"))
        and is_plain(phone, reference.area_codes)
        and is_plain_email(mail, reference.email_domains)
        and mail not in reference.placeholders.words
    )


def phone_seen(person: Part, reference: Reference) -> Sequence[str]:
    """The marks of a person's phone (`contact_text.phone_marks`); nothing for one that is plainly fine."""
    text = person.value.get("phone")
    if type(text) is not str or not text:
        return ()
    area_codes = reference.area_codes
    found: Sequence[str] = ()
    if not is_plain(text, area_codes):
        region = region_of(person, reference)
        if not region and not text.startswith("+"):
            return ()  # a number of a country that nobody knows
        found = phone_marks(text, region, area_codes)
    if person.value.get("phone_extension") or "formatted" in found:
        extension = person.text("phone_extension") or read_phone(text, person, reference).extension
        amazon = person.order.text("channel").casefold().startswith("amazon")
        if amazon and len(extension) == _RELAY_EXTENSION and "relay" not in found:
            return (*found, "relay")
    return found


def email_seen(person: Part, reference: Reference) -> Sequence[str]:
    """The marks of a person's e-mail address (`contact_text.email_marks`); nothing for one that is plainly fine."""
    text = person.value.get("email")
    if type(text) is not str or not text:
        return ()
    placeholders = reference.placeholders
    if text.lower() in placeholders.words and placeholders.stands_for(text, "email"):
        return ("broken",)  # no@no.com
    return email_marks(text, reference.email_domains)


def phone_in_email_of(person: Part, reference: Reference) -> PhoneReading | None:
    """The phone number that a person's e-mail field holds."""
    text = person.text("email")
    if not text or "@" in text:
        return None
    reading = read_phone(text, person, reference)
    return reading if reading.state == "valid" and not reading.vanity else None


def has_dressed_extension(person: Part) -> bool:
    """Whether a person's extension is more than digits: `x214`, `ext. 12`."""
    extension = person.text("phone_extension")
    return bool(extension) and not _EXTENSION.fullmatch(extension)


def read_phone(text: str, person: Part, reference: Reference) -> PhoneReading:
    """A number as it is dialled where the person is."""
    region = "US" if text[:2] == "+1" else region_of(person, reference)
    return phone.read(text, region, reference.area_codes)


def region_of(person: Part, reference: Reference) -> str:
    """Where a number without a country code is: the party's country, else the customer's."""
    head, inside, _ = person.path.partition(".")
    if not inside and type(address := person.value.get("address")) is dict and address.get("country") == "US":
        return "US"
    own = type(person.order.at(head + ".address")) is dict
    return country_of(person if own else person.order.part(""), reference)


def unreachable(part: Part, required: Collection[str], reference: Reference) -> bool:
    """Whether a contact is required of a party (`ship_to.contact`, `stops[*].contact`) and none can be used."""
    if not required:
        return False
    head, place, _ = part.path.partition("[")
    return (f"{head}[*].contact" if place else f"{head}.contact") in required and not _usable(part, reference)


def _usable(part: Part, reference: Reference) -> bool:
    """Whether a party or one of its contacts has a phone or an e-mail address that can be used as it reads."""
    for person in people(part):
        if person.text("phone") and BROKEN_PHONE.isdisjoint(phone_seen(person, reference)):
            return True
        if person.text("email") and BROKEN_EMAIL.isdisjoint(email_seen(person, reference)):
            return True
        if phone_in_email_of(person, reference):
            return True
    return False


def blanked(part: Part, name: str, received: Order, reference: Reference) -> bool:
    """Whether a word that stands for nothing was taken out of a party's `phone` or `email` as it was received."""
    field = part.field(name)
    word = "" if part.value.get(name) else received.text(field).strip()
    return bool(word) and bool(reference.placeholders.kind(word, name))
