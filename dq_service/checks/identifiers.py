"""Identifiers of an order and its parcels: the order id, freight and tracking numbers, SSCCs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.check_digits import SCIENTIFIC, is_sscc, tracking_number
from dq_service.parsing.pattern import Pattern

LONGEST: Final = 40  # characters of an order id whose other forms are tried

_SEPARATORS: Final = re.compile(r"[\s_\-–—./#:]+")
_LABEL: Final = re.compile(r"(?i)(?:(?:order|ord|nr|no|number|id)\b[\s#:.]*|#\s*)*")
_SLIPS: Final = (str.maketrans("OIlSB", "01158"), str.maketrans("oOiIlLsSbB", "0011115588"))
_APPLICATION: Final = re.compile(r"\(?00\)?\s*((?:\d[\s-]?){17}\d)", re.A)


def marks(part: Part, context: Context) -> Sequence[str]:
    """`tracking`: a tracking number that is wrong; `wordy`: words in a number's place; `sscc`: one in another form."""
    value = part.value
    found: Sequence[str] = ()
    number = value.get("tracking_number")
    if number and type(number) is str and not _tracked(number, _by_fedex(part)):
        found = ("tracking",)
    sscc = value.get("sscc")
    if sscc and type(sscc) is str and not is_sscc(sscc):
        found = (*found, "sscc")
    for name in ("bol", "pro", "tracking_number"):
        if type(other := value.get(name)) is str and _is_wordy(other):
            found = (*found, "wordy")
    return found


def order_id_missing(part: Part, context: Context) -> Sequence[Observation]:
    """An order without an id: no answer about it can be given."""
    return (Observation("order_id"),)


def order_id_misformed(part: Part, context: Context) -> Sequence[Observation]:
    """An order id that the partner's pattern does not match, other than one that a spreadsheet ate."""
    received = part.text("order_id")
    return () if SCIENTIFIC.fullmatch(received) else (Observation("order_id", received),)


def order_id_in_form(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The forms of the id that fit the pattern: without `#`, in other case, with other hyphens; then O read as 0."""
    pattern = context.partner.order_id
    assert pattern is not None
    if len(seen.value) > LONGEST:  # as many forms as it has characters, and each as long
        return ()
    forms, slips = _forms(seen.value, pattern)
    share = 1 / len(forms) if len(forms) > 1 else None
    found = [Candidate({"order_id": form}, share, f"fits {pattern}") for form in forms]
    if not found:
        share = 0.9 / max(1, len(slips))
        found = [Candidate({"order_id": form}, share, f"fits {pattern} when letters are digits") for form in slips]
    return found


def tracking_number_wrong(part: Part, context: Context) -> Sequence[Observation]:
    """A tracking number that is certainly one carrier's by its form, and whose length or check digit is wrong."""
    return (Observation(part.field("tracking_number"), part.text("tracking_number")),)


def without_digits(part: Part, context: Context) -> Sequence[Observation]:
    """Freight and tracking numbers that hold no digit at all: words stand in their place."""
    return tuple(
        Observation(part.field(name), part.text(name))
        for name in ("bol", "pro", "tracking_number")
        if _is_wordy(part.text(name))
    )


def sscc_marked(part: Part, context: Context) -> Sequence[Observation]:
    """An SSCC with its application identifier `(00)`, or in groups of digits."""
    sscc = part.text("sscc")
    return (Observation(part.field("sscc"), sscc),) if _bare_sscc(sscc) else ()


def sscc_bare(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The 18 digits."""
    return (Candidate({seen.field: _bare_sscc(seen.value)}),)


def sscc_wrong(part: Part, context: Context) -> Sequence[Observation]:
    """What is no SSCC: not 18 digits, or a wrong check digit (GS1 General Specifications 7.9)."""
    sscc = part.text("sscc")
    return () if _bare_sscc(sscc) or SCIENTIFIC.fullmatch(sscc) else (Observation(part.field("sscc"), sscc),)


@lru_cache(maxsize=1024)
def _forms(received: str, pattern: Pattern) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The other dresses of an id that fit, and those that fit once letters are read as the digits they resemble."""
    for dresses in _dressed(received):
        if forms := tuple(dict.fromkeys(form for form in dresses if pattern.matches(form))):
            return forms, ()
    slipped = (form for slips in _SLIPS for form in _slipped(received, slips, pattern))
    return (), tuple(dict.fromkeys(slipped))[:3]


def _slipped(received: str, slips: Mapping[int, int], pattern: Pattern) -> Iterator[str]:
    """Forms in which the last letters or all of them are digits: a prefix of letters stays."""
    for start in range(len(received)):
        text = received[:start] + received[start:].translate(slips)
        for form in dict.fromkeys((text, text.upper())):
            if form != received and pattern.matches(form):
                yield form


def _dressed(received: str) -> Iterator[Sequence[str]]:
    """The other dresses of an id, fewest liberties first: without its label, with other separators, with one or two
    hyphens put in; then the same in capitals or small letters.
    """
    received = received.strip("'\"`")
    label = _LABEL.match(received)
    for bare in dict.fromkeys((received, received[label.end() :] if label else received)):
        plain = _SEPARATORS.sub("", bare)
        joined = _SEPARATORS.sub("-", bare).strip("-")
        places = range(1, len(plain))
        hyphened = ["-".join((plain[:i], plain[i:])) for i in places]
        hyphened += ["-".join((plain[:i], plain[i:j], plain[j:])) for i, j in combinations(places, 2)]
        for cased in (str, str.upper, str.lower):
            for dresses in ((bare,), (joined,), (plain,), hyphened):
                yield [cased(dress) for dress in dresses]


@lru_cache(maxsize=4096)
def _tracked(number: str, fedex: bool) -> bool:
    """Whether a tracking number is right, as far as its form tells whose it is."""
    return tracking_number(re.sub(r"[\s-]+", "", number[:64]).upper(), fedex=fedex)[1]


def _by_fedex(part: Part) -> bool:
    service = part.order.json.get("service")
    return type(service) is dict and any("fedex" in str(service.get(name) or "").lower() for name in ("level", "type"))


def _is_wordy(number: str) -> bool:
    return bool(number) and not any(map(str.isdecimal, number))


def _bare_sscc(sscc: str) -> str:
    """The 18 digits of an SSCC in another dress; empty where they do not hold."""
    found = _APPLICATION.fullmatch(sscc.strip()) if len(sscc) < LONGEST else None
    digits = re.sub(r"[\s-]", "", found[1] if found else sscc)
    return digits if is_sscc(digits) else ""
