"""The beginnings of a line's words, by which a quick look tells what cannot stand in it.

A pattern that begins with one of a few words at a word's start matches no line without a word that begins so. To
compare a dozen beginnings costs a tenth of the search.
"""

import re
from functools import lru_cache
from typing import Final

_LETTERS: Final = re.compile(r"[A-Z]+")


def beginnings(*words: str) -> frozenset[str]:
    """The first three letters of these words, in capitals; several words may stand in one text."""
    return frozenset(word[:3] for text in words for word in _LETTERS.findall(text.upper()))


def lacks(line: str, wanted: frozenset[str]) -> bool:
    """Whether no word of a line begins so. A line with other than ASCII letters may hold anything."""
    return line.isascii() and wanted.isdisjoint(_beginnings_in(line))


@lru_cache(maxsize=128)
def _beginnings_in(line: str) -> frozenset[str]:
    return frozenset([word[:3] for word in _LETTERS.findall(line.upper())])
