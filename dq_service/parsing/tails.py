"""A place where a line ends: `..., Omaha, NE 68142`. Read against the postal table, not by a model."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dq_service.reference.bundle import Reference
from dq_service.reference.place_names import city_key
from dq_service.reference.zip_codes import ZIP

_WORD: Final = re.compile(r"[^\s,;|]+")
_COUNTRIES: Final = ({"USA"}, {"US"}, {"U.S.A."}, {"U.S."}, {"U.S.A"}, {"U.S"})
_LONGEST_CITY: Final = 5  # words
# State codes that also end a street line: Court, Northeast, Highway names; believed only after a comma or before a ZIP.
_STREET_LIKE: Final = frozenset({"CT", "NE", "LA", "AL", "ST", "PR", "FL", "CO", "HI", "OR", "ME", "IN", "PA", "MA"})


@dataclass(frozen=True, slots=True)
class Tail:
    """The place at the end of a line; `rest` is what stands before it. Parts are as written, `""` when absent.

    `confirmed`: the postal table knows this city in this state and, where there is one, in this ZIP.
    `consistent`: the ZIP lies in the state. `apart`: a comma stands before the place.
    """

    rest: str
    city: str
    state: str  # two-letter code
    postal_code: str
    confirmed: bool
    consistent: bool
    apart: bool


def may_end_with_place(line: str, city: str, reference: Reference) -> bool:
    """A quick look that misses no line of which `tail` or `ends_with_city` could make something."""
    last = line[max(line.rfind(" "), line.rfind(","), line.rfind(";"), line.rfind("\n")) + 1 :]
    word = last.strip(".,;|").upper() if last else ""
    if not word or (word[0].isdigit() and len(word) < 5):
        return not last
    if word[0].isdigit() or word in _last_words(reference):
        return True
    return bool(city) and city_key(city)[-2:] == city_key(word)[-2:]


def told(read: Tail) -> str:
    """What a place that was read shows, as a repair's evidence."""
    place = ", ".join(text for text in (read.city, f"{read.state} {read.postal_code}".strip()) if text)
    return f"{place} is in the postal table" if read.confirmed else f"the line ends with {place}"


def same(field: str, one: str, other: str) -> bool:
    """Whether two texts are the same `city`, `state` or `postal_code` (of which five digits count)."""
    if field == "city":
        return city_key(one) == city_key(other)
    return one.strip().upper()[:5] == other.strip().upper()[:5]


@lru_cache(maxsize=8)
def _last_words(reference: Reference) -> frozenset[str]:
    """Every word with which a state in a right form, or the country, may end."""
    states = reference.places.states
    names = [*states.codes, *states.names.values(), *states.forms, "USA", "US", "U.S.A", "U.S", "America", "States"]
    return frozenset(name.upper().split()[-1] for name in names) | {f"{code[0]}.{code[1]}" for code in states.codes}


@lru_cache(maxsize=8192)
def tail(line: str, reference: Reference) -> Tail | None:
    """The place at the end of a line, which may be all of it; None where nothing reads as one.

    It takes at least a ZIP with its state or city, or a city with its state: a state alone may be a direction.
    """
    found = list(_WORD.finditer(line))
    end = _without_country(found)
    places = reference.places
    postal_code = ""
    if end and ZIP.fullmatch(found[end - 1].group()) and not (end == 1 and len(found) > 1):
        postal_code = found[end - 1].group()
        end -= 1
    row = places.at(postal_code[:5]) if postal_code else None
    state, taken = _state(line, found, end, reference, bool(postal_code))
    end -= taken
    if not postal_code and not state:
        return None
    consistent = row is not None and (not state or row.state == state)
    within = state or (row.state if row else "")
    city_from, confirmed = _city(line, found, end, within, postal_code[:5], reference)
    city = line[found[city_from].start() : found[end - 1].end()].strip(" ,;") if city_from < end else ""
    if not city and not (postal_code and state and consistent) and not (postal_code and end == 0):
        return None
    if not state and not confirmed and city:
        return None  # a five-digit number after words is a ZIP only when one of its cities stands before it
    start = found[city_from].start() if city_from < len(found) else len(line)
    rest = line[:start]
    return Tail(
        rest.strip(" ,;|-\t\n"),
        city,
        state,
        postal_code,
        confirmed,
        consistent,
        rest.rstrip(" ")[-1:] in ",;|\n" or not rest.strip(),
    )


def ends_with_city(line: str, city: str) -> str | None:
    """What stands before a city at the end of a line, after a comma or not; None where the line does not end so."""
    words, wanted = list(_WORD.finditer(line)), city_key(city)
    if not wanted:
        return None
    for size in range(1, min(_LONGEST_CITY, len(words) - 1) + 1):
        start = words[-size].start()
        if city_key(line[start:]) == wanted:
            return line[:start]
    return None


def _without_country(found: list[re.Match[str]]) -> int:
    texts = [word.group().upper() for word in found[-4:]]
    for name in (["UNITED", "STATES", "OF", "AMERICA"], ["UNITED", "STATES"]):
        if texts[-len(name) :] == name:
            return len(found) - len(name)
    return len(found) - 1 if texts and {texts[-1]} in _COUNTRIES and len(found) > 1 else len(found)


def _state(line: str, found: list[re.Match[str]], end: int, reference: Reference, before_zip: bool) -> tuple[str, int]:
    """The state's code and how many words it takes; the longest name first (West Virginia is not Virginia)."""
    for size in (3, 2, 1):
        if size > end:
            continue
        text = line[found[end - size].start() : found[end - 1].end()]
        if "," in text:
            continue
        code = reference.places.states.code(text)
        if not code:
            continue
        after_comma = line[: found[end - size].start()].rstrip(" ")[-1:] in (",", ";", "\n")
        if size == 1 and len(text) == 2 and not before_zip and not after_comma and text.upper() in _STREET_LIKE:
            continue
        return code, size
    return "", 0


def _city(
    line: str, found: list[re.Match[str]], end: int, state: str, zip5: str, reference: Reference
) -> tuple[int, bool]:
    """Where the city begins (`end`: nowhere), and whether the table knows it there."""
    places = reference.places
    row = places.at(zip5) if zip5 else None
    keys = {city_key(name) for name in (row.city, *row.acceptable, *row.not_acceptable)} if row else set()
    known: int | None = None
    for size in range(1, min(_LONGEST_CITY, end) + 1):
        start = end - size
        text = line[found[start].start() : found[end - 1].end()]
        if "," in text or ";" in text or "\n" in text:
            break
        key = city_key(text)
        if key in keys or (not keys and key and places.zips(text, state)):
            known = start
    if known is not None:
        return known, True
    # Not of the ZIP: what stands between the last comma and the state is still meant as the city.
    for size in range(1, min(_LONGEST_CITY, end) + 1):
        start = end - size
        before = line[: found[start].start()].rstrip(" ")
        if before[-1:] in (",", ";", "\n") or not before:
            words = line[found[start].start() : found[end - 1].end()]
            return (
                (start, bool(places.zips(words, state)) and not zip5)
                if not any(map(str.isdigit, words))
                else (end, False)
            )
    return end, False
