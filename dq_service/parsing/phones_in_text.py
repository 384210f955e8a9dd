"""Phone numbers inside other text: one among words, two in one field, each with the words beside it."""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from dq_service.parsing.phone import PhoneReading, read
from dq_service.reference.area_codes import NANP_REGIONS, AreaCodes

LONGEST: Final = 2000  # characters that are looked through

# Seven digits after an area code with one kind of gap each, or a plus with a country code. What stands in longer
# runs of digits (a card, a tracking number) is none, and the words around a number never become digits of it.
_EXTENSION: Final = (
    r"(?:;ext=|[ ,(]{0,2}(?:extensi[oó]n|ext|xtn|poste|x)[ .:#]{0,2}|[ ]?#[ ]?|,,)"
    r"\d{1,7}\)?"
)
_NUMBER: Final = re.compile(
    r"(?<![\w+])(?<!\d[-.])"
    r"(?:(?:\+?1[-. ]{0,2}|001[-. ]?)?(?:\([2-9]\d\d\)|[2-9]\d\d)[-. /]{0,2}\d{3}[-. ]{0,2}\d{4}"
    r"|\+[2-9](?:[-. ()]{0,2}\d){6,14})"
    rf"(?:{_EXTENSION})?(?![\w])(?![-.]\d)",
    re.A | re.I,
)
_CONNECTOR: Final = re.compile(r"\b(?:or|and|ou|et|o|y)\b|[&/,;|\n]", re.I)
_EDGES: Final = " \t\n()[]-:.,;/&|"


class FoundPhone(NamedTuple):
    """A number in a text: `text[start:end]` is what was read, `words` what is said of it (`wife`, `after 5`)."""

    start: int
    end: int
    reading: PhoneReading
    words: str


@lru_cache(maxsize=4096)
def find(text: str, region: str, area_codes: AreaCodes) -> tuple[FoundPhone, ...]:
    """The phone numbers in a text, in order: those of a right length, valid, placeholder or not in service.

    A number without a country code is one of `region` (ISO letters). Seven digits alone are no number.
    """
    text = text[:LONGEST]
    spans = _spans(text) if region in NANP_REGIONS else _spans_abroad(text, region)
    readings = [(start, end, read(text[start:end], region, area_codes)) for start, end in spans]
    found = [place for place in readings if place[2].state in ("valid", "possible_only", "placeholder")]
    words = _words(text, [(start, end) for start, end, _ in found])
    return tuple(FoundPhone(*place, said) for place, said in zip(found, words, strict=True))


def _spans(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in _NUMBER.finditer(text)]


def _spans_abroad(text: str, region: str) -> list[tuple[int, int]]:
    import phonenumbers

    try:
        return [(found.start, found.end) for found in phonenumbers.PhoneNumberMatcher(text, region or None)]
    except ValueError:  # UnicodeError of a lone surrogate among them
        return []


def _words(text: str, spans: list[tuple[int, int]]) -> list[str]:
    """The words of each number: those before the first, between two up to what connects them, after the last.

    Where words lead (`home 402-… cell 402-…`), those between two numbers belong to the second.
    """
    if not spans:
        return []
    before = [text[: spans[0][0]]]
    after: list[str] = []
    leading = bool(before[0].strip(_EDGES))
    for (_, end), (start, _) in pairwise(spans):
        gap = text[end:start]
        connector = _CONNECTOR.search(gap)
        if connector:
            after.append(gap[: connector.start()])
            before.append(gap[connector.end() :])
        else:
            after.append("" if leading else gap)
            before.append(gap if leading else "")
    after.append(text[spans[-1][1] :])
    return [
        " ".join(said for said in (first.strip(_EDGES), last.strip(_EDGES)) if said)
        for first, last in zip(before, after, strict=True)
    ]
