"""The states, territories and military areas of the United States, and what a text in the state field may mean."""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from typing import Any, Final, Literal

from dq_service.reference.error_rates import (
    STATE_MISSING,
    STATE_MISSPELLED,
    STATE_NAME_OF_OTHER,
    STATE_NAMED,
    STATE_ONE_LETTER,
    STATE_OTHER,
    STATE_RIGHT,
    STATE_SIMILAR,
    STATE_UNREADABLE,
)
from dq_service.reference.place_names import folded
from dq_service.reference.spelling import NEVER, log_typed

StateSlip = Literal["state_missing", "state_misspelled", "state_name", "state_not_of_place"]

ENOUGH: Final = 6.0  # nats below the best reading beyond which a misspelt name is not considered


@dataclass(frozen=True, slots=True)
class StateReading:
    """What a text in the state field says: `likely` gives log P(text | code) and the slip for each code that is
    likely, `other` and `other_slip` hold for every other code. `code` is the code that the text itself is, or "".
    """

    code: str
    likely: dict[str, tuple[float, StateSlip | None]]
    other: float
    other_slip: StateSlip

    def of(self, code: str) -> tuple[float, StateSlip | None]:
        """Log P(text | this state is meant), and the slip made if it is."""
        return self.likely.get(code) or (self.other, self.other_slip)


class States:
    """Codes, names and abbreviations of the states, from states.csv."""

    __slots__ = ("codes", "forms", "names", "read")

    def __init__(self, names: dict[str, str], forms: dict[str, str]) -> None:
        self.names = names  # code to name
        self.forms = forms  # letters of any right form (name, abbreviation, ISO) to code
        self.codes = frozenset(names)
        self.read = lru_cache(maxsize=1024)(self._read)

    @classmethod
    def compile(cls, states_csv: str) -> dict[str, Any]:
        """The table as a plain structure (dict, str) that marshal can write."""
        names: dict[str, str] = {}
        forms: dict[str, str] = {}
        for row in csv.DictReader(StringIO(states_csv)):
            code = row["code"]
            names[code] = row["name"]
            for form in (row["name"], row["iso"], *row["abbreviations"].split("|")):
                if letters(form) and letters(form).upper() not in names:
                    forms[letters(form)] = code
        return {"names": names, "forms": forms}

    @classmethod
    def from_compiled(cls, structure: dict[str, Any]) -> "States":
        """The table from what `compile` made."""
        return cls(structure["names"], structure["forms"])

    def code(self, text: str) -> str:
        """The code of a text that is a state in a right form (code, name, abbreviation); `""` for any other."""
        text = text[:60].strip()
        if text in self.codes:
            return text
        word = letters(text)
        return word.upper() if word.upper() in self.codes else self.forms.get(word, "")

    def _read(self, text: str) -> StateReading:
        """What a text in the state field may mean; `read` remembers it."""
        text = text[:60].strip()
        if text in self.codes:
            return self._code(text)
        word = letters(text)
        if not word:
            return StateReading("", {}, STATE_MISSING if not text else STATE_UNREADABLE, "state_missing")
        code = word.upper() if word.upper() in self.codes else self.forms.get(word) or self._both(text)
        if code:
            return StateReading(code, {code: (STATE_NAMED, "state_name")}, STATE_NAME_OF_OTHER, "state_not_of_place")
        return StateReading("", self._misspelled(word), STATE_UNREADABLE, "state_misspelled")

    def _code(self, text: str) -> StateReading:
        likely: dict[str, tuple[float, StateSlip | None]] = {
            code: (STATE_SIMILAR, "state_not_of_place")
            for code in self.names
            if code[0] == text[0] or code[1] == text[1]
        }
        likely[text] = (STATE_RIGHT, None)
        return StateReading(text, likely, STATE_OTHER, "state_not_of_place")

    def _both(self, text: str) -> str:
        """The code where a text says one state twice or with its country: `MN - Minnesota`, `Texas, USA`."""
        parts = [letters(part) for part in re.split(r"[-,/()|]+", text)]
        found = {
            part.upper() if part.upper() in self.codes else self.forms.get(part, "?")
            for part in parts
            if part and part not in ("us", "usa", "unitedstates")
        }
        return found.pop() if len(found) == 1 and "?" not in found else ""

    def _misspelled(self, word: str) -> dict[str, tuple[float, StateSlip | None]]:
        heard: dict[str, float] = {}
        if len(word) == 2:
            for code in self.names:
                if code[0] == word[0].upper() or code[1] == word[1].upper() or code == word[::-1].upper():
                    heard[code] = STATE_ONE_LETTER
        else:
            for form, code in self.forms.items():
                if len(form) > 3:
                    chance = log_typed(form, word) + STATE_MISSPELLED
                    if chance > heard.get(code, NEVER):
                        heard[code] = chance
            if len(word) == 3:  # a letter too many
                for code in dict.fromkeys((word[:2], word[1:], word[0] + word[2])):
                    if code.upper() in self.codes:
                        heard[code.upper()] = max(STATE_ONE_LETTER, heard.get(code.upper(), NEVER))
        best = max(heard.values(), default=NEVER)
        return {
            code: (chance, "state_misspelled")
            for code, chance in heard.items()
            if chance > NEVER and chance >= best - ENOUGH
        }


def letters(text: str) -> str:
    """A text's letters alone, small and without accents: `N.Y.` is `ny`, `new  york` is `newyork`."""
    return re.sub(r"[\W\d_]+", "", folded(text))
