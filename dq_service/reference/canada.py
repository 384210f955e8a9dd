"""Canada's provinces and how its postal codes are built."""

import re
from functools import lru_cache
from typing import Final

from dq_service.reference.tables import Rows, squashed

LETTERS: Final = "ABCEGHJKLMNPRSTVWXYZ"  # D F I O Q U are never used
FIRST: Final = "ABCEGHJKLMNPRSTVXY"  # and W, Z never first
PATTERN: Final = re.compile(f"[{FIRST}][0-9][{LETTERS}] [0-9][{LETTERS}][0-9]")
AS_DIGIT: Final = {"O": "0", "I": "1", "L": "1", "S": "5", "B": "8"}
AS_LETTER: Final = {"1": "L", "5": "S", "8": "B"}  # 0 is none: O is never used
SEPARATORS: Final = re.compile(r"[\s._\-\u2010-\u2015]+")


class Canada:
    """Provinces and territories, and the postal districts that belong to them (Canada Post Addressing Guidelines)."""

    __slots__ = ("_districts", "_forms", "names", "names_fr", "province")

    def __init__(self, rows: Rows) -> None:
        self.names: dict[str, str] = {}
        self.names_fr: dict[str, str] = {}
        self._forms: dict[str, str] = {}
        self._districts: dict[str, str] = {}
        for code, name, name_fr, forms, postal in rows:
            self.names[code] = name
            self.names_fr[code] = name_fr
            for form in (code, name, name_fr, *forms.split(";")):
                self._forms[squashed(form)] = code
            for district in postal.split():
                self._districts[district] = code
        self.province = lru_cache(maxsize=1024)(self._province)

    def _province(self, text: str) -> str:
        """The two letters of a province in any known form, `""` for another text: `Que.`, `PQ`, `Québec` are `QC`."""
        return text if text in self.names else self._forms.get(squashed(text), "")

    def is_postal_code(self, text: str) -> bool:
        """Whether a text is a postal code in its right form, `K1A 0B1`."""
        return PATTERN.fullmatch(text) is not None

    def postal_code(self, text: str) -> str:
        """A postal code in its right form, from another dress of the same letters: `k1a0b1`, `K1A-0B1`; else `""`."""
        plain = SEPARATORS.sub("", text[:20].upper())
        shaped = f"{plain[:3]} {plain[3:]}"
        return shaped if PATTERN.fullmatch(shaped) else ""

    def read_slips(self, text: str) -> str:
        """The postal code meant where letters stand for digits or the reverse (`K1A OB1`); `""` if that gives none."""
        plain = SEPARATORS.sub("", text[:20].upper())
        if len(plain) != 6:
            return ""
        read = "".join(AS_DIGIT.get(c, c) if place % 2 else AS_LETTER.get(c, c) for place, c in enumerate(plain))
        return self.postal_code(read)

    def province_of(self, postal_code: str) -> str:
        """The province a postal code lies in, by its first letter (X: by its first three); `""` for no code."""
        area = postal_code[:3].upper()
        return self._districts.get(area[:1]) or self._districts.get(area, "")
