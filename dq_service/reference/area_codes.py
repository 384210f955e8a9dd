"""What a number of the North American Numbering Plan (+1) is by its first digits, from area_codes.csv."""

import csv
from dataclasses import dataclass
from io import StringIO
from typing import Final

# United States with territories, Canada, and the seventeen Caribbean and Atlantic countries of the plan.
NANP_REGIONS: Final = frozenset(  # ISO 3166-1 alpha-2
    {"US", "CA", "AG", "AI", "AS", "BB", "BM", "BS", "DM", "DO", "GD", "GU", "JM",
     "KN", "KY", "LC", "MP", "MS", "PR", "SX", "TC", "TT", "VC", "VG", "VI"}
)  # fmt: skip
_DEEPEST: Final = 7  # digits of the longest prefix in the table


@dataclass(frozen=True, slots=True)
class AreaCode:
    """What is known of a number: `country` in ISO letters, `states` of the area code (several for 867 and 902, none
    for a code without a place), `kind`: fixed_or_mobile, toll_free, premium, personal, pager, uan, voicemail, voip.
    """

    country: str
    states: tuple[str, ...]
    kind: str


class AreaCodes:
    """Looks a ten-digit number up by the prefix that settles what it is: three digits for most, up to seven."""

    __slots__ = ("_by_prefix", "_divided", "plain")

    def __init__(self, by_prefix: dict[str, AreaCode]) -> None:
        self._by_prefix = by_prefix
        self._divided = frozenset(prefix[:3] for prefix in by_prefix if len(prefix) > 3)
        # Area codes of which every number is an ordinary telephone's.
        self.plain = frozenset(code for code, known in by_prefix.items() if known.kind == "fixed_or_mobile")

    @classmethod
    def compile(cls, area_codes_csv: str) -> dict[str, tuple[str, str, str]]:
        """The table as a plain structure (prefix to country, states, kind) that marshal can write."""
        rows = csv.DictReader(StringIO(area_codes_csv))
        return {row["prefix"]: (row["country"], row["state"], row["kind"]) for row in rows}

    @classmethod
    def from_compiled(cls, structure: dict[str, tuple[str, str, str]]) -> "AreaCodes":
        """The table from what `compile` made."""
        return cls(
            {
                prefix: AreaCode(country, tuple(states.split("|")) if states else (), kind)
                for prefix, (country, states, kind) in structure.items()
            }
        )

    def of(self, national: str) -> AreaCode | None:
        """What ten digits are; None when no such number can exist (its area code or exchange is not in service)."""
        found = self._by_prefix.get(national[:3])
        if found is not None:
            return found if national[3:4] >= "2" else None  # an exchange begins with 2 to 9
        if national[:3] in self._divided:
            for length in range(4, _DEEPEST + 1):
                found = self._by_prefix.get(national[:length])
                if found is not None:
                    return found
        return None

    def states(self, area_code: str) -> tuple[str, ...]:
        """The states or provinces of an area code; none for one without a place, or unknown."""
        found = self._by_prefix.get(area_code)
        return found.states if found is not None else ()
