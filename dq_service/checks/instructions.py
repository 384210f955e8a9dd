"""Words for the driver: whether there are any, and whether they can be followed together with the rest of the order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Order, Part
from dq_service.parsing import access_codes, handing_over, hours, lines, private_text
from dq_service.parsing.customer import side_of
from dq_service.parsing.handing_over import Elsewhere
from dq_service.parsing.instant import read
from dq_service.parsing.lines import unit_key
from dq_service.parsing.words_in_line import asks

_LANGUAGES: Final = frozenset({"", "en", "fr", "es"})  # elsewhere the rules of meaning are silent
_DELIVERED: Final = "delivered"
_SIGNATURE_EXTRAS: Final = ("signature", "sign_", "adult")
_AGE_EXTRAS: Final = ("age_", "id_check", "identity", "over_18", "over_21")
_LONGEST_STREET: Final = 8  # words


def marks(part: Part, context: Context) -> Sequence[str]:
    """What a text speaks of: `code`, or `other_code` than the order has, `code_awaited`, `elsewhere`, `hours`;
    `personal` and `internal` of any text, also where its language is none that is read.
    """
    text = part.text()
    read = part.path == "instructions" and context.partner.language[:2] in _LANGUAGES
    found = _spoken_of(text, read)
    if "code" not in found:
        return found
    own = part.order.text("access_code")
    if not own:
        return found
    return [mark for mark in found if mark != "code"] + (["other_code"] if _differs(text, own) else [])


@lru_cache(maxsize=8192)
def _spoken_of(text: str, read: bool) -> tuple[str, ...]:
    """The marks of a text; `read`: its meaning is, not only its form."""
    found = []
    if read:
        if access_codes.given(text):
            found.append("code")
        elif access_codes.awaited(text):
            found.append("code_awaited")
        if handing_over.elsewhere(text):
            found.append("elsewhere")
        if hours.named(text):
            found.append("hours")
    if private_text.personal(text):
        found.append("personal")
    if private_text.internal(text):
        found.append("internal")
    return tuple(found)


def _differs(text: str, own: str) -> bool:
    """Whether an order's own access code is none of those in a text."""
    kept = {access_codes.bare(own), *(access_codes.bare(word) for word in own.replace(",", " ").split())}
    return not any(access_codes.bare(code) in kept for code in access_codes.given(text))


def missing(part: Part, context: Context) -> Sequence[Observation]:
    """No instructions where the partner asks for them, unless the sender answered that there are none."""
    order = part.order
    if context.reference.placeholders.kind(context.received.text("instructions").strip(), "instructions") == "none":
        return ()
    address = order.part(f"{side_of(order)}.address")
    if not _wanted(order, address, context) or any(
        asks(address.text(name), context.reference) for name in ("line1", "line2")
    ):
        return ()  # words for the driver that stand in a line are that rule's to move
    return (Observation("instructions"),)


def last_that_led_there(seen: Observation, part: Part, context: Context, *, months: int) -> Sequence[Candidate]:
    """The last instructions with which the same recipient at the same unit got a delivery from this partner."""
    if context.recent is None:
        return ()
    side = side_of(part.order)
    here = _unit(part.order, side, context)
    since = context.as_of - timedelta(days=30.5 * months)
    for other in context.recent.same_person(part.order):
        text = other.text("instructions")
        placed = _placed(other)
        if (
            text
            and context.reference.statuses.meaning(other.text("status")).status == _DELIVERED
            and _unit(other, side, context) == here
            and placed is not None
            and since <= placed <= context.as_of
        ):
            return (Candidate({"instructions": text}, 0.8, "the last instructions that led to a delivery there"),)
    return ()


def code_awaited(part: Part, context: Context) -> Sequence[Observation]:
    """An access code that is spoken of and stands nowhere."""
    if part.order.at("access_code") is not None:
        return ()
    return (Observation(part.path, access_codes.awaited(part.text()), (part.path, "access_code")),)


def code_given(part: Part, context: Context) -> Sequence[Observation]:
    """Access codes in the text that the order's own field lacks, or has otherwise. No report repeats a code."""
    return (Observation("access_code", None, ("access_code",), access_codes.given(part.text())),)


def code_copied(seen: Observation, part: Part, context: Context, *, sure: float) -> Sequence[Candidate]:
    """The code in its own field too; only offered where there are several."""
    codes: tuple[str, ...] = seen.clue
    share = sure if len(codes) == 1 else 0.6
    told = "an access code in the instructions"
    return (Candidate({"access_code": " ".join(codes) if len(codes) > 1 else codes[0]}, share, told, (part.path,)),)


def contradicts(part: Part, context: Context) -> Sequence[Observation]:
    """A parcel that is to be left, or handed over without contact or by PIN, and also into somebody's own hands."""
    order = part.order
    text = order.text("instructions") if context.partner.language[:2] in _LANGUAGES else ""
    left, unsigned = handing_over.unattended(text), handing_over.unsigned(text)
    free = order.at("requirements.contact_free") is True
    pin = order.at("requirements.pin") is True
    signature = [field for field in ("signature_required",) if order.at(field) is True]
    signature += _extras(order, _SIGNATURE_EXTRAS)
    age = ["requirements.min_age"] if _is_age(order.at("requirements.min_age")) else _extras(order, _AGE_EXTRAS)
    in_person = signature + age
    if left or free:
        against = [*in_person, *(["requirements.pin"] if pin else [])]
        if not against and text and handing_over.signed(text):
            against = ["instructions"]
    else:
        against = []
    if unsigned and not against:
        against = signature
    if pin and not (left or free):
        against = against or in_person
    if not against:
        return ()
    own = ["instructions"] if left or (unsigned and not free) else []
    own += ["requirements.contact_free"] if free else []
    own += ["requirements.pin"] if pin and not own else []
    value = left or unsigned or None
    return (Observation(own[0], value if own[0] == "instructions" else True, tuple(dict.fromkeys([*own, *against]))),)


def elsewhere(part: Part, context: Context) -> Sequence[Observation]:
    """Words that send the parcel to another unit or street than the address names."""
    side = side_of(part.order)
    address = part.order.part(f"{side}.address")
    for named in handing_over.elsewhere(part.text()):
        street = _street(named, context)
        if (named.unit and _is_other_unit(named, address, context)) or (street and _is_other_street(street, address)):
            fields = (part.path, address.field("line2" if named.unit else "line1"))
            return (Observation(part.path, named.text, fields, named),)
    return ()


def unit_from_words(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The unit in line 2, where the address has none."""
    named: Elsewhere = seen.clue
    side = side_of(part.order)
    if not named.unit or _unit(part.order, side, context) or part.order.text(f"{side}.address.line2"):
        return ()
    return (Candidate({f"{side}.address.line2": named.unit}, 0.7, "the unit that the instructions name"),)


def outside_window(part: Part, context: Context) -> Sequence[Observation]:
    """Hours in the text of which none lies in the window, on the window's own day and clock."""
    start, end = (_instant(part.order.text(f"window.{name}")) for name in ("start", "end"))
    if (
        start is None
        or end is None
        or start.utcoffset() != end.utcoffset()
        or start.date() != end.date()
        or start >= end
    ):
        return ()
    first, last = start.time(), end.time()
    for told in hours.named(part.text()):
        if (told.earliest is not None and told.earliest >= last) or (told.latest is not None and told.latest <= first):
            return (Observation(part.path, told.text, (part.path, "window.start", "window.end")),)
    return ()


def personal(part: Part, context: Context) -> Sequence[Observation]:
    """A text with a personal number; the finding does not repeat it."""
    return (Observation(part.path),)


def internal(part: Part, context: Context) -> Sequence[Observation]:
    """A text that says it is for the house; the finding repeats only the words that say so."""
    return (Observation(part.path, private_text.internal(part.text())),)


def card_number(part: Part, context: Context) -> Sequence[Observation]:
    """A card number in a text. The observation carries the mask: nothing may repeat the number."""
    text = part.text()
    masked = private_text.masked(text)
    return (Observation(part.path, masked),) if masked != text else ()


def card_masked(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The text with the last four digits of the number alone."""
    return (Candidate({part.path: seen.value}),)


def _wanted(order: Order, address: Part, context: Context) -> bool:
    """Whether one of the partner's conditions holds."""
    side = address.path.partition(".")[0]
    wanted = context.partner.instructions_required
    return (
        "always" in wanted
        or ("unit" in wanted and _has_unit(address, context))
        or ("company" in wanted and bool(order.text(f"{side}.company")))
        or ("residence" in wanted and not order.text(f"{side}.company"))
        or ("no_signature" in wanted and order.at("signature_required") is False)
    )


def _has_unit(address: Part, context: Context) -> bool:
    line1, line2 = address.text("line1"), address.text("line2")
    if not lines.is_plain_street(line1, context.reference) and lines.trailing_units(line1, context.reference):
        return True
    if not line2:
        return False
    head, _, rest = line2.partition(" ")
    designated = context.reference.designators.standard(head.upper().strip(".")) and any(map(str.isdigit, rest))
    return lines.is_unit(line2, context.reference) or bool(designated)


def _unit(order: Order, side: str, context: Context) -> tuple[str, ...]:
    """The unit of the customer's address by what identifies it; empty where there is none."""
    address = order.part(f"{side}.address")
    line2 = address.text("line2")
    if line2:
        return unit_key(line2, context.reference)
    units = lines.trailing_units(address.text("line1"), context.reference)
    return unit_key(units.text, context.reference) if units else ()


def _is_other_unit(named: Elsewhere, address: Part, context: Context) -> bool:
    words = {word for name in ("line1", "line2") for word in unit_key(address.text(name), context.reference)}
    return named.identifier.upper() not in words


def _street(named: Elsewhere, context: Context) -> str:
    """The street with its number at the beginning of the words, if they begin with one."""
    words = named.street.replace(".", "").split()
    for count in range(min(len(words), _LONGEST_STREET), 2, -1):
        if lines.is_plain_street(" ".join(words[:count]), context.reference):
            return " ".join(words[:count])
    return ""


def _is_other_street(street: str, address: Part) -> bool:
    """Whether number or name differ; the type of the street and directions do not matter."""
    here = f"{address.text('line1')} {address.text('line2')}".upper().replace(".", "").replace(",", " ").split()
    words = street.upper().split()
    names = [word for word in words[1:-1] if len(word) > 2] or words[1:-1]
    return words[0] not in here or not any(name in here for name in names)


def _extras(order: Order, beginnings: tuple[str, ...]) -> list[str]:
    """`service.extras` where one of its entries asks for what begins so."""
    extras = order.at("service.extras")
    words = [word for word in extras if type(word) is str] if type(extras) is list else []
    return ["service.extras"] if any(word.lower().startswith(beginnings) for word in words) else []


def _is_age(value: object) -> bool:
    return type(value) in (int, float) and value > 0  # type: ignore[operator]  # a number by then


def _placed(order: Order) -> datetime | None:
    return _instant(order.text("placed_at")) or _instant(order.text("window.end"))


def _instant(text: str) -> datetime | None:
    value = read(text).value if text else None
    return value if value is not None and value.tzinfo is not None else None
