"""Address points as they are given: a row read into a point, and points that are held in memory."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from dq_service.reference.street_names import StreetNames

_CANADIAN: Final = re.compile(r"[A-Z]\d[A-Z]\d[A-Z]\d")

Streets = Mapping[str, str]  # of a ZIP: common form -> its name as given


class PointTable(Protocol):
    """Where points are kept."""

    @property
    def complete(self) -> bool:
        """Whether every address is named: what is not there does not exist."""

    @property
    def date(self) -> str:
        """When the points were brought in, ISO 8601."""

    @property
    def rows(self) -> int:
        """How many points there are."""

    @property
    def version(self) -> str:
        """The fingerprint of what they were made from."""

    def zips(self) -> frozenset[str]:
        """The ZIPs that have points."""

    def streets(self, zip5: str) -> Streets:
        """The streets of a ZIP; empty for one without points."""

    def units(self, zip5: str, street: str, number: str) -> tuple[str, ...]:
        """The units at a number of a street of this common form, in their order, `""` for the building itself; empty
        where the ZIP does not have it.
        """

    def zips_with(self, street: str, number: str) -> tuple[str, ...]:
        """The ZIPs, in their order, that have a street of this common form with this number."""

    def has_word(self, word: str) -> bool:
        """Whether a word stands in the name of any street."""

    def close(self) -> None:
        """Nothing may be asked after that."""


@dataclass(frozen=True, slots=True)
class Point:
    """One address: its ZIP (five digits) or Canadian code, the street's common form and its name as given, the house
    number in capitals, the unit as given (`""`: the building itself).
    """

    postal_code: str
    street: str
    name: str
    number: str
    unit: str


def read_point(row: Mapping[str, str], names: StreetNames) -> Point | str:
    """The point of a row with number, street, postcode and perhaps unit; else what it lacks, in two words."""
    number, postal_code = plain_number(row["number"]), plain_postal(row["postcode"])
    key = names.key(row["street"])
    if not postal_code:
        return "no postal code"
    if not number or number == "0":
        return "no number"
    return Point(postal_code, key, row["street"], number, row.get("unit", "")) if key else "no street"


def words_of(point: Point, names: StreetNames) -> set[str]:
    """The words of a street's name that a misspelt one might be taken for."""
    return {word for word in point.street.split() if not names.is_fixed(word)}


class PointRows:
    """Points held in memory: few, as the examples of a rule give them. A row that is no point is passed over."""

    __slots__ = ("_streets", "_units", "_words", "complete", "date", "rows", "version")

    def __init__(
        self, rows: Iterable[Mapping[str, str]], names: StreetNames, *, complete: bool = False, date: str = ""
    ) -> None:
        self.complete, self.date, self.version = complete, date, ""
        self._streets: dict[str, dict[str, str]] = {}
        self._words: set[str] = set()
        units: dict[tuple[str, str, str], set[str]] = {}
        for row in rows:
            point = read_point(row, names)
            if isinstance(point, str):
                continue
            self._streets.setdefault(point.postal_code, {}).setdefault(point.street, point.name)
            self._words |= words_of(point, names)
            units.setdefault((point.postal_code, point.street, point.number), set()).add(point.unit)
        self._units = {where: tuple(sorted(found)) for where, found in units.items()}
        self.rows = sum(map(len, self._units.values()))

    def zips(self) -> frozenset[str]:
        return frozenset(self._streets)

    def streets(self, zip5: str) -> Streets:
        return self._streets.get(zip5, {})

    def units(self, zip5: str, street: str, number: str) -> tuple[str, ...]:
        return self._units.get((zip5, street, number), ())

    def zips_with(self, street: str, number: str) -> tuple[str, ...]:
        return tuple(sorted(zip5 for zip5 in self._streets if (zip5, street, number) in self._units))

    def has_word(self, word: str) -> bool:
        return word in self._words

    def close(self) -> None:
        """There is nothing to close."""


def plain_number(number: str) -> str:
    """A house number in capitals without spaces, `12 1/2` apart: `12-a` is `12-A`, `12 1/2` is `12 1/2`."""
    return " ".join(number.upper().split())


def plain_postal(text: str) -> str:
    """The first five digits of a ZIP (lost leading zeros given back), or a Canadian code as `K1A 0B1`; else `""`."""
    text = text.strip().upper()
    digits = text.partition("-")[0].removesuffix(".0")
    if digits.isascii() and digits.isdecimal() and 3 <= len(digits) <= 9:
        return digits.zfill(5)[:5] if len(digits) <= 5 else digits.zfill(9)[:5]
    plain = "".join(text.split())
    return f"{plain[:3]} {plain[3:]}" if _CANADIAN.fullmatch(plain) else ""
