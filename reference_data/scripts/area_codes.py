"""Makes area_codes.csv, what a number of the North American Numbering Plan (+1) is by its first digits.

    python reference_data/scripts/area_codes.py > reference_data/area_codes.csv

From the PyPI package `phonenumbers` (Apache-2.0), exhaustively: its patterns for the 25 regions of +1 are taken apart
into digits, so that every one of the eight billion numbers is answered by the table as by the library. A row with
three digits of `prefix` speaks for exchanges that begin with 2 to 9, as the plan has them; where the answer
depends on more digits, there is a row for each longer prefix and none for what is invalid.

Codes in service that the library does not know yet are added, with NANPA as their source: the planning letters and
the list of codes in service at nanpa.com.
"""

import csv
import sys
from collections.abc import Iterator
from itertools import product
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType
from phonenumbers.geodata import GEOCODE_DATA

COLUMNS = ("prefix", "country", "state", "kind", "source")
# What NANPA has in service and the library rejects: an overlay's state, with the day it began where it was announced.
ADDED = {
    "436": "OH",
    "457": "LA",
    "471": "MS",
    "621": "TX",  # Houston, with 713; January 2025
    "624": "NY",  # Buffalo, with 716; 16 November 2023
    "679": "MI",  # Detroit, with 313; 7 November 2025
    "729": "TN",
    "837": "CA",
    "861": "IL",  # Peoria, with 309
    "924": "MN",  # southern Minnesota, with 507; 30 August 2024
}
STATES = {
    "Alabama": "AL", "Alaska": "AK", "Arizona": "AZ", "Arkansas": "AR", "California": "CA", "Colorado": "CO",
    "Connecticut": "CT", "Delaware": "DE", "Washington D.C.": "DC", "Florida": "FL", "Georgia": "GA", "Hawaii": "HI",
    "Idaho": "ID", "Illinois": "IL", "Indiana": "IN", "Iowa": "IA", "Kansas": "KS", "Kentucky": "KY",
    "Louisiana": "LA", "Maine": "ME", "Maryland": "MD", "Massachusetts": "MA", "Michigan": "MI", "Minnesota": "MN",
    "Mississippi": "MS", "Missouri": "MO", "Montana": "MT", "Nebraska": "NE", "Nevada": "NV", "New Hampshire": "NH",
    "New Jersey": "NJ", "New Mexico": "NM", "New York": "NY", "North Carolina": "NC", "North Dakota": "ND",
    "Ohio": "OH", "Oklahoma": "OK", "Oregon": "OR", "Pennsylvania": "PA", "Rhode Island": "RI",
    "South Carolina": "SC", "South Dakota": "SD", "Tennessee": "TN", "Texas": "TX", "Utah": "UT", "Vermont": "VT",
    "Virginia": "VA", "Washington State": "WA", "West Virginia": "WV", "Wisconsin": "WI", "Wyoming": "WY",
    "Alberta": "AB", "British Columbia": "BC", "British Colombia": "BC", "Manitoba": "MB", "New Brunswick": "NB",
    "Newfoundland and Labrador": "NL", "Nova Scotia": "NS", "Ontario": "ON", "Prince Edward Island": "PE",
    "Quebec": "QC", "Saskatchewan": "SK", "Northwest Territories": "NT", "Nunavut": "NU", "Yukon": "YT",
}  # fmt: skip
# The codes of the United States and Canada whose place the library leaves out.
UNNAMED = {"203": "CT", "310": "CA", "713": "TX", "718": "NY", "905": "ON"}
# Regions of +1 that are also states to the post.
TERRITORIES = {"AS", "GU", "MP", "PR", "VI"}
# The library's kinds of number, the ones that the rules on phones tell apart under their own name.
NAMES = {
    "fixed_line": "fixed_or_mobile",
    "mobile": "fixed_or_mobile",
    "fixed_line_or_mobile": "fixed_or_mobile",
    "premium_rate": "premium",
    "personal_number": "personal",
}
KINDS = (
    "general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip",
    "pager", "uan", "voicemail",
)  # fmt: skip
Digits = tuple[frozenset[str], ...]


def boxes(pattern: str) -> Iterator[Digits]:
    """The numbers that a pattern of digits matches, as sequences of sets of digits."""
    yield from sequence(parser.parse(pattern))


def sequence(nodes: Any) -> Iterator[Digits]:
    parts = [list(part(*node)) for node in nodes]
    for choice in product(*parts):
        yield tuple(digits for piece in choice for digits in piece)


def part(operation: Any, value: Any) -> Iterator[Digits]:
    if operation is sre.LITERAL:
        yield (frozenset(chr(value)),)
    elif operation is sre.IN:
        yield (frozenset(digits(value)),)
    elif operation is sre.BRANCH:
        for branch in value[1]:
            yield from sequence(branch)
    elif operation is sre.SUBPATTERN:
        yield from sequence(value[-1])
    elif operation is sre.MAX_REPEAT:
        low, high, inner = value
        for times in range(low, high + 1):
            yield from sequence(list(inner) * times)
    else:
        raise ValueError(f"a pattern with {operation}")


def digits(members: Any) -> Iterator[str]:
    for operation, value in members:
        if operation is sre.LITERAL:
            yield chr(value)
        elif operation is sre.RANGE:
            yield from map(chr, range(value[0], value[1] + 1))
        elif operation is sre.CATEGORY and value is sre.CATEGORY_DIGIT:
            yield from "0123456789"
        else:
            raise ValueError(f"a set of digits with {operation}")


def plan() -> list[Digits]:
    """Every sequence of sets of digits that a pattern of any region of +1 is made of, leading digits included."""
    found: set[Digits] = set()
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        for name in KINDS:
            description = getattr(metadata, name)
            if description is not None and description.national_number_pattern:
                found.update(box for box in boxes(description.national_number_pattern) if len(box) == 10)
        if metadata.leading_digits:
            found.update(boxes(metadata.leading_digits))
    return list(found)


def answer(number: str) -> tuple[str, str]:
    """The library's country and kind of a number of ten digits; ("", "") when it is not valid."""
    parsed = PhoneNumber(country_code=1, national_number=int(number))
    if not phonenumbers.is_valid_number(parsed):
        return "", ""
    kind = PhoneNumberType.to_string(phonenumbers.number_type(parsed)).lower()
    return phonenumbers.region_code_for_number(parsed) or "", NAMES.get(kind, kind)


def rows(prefix: str, within: list[Digits]) -> dict[str, tuple[str, str]]:
    """The answers by the shortest prefixes that settle them."""
    depth = len(prefix)
    if depth:
        within = [box for box in within if len(box) < depth or prefix[-1] in box[depth - 1]]
    if depth >= 3 and all(len(digits) == 10 for box in within for digits in box[depth:]):
        found = answer((prefix + "2345678")[:10])
        return {prefix: found} if found[0] else {}
    under = [rows(f"{prefix}{digit}", within) for digit in range(10)]
    together = {longer: found for branch in under for longer, found in branch.items()}
    # Where all that can follow gives one answer, the prefix says it; after an area code, 2 to 9 can follow.
    follows = range(2, 10) if depth == 3 else range(10)
    same = len(set(together.values())) == 1 and together.keys() == {f"{prefix}{digit}" for digit in follows}
    return {prefix: next(iter(together.values()))} if depth >= 3 and same else together


def states(code: str, country: str) -> str:
    """The state or province of an area code, several joined by a bar; nothing for a code without a place."""
    if country in TERRITORIES:
        return country
    if code in UNNAMED:
        return UNNAMED[code]
    name = GEOCODE_DATA.get("1" + code, {}).get("en", "") if country in {"US", "CA"} else ""
    if ", " in name:
        return str(name.rpartition(", ")[2])
    return "|".join(STATES[part] for part in name.split("/") if part)


def main() -> None:
    source = f"phonenumbers {phonenumbers.__version__}"
    table = {
        prefix: (country, states(prefix[:3], country), kind, source)
        for prefix, (country, kind) in rows("", plan()).items()
    }
    table |= {code: ("US", state, "fixed_or_mobile", "NANPA") for code, state in ADDED.items() if code not in table}
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((prefix, *table[prefix]) for prefix in sorted(table))


if __name__ == "__main__":
    main()
