"""A file of orders, whatever its format: one record for each order, and no line lost.

What the file is, its first bytes say, then its name. What cannot be read becomes a record with its trouble and line.
"""

import gzip
import shutil
import sys
import tempfile
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, cast

import orjson

from dq_service.fields import ORDER
from dq_service.intake.columns import ColumnMap, match_columns
from dq_service.intake.csv_text import LONGEST, Dialect, open_text
from dq_service.intake.json_text import BOM, Unreadable, entries, read
from dq_service.intake.parquet import open_parquet
from dq_service.intake.record import Record
from dq_service.intake.rows import gather
from dq_service.intake.table import Table
from dq_service.intake.workbook import open_sheet

Format = Literal["ndjson", "json", "csv", "xlsx", "parquet"]

STDIN: Final = "-"
_BY_NAME: Final[Mapping[str, Format]] = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
}
_BROKEN_OFF: Final = (EOFError, zlib.error, gzip.BadGzipFile)
_GZIP, _ZIP, _OLE, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was looked at: its format and, where it is a table, what its columns are.

    `records()` reads it, as often as wanted (standard input was put aside). `trouble` says why all of it cannot be
    read; `records()` then gives one record with it.
    """

    path: Path
    format: Format
    table: Table | None = None
    columns: ColumnMap | None = None
    dialect: Dialect | None = None
    sheet: str = ""
    trouble: Unreadable | None = None
    aside: "Aside | None" = field(default=None, repr=False)

    def records(self) -> Iterator[Record]:
        """One record for each order, in the order of the file."""
        if self.trouble:
            yield Record(self.trouble.line or 1, None, None, self.trouble)
        elif self.table and self.columns:
            yield from _to_the_end(gather(self.table, self.columns))
        elif self.format == "ndjson":
            with self.open() as file:
                yield from _to_the_end(read_lines(file.readline))
        else:
            yield from _to_the_end(_read_document(self.open))

    def open(self) -> BinaryIO:
        """The file's bytes from the beginning, unpacked where it is packed (gzip)."""
        return _open(self.path)


def open_source(
    path: str | Path,
    format: Format | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> Source:
    """Looks at a file (`-`: standard input, put aside first) and says what it is.

    `columns` is `--map`, the column's heading by field; `sheet` names a sheet of a workbook. Raises OSError where the
    file cannot be opened, NoSuchColumn for a wrong map, ExtraMissing where a library is not installed; what is wrong
    *in* the file is the source's `trouble`.
    """
    aside = Aside() if str(path) == STDIN else None
    return _look(aside, path, format, columns, sheet)


def read_orders(
    path: str | Path,
    format: Format | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> Iterator[Record]:
    """The records of a file, as `open_source` finds them; lines of JSON on standard input are given as they come."""
    if str(path) == STDIN and format in (None, "ndjson"):
        first = sys.stdin.buffer.readline(LONGEST + 1)
        if format or _is_whole_order(first):
            begun = chain([first], iter(lambda: sys.stdin.buffer.readline(LONGEST + 1), b""))
            return read_lines(lambda size: next(begun, b"")[:size])
        return _look(Aside(first), path, None, columns, sheet).records()
    return open_source(path, format, columns=columns, sheet=sheet).records()


class Aside:
    """Standard input as a file that can be read again; the file goes when nobody holds this any more."""

    def __init__(self, begun: bytes = b"") -> None:
        folder = tempfile.mkdtemp(prefix="dq-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.path = Path(folder) / "stdin"
        with self.path.open("wb") as copy:
            copy.write(begun)
            shutil.copyfileobj(sys.stdin.buffer, copy)


def _look(
    aside: "Aside | None", path: str | Path, format: Format | None, columns: Mapping[str, str] | None, sheet: str | None
) -> Source:
    path = aside.path if aside else Path(path)
    kind: Format = format or "csv"
    try:
        kind = format or _format(path)
        table, dialect, title = _table(path, kind, sheet)
        found = match_columns(table.headings, table.sample(), columns) if table else None
    except Unreadable as trouble:
        return Source(path, kind, trouble=trouble, aside=aside)
    except _BROKEN_OFF:
        return Source(path, kind, trouble=Unreadable("the packed file is damaged"), aside=aside)
    return Source(path, kind, table, found, dialect, title, aside=aside)


def _table(path: Path, kind: Format, sheet: str | None) -> tuple[Table | None, Dialect | None, str]:
    if kind == "csv":
        table, dialect = open_text(lambda: _open(path))
        return table, dialect, ""
    if kind == "xlsx":
        sheet_table, title = open_sheet(path, sheet)
        return sheet_table, None, title
    return (open_parquet(path) if kind == "parquet" else None), None, ""


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def _format(path: Path) -> Format:
    """What a file is. Raises Unreadable for an old .xls, the one format that we know and do not read."""
    with _open(path) as file:
        head = file.readline(LONGEST)
    if head.startswith(_ZIP):
        return "xlsx"
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith(_OLE):
        raise Unreadable("it is an old or password-protected Excel file: save it as .xlsx")
    named = _BY_NAME.get(Path(path.name.removesuffix(".gz")).suffix.lower())
    if named == "csv" or named == "ndjson":
        return named
    begins = head.removeprefix(BOM).lstrip()
    if begins.startswith(b"{") and _is_whole_order(begins):
        return "ndjson"
    if begins[:1] in (b"{", b"[", b""):
        return "json"
    return named or "csv"


def _is_whole_order(line: bytes) -> bool:
    """Whether a line is one whole object, and not a document that holds a list of orders."""
    try:
        value = read(line)
    except Unreadable:
        return False
    return isinstance(value, dict) and not _holds_orders(value)


def _holds_orders(value: dict[str, Any]) -> bool:
    return isinstance(value.get("orders"), list) and not any(name in ORDER for name in value)


def read_lines(readline: Callable[[int], bytes]) -> Iterator[Record]:
    """NDJSON: one order a line. Empty lines are none; a line past `LONGEST` is trouble of that line only.

    `readline` gives the next line, at most so many bytes of it, and `b""` at the end.
    """
    line = after = 0
    while raw := readline(LONGEST + 1):
        line += 1
        start, after = after, after + len(raw)
        if len(raw) > LONGEST:
            while raw and not raw.endswith(b"\n"):
                raw = readline(LONGEST + 1)
                after += len(raw)
            yield Record(line, None, None, Unreadable(f"it is longer than {LONGEST:,} bytes", line))
        elif raw.removeprefix(BOM).strip():
            yield read_record(raw, line, start)


def read_record(raw: bytes, line: int = 1, start: int = 0) -> Record:
    """The record of one JSON document that should be an order; `line` and byte `start` are where it begins."""
    try:
        order = read(raw)
    except Unreadable as trouble:
        return Record(line, None, raw, trouble.moved(line - 1), start=start)
    if not isinstance(order, dict):
        return Record(line, None, raw, Unreadable("it is JSON, but no object", line), start=start)
    return Record(line, order, raw, start=start)


def _read_document(opener: Callable[[], BinaryIO]) -> Iterator[Record]:
    """A JSON document: one order, a list of orders, or an object with the list under `orders`.

    Each order of a list is read by itself: what is wrong in one concerns no other.
    """
    with opener() as file:
        raw = file.read()
    try:
        value = orjson.loads(raw.removeprefix(BOM))
    except orjson.JSONDecodeError:
        if _is_lines(raw):
            with opener() as file:
                yield from read_lines(file.readline)
        else:
            yield read_record(raw)
        return
    if not isinstance(value, list) and not (isinstance(value, dict) and _holds_orders(value)):
        yield read_record(raw)
        return
    text = raw.decode("utf-8")
    line, last, passed = 1, 0, 0
    for start, end in entries(text):
        before = text[last:start]
        line += before.count("\n")
        passed += len(before.encode())
        last = start
        yield read_record(text[start:end].encode(), line, passed)


def _is_lines(raw: bytes) -> bool:
    """Whether a broken document is rather a file of one object a line."""
    filled = [line.strip() for line in raw.splitlines() if line.strip()]
    whole = sum(line.startswith(b"{") and line.endswith(b"}") for line in filled)
    return len(filled) > 1 and 2 * whole >= len(filled)


def _to_the_end(records: Iterator[Record]) -> Iterator[Record]:
    """The records; where a packed file breaks off, one more that says so."""
    line = 0
    try:
        for record in records:
            line = record.line
            yield record
    except _BROKEN_OFF:
        yield Record(line + 1, None, None, Unreadable("the packed file is damaged from here on", line + 1))
