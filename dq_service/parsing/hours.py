"""Hours of the day that words for a driver name: after 6 pm, before noon, between 2 and 4 pm."""

import re
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from typing import Final

_TIME: Final = (
    r"(?:(?:las?|les|l['’])\s*)?(?P<{0}>noon|midday|midi|medio ?d[ií]a|\d{{1,2}}(?:[:h]\d\d"
    r"|h)?(?:\s*[ap]\.?\s?m\b\.?)?)"
)
_WHO: Final = (
    r"(?:(?:please|pls|kindly|only|can|you|must|should|be|to|svp|favor de|por favor)\s+)*"
    r"(?P<no>(?:(?:do not|don['’]t|no|not|never|ne pas|pas de|no se)\s+))?"
    r"(?:(?:deliver(?:y|ies|ed)?(?:\s+(?:it|only|hours?|times?|window))?|bring(?:\s+it)?|come|arrive|drop[ -]?off"
    r"|available|home|receiving(?:\s+hours)?"
    r"|hours|(?:i['’]?m|we['’]?re|i am|we are|someone(?:\s+is|\s+will be)?|will be)\s+(?:home|here|available|in|there)"
    r"|livre[rz]|livraison|entreg(?:ar|ue|a|as))[\s:]+)?(?:(?:is|are|only|please|sólo|solo|seulement)\s+)*"
)
_END: Final = (
    r"(?:[\s,]+(?:only|please|pls|if possible|thanks|thank you|svp|s['’]il vous pla[iî]t|por favor|seulement"
    r"|solamente))*"
)
_AFTER: Final = (
    r"(?:after|past|not before|no earlier than|from|starting(?: at)?|apr[èe]s|à partir de|despu[ée]s de|a partir de)"
)
_BEFORE: Final = r"(?:before|by|until|till|no later than|not after|avant|jusqu['’]à|antes de|hasta)"
_PATTERNS: Final = (
    ("range", re.compile(
        rf"{_WHO}(?:between|from|entre|de)?\s*{_TIME.format('one')}\s*(?:-|–|and|to|et|à|y|a"
        rf"|until)\s*{_TIME.format('other')}{_END}", re.I)),
    ("after", re.compile(rf"{_WHO}{_AFTER}\s+{_TIME.format('one')}(?:\s+on)?{_END}", re.I)),
    ("before", re.compile(rf"{_WHO}{_BEFORE}\s+{_TIME.format('one')}{_END}", re.I)),
)  # fmt: skip
_CLAUSE: Final = re.compile(r"(?:[.;,!\n]|\s-)\s+|[;!\n]|\.$")
_CLOCK: Final = re.compile(r"\d\s*(?:[ap]\.?\s?m|h|:\d)|noon|midday|midi|medio")  # what names an hour, in small letters
_NOON: Final = frozenset("nm")


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody takes the parcel, in local time: not before `earliest`, not after `latest` (None: no matter)."""

    text: str
    earliest: time | None = None
    latest: time | None = None


@lru_cache(maxsize=8192)
def named(text: str) -> tuple[Hours, ...]:
    """The hours in a text that are meant for the delivery as a whole: each is a clause of its own."""
    if not _CLOCK.search(text.lower()):
        return ()
    out = []
    for clause in _CLAUSE.split(text):
        for kind, pattern in _PATTERNS:
            found = pattern.fullmatch(clause.strip())
            if found:
                hours = _hours(kind, found)
                if hours:
                    out.append(hours)
                break
    return tuple(out)


def _hours(kind: str, found: re.Match[str]) -> Hours | None:
    text, denied = found.group(), bool(found["no"])
    if kind == "range":
        other = _time(found["other"])
        one = _time(found["one"]) or _borrowed(found["one"], found["other"], other)
        return Hours(text, one, other) if one and other and one < other and not denied else None
    one = _time(found["one"])
    if one is None:
        return None
    after = (kind == "after") is not denied
    return Hours(text, earliest=one) if after else Hours(text, latest=one)


def _time(written: str) -> time | None:
    """A time of day; None for an hour that may be morning or evening."""
    plain = re.sub(r"[\s.]", "", written.lower())
    if plain[0] in _NOON:
        return time(12)
    found = re.fullmatch(r"(\d{1,2})(?:[:h](\d\d)?)?([ap]m)?", plain)
    if not found:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    if half:
        return time(hour % 12 + (12 if half == "pm" else 0), minute)
    return time(hour, minute) if "h" in plain or hour > 12 or (":" in plain and len(found[1]) == 2) else None


def _borrowed(written: str, other: str, end: time | None) -> time | None:
    """The start of `2-4 pm`, which borrows its half of the day from the end: of `10-2 pm`, the other half."""
    half = re.search(r"([ap])\.?\s?m", other, re.I)
    if not half or end is None:
        return None
    same, opposite = half[1].lower(), "a" if half[1] in "pP" else "p"
    start = _time(f"{written}{same}m")
    return start if start and start < end else _time(f"{written}{opposite}m")
