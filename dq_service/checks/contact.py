"""Phones and e-mail addresses of every party and its further contacts: how they are written, whether they can be used.

A person here is a party (`ship_to`, `stops[0]`) or an entry of its `contacts`: both have a phone and an e-mail.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing import email, phone
from dq_service.parsing.contact_text import (
    InLine,
    addresses_in,
    alike,
    email_dotted,
    email_marks,
    email_meant,
    in_address_line,
    is_plain,
    may_reach,
    numbers_in,
    phone_marks,
    say_more,
)
from dq_service.parsing.country import country_of
from dq_service.parsing.phone import PhoneReading
from dq_service.parsing.phones_in_text import FoundPhone

_EXTENSION: Final = re.compile(r"\d{1,7}", re.A)
_DRESSED: Final = re.compile(r"(?:extensi[oó]n|ext|xtn|poste|x|#)?[ .:#=]*(\d{1,7})", re.A | re.I)
_PLACE: Final = re.compile(r"\[\d+\]", re.A)
_RELAY_EXTENSION: Final = 5  # digits of the extension behind which Amazon's relay keeps a buyer
_SHORTEST: Final = 6  # characters of an e-mail address: a@b.co
_REACHED: Final = ("phone", "email")
_BROKEN: Final = frozenset({"placeholder", "scientific", "unreadable", "unserved"})


def marks(part: Part, context: Context) -> Sequence[str]:
    """What the phones and e-mail addresses of a party and its contacts are, where they are not plainly fine."""
    party = part.value
    found = _marks_of(party, part, context)
    if party.get("contacts"):
        for person in _people(part)[1:]:
            found = (*found, *_marks_of(person.value, person, context))
    required = context.partner.required
    if (
        required
        and not (party.get("phone") and _BROKEN.isdisjoint(found))
        and _contact_wanted(part, context)
        and not _usable(part, context)
    ):
        found = (*found, "no_contact")
    if part.order.json is not context.received.json:
        found = (*found, *(f"blanked_{name}" for name in _REACHED if _blanked(part, name, context)))
    lines = party.get("address")
    if type(lines) is dict:
        for name in ("line1", "line2"):
            line = lines.get(name)
            if type(line) is str and len(line) >= _SHORTEST and may_reach(line):
                found = (*found, "line")
    return found


def phone_reads(part: Part, context: Context, *, as_: str) -> Sequence[Observation]:
    """Phones that are: `formatted` otherwise than E.164, `letters`, `around` or `several` (words, numbers beside it),
    `placeholder`, `scientific`, `unreadable`, `unserved` (no such area code or exchange), `toll_free`, `premium`.

    One that cannot be used is not told where the partner wants a contact and there is no other: contact-missing does.
    """
    if as_ in _BROKEN and _contact_wanted(part, context) and not _usable(part, context):
        return ()
    more = (part.field("contacts"),) if as_ == "several" else ()
    if as_ == "placeholder" and _blanked(part, "phone", context):
        return (Observation(part.field("phone"), context.received.text(part.field("phone"))),)
    return tuple(
        Observation(
            person.field("phone"),
            person.text("phone"),
            (person.field("phone"), person.field("phone_extension"), *more),
            person,
        )
        for person in _people(part)
        if as_ in _phone_marks(person, context)
    )


def phone_in_e164(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The number in E.164, its extension in its own field; only offered where another extension stands there."""
    return _written(seen.clue, _read(seen.value, seen.clue, context))


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
        changes |= _further(part, place, other.reading, other.words)
    return _fitting(part, Candidate(changes, 0.6 if say_more(numbers) else None, "two numbers in one field"))


def extension_dressed(part: Part, context: Context) -> Sequence[Observation]:
    """Extensions that are more than digits: `x214`, `ext. 12`."""
    return tuple(
        Observation(person.field("phone_extension"), person.text("phone_extension"))
        for person in _people(part)
        if _is_dressed(person.text("phone_extension"))
    )


def extension_bare(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The extension's digits; none where other words or digits stand beside them."""
    found = _DRESSED.fullmatch(seen.value.strip())
    return (Candidate({seen.field: found[1]}),) if found else ()


def email_reads(part: Part, context: Context, *, as_: str) -> Sequence[Observation]:
    """E-mail addresses that are: `dressed` (brackets, mailto:, spaces), `slip` (one edit from a well-known domain),
    `broken` (no address), `role` (a shared mailbox), `disposable`.

    As for phones, contact-missing tells of the one that nobody can be reached by.
    """
    more = (part.field("contacts"),) if as_ == "broken" else ()
    if as_ in ("broken", "slip") and _contact_wanted(part, context) and not _usable(part, context):
        return ()
    if as_ == "broken" and _blanked(part, "email", context):
        return (Observation(part.field("email"), context.received.text(part.field("email"))),)
    return tuple(
        Observation(person.field("email"), person.text("email"), (person.field("email"), *more))
        for person in _people(part)
        if as_ in _email_marks(person, context) and not (as_ == "broken" and _email_as_phone(person, context))
    )


def email_bare(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The address without what stands around it."""
    return (Candidate({seen.field: email.read(seen.value).address}),)


def email_as_meant(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The same person at the well-known domains that the text is one slip away from, or ends in; of several addresses
    the first, with the others as further contacts.
    """
    if told := _meant(seen.field, seen.value, context):
        return told
    if dotted := email_dotted(seen.value):
        return (Candidate({seen.field: dotted}, 0.9, "a dot too many, or a comma for one"),)
    changes: dict[str, Any] = {}
    for place, address in enumerate(addresses_in(seen.value), -1):
        entry = _entry(part, place)
        changes |= {seen.field: address} if place < 0 else {f"{entry}.role": "alternate", f"{entry}.email": address}
    return _fitting(part, Candidate(changes, 0.9, "several addresses")) if changes else ()


def phone_in_email(part: Part, context: Context) -> Sequence[Observation]:
    """E-mail fields that hold a phone number and nothing else."""
    return tuple(
        _misplaced(part, person, "email", "phone") for person in _people(part) if _email_as_phone(person, context)
    )


def phone_from_email(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The number in the phone field (what stands there is an e-mail address: in its place), else in a contact."""
    person: Part = seen.clue
    reading = _read(seen.value, person, context)
    address = email.read(person.text("phone")).address
    changes = {seen.field: address or None, **_placed(part, person, reading, context, free=bool(address))}
    return _fitting(part, Candidate(changes, None, "a phone number and no e-mail address"))


def email_in_phone(part: Part, context: Context) -> Sequence[Observation]:
    """Phone fields that hold an e-mail address and nothing else."""
    return tuple(
        _misplaced(part, person, "phone", "email")
        for person in _people(part)
        if "email" in _phone_marks(person, context)
    )


def email_from_phone(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The address in the e-mail field, or in a further contact where another one stands there."""
    person: Part = seen.clue
    changes = {seen.field: None, **_mailed(part, person, email.read(seen.value).address)}
    return _fitting(part, Candidate(changes, None, "an e-mail address and no phone number"))


def in_line(part: Part, context: Context) -> Sequence[Observation]:
    """Address lines that hold a phone number or an e-mail address."""
    found = []
    for name in ("line1", "line2"):
        line = part.inner("address").text(name)
        inside = in_address_line(line, _region(part, context), context.reference.area_codes) if line else None
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
        changes |= _placed(part, part, inside.number.reading, context)
    else:
        changes |= _mailed(part, part, inside.address)
    share = 0.9 if inside.rest else 0.97
    return _fitting(part, Candidate(changes, share, "to reach somebody by, no part of an address"))


def relayed(part: Part, context: Context) -> Sequence[Observation]:
    """Phones and e-mail addresses that a marketplace forwards, where `relay` does not say so yet."""
    found = []
    for person in _people(part):
        by_phone = "relay" in _phone_marks(person, context)
        if (by_phone or "relay" in _email_marks(person, context)) and person.at("relay") is not True:
            field = person.field("phone" if by_phone else "email")
            found.append(Observation(field, person.order.at(field), (field, person.field("relay")), person))
    return found


def as_relay(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """`relay: true` on the person."""
    return (Candidate({seen.clue.field("relay"): True}),)


def area_code_far(part: Part, context: Context) -> Sequence[Observation]:
    """The phone of a party without e-mail whose area code lies in another state or province than its address."""
    reading = _read(part.text("phone"), part, context)
    states = context.reference.area_codes.states(reading.area_code) if reading.kind == "fixed_or_mobile" else ()
    written = part.inner("address").text("state")
    state = context.reference.states.read(written).code or context.reference.canada.province(written)
    if not states or not state or state in states:
        return ()
    return (Observation(part.field("phone"), part.text("phone")),)


def contact_missing(part: Part, context: Context) -> Sequence[Observation]:
    """A party where nobody can be reached, if the partner requires a contact: the broken one where one is given."""
    if not _contact_wanted(part, context) or _usable(part, context):
        return ()
    name = "phone" if part.text("phone") or not part.text("email") else "email"
    return (Observation(part.field(name), part.text(name), (part.field("phone"), part.field("email"))),)


def contact_found(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The address that a broken one most likely was; what an address line holds; what bill_to has for the same name."""
    found = list(_meant(part.field("email"), part.text("email"), context)) if part.text("email") else []
    if not part.text("phone"):
        found += [one for line in in_line(part, context) for one in out_of_line(line, part, context)]
    payer = part.order.part("bill_to")
    if payer.text("name") and payer.text("name").casefold() == part.text("name").casefold():
        for name in ("phone", "email"):
            if payer.text(name) and not part.text(name):
                found.append(Candidate({part.field(name): payer.text(name)}, 0.85, "the same name in bill_to"))
    return found


def _contact_wanted(part: Part, context: Context) -> bool:
    """Whether the partner requires a contact of this party."""
    required = context.partner.required
    return bool(required) and _PLACE.sub("[*]", part.path) + ".contact" in required


def _usable(part: Part, context: Context) -> bool:
    """Whether a party or one of its contacts has a phone or an e-mail address that can be used as it reads."""
    return any(
        (bool(person.text("phone")) and _BROKEN.isdisjoint(_phone_marks(person, context)))
        or (bool(person.text("email")) and {"slip", "broken"}.isdisjoint(_email_marks(person, context)))
        or bool(_email_as_phone(person, context))
        for person in _people(part)
    )


def _blanked(part: Part, name: str, context: Context) -> bool:
    """Whether a word that stands for nothing was taken out of a party's phone or e-mail field."""
    field = part.field(name)
    received = "" if part.value.get(name) else context.received.text(field).strip()
    return bool(received) and bool(context.reference.placeholders.kind(received, name))


def _people(part: Part) -> list[Part]:
    """The party itself, then each of its further contacts."""
    if not part.value.get("contacts"):
        return [part]
    return [part, *(one for one in part.order.parts(part.field("contacts[*]")) if type(one.value) is dict)]


def _marks_of(person: Mapping[str, Any], part: Part, context: Context) -> Sequence[str]:
    found: Sequence[str] = ()
    if person.get("phone"):
        found = _phone_marks(part, context)
        if not person.get("email"):
            found = (*found, "phone_only")
    if person.get("email") and (mail := _email_marks(part, context)):
        found = (*found, *mail)
        if "broken" in mail and _email_as_phone(part, context):
            found = (*found, "phone_in_email")
    if person.get("phone_extension") and _is_dressed(part.text("phone_extension")):
        found = (*found, "extension")
    return found


def _phone_marks(person: Part, context: Context) -> Sequence[str]:
    text = person.value.get("phone")
    if type(text) is not str or not text:
        return ()
    area_codes = context.reference.area_codes
    found: Sequence[str] = ()
    if not is_plain(text, area_codes):
        region = _region(person, context)
        if not region and not text.startswith("+"):
            return ()  # a number of a country that nobody knows
        found = phone_marks(text, region, area_codes)
    if person.value.get("phone_extension") or "formatted" in found:
        extension = person.text("phone_extension") or _read(text, person, context).extension
        amazon = person.order.text("channel").casefold().startswith("amazon")
        if amazon and len(extension) == _RELAY_EXTENSION and "relay" not in found:
            return (*found, "relay")
    return found


def _email_marks(person: Part, context: Context) -> Sequence[str]:
    text = person.value.get("email")
    if type(text) is not str or not text:
        return ()
    placeholders = context.reference.placeholders
    if text.lower() in placeholders.words and placeholders.stands_for(text, "email"):
        return ("broken",)  # no@no.com
    return email_marks(text, context.reference.email_domains)


def _email_as_phone(person: Part, context: Context) -> PhoneReading | None:
    """The phone number that an e-mail field holds."""
    text = person.text("email")
    if not text or "@" in text:
        return None
    reading = _read(text, person, context)
    return reading if reading.state == "valid" and not reading.vanity else None


def _numbers(person: Part, context: Context) -> Sequence[FoundPhone]:
    return numbers_in(person.text("phone"), _region(person, context), context.reference.area_codes)


def _read(text: str, person: Part, context: Context) -> PhoneReading:
    region = "US" if text[:2] == "+1" else _region(person, context)
    return phone.read(text, region, context.reference.area_codes)


def _region(person: Part, context: Context) -> str:
    """Where a number without a country code is: the party's country, else the customer's."""
    head = person.path.partition(".")[0]
    own = type(person.order.at(head + ".address")) is dict
    return country_of(person if own else person.order.part(""), context.reference)


def _is_dressed(extension: str) -> bool:
    return bool(extension) and not _EXTENSION.fullmatch(extension)


def _meant(field: str, text: str, context: Context) -> Sequence[Candidate]:
    told = email_meant(text, context.reference.email_domains)
    return tuple(Candidate({field: address}, share, why) for address, share, why in told)


def _misplaced(part: Part, person: Part, name: str, other: str) -> Observation:
    fields = [person.field(name), person.field(other), person.field("phone_extension"), part.field("contacts")]
    return Observation(person.field(name), person.text(name), tuple(fields), person)


def _written(person: Part, reading: PhoneReading) -> Sequence[Candidate]:
    """The reading in its fields; unsure where another extension stands there already."""
    there = person.text("phone_extension")
    contradicted = bool(reading.extension and there) and not alike(there, reading.extension)
    return (Candidate(_fields(person, reading), 0.6 if contradicted else None),)


def _fields(person: Part, reading: PhoneReading) -> dict[str, Any]:
    extension = {person.field("phone_extension"): reading.extension} if reading.extension else {}
    return {person.field("phone"): reading.text if reading.vanity else reading.e164, **extension}


def _placed(part: Part, person: Part, reading: PhoneReading, context: Context, *, free: bool = False) -> dict[str, Any]:
    """A number in the person's phone field; in a further contact of the party where another number stands there."""
    if free or not person.text("phone"):
        return _fields(person, reading)
    return {} if _read(person.text("phone"), person, context).e164 == reading.e164 else _further(part, 0, reading, "")


def _mailed(part: Part, person: Part, address: str) -> dict[str, Any]:
    """An address in the person's e-mail field, or in a further contact where another one stands there."""
    there = person.text("email")
    if not there:
        return {person.field("email"): address}
    place = _entry(part, 0)
    same = there.casefold() == address.casefold()
    return {} if same else {f"{place}.role": "alternate", f"{place}.email": address}


def _further(part: Part, place: int, reading: PhoneReading, words: str) -> dict[str, Any]:
    """A number as one more contact of the party; `place` counts from the first new one."""
    entry = _entry(part, place)
    extension = {f"{entry}.phone_extension": reading.extension} if reading.extension else {}
    return {f"{entry}.role": words[:40] or "alternate", f"{entry}.phone": reading.e164, **extension}


def _entry(part: Part, place: int) -> str:
    """The path of a new contact of the party, counted from the first new one."""
    contacts = part.at("contacts")
    return f"{part.field('contacts')}[{(len(contacts) if type(contacts) is list else 0) + place}]"


def _fitting(part: Part, candidate: Candidate) -> Sequence[Candidate]:
    """The candidate, unless it needs a further contact and what stands in `contacts` is no list."""
    contacts = part.field("contacts")
    if part.at("contacts") is None or type(part.at("contacts")) is list:
        return (candidate,)
    return () if any(path.startswith(contacts) for path in candidate.changes) else (candidate,)
