"""The words that end, direct and subdivide a street address: suffixes, directionals, unit designators."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from dq_service.reference.tables import Rows

LISTED: Final = 0.999  # the score of a misspelling that the table itself lists
LETTERS_FOR_ONE: Final = 5  # shorter names are only taken for misspelt when letters are swapped, or one too many inside
LETTERS_FOR_TWO: Final = 8  # names of this length may have two letters wrong


def bare(word: str) -> str:
    """A word as the tables hold it: capitals, without the dots and commas around and the dots inside."""
    return word.strip(" ,;:").replace(".", "").upper()


class Words:
    """The words of a table, each with its standard form."""

    __slots__ = ("_standard",)

    def __init__(self, standard: dict[str, str]) -> None:
        self._standard = standard

    def __contains__(self, word: str) -> bool:
        return bare(word) in self._standard

    def standard(self, word: str) -> str:
        """The standard form of a word in any case and with dots, `""` for a word that the table does not have."""
        return self._standard.get(word) or self._standard.get(bare(word), "")


class Suffixes(Words):
    """Street suffixes of USPS Publication 28, appendix C1: names, abbreviations and common misspellings.

    The standard of `Avenue`, `av.` and `Avnue` is `AVE`. `not_misspelt` are words of street names that only look
    like a misspelt suffix (`Lance` is no `Lane`).
    """

    __slots__ = ("_common", "_misspelt", "_names", "_not_misspelt", "near")

    def __init__(self, rows: Rows, not_misspelt: Iterable[str]) -> None:
        super().__init__({})
        self._names: dict[str, str] = {}
        misspelt, common = set(), []
        for word, standard, name, spelling, often in rows:
            self._standard[word] = standard
            self._names[word] = name
            if spelling == "misspelt":
                misspelt.add(word)
            if often:
                common.append(word)
        self._misspelt = frozenset(misspelt)
        self._common = tuple(common)
        self._not_misspelt = frozenset(not_misspelt)
        self.near = lru_cache(maxsize=4096)(self._near)

    def name(self, word: str) -> str:
        """The full name of a suffix in capitals (`AVENUE` for `Av`), `""` for another word."""
        return self._names.get(bare(word), "")

    def well_spelt(self, word: str) -> bool:
        """Whether a word is a suffix in a form that the post has as a name or an abbreviation."""
        word = bare(word)
        return word in self._standard and word not in self._misspelt

    def _near(self, word: str) -> tuple[str, float] | None:
        """The everyday suffix that a last word is a misspelling of, with its likeness (0 to 1); None if no single one.

        `Avnue` is `("AVENUE", 0.999)`. A right form of any suffix, a word known from street names, and a word
        that may be two suffixes are nobody's misspelling.
        """
        word = bare(word)
        if word in self._misspelt:
            return self._names[word], LISTED
        if word in self._standard or word in self._not_misspelt or len(word) < 4 or not word.isalpha():
            return None
        found: list[tuple[int, str]] = []
        for name in self._common:
            distance = _slips(name, word)
            if distance is not None:
                found.append((distance, name))
        found.sort()
        if not found or (len(found) > 1 and found[1][0] == found[0][0]):
            return None
        distance, name = found[0]
        return name, 1 - distance / (len(name) + 1)


def _slips(name: str, word: str) -> int | None:
    """How many slips made `word` of `name`; None when that is not to be believed."""
    if abs(len(name) - len(word)) > 2:
        return None
    swapped = sorted(name) == sorted(word)
    if word[0] != name[0] and not (swapped and word[:2] == name[1::-1]):
        return None
    distance = OSA.distance(name, word, score_cutoff=2)
    if distance == 1:
        if len(name) >= LETTERS_FOR_ONE:
            plural = word == name + "S"
            return None if plural else 1
        one_more = len(word) == len(name) + 1 and word[-1] == name[-1]
        return 1 if swapped or one_more else None
    return 2 if distance == 2 and len(name) >= LETTERS_FOR_TWO else None


class Directionals(Words):
    """Compass words before and after a street's name (Publication 28, 233): `North` and `N.` are `N`.

    Canada Post's French ones stand apart: `O` is no compass word in English.
    """

    __slots__ = ("_french",)

    def __init__(self, rows: Rows) -> None:
        super().__init__({})
        self._french: dict[str, str] = {}
        for word, standard, _, language in rows:
            (self._french if language == "fr" else self._standard)[word] = standard

    def french(self, word: str) -> str:
        """The letters of a French compass word: `Ouest` is `O`; `""` for another word."""
        return self._french.get(bare(word), "")


class Designators(Words):
    """What a part of a building is called: Publication 28, appendix C2, and Canada Post, English and French.

    `Apartment` is `APT`, `app.` is `APP`, `#` is itself. `words` are all its words, in capitals.
    """

    __slots__ = ("words",)

    def __init__(self, rows: Rows) -> None:
        super().__init__({word: standard for word, standard, *_ in rows})
        self.words = frozenset(self._standard)


class StreetTypes(Words):
    """French street types, which stand before the name (`rue Principale`): Canada Post Addressing Guidelines.

    `Chemin` is `CH`, `boul.` is `BOUL`.
    """

    __slots__ = ()

    def __init__(self, rows: Rows) -> None:
        super().__init__({word: standard for word, standard, _ in rows})
