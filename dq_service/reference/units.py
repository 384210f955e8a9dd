"""Units of weight, length and quantity in the forms that senders write."""

from dataclasses import dataclass
from typing import Literal

from dq_service.reference.tables import Rows

UnitKind = Literal["weight", "length", "quantity"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit. `factor` is its size in grams or millimetres, 0 for units of quantity; `countable`: only whole
    numbers of it make sense (each, case), not so for pounds or feet.
    """

    code: str
    kind: UnitKind
    countable: bool
    factor: float


class Units:
    """Codes and words from X12 element 355, UN/ECE Recommendation 20 and everyday use."""

    __slots__ = ("_words",)

    def __init__(self, rows: Rows) -> None:
        self._words: dict[UnitKind, dict[str, Unit]] = {"weight": {}, "length": {}, "quantity": {}}
        for word, code, kind, countable, factor in rows:
            if kind not in self._words:
                raise ValueError(f"units.csv: no kind of unit: {kind!r}")
            self._words[kind][_key(word)] = Unit(code, kind, countable == "yes", float(factor or 0))

    def unit(self, kind: UnitKind, text: str) -> Unit | None:
        """The unit of that kind which a text names, None for another text."""
        return self._words[kind].get(_key(text))

    def countable(self, text: str) -> bool | None:
        """Whether a unit of quantity comes in whole numbers only; None for an unknown unit."""
        found = self.unit("quantity", text)
        return None if found is None else found.countable


def _key(text: str) -> str:
    return " ".join(text[:40].casefold().replace(".", "").split())
