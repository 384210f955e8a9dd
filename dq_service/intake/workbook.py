"""A sheet of an Excel workbook, each cell as the sheet shows it to a person.

A ZIP that is stored as the number 2101 and shown as 02101 is 02101; a phone that is stored as a number is its digits.
"""

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from dq_service.intake.columns import is_heading, is_value
from dq_service.intake.json_text import Unreadable
from dq_service.intake.table import SAMPLE, Row, Table, find_headings, name_columns

_ZEROS = re.compile(r'0+|(?:0+[-" \\]+)+0+')  # number formats that show leading zeros: 00000, 00000-0000
_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, ParseError, OSError)


def open_sheet(path: Path, sheet: str | None = None) -> tuple[Table, str]:
    """The table in a sheet of a workbook (the first, or that of a name) and the sheet's name.

    Raises Unreadable where the file is no workbook or has no such sheet.
    """
    title = _title(path, sheet)
    first = list(islice(_rows(path, title), SAMPLE))
    place = find_headings(first[:10], is_heading, is_value)
    widest = max((len(row.cells) for row in first), default=0)
    line = 0 if place is None else first[place].line
    headings = name_columns(() if place is None else first[place].cells, widest)
    while place is not None and headings and headings[-1] == f"Column {len(headings)}":  # formatted, never filled
        if any(len(row.cells) >= len(headings) and row.cells[len(headings) - 1] is not None for row in first):
            break
        headings = headings[:-1]

    def rows() -> Iterator[Row]:
        for row in _rows(path, title):
            if row.line > line and not row.blank:
                yield _measured(row, len(headings))

    return Table(headings, line, rows), title


def _title(path: Path, sheet: str | None) -> str:
    from openpyxl import load_workbook  # 130 ms to import, and most files are no workbooks
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True)
    except (InvalidFileException, *_BROKEN):
        raise Unreadable("it is no Excel workbook (.xlsx), or it is damaged or has a password") from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise Unreadable(f"the workbook has no such sheet; it has {len(book.sheetnames)}")
        if not book.worksheets:
            raise Unreadable("the workbook has no sheet with cells")
        return sheet if sheet is not None else str(book.worksheets[0].title)
    finally:
        book.close()


def _rows(path: Path, title: str) -> Iterator[Row]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl's remarks on styles and extensions
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            sheet = book[title]
            sheet.reset_dimensions()  # some writers state a wrong extent
            for line, cells in enumerate(sheet.iter_rows(), 1):
                shown = [_shown(cell) for cell in cells]
                while shown and shown[-1] is None:
                    shown.pop()
                yield Row(line, tuple(shown))
        finally:
            book.close()


def _shown(cell: Any) -> Any:
    value = cell.value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if type(value) is int and _ZEROS.fullmatch(cell.number_format or ""):
        digits = re.sub(r"\D", "", cell.number_format)
        return _grouped(f"{value:0{len(digits)}d}", cell.number_format)
    if isinstance(value, dt.datetime) and value.time() == dt.time() and "h" not in (cell.number_format or "").lower():
        return value.date()
    return value


def _grouped(digits: str, pattern: str) -> str:
    """Digits with the signs that a number format has between its zeros: `00000-0000`."""
    signs = re.sub(r'["\\]', "", pattern)
    if len(digits) != signs.count("0"):
        return digits
    each = iter(digits)
    return "".join(next(each) if sign == "0" else sign for sign in signs)


def _measured(row: Row, width: int) -> Row:
    """A row as wide as the headings; empty cells at the end are not stored, so only surplus ones are remarkable."""
    if len(row.cells) <= width:
        return Row(row.line, row.cells + (None,) * (width - len(row.cells)))
    reason = f"too many cells: {len(row.cells)} where the headings are {width}"
    return Row(row.line, row.cells, trouble=Unreadable(reason, row.line))
