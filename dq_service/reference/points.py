"""Known address points: which streets a ZIP has, which numbers a street, which units a building."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from dq_service.reference.point_rows import PointTable, plain_number
from dq_service.reference.street_names import StreetNames

REMEMBERED: Final = 4096  # ZIPs whose streets, and points whose units are kept in memory
SHORTEST_NEAR: Final = 4  # letters of a word that may be misspelt

Standing = Literal["", "street_unknown", "number_unknown", "units"]


@dataclass(frozen=True, slots=True)
class StreetNearby:
    """A street of the same ZIP that has the number and whose name differs by letters only.

    `street` is its common form, `name` as the points file writes it; `words` are the words that differ, asked
    and found, in capitals; `slips` the letters wrong in all; `known_word`: a word that was asked for is itself in
    the name of another known street, so it may well be no misspelling.
    """

    street: str
    name: str
    words: tuple[tuple[str, str], ...]
    slips: int
    known_word: bool


class Points:
    """A table of address points, asked for streets in any spelling; what was asked is remembered.

    `complete`: it names every address. `rows`, `date` (ISO 8601) and `version` (a fingerprint) are the table's.
    Any question raises Unavailable where the table cannot be read.
    """

    __slots__ = (
        "_names", "_table", "_units", "complete", "covered", "date", "near", "rows", "streets", "version",
    )  # fmt: skip

    def __init__(self, table: PointTable, names: StreetNames) -> None:
        self._table = table
        self._names = names
        self.complete = table.complete
        self.date = table.date
        self.rows = table.rows
        self.version = table.version
        self.covered = lru_cache(1)(table.zips)
        self._units = lru_cache(REMEMBERED)(table.units)
        self.streets = lru_cache(REMEMBERED)(table.streets)
        self.near = lru_cache(REMEMBERED)(self._near)

    def close(self) -> None:
        """Closes the table; nothing may be asked after that."""
        self._table.close()

    def knows(self, postal_code: str, street: str) -> bool:
        """Whether the ZIP has a street of that name."""
        return self._names.key(street) in self.streets(postal_code[:5])

    def has(self, postal_code: str, street: str, number: str) -> bool:
        """Whether the point is known."""
        return bool(self._at(postal_code, street, number))

    def standing(self, postal_code: str, street: str, number: str) -> Standing:
        """How an address without a unit stands among the points: `""` where it is one of them, or the ZIP has none.

        One unit beside the building itself may be the shop next to the main door: `units` is said from two on.
        """
        units = self._at(postal_code, street, number)
        if units:
            return "" if "" in units and len(units) <= 2 else "units"
        streets = self.streets(postal_code[:5])
        if not streets:
            return ""
        return "number_unknown" if self._names.key(street) in streets else "street_unknown"

    def units(self, postal_code: str, street: str, number: str) -> tuple[str, ...]:
        """The known units of a building, as the file writes them; empty where none is known."""
        return tuple(unit for unit in self._at(postal_code, street, number) if unit)

    def zips(self, street: str, number: str) -> tuple[str, ...]:
        """The ZIPs in which a street of that name has the number, in their order."""
        return self._table.zips_with(self._names.key(street), plain_number(number))

    def _at(self, postal_code: str, street: str, number: str) -> tuple[str, ...]:
        return self._units(postal_code[:5], self._names.key(street), plain_number(number))

    def _near(self, postal_code: str, street: str, number: str) -> tuple[StreetNearby, ...]:
        """Streets of the ZIP that have this number and of which `street` may be a misspelling, fewest slips first.

        Empty where the ZIP knows the street as it stands. Only words of four letters and more may differ, by one
        slip, from seven letters on by two; numbers, ordinals, compass words, single letters and the suffix must
        be the same.
        """
        key, number = self._names.key(street), plain_number(number)
        streets = self.streets(postal_code[:5])
        if not key or key in streets:
            return ()
        found = []
        for other, slips, _ in process.extract(key, streets.keys(), scorer=OSA.distance, score_cutoff=3, limit=None):
            words = self._differing(key, other)
            if words and self._units(postal_code[:5], other, number):
                known = any(self._table.has_word(word) for word, _ in words)
                found.append(StreetNearby(other, streets[other], words, int(slips), known))
        found.sort(key=lambda nearby: (nearby.slips, nearby.street))
        return tuple(found)

    def _differing(self, key: str, other: str) -> tuple[tuple[str, str], ...]:
        """The words that differ, if every one of them may be a misspelling; else nothing."""
        asked, known = key.split(), other.split()
        if len(asked) != len(known):
            return ()
        words = tuple((word, right) for word, right in zip(asked, known, strict=True) if word != right)
        return words if all(self._may_be_slip(word, right) for word, right in words) else ()

    def _may_be_slip(self, word: str, right: str) -> bool:
        if self._names.is_fixed(right) or self._names.is_fixed(word) or self._names.is_suffix(word):
            return False
        longest = max(len(word), len(right))
        return int(OSA.distance(word, right, score_cutoff=2)) <= (1 if longest < 7 else 2)
