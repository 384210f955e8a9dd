"""Delimited text, whatever its delimiter and encoding: each row with its line, and no line lost.

RFC 4180 is what the format should be; what comes are semicolons, tabs, cp1252, UTF-16, titles above the headings,
rows too short or too long, and quotes that never close. Such a quote costs its own line only: reading goes on with
the next.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

from dq_service.intake.columns import is_heading, is_value
from dq_service.intake.json_text import Unreadable
from dq_service.intake.table import SAMPLE, Row, Table, find_headings, name_columns

LONGEST: Final = 10_000_000  # bytes of a line, or of a cell
MOST_LINES: Final = 200  # of one row, in quotes
DELIMITERS: Final = ",;\t|"

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
Line = tuple[str, bytes]  # as text, and as it stands in the file


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file writes its rows, as far as a row written anew must look like its neighbours."""

    bom: bytes
    encoding: str
    delimiter: str
    newline: str
    quote_all: bool

    def write(self, cells: list[str]) -> bytes:
        """One row as this file would have it. Raises UnicodeEncodeError for what its encoding has not."""
        text = io.StringIO()
        writer = csv.writer(
            text,
            delimiter=self.delimiter,
            lineterminator=self.newline,
            quoting=csv.QUOTE_ALL if self.quote_all else csv.QUOTE_MINIMAL,
        )
        writer.writerow(cells)
        return text.getvalue().encode(self.encoding)


def open_text(opener: Callable[[], BinaryIO]) -> tuple[Table, Dialect]:
    """The table in a text file; `opener` opens it at its beginning, each time anew."""
    with opener() as file:
        head = file.read(1_000_000)
    dialect = _dialect(head)

    first = list(islice(all_rows(opener, dialect), SAMPLE))
    place = find_headings(first[:10], is_heading, is_value)
    widest = max((len(row.cells) for row in first), default=0)
    line = 0 if place is None else first[place].line
    headings = name_columns((), widest) if place is None else name_columns(first[place].cells)

    def rows() -> Iterator[Row]:
        for row in all_rows(opener, dialect, len(headings)):
            if row.line > line and not row.blank:
                yield _measured(row, len(headings))

    return Table(headings, line, rows), dialect


def all_rows(opener: Callable[[], BinaryIO], dialect: Dialect, width: int = 0) -> Iterator[Row]:
    """Every row with its bytes, titles, headings and blank ones too: together they are the whole file.

    `width`, the number of headings, tells a quote that closes in another row's stray quote from a cell of many lines.
    """
    with opener() as file:
        file.read(len(dialect.bom))
        yield from _rows(_lines(file, dialect.encoding), dialect.delimiter, width)


def _measured(row: Row, width: int) -> Row:
    if row.trouble or len(row.cells) == width:
        return row
    if len(row.cells) > width and not any(row.cells[width:]):  # commas at the end
        return Row(row.line, row.cells[:width], row.raw)
    few = "few" if len(row.cells) < width else "many"
    reason = f"too {few} cells: {len(row.cells)} where the headings are {width}"
    return Row(row.line, row.cells, row.raw, Unreadable(reason, row.line))


def _dialect(head: bytes) -> Dialect:
    bom, encoding = next(((mark, name) for mark, name in _BOMS if head.startswith(mark)), (b"", ""))
    encoding = encoding or _encoding(head)
    text = head[len(bom) :].decode(encoding, "replace")
    lines = text.splitlines()[:SAMPLE]
    delimiter = lines[0][4:5] if lines and lines[0].lower().startswith("sep=") else _delimiter(lines)
    newline = "\r\n" if "\r\n" in text else "\n"
    return Dialect(bom, encoding, delimiter, newline, _quotes_all(lines, delimiter))


def _encoding(head: bytes) -> str:
    if head[1:2000:2].count(0) > len(head[:2000]) // 4:
        return "utf-16-le"
    if head[:2000:2].count(0) > len(head[:2000]) // 4:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # a character may be cut at the end
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(lines: list[str]) -> str:
    """The delimiter that gives most rows the same width, of several the one that gives most columns."""
    best, best_fit = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        except csv.Error:  # a cell larger than the module takes (131,072 characters): no table of ours
            continue
        usual = max(set(widths), key=widths.count, default=1)
        if usual > 1 and (fit := (round(widths.count(usual) / len(widths), 1), usual)) > best_fit:
            best, best_fit = delimiter, fit
    return best


def _quotes_all(lines: list[str], delimiter: str) -> bool:
    filled = [line for line in lines if line.strip()]
    return bool(filled) and all(
        line.startswith('"') and line.endswith('"') and line.count(f'"{delimiter}"') >= line.count(delimiter) > 0
        for line in filled[:5]
    )


def _lines(file: BinaryIO, encoding: str) -> Iterator[Line]:
    """The physical lines; one that is not in the file's encoding is read as cp1252, which knows every byte."""
    if encoding.startswith("utf-16"):
        with io.TextIOWrapper(file, encoding, errors="replace", newline="") as texts:
            for text in texts:
                yield text, text.encode(encoding, "replace")
        return
    while raw := file.readline(LONGEST):
        try:
            yield raw.decode(encoding), raw
        except UnicodeDecodeError:
            yield raw.decode("cp1252", "replace"), raw


def _rows(lines: Iterator[Line], delimiter: str, width: int) -> Iterator[Row]:
    waiting: deque[Line] = deque()
    line = 1
    while True:
        taken: list[Line] = []
        reader = csv.reader(_feed(waiting, lines, taken), delimiter=delimiter)
        try:
            cells = next(reader, None)
            closed = len(taken) == 1 and taken[0][0].count('"') % 2 == 0
            closed = closed or cells is None or _is_closed(taken, delimiter, width, len(cells))
            reason = "" if closed else "a quote is opened and never closed"
        except csv.Error:
            cells, reason = [], "it cannot be split into cells"
        if cells is None:
            return
        if reason:
            waiting.extendleft(reversed(taken[1:]))
            del taken[1:]
            yield Row(line, (), taken[0][1], Unreadable(reason, line))
        else:
            yield Row(line, tuple(cells), b"".join(raw for _, raw in taken))
        line += len(taken)


def _feed(waiting: deque[Line], lines: Iterator[Line], taken: list[Line]) -> Iterator[str]:
    """Lines for one row: those given back first. What was taken is kept."""
    while len(taken) < MOST_LINES:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        taken.append(line)
        yield line[0]


def _is_closed(taken: list[Line], delimiter: str, width: int, found: int) -> bool:
    """Whether the quotes of a row are balanced, and did not just reach the end or swallow whole rows."""
    texts = [text for text, _ in taken]
    try:
        next(csv.reader(texts, delimiter=delimiter, strict=True))
    except csv.Error as error:
        if len(texts) > 1 or "unexpected end of data" in str(error):
            return False
    try:
        return found == width or not any(len(cells) == width for cells in csv.reader(texts[1:], delimiter=delimiter))
    except csv.Error:
        return False
