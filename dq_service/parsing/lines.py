"""How one line of an address is read without a model: a plain street, a unit, a box, words for the driver.

The sequence model (`address.parse`) reads what no plain pattern settles; these patterns settle nearly all lines at a
fiftieth of its cost. Vocabulary: USPS Publication 28, appendices B, C1 and C2; Canada Post Addressing Guidelines.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dq_service.parsing.line_words import beginnings, lacks
from dq_service.reference.bundle import Reference

KEPT: Final = 128  # lines whose reading is remembered: one is asked about several times while its order is looked at
LONGEST: Final = 300  # characters of an address line that is read at all; no address is longer
_HOUSE: Final = re.compile(r"\d{1,6}[A-Z]?(?:-\d{1,4}[A-Z]?)?")
_WORD: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.&-])*\.?|\d{1,4}(?:ST|ND|RD|TH)")

# Pub. 28 sections 281-283, 24, 25, 37 (military) and 29 (PMB); Canada Post: PO Box, CP (case postale), STN.
_BOX: Final = re.compile(
    r"\b(?:P(?:OST)?\W{0,2}O(?:FFICE)?\W{0,2}(?:BOX|BX|B\b)|POB\b|CALLER|LOCK ?BOX(?= +\d)|APARTADO"
    r"|C\W?P\b|CASE +POSTALE)"
    r"\W{0,3}(?P<id>#? ?\d[\dA-Z-]*|[A-Z]{1,2}\b(?![ -]))?",
    re.IGNORECASE,
)
_BARE_BOX: Final = re.compile(r"BOX\W{0,3}(?P<id>\d[\dA-Z-]*)", re.IGNORECASE)
_ROUTE: Final = re.compile(
    r"\b(?:R\.? ?R\.?|RURAL (?:RTE?|ROUTE)|R\.?F\.?D\.?|RD|H\.? ?C\.? ?R?\.?|STAR R(?:OU)?TE?|R(?:OU)?TE?"
    r"|HIGHWAY CONTRACT)\W{0,3}"
    r"\d+[A-Z]?\W{1,3}BOX\W{0,3}\d+[A-Z-]*",
    re.IGNORECASE,
)
_CANADIAN_ROUTE: Final = re.compile(
    r"\b(?:R\.?R\.?|RURAL R(?:OU)?TE) ?\d+\b|\bGENERAL DELIVERY\b|\bGD\b|\bSTN\b|\bSITE \d+|\bCOMP \d+", re.IGNORECASE
)
_MILITARY: Final = re.compile(
    r"\b(?:PSC|CMR|UNIT|SHIP|USS|USNS) +[\w -]{1,30}?(?:BOX|HULL) +\d+|\b(?:PSC|CMR) +\d+", re.IGNORECASE
)
# Pub. 28 section 231; Canada Post: GD, GD STN MAIN, PR (poste restante).
_GENERAL_DELIVERY: Final = re.compile(
    r"\bGENERAL +DELIVERY\b|\bPOSTE +RESTANTE\b|^\W*GD(?:\W+(?:STN|SUCC|RPO)\b.*|\W*)$", re.IGNORECASE
)
_BOX_WORD: Final = re.compile(r"\b(?:P\W{0,2}O\W{0,2}BOX|POST +OFFICE +BOX|POB)\W*", re.IGNORECASE)
# The words of which each of these patterns needs one.
_NO_STREET: Final = beginnings(
    "p po pob pof post caller lock apartado c cp case box psc cmr unit ship uss usns general gen gd r rr rural stn",
    "site comp",
)

# What stands beside a number and makes it a way in, not a unit (RULES.md, access codes).
ACCESS_WORD: Final = re.compile(
    r"\b(?:BUZZ(?:ER)?|CALL ?BOX|INTERCOM|LOCK ?BOX|KEY ?(?:PAD|CODE|BOX)?|ENTRY ?CODE|ACCESS ?CODE|GATE ?CODE"
    r"|DOOR ?CODE|CODE|PIN|SONNETTE|INTERPHONE)\b\W*(?:IS|NUMBER|NO\b|#|:|=|EST)?\W*"
    r"(?P<code>[#*]?\d[\d#*-]{1,9}[#*]?|#?[A-Z]?\d{2,8}#?)",
    re.IGNORECASE,
)
_CODE_BEFORE: Final = re.compile(
    r"(?P<code>[#*]?\d{3,8}[#*]?)\W+(?:IS +)?(?:GATE|DOOR|ENTRY|ACCESS)\W+CODE\b", re.IGNORECASE
)
_ACCESS: Final = beginnings("buzz call intercom lock key entry access gate door code pin sonnette interphone")
ENTRANCE: Final = re.compile(
    r"\b(?:GATE|DOOR|DOCK|BAY|QUAI|PUERTA|ENTRANCE)\W*(?:NO\b|#)?\W*(?:\d+[A-Z]?|[A-Z])\b", re.IGNORECASE
)

# Words that open an instruction to a driver, in English, French and Spanish; never the first word of an address.
_ASKS: Final = re.compile(
    r"\W*(?:PLEASE|PLS|KINDLY|LEAVE|CALL(?! ?CENT(?:ER|RE))|PHONE|RING|KNOCK|TEXT|DROP|PUT"
    r"|HAND (?:TO|IT|OVER)|ASK|DELIVER(?:Y)? (?:TO|AT|AFTER|BEFORE|BETWEEN)"
    r"|USE|MEET|ENTER|GO (?:TO|AROUND|THROUGH|PAST|UP|DOWN|STRAIGHT)|TAKE (?:THE|A|IT)|FOLLOW|TURN (?:LEFT|RIGHT)"
    r"|BEWARE|DO NOT|DON'?T|DOG|NO SIGNATURE"
    r"|SIGNATURE|IF (?:NO|NOT|YOU|I|WE|CLOSED)|CODE|BUZZ|BETWEEN|ONLY|AFTER \d|BEFORE \d|WATCH"
    r"|PLACE (?:IT|AT|ON|IN|BY|UNDER|BEHIND)|RECEIVING HOURS"
    r"|LAISSER?Z?|APPELER|APPELEZ|SONNER|SONNEZ|LIVRER|LIVREZ|FRAPPER|FRAPPEZ|D[ÉE]POSER|UTILISER|UTILISEZ|SVP"
    r"|DEJAR|DEJE|LLAMAR|LLAME|TOCAR|TOQUE|ENTREGAR|ENTREGUE|USAR|USE|POR FAVOR|FAVOR DE)\b(?=.*\w+\W+\w)",
    re.IGNORECASE,
)
_ASKS_WITHIN: Final = re.compile(
    r"\b(?:PLEASE|PLS|AT (?:THE )?(?:FRONT|BACK|SIDE|REAR) (?:DOOR|DESK|ENTRANCE|GATE)"
    r"|WITH (?:THE )?(?:CONCIERGE|DOORMAN|RECEPTION|NEIGHBOU?R|FRONT DESK)"
    r"|ON (?:THE )?(?:PORCH|ARRIVAL|DELIVERY)|BEFORE (?:DELIVERY|ARRIVAL|DELIVERING)|(?:FRONT|BACK|REAR) PORCH"
    r"|BEWARE OF|SVP|POR FAVOR)\b",
    re.IGNORECASE,
)
_CLAUSE: Final = re.compile(r"\s*[,;(]\s*|\s+[-–—*]+\s*|\s+/\s+")


@dataclass(frozen=True, slots=True)
class Units:
    """Units at the end of a line: the line before them, and their text as written (`Bldg 4 Ste 200`)."""

    rest: str
    text: str


@lru_cache(maxsize=KEPT)
def is_plain_street(line: str, reference: Reference) -> bool:
    """Whether a line is a house number, one to five words of a name, a suffix, and at most a direction after it.

    No unit, box, place, instruction or phone fits this pattern, so nothing else need be looked for in the line.
    """
    words = line.upper().split()
    last = len(words) - 1
    if not 2 <= last <= 7 or not (words[0].isdecimal() or _HOUSE.fullmatch(words[0])):
        return False
    tail = words[last].rstrip(".")
    if last > 2 and reference.directionals.standard(tail):
        last -= 1
        tail = words[last].rstrip(".")
    if not reference.suffixes.well_spelt(tail):
        return False
    designators = reference.designators.words
    for word in words[1:last]:  # noqa: SIM110  (a generator takes twice the time)
        if word in designators or not (word.isalpha() or _WORD.fullmatch(word)):
            return False
    return True


@lru_cache(maxsize=KEPT)
def box(line: str) -> str:
    """The PO box in a line, as written (`P.O. Box 12`); `""` where there is none."""
    found = _BOX.search(line) or _BARE_BOX.fullmatch(line.strip())
    return found.group().strip() if found and not _ROUTE.search(line) and not _MILITARY.search(line) else ""


def may_be_no_street(line: str) -> bool:
    """A quick look: whether a line may be a box, a military address, general delivery or a route."""
    return not lacks(line, _NO_STREET)


def box_without_number(line: str) -> bool:
    """Whether a line is a PO box of which the number is missing."""
    return bool(_BOX_WORD.fullmatch(line.strip()))


def is_military(line: str) -> bool:
    """Whether a line is a military address (`PSC 802 Box 74`, `CMR 467`, `Unit 2050 Box 4190`): Pub. 28 section 37."""
    return bool(_MILITARY.search(line))


def is_route(line: str) -> bool:
    """Whether a line is a rural or highway contract route, or a Canadian delivery without a street."""
    return bool(_ROUTE.search(line) or _CANADIAN_ROUTE.search(line))


def is_general_delivery(line: str) -> bool:
    """Whether a line is general delivery (Pub. 28 section 231)."""
    return bool(_GENERAL_DELIVERY.search(line))


def access_code(line: str) -> re.Match[str] | None:
    """The way in that a line tells: a word such as buzzer, intercom, gate code, and the number beside it (`code`)."""
    return None if lacks(line, _ACCESS) else ACCESS_WORD.search(line) or _CODE_BEFORE.search(line)


def is_instruction(text: str) -> bool:
    """Whether a text asks something of the driver; it says no where a name or a place would fit."""
    return bool(_ASKS.match(text) or _ASKS_WITHIN.search(text))


def clauses(line: str) -> list[tuple[int, int, str]]:
    """The pieces of a line between commas, semicolons, dashes and brackets, each with its start and end."""
    out, start = [], 0
    for mark in _CLAUSE.finditer(line):
        if mark.start() > start:
            out.append((start, mark.start(), line[start : mark.start()]))
        start = mark.end()
    if start < len(line):
        out.append((start, len(line), line[start:].rstrip(" )")))
    return out


@lru_cache(maxsize=64)
def _unit_patterns(reference: Reference) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A unit at the end of a line after something else, and a line that is units alone."""
    sure = [word for word in reference.designators.words if word != "#" and word not in _STREET_LIKE and len(word) > 1]
    words = "|".join(sorted((re.escape(word) for word in sure), key=len, reverse=True))
    identifier = r"(?:[A-Z]{0,2}-?\d[\dA-Z]{0,5}(?:[-/&]\d{0,5}[A-Z]?\d{0,5})?|[A-Z]{1,2}(?:-?\d{1,5})?)"
    named = rf"(?:{words})\b\.?(?: ?(?:#|NO\.?|NUMBER))?[ -]{{0,2}}{identifier}"
    one = rf"(?:{named}|(?:{words})\d[\dA-Z]{{0,5}}|#[ ]?{identifier})"
    units = rf"{one}(?:[ ,]+{one}){{0,2}}"
    return (
        re.compile(rf"(?P<rest>.*[^\s,])[\s,]+(?P<units>{units})\s*", re.IGNORECASE),
        re.compile(
            rf"{units}|(?:{words})|(?:LOT|SLIP|SPACE|HANGAR)\b\.? ?(?:# ?)?{identifier}|{identifier}", re.IGNORECASE
        ),
    )


@lru_cache(maxsize=64)
def _unit_words(reference: Reference) -> frozenset[str]:
    """The beginnings of the words that may stand before a unit's number."""
    return beginnings(*(word for word in reference.designators.words if word.isascii()))


# Designators of Pub. 28 that also name streets, docks or ways in: never split off a line by themselves.
_STREET_LIKE: Final = frozenset(
    {"KEY", "PIER", "STOP", "SLIP", "SIDE", "FRNT", "FRONT", "LOWR", "LOWER", "UPPR", "UPPER", "SPACE", "LOT", "HNGR",
     "HANGER", "HANGAR", "NUMBER", "REAR", "LOBBY", "LBBY", "PORTE", "LOCAL", "SALLE", "SP", "APP", "BAT", "SS", "SUIT"}
)  # fmt: skip
# What makes the number after it part of a road's name, where only `#` stands before that number.
_HIGHWAY_END: Final = re.compile(
    r"(?:\b(?:HWY|HIGHWAY|ROUTE|RTE?|SR|CR|US|STATE|COUNTY|INTERSTATE|I|FM|LOOP|EXIT|BOX|MILE|KM"
    r"|(?:COUNTY|CO|STATE|ST|FOREST|SERVICE|TOWNSHIP|TWP|RANCH)\.? (?:ROAD|RD))|^\W*\d*\W*(?:ROAD|RD)?)\.?$",
    re.IGNORECASE,
)
# The sign alone is believed after a street, not after a word set apart, which may be a designator misspelt.
_BEFORE_SIGN: Final = re.compile(r"[^,;]*[^,;&]|.*,.*\d.*")
_FLOOR_BEFORE: Final = re.compile(r"[\s,]+(?P<floor>\d{1,2}(?:ST|ND|RD|TH) (?:FL|FLR|FLOOR)\.?)$", re.IGNORECASE)
_LAST_WORD: Final = re.compile(r"[^\s,]+$")
_FLORIDA: Final = re.compile(r"\bFL\.?\s+3[2-4]\d{3}(?:-\d{4})?\W*$", re.IGNORECASE)


@lru_cache(maxsize=KEPT)
def trailing_units(line: str, reference: Reference) -> Units | None:
    """The unit at the end of a street line, where a designator stands right before it and nothing after it.

    Several that belong together are one: `Bldg 4 Ste 200`, `Suite #A #B`. None for a number after a highway's name
    (`Hwy # 12`), after nothing, for a street named like a unit (`Townhouse Rd`), beside a word that makes it a code,
    for a phone (`Ph 402 538 5759`) or for Florida with its ZIP (`FL 33702`).
    """
    if "#" not in line and lacks(line, _unit_words(reference)):
        return None
    if access_code(line) or ENTRANCE.search(line) or _FLORIDA.search(line):
        return None
    start, rest = len(line), line
    while True:
        found = _unit_patterns(reference)[0].fullmatch(rest)
        if found is None or _ends_as_street(found.group("units"), reference):
            floor = _FLOOR_BEFORE.search(rest) if start < len(line) else None
            if floor is None:
                break
            start, rest = floor.start("floor"), rest[: floor.start()].rstrip(" ,-")
            continue
        before = found.group("rest").rstrip(" ,-")
        if found.group("units").startswith("#"):
            designator = _LAST_WORD.search(before)
            if designator and designator.start() and _is_sure_designator(designator.group(), reference):
                start, rest = designator.start(), before[: designator.start()].rstrip(" ,-")
                continue
            if _HIGHWAY_END.search(before) or not _BEFORE_SIGN.fullmatch(before):
                break
        start, rest = found.start("units"), before
    if start == len(line) or not any(character.isalpha() for character in rest):
        return None
    return Units(rest, line[start:].strip())


def _ends_as_street(units: str, reference: Reference) -> bool:
    """Whether what looks like a unit's letters is a street's suffix: `Townhouse Rd`, `Office Ct`."""
    last = units.split()[-1]
    return len(last) == 2 and last.isalpha() and reference.suffixes.well_spelt(last)


def _is_sure_designator(word: str, reference: Reference) -> bool:
    return word.rstrip(".").upper() not in _STREET_LIKE and bool(reference.designators.standard(word))


@lru_cache(maxsize=KEPT)
def is_unit(line: str, reference: Reference) -> bool:
    """Whether a line is a unit and nothing else: `Apt 4B`, `#100`, `Bldg 4 Ste 200`, `4B`, `Rear`."""
    text = line.strip(" .,")
    return bool(_unit_patterns(reference)[1].fullmatch(text)) or text.upper() in reference.designators.words


def unit_key(text: str, reference: Reference) -> tuple[str, ...]:
    """A unit by what identifies it: standard designators, identifiers in capitals. `Suite #200` and `STE 200` agree."""
    words = re.findall(r"[^\W_]+|#", re.sub(r"(?<=[A-Za-z])\.", " ", text.upper()))
    out: list[str] = []
    for word in words:
        standard = reference.designators.standard(word)
        if standard:
            if not (standard == "#" and out):
                out.append(standard)
        else:
            out.append(word)
    return tuple(out)


def same_unit(one: str, other: str, reference: Reference) -> bool:
    """Whether two texts name the same unit; a bare number agrees with any designator before that number."""
    a, b = unit_key(one, reference), unit_key(other, reference)
    if a == b:
        return True
    standard = reference.designators.standard
    identifiers = [[word for word in key if not standard(word)] for key in (a, b)]
    named = [any(standard(word) not in ("", "#") for word in key) for key in (a, b)]
    return identifiers[0] == identifiers[1] != [] and not all(named)
