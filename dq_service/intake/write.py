"""The file once more with the repairs in: its own columns, dialect and bytes, changed only where an order was repaired.

A repair is written whole or not at all: where a value moves into a field that the file has no column for, the cells
that it came from stay as they were, or the value would be lost.
"""

import gzip
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast

from dq_service.finding import Repair
from dq_service.intake.csv_text import all_rows
from dq_service.intake.files import Source
from dq_service.intake.json_text import BOM, write
from dq_service.intake.record import Cell, Record
from dq_service.order import JSON, Order

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_PHONE_OR_NUMBER = re.compile(r"[+-]?\(?\d[\d\s().,/-]*(?:[eE][+-]?\d+)?(?:\s*(?:x|ext\.?)\s*\d+)?")
_ENTRY = re.compile(r"(\w+\[\d+\])\.(.+)")  # items[3].sku: the entry, the field in it


class CannotWrite(ValueError):
    """The repaired orders cannot be written in that format."""


class Answer(Protocol):
    """What is needed of a result: the order to send on, and the repairs that made it."""

    @property
    def order(self) -> JSON | None: ...
    @property
    def repairs(self) -> tuple[Repair, ...]: ...


@dataclass(slots=True)
class Written:
    """What was written: orders and cells (JSON: orders only) that changed, and fields that could not be."""

    orders: int = 0
    cells: int = 0
    left_out: set[str] = field(default_factory=set)


def write_fixed(out: Path, source: Source, results: Iterable[Answer]) -> Written:
    """Writes the source's file to `out` with the repaired orders in it; `results` are one for each record, in order.

    A table is written as `out` is named: as the table it was, or as orders (.ndjson). Nothing stands at `out` before
    all is written; it may be the source itself. Raises CannotWrite for Parquet, OSError where `out` cannot be written.
    """
    written = Written()
    pairs = zip(source.records(), results, strict=True)
    lines = out.name.removesuffix(".gz").endswith((".ndjson", ".jsonl"))
    if source.table and not lines and source.format == "parquet":
        raise CannotWrite("Parquet is not written; name a file that ends in .ndjson")
    with _replacing(out) as file:
        if source.table is None:
            _write_json(file, source, pairs, written)
        elif lines:
            for record, result in pairs:
                written.orders += result.order != record.order
                file.write(write(result.order if result.order is not None else record.order) + b"\n")
        elif source.dialect:
            _write_text(file, source, _changed_cells(source, pairs, written), written)
        else:
            _write_workbook(file, source, _changed_cells(source, pairs, written))
    return written


@contextmanager
def _replacing(out: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `out` when all is written, packed where its name ends in .gz."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    except OSError as error:  # it names a file that nobody asked for
        raise OSError(error.errno, error.strerror, str(out)) from None
    try:
        with os.fdopen(handle, "wb") as plain:
            if out.suffix == ".gz":
                with gzip.open(plain, "wb") as packed:
                    yield cast(BinaryIO, packed)
            else:
                yield plain
        Path(name).chmod(out.stat().st_mode if out.exists() else 0o666 & ~_umask())
        Path(name).replace(out)
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_json(file: BinaryIO, source: Source, pairs: Iterable[tuple[Record, Answer]], written: Written) -> None:
    """The bytes of the file, with those of the changed orders in place of what they were read from."""
    copied = 0
    with source.open() as original:
        for record, result in pairs:
            if record.raw is None or result.order is None or result.order == record.order:
                continue
            _copy(original, file, record.start - copied)
            original.read(len(record.raw))
            copied = record.start + len(record.raw)
            file.write(_in_its_place(record.raw, result.order))
            written.orders += 1
        _copy(original, file, None)


def _copy(original: BinaryIO, file: BinaryIO, size: int | None) -> None:
    while size is None or size > 0:
        piece = original.read(min(1 << 20, size if size is not None else 1 << 20))
        if not piece:
            return
        file.write(piece)
        size = None if size is None else size - len(piece)


def _in_its_place(raw: bytes, order: JSON) -> bytes:
    """An order written as its original was: with what stood around it, indented where that was."""
    body = raw.removeprefix(BOM).strip()
    head, _, tail = raw.partition(body)
    indent = re.search(rb"\n([ \t]*)[}\]]$", body)
    text = write(order, pretty=indent is not None)
    return head + (text.replace(b"\n", b"\n" + indent.group(1)) if indent else text) + tail


Changes = dict[int, dict[int, Any]]  # by line, by column


def _changed_cells(source: Source, pairs: Iterable[tuple[Record, Answer]], written: Written) -> Changes:
    """Every cell that gets another value."""
    changes: Changes = {}
    for record, result in pairs:
        if record.order is None or result.order is None or result.order == record.order:
            continue
        before, after = Order(record.order), Order(result.order)
        homes = {path: _home(source, record, path) for path in _touched(record, result)}
        changed = {path: after.at(path) for path in homes if after.at(path) != before.at(path)}
        homeless = {path for path, value in changed.items() if not homes[path] and value is not None}
        left_out = _with_their_repairs(homeless, result.repairs)
        written.left_out |= left_out & set(changed)
        cells = [(cell, value) for path, value in changed.items() if path not in left_out for cell in homes[path]]
        for (place, column), value in cells:
            changes.setdefault(record.rows[place].line, {})[column] = value
        written.orders += bool(cells)
        written.cells += len(cells)
    return changes


def _touched(record: Record, result: Answer) -> set[str]:
    return {*record.cells, *(change.field for repair in result.repairs for change in repair.changes)}


def _with_their_repairs(fields: set[str], repairs: Iterable[Repair]) -> set[str]:
    """These fields and all that changed together with them, directly or over another repair."""
    groups = [{change.field for change in repair.changes} for repair in repairs]
    found = set(fields)
    while more := set().union(*(group for group in groups if group & found and not group <= found)):
        found |= more
    return found


def _home(source: Source, record: Record, path: str) -> tuple[Cell, ...]:
    """The cells of a field: those that it was read from, else the empty one that it would have been read from."""
    assert source.columns is not None, "only a table has cells"
    by_field = {match.field: match for match in source.columns.matched}
    joined = {match.column for match in by_field.values() if match.joined is not None}
    if cells := record.cells.get(path):
        return () if cells[0][1] in joined else cells
    if match := by_field.get(path):
        return () if match.joined is not None else ((0, match.column),)
    entry = _ENTRY.fullmatch(path)
    if entry is None:
        return ()
    columns = {match.column: match for match in by_field.values()}
    for sibling, ((place, column), *_) in record.cells.items():
        if sibling.startswith(f"{entry[1]}."):
            same = columns[column].field.partition("]")[0]
            match = by_field.get(f"{same}].{entry[2]}")
            return ((place, match.column),) if match else ()
    return ()


def _write_text(file: BinaryIO, source: Source, changes: Changes, written: Written) -> None:
    assert source.dialect is not None, "a text table has a dialect"
    assert source.columns is not None, "a table has columns"
    names = {match.column: match.field for match in source.columns.matched}
    file.write(source.dialect.bom)
    for row in all_rows(source.open, source.dialect, source.columns.width):
        changed = changes.get(row.line, {})
        raw = row.raw
        if changed:
            cells = [str(cell) for cell in row.cells]
            cells += [""] * (max(changed) + 1 - len(cells))
            for column, value in changed.items():
                cells[column] = harmless(_text(value))
            try:
                raw = source.dialect.write(cells)
            except UnicodeEncodeError:  # the file's encoding has no such character
                written.left_out |= {names[column] for column in changed}
                written.cells -= len(changed)
        file.write(raw)


def _write_workbook(file: BinaryIO, source: Source, changes: Changes) -> None:
    from openpyxl import load_workbook

    book = load_workbook(source.path, keep_vba=source.path.suffix.lower() == ".xlsm")
    sheet = book[source.sheet]
    for line, columns in changes.items():
        for column, value in columns.items():
            cell = sheet.cell(line, column + 1)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # a text, even where it looks like a formula or a number
                cell.number_format = "@"
    book.save(file)


def _text(value: Any) -> str:
    """A value as a cell of text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return write(value).decode() if isinstance(value, Mapping | list) else str(value)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before it, except before a phone or a number."""
    if text.startswith(_FORMULA) and not _PHONE_OR_NUMBER.fullmatch(text):
        return f"'{text}"
    return text
