"""What an address lacks or cannot be: judged on the lines as they stand after everything was put in its place."""

import re
from collections.abc import Sequence
from typing import Any, Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Order, Part
from dq_service.parsing import lines
from dq_service.parsing.address import parse
from dq_service.parsing.customer import kind_of, side_of
from dq_service.reference.bundle import Reference

NUMBER_WORDS: Final = frozenset(
    {"ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN", "ELEVEN", "TWELVE", "FIFTEEN",
     "TWENTY", "FIFTY", "HUNDRED"}
)  # fmt: skip
# House numbers that begin with a letter or hold several: Wisconsin's grid (W156N8131), Illinois' (23W080), Queens,
# Michigan's counties (G-7220); one before an ordinal may be tied to it (6600-34th Avenue).
_NUMBER: Final = re.compile(
    r"(?:^|[\s,])#?(?:(?:[NSEW]\d+[NSEW]?\d*|\d+[NSEW]\d+|[A-Z]-?\d{4,5}|\d[\d,]*(?:-?[A-Z]\d*)?(?:-\d+[A-Z]?)?)"
    r"(?=[\s,.]|$)|\d+(?=-\d+(?:ST|ND|RD|TH)\b))",
    re.IGNORECASE,
)
# In Spanish addresses the number may follow the street, and on a road it is the kilometre (Pub. 28 section 29):
# `Calle Font Martelo #355`, `Carr 102 Km 30.6`.
_AFTER_STREET: Final = re.compile(
    r"(?:CALLE|AVE(?:NIDA)?|CARR(?:ETERA)?|PASEO|CAMINO|CALLEJON)\b.*?[^\W\d]{2,}.*# ?\d+|.*\bKM\.? ?\d", re.IGNORECASE
)
# As people from elsewhere write it: `Chestnut Street 92`. A road or highway is named by its number, a street is not.
_NUMBER_LAST: Final = re.compile(
    r"(?:[^\W\d_][\w.'\u2019-]*\s+){1,4}(?:STREET|ST|AVENUE|AVE|LANE|LN|DRIVE|DR|BOULEVARD|BLVD|COURT|CT|PLACE|PL|WAY|TERRACE)"
    r"[.,]?\s+\d{1,5}[A-Z]?",
    re.IGNORECASE,
)
_NAMED_BY_NUMBER: Final = re.compile(
    r"\b(?:HWY|HIGHWAY|RTE?|ROUTE|ROAD|RD|SR|SH|CR|CO|COUNTY|STATE|US|INTERSTATE|I|FM|RM|EXIT|KM|MILE|LOOP|SPUR|PARKWAY|PKWY|BLDG|BUILDING|SUITE|STE|APT|UNIT|FLOOR|FL|RM|ROOM|BOX|GATE|DOOR|DOCK|BAY|LOT|SPACE|SPC|NO|AVENUE|AVE|STREET)[^\w,;]*$",
    re.IGNORECASE,
)
# What a reading machine makes of a number. S alone is a letter of real ones (5S123 in Illinois), and I begins roads.
_SLIPS: Final = re.compile(r"(?=.*\d)(?:(?=.*[Ool])[\dOolS][\dOolIS]{1,6}|\d+I\d+)")
_GLUED: Final = re.compile(r"(\d{1,5})(?=[^\W\d_]{3,}[\w.'’ -]* \w)(?!(?:st|nd|rd|th)\b)", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\s,]+")
_DIGITS: Final = str.maketrans("OolIS", "00115")
DOORS: Final = frozenset({"SUIT", "STE ", "APT ", "UNIT"})
_UNIT_AND_NUMBER: Final = re.compile(r"\W*\w+ ?- ?\d+[A-Z]? +[^\W\d]", re.IGNORECASE)  # `Suite 204-117 Third Street`
_BOTH: Final = ("ship_from", "ship_to")
ONE_SUFFIX: Final = 0.997
PIN_BY: Final = frozenset({"buyer", "driver"})


def marks(part: Part, context: Context) -> Sequence[str]:
    """One look at the lines of an address: what of number, street, box is missing or refused."""
    reference = context.reference
    line1 = part.text("line1")
    if len(line1) > lines.LONGEST or len(part.text("line2")) > lines.LONGEST:
        return ("overlong",)
    number = line1[: line1.find(" ")]
    slips = () if number.isdecimal() or not _SLIPS.fullmatch(number) else ("slips",)
    if lines.is_plain_street(line1, reference):
        return slips
    if part.path.startswith("bill_to"):
        return ("suffix",)
    line2 = part.text("line2")
    if not line1:
        return ("line1_missing",)
    both = f"{line1}, {line2}" if line2 else line1
    if lines.may_be_no_street(both):
        if lines.box_without_number(line1):
            return ("box_without_number",)
        if lines.is_military(both):
            return ("box", "military")
        if lines.is_general_delivery(both):
            return ("box",)
        if lines.box(line1) or (line2 and lines.box(line2)):
            return ("box",) if not _has_street(both, reference) else ("box_beside_street",)
        if lines.is_route(both):
            return ()
    found = ["suffix", *slips]
    numbered = bool(slips) or (number.isdecimal() and " " in line1) or _has_number(line1, reference)
    if not numbered and not (line2 and _has_street(line2, reference)):
        found.append("no_number")
    elif not any(map(str.isalpha, line1)):
        found.append("no_street")
    return found


def _has_number(line: str, reference: Reference) -> bool:
    """Whether a line has a house number: a number that is not the name of a road, an ordinal or a unit."""
    text = line.strip()
    words = text.upper().split()
    if words and words[0].strip(",.") in NUMBER_WORDS:
        return True
    if _AFTER_STREET.match(text):
        return True
    units = lines.trailing_units(text, reference)
    text = units.rest if units else text
    if _NUMBER_LAST.fullmatch(text):
        return True
    for found in _NUMBER.finditer(text):
        named = _NAMED_BY_NUMBER.search(text[: found.start()])
        if named is None or (named.group()[:4].upper() in DOORS and _UNIT_AND_NUMBER.match(text, found.start())):
            return True
    return parse(text).number != "" if any(map(str.isdigit, text)) and not _NAMED_BY_NUMBER.search(text) else False


def line_missing(part: Part, context: Context) -> Sequence[Observation]:
    """Line 1 is empty: there is no door to go to. Silent where all of the address is empty (address_missing)."""
    if not any(part.text(name) for name in ("city", "state", "postal_code", "line2")):
        return ()
    return (Observation(part.field("line1")),)


def missing(part: Part, context: Context) -> Sequence[Observation]:
    """The customer has no address, or one without a single value in it (the country alone is none).

    Of a transfer both sides are wanted. What is no party or no address at all is the type rules' to tell.
    """
    return tuple(Observation(f"{side}.address") for side in _sides(part.order) if _without_address(part.order.at(side)))


def _sides(order: Order) -> tuple[str, ...]:
    """The parties whose address an order cannot do without."""
    return _BOTH if kind_of(order) == "transfer" else (side_of(order),)


def _without_address(party: Any) -> bool:
    if type(party) is not dict:
        return party is None or party == ""
    address = party.get("address")
    if type(address) is not dict:
        return address is None or address == ""
    return not (address.get("line1") or any(address.get(name) for name in ("line2", "city", "state", "postal_code")))


def number_missing(part: Part, context: Context, *, pinned: bool) -> Sequence[Observation]:
    """A street without a house number; `pinned`: where a pin of the buyer's or a driver's says where, else without."""
    if _pinned(part) is not pinned:
        return ()
    return (Observation(part.field("line1"), part.text("line1")),)


def number_apart(seen: Observation, part: Part, context: Context, *, likely: float) -> Sequence[Candidate]:
    """The number apart from the street that it is glued to: `3274Hempstead Tpk`; nothing for any other line."""
    glued = _GLUED.match(seen.value)
    line = f"{glued[1]} {seen.value[glued.end(1) :]}" if glued else ""
    return (Candidate({seen.field: line}, likely, "the number stands before the street"),) if line else ()


def number_slipped(part: Part, context: Context) -> Sequence[Observation]:
    """A house number with an O for a zero or an l for a one: `12O Main St`, `l4205 Ida Street`."""
    return (Observation(part.field("line1"), part.text("line1")),)


def number_in_digits(seen: Observation, part: Part, context: Context, *, likely: float) -> Sequence[Candidate]:
    """The line with a number of digits alone."""
    number, space, street = seen.value.partition(" ")
    return (
        Candidate({seen.field: number.translate(_DIGITS) + space + street}, likely, "no house number is so written"),
    )


def as_seen(part: Part, context: Context, *, line: str) -> Sequence[Observation]:
    """The line that the marks spoke of."""
    return (Observation(part.field(line), part.text(line)),)


def overlong(part: Part, context: Context) -> Sequence[Observation]:
    """Lines of more characters than any address has; nothing is read from them."""
    return [
        Observation(part.field(name), f"{part.text(name)[:60]}…")
        for name in ("line1", "line2")
        if len(part.text(name)) > lines.LONGEST
    ]


def box_refused(part: Part, context: Context) -> Sequence[Observation]:
    """A box, a military address or general delivery, where the partner cannot deliver to one."""
    name = "line2" if lines.box(part.text("line2")) and not lines.box(part.text("line1")) else "line1"
    return (Observation(part.field(name), part.text(name)),)


def suffix_misspelt(part: Part, context: Context) -> Sequence[Observation]:
    """A street's suffix with a letter wrong, at the end of the street: `Avnue`, `Raod`."""
    line = part.text("line1")
    reference = context.reference
    found = _suffix_slip(line, reference)
    if found is None:
        return ()
    start, end, right, score = found
    return (Observation(part.field("line1"), line, (), (line[:start] + right + line[end:], score)),)


def suffix_spelt(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The suffix as the post spells it; sure where the line is a plain street with it."""
    line, score = seen.clue
    # `near` gives one everyday suffix or none; of 45 such slips in 113,830 real addresses all were read rightly.
    return (Candidate({seen.field: line}, max(score, ONE_SUFFIX), "Publication 28, appendix C1"),)


def _suffix_slip(line: str, reference: Reference) -> tuple[int, int, str, float] | None:
    """Where the misspelt suffix stands, how it is written rightly, in the line's own case, and how sure that is."""
    words = list(_WORD.finditer(line))
    units = lines.trailing_units(line, reference)
    if units:
        words = [word for word in words if word.end() <= len(units.rest)]
    if len(words) > 3 and reference.directionals.standard(words[-1].group()):
        words = words[:-1]
    if len(words) < 3 or not words[0].group()[0].isdigit():
        return None
    last = words[-1]
    text = last.group().rstrip(".")
    if not text.isalpha() or (reference.suffixes.standard(text) and reference.suffixes.well_spelt(text)):
        return None
    if reference.suffixes.standard(text):  # a misspelling that the post itself lists
        right, score = reference.suffixes.name(text), 0.999
    else:
        near = reference.suffixes.near(text)
        if near is None or any(reference.suffixes.well_spelt(word.group()) for word in words[2:-1]):
            return None
        right, score = near
        right = reference.suffixes.name(right) or right
    if not right or right == text.upper():
        return None
    written = right if text.isupper() else right.lower() if text.islower() else right.capitalize()
    return last.start(), last.start() + len(text), written, score


def ships_to_itself(part: Part, context: Context) -> Sequence[Observation]:
    """A delivery whose two ends are the same address."""
    order = part.order
    a, b = (order.part(f"{side}.address") for side in ("ship_from", "ship_to"))
    keys = [
        tuple(re.sub(r"[\W_]+", "", one.text(name)).casefold() for name in ("line1", "line2", "city", "postal_code"))
        for one in (a, b)
    ]
    if keys[0] != keys[1] or not keys[0][0]:
        return ()
    return (Observation("ship_to.address", None, ("ship_to.address", "ship_from.address")),)


def _has_street(text: str, reference: Reference) -> bool:
    """Whether a street with its number stands somewhere in a text, beside whatever else."""
    for _, _, clause in lines.clauses(text):
        if lines.is_plain_street(clause.strip(), reference):
            return True
        if not lines.box(clause) and clause.strip()[:1].isdigit() and not lines.is_unit(clause.strip(), reference):
            read = parse(clause)
            if read.kind == "street" and read.confidence >= 0.8:
                return True
    return not text[:1].isalpha() and parse(text).number != ""


def _pinned(part: Part) -> bool:
    """A pin set by the buyer or a driver, within 50 m: it finds the door where the words do not."""
    location = part.at("location")
    if type(location) is not dict:
        return False
    accuracy: Any = location.get("accuracy_m")
    by = location.get("from")
    return (
        type(by) is str
        and by in PIN_BY
        and type(accuracy) in (int, float)
        and accuracy <= 50
        and all(type(part.at(name)) in (int, float) for name in ("latitude", "longitude"))
    )
