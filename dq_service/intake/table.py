"""A table as a file holds it: headings, and rows of cells with the lines that they stand on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from dq_service.intake.json_text import Unreadable

SAMPLE = 200  # rows that are looked at to understand a file


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line (in a workbook the row) where it begins, counted from 1, and its cells.

    A cell is text, or what a workbook or Parquet file holds there: a number, a flag, a date; None when empty.
    `raw` is the row as it stands in a text file. `trouble` says why the cells cannot be (fully) trusted.
    """

    line: int
    cells: tuple[Any, ...]
    raw: bytes = b""
    trouble: Unreadable | None = None

    @property
    def blank(self) -> bool:
        return self.trouble is None and not any(map(is_filled, self.cells))


@dataclass(frozen=True, slots=True)
class Table:
    """The headings of a file and a way to read its rows, as often as wanted.

    `heading_line` is 0 where the file has no line of headings and they are made up (`Column 1`).
    """

    headings: tuple[str, ...]
    heading_line: int
    rows: Callable[[], Iterator[Row]]

    def sample(self) -> list[tuple[Any, ...]]:
        """The cells of some rows, to see what the columns hold."""
        found = []
        for row in self.rows():
            found.append(row.cells)
            if len(found) == SAMPLE:
                break
        return found


def is_filled(cell: Any) -> bool:
    """Whether a cell holds anything: spaces alone are nothing, nor is a NaN, as data frames write an empty cell."""
    if isinstance(cell, str):
        return bool(cell) and not cell.isspace()
    return cell is not None and not (isinstance(cell, float) and isnan(cell))


def find_headings(first: Sequence[Row], known: Callable[[str], bool], proof: Callable[[str], bool]) -> int | None:
    """Which of the first rows holds the headings; None when the file begins with data.

    Titles above the headings have few filled cells. A row is data when none of its cells is a heading that we know
    and one is a value for certain (`proof`: a ZIP, a phone, an e-mail, a number).
    """
    widest = max((sum(map(is_filled, row.cells)) for row in first), default=0)
    for place, row in enumerate(first):
        filled = [str(cell) for cell in row.cells if is_filled(cell)]
        if not filled or 2 * len(filled) < widest or row.trouble:
            continue
        return None if not any(map(known, filled)) and any(map(proof, filled)) else place
    return None


def name_columns(cells: Sequence[Any], width: int = 0) -> tuple[str, ...]:
    """Headings for every column; one without a name gets its number."""
    names = [str(cell).strip() if is_filled(cell) else "" for cell in cells]
    names += [""] * (width - len(names))
    return tuple(name or f"Column {place}" for place, name in enumerate(names, 1))
