"""When two spellings name the same street: case, accents, dots, suffixes, compass words and ordinals aside."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from dq_service.reference.street_words import Directionals, StreetTypes, Suffixes

LONGEST: Final = 120  # letters of a street's name that are looked at
ORDINALS: Final = {
    "FIRST": "1ST",
    "SECOND": "2ND",
    "THIRD": "3RD",
    "FOURTH": "4TH",
    "FIFTH": "5TH",
    "SIXTH": "6TH",
    "SEVENTH": "7TH",
    "EIGHTH": "8TH",
    "NINTH": "9TH",
    "TENTH": "10TH",
    "ELEVENTH": "11TH",
    "TWELFTH": "12TH",
}
ABBREVIATED: Final = {"SAINT": "ST", "SAINTE": "STE", "MOUNT": "MT", "FORT": "FT"}  # before a name
PAIRS: Final = {
    ("NORTH", "EAST"): "NE",
    ("NORTH", "WEST"): "NW",
    ("SOUTH", "EAST"): "SE",
    ("SOUTH", "WEST"): "SW",
    ("U", "S"): "US",
}
WORDS: Final = re.compile(r"[^\W_]+")
NUMBERED: Final = re.compile(r"\d+[A-Z]?|[A-Z]")  # what may follow a highway's or a lettered avenue's type


class StreetNames:
    """The common form of street names; Publication 28's standard forms, used only to compare."""

    __slots__ = ("_directionals", "_suffixes", "_types", "key")

    def __init__(self, suffixes: Suffixes, directionals: Directionals, types: StreetTypes) -> None:
        self._suffixes = suffixes
        self._directionals = directionals
        self._types = types
        self.key = lru_cache(maxsize=16384)(self._key)

    def is_fixed(self, word: str) -> bool:
        """Whether a word of a key is never a misspelling: a number, an ordinal, a compass word, a single letter."""
        return len(word) < 4 or not word.isalpha() or word in self._directionals

    def is_suffix(self, word: str) -> bool:
        """Whether a word is a street suffix in any form."""
        return word in self._suffixes

    def _key(self, street: str) -> str:
        """The common form of a street's name without its number: `N. Prince Frederick Boulevard` is
        `N PRINCE FREDERICK BLVD`, `Fifth Ave` is `5TH AVE`, `rue Sainte-Anne Ouest` is `RUE STE ANNE W`.
        """
        words = _words(street)
        if len(words) < 2:
            return words[0] if words else ""
        standard, compass = self._suffixes.standard, self._directionals.standard
        french = self._types.standard(words[0]) if not standard(words[-1]) else ""
        if french and len(words) > 1 and not NUMBERED.fullmatch(words[1]):
            if len(words) > 2:  # west is O in French
                words[-1] = self._directionals.french(words[-1]).replace("O", "W") or words[-1]
            return " ".join([french, *_named(words[1:])])
        after = ""
        if compass(words[-1]) and (len(words) > 2 or not standard(words[0])):
            after = compass(words.pop())
        before = ""
        if len(words) > 1 and compass(words[0]) and not (len(words) == 2 and standard(words[1])):
            before = compass(words.pop(0))
        if len(words) > 1:
            place = -2 if NUMBERED.fullmatch(words[-1]) else -1
            words[place] = standard(words[place]) or words[place]
            if place == -1 and words[-2].isdecimal() and standard(words[-1]):
                words[-2] = _ordinal(words[-2]) if words[0] != "US" else words[-2]
        if "US" in words and "HWY" in words and len(words) == 3:
            words = ["US", "HWY", *(word for word in words if word not in ("US", "HWY"))]
        return " ".join(word for word in (before, *_named(words), after) if word)


def _words(street: str) -> list[str]:
    text = street[:LONGEST]
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words: list[str] = WORDS.findall(text.upper().replace(".", "").replace("'", "").replace("\u2019", ""))
    for place in range(len(words) - 2, -1, -1):
        joined = PAIRS.get((words[place], words[place + 1]))
        if joined:
            words[place : place + 2] = [joined]
    return words


def _named(words: list[str]) -> list[str]:
    """The words of the name itself, with saints, mounts and ordinals in one form."""
    last = len(words) - 1
    return [
        ORDINALS.get(word, word) if place == last else ORDINALS.get(word) or ABBREVIATED.get(word, word)
        for place, word in enumerate(words)
    ]


def _ordinal(number: str) -> str:
    if number[-2:] in ("11", "12", "13"):
        return number + "TH"
    return number + {"1": "ST", "2": "ND", "3": "RD"}.get(number[-1], "TH")
