"""Known address points: which streets a ZIP has, which numbers a street, which units a building."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from rapidfuzz import process
from rapidfuzz.distance import OSA

from dq_service.reference.street_names import StreetNames

FORMAT: Final = "1"  # of the file; another is not read
REMEMBERED: Final = 4096  # ZIPs and streets whose points are kept in memory
SHORTEST_NEAR: Final = 4  # letters of a word that may be misspelt


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
    """A file of address points, opened read-only; what was asked is remembered. `complete`: it names every address.

    Streets are asked for in any spelling. Raises ValueError where the file is none of ours.
    """

    __slots__ = ("_connection", "_names", "complete", "date", "near", "numbered", "rows", "streets", "version")

    def __init__(self, path: Path, names: StreetNames) -> None:
        self._connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        try:
            about = dict(self._connection.execute("SELECT name, value FROM about"))
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path} is no file of address points: {error}") from error
        if about.get("format") != FORMAT:
            raise ValueError(f"{path} was written by another version; import the addresses again")
        self._names = names
        self.complete = about["complete"] == "yes"
        self.date = str(about["date"])
        self.rows = int(about["rows"])
        self.version = str(about["version"])
        self.streets = lru_cache(REMEMBERED)(self._streets)
        self.numbered = lru_cache(REMEMBERED)(self._numbered)
        self.near = lru_cache(REMEMBERED)(self._near)

    def close(self) -> None:
        """Closes the file; nothing may be asked after that."""
        self._connection.close()

    def streets_in(self, postal_code: str) -> tuple[str, ...]:
        """The common forms of the streets known in a ZIP; empty for a ZIP without points."""
        return tuple(self.streets(postal_code[:5]))

    def knows(self, postal_code: str, street: str) -> bool:
        """Whether the ZIP has a street of that name."""
        return self._names.key(street) in self.streets(postal_code[:5])

    def has(self, postal_code: str, street: str, number: str) -> bool:
        """Whether the point is known."""
        return plain_number(number) in self._points(postal_code, street)

    def numbers(self, postal_code: str, street: str) -> tuple[str, ...]:
        """The known numbers of a street, in capitals without spaces."""
        return tuple(self._points(postal_code, street))

    def units(self, postal_code: str, street: str, number: str) -> tuple[str, ...]:
        """The known units of a building, as the file writes them; empty where none is known."""
        return tuple(unit for unit in self._points(postal_code, street).get(plain_number(number), ()) if unit)

    def without_unit(self, postal_code: str, street: str, number: str) -> bool:
        """Whether the file has the building itself as a point, beside its units or alone."""
        return "" in self._points(postal_code, street).get(plain_number(number), ())

    def _points(self, postal_code: str, street: str) -> Mapping[str, tuple[str, ...]]:
        found = self.streets(postal_code[:5]).get(self._names.key(street))
        return self.numbered(found[0]) if found else {}

    def _streets(self, postal_code: str) -> Mapping[str, tuple[int, str]]:
        """The streets of a ZIP: common form to its place in the file and its name as the file writes it."""
        rows = self._connection.execute("SELECT street, id, name FROM streets WHERE zip = ?", (postal_code,))
        return {street: (place, name) for street, place, name in rows}

    def _numbered(self, street: int) -> Mapping[str, tuple[str, ...]]:
        """The numbers of a street, each with its units; `""` among them where the building itself is a point."""
        found: dict[str, list[str]] = {}
        for number, unit in self._connection.execute(
            "SELECT number, unit FROM points WHERE street = ? ORDER BY number, unit", (street,)
        ):
            found.setdefault(number, []).append(unit)
        return {number: tuple(units) for number, units in found.items()}

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
            if words and number in self.numbered(streets[other][0]):
                known = any(self._is_known(word) for word, _ in words)
                found.append(StreetNearby(other, streets[other][1], words, int(slips), known))
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

    def _is_known(self, word: str) -> bool:
        row = self._connection.execute("SELECT 1 FROM words WHERE word = ?", (word,)).fetchone()
        return row is not None


def plain_number(number: str) -> str:
    """A house number in capitals without spaces, `12 1/2` apart: `12-a` is `12-A`, `12 1/2` is `12 1/2`."""
    return " ".join(number.upper().split())
