"""Bringing a partner's catalog and files of address points into the data folder."""

import csv
import hashlib
import os
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dq_service.reference.catalog import Entry
from dq_service.reference.catalog_file import SKU_COLUMNS, compiled
from dq_service.reference.point_rows import read_point, words_of
from dq_service.reference.points_file import FORMAT, INDEXES, SCHEMA
from dq_service.reference.replacing import write_whole
from dq_service.reference.street_names import StreetNames

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
SHOWN: Final = 200  # skipped lines that a report names; the rest are only counted
BATCH: Final = 20_000  # points written at once


@dataclass(frozen=True, slots=True)
class Remark:
    """A line of the imported file (the header is line 1) and what was wrong with it."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: rows taken over, rows left out (the first 200 by line, all by reason), and remarks on rows
    that were taken over without a cell that could not be used.
    """

    rows: int
    skipped: tuple[Remark, ...] = ()
    skipped_in_all: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


# --- SKUs --------------------------------------------------------------------------------------------------------


def import_skus(csv_path: Path, partner: str, data: Path) -> ImportReport:
    """Makes a partner's catalog from a CSV file with the columns sku, gtin, description, status, replaced_by (only
    `sku` must be there), replacing the one before.

    Raises ValueError for a partner's name that is no file name, for unknown columns, for a file without `sku` or
    without a single article.
    """
    if not NAME.fullmatch(partner):
        raise ValueError(f"no name for a partner: {partner!r} (letters, digits, . _ -)")
    skipped: list[Remark] = []
    remarks: list[Remark] = []
    entries: dict[str, Entry] = {}
    for line, row in _lines(csv_path, needed=("sku",), known=SKU_COLUMNS):
        sku = row.get("sku", "")
        if not sku:
            skipped.append(Remark(line, "no SKU"))
        elif not _readable(row.values()):
            skipped.append(Remark(line, "not UTF-8"))
        elif sku in entries:
            skipped.append(Remark(line, f"the SKU {sku!r} stands twice"))
        else:
            gtin = re.sub(r"[\s-]", "", row.get("gtin", ""))
            if gtin and not (gtin.isascii() and gtin.isdecimal() and len(gtin) <= 14):
                remarks.append(Remark(line, f"no GTIN: {row['gtin']!r}"))
                gtin = ""
            status = row.get("status", "").lower()
            description = " ".join(row.get("description", "").split())
            entries[sku] = Entry(sku, gtin, description, status, row.get("replaced_by", ""))
            if entries[sku].replaced_by == sku:
                remarks.append(Remark(line, f"{sku!r} replaces itself"))
    if not entries:
        raise ValueError(f"{csv_path}: no article in it")
    for entry in entries.values():
        if entry.replaced_by and entry.replaced_by not in entries:
            remarks.append(Remark(0, f"{entry.sku!r} is replaced by {entry.replaced_by!r}, which is not in the file"))
    folder = data / "reference" / "skus"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=folder, prefix=".", suffix=".csv", delete=False, newline="", encoding="utf-8"
    ) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(SKU_COLUMNS)
        writer.writerows((e.sku, e.gtin, e.description, e.status, e.replaced_by) for e in entries.values())
    content = Path(out.name).read_bytes()
    write_whole(folder / f"{partner}.marshal", compiled(content, entries.values()))
    os.replace(out.name, folder / f"{partner}.csv")
    return ImportReport(len(entries), tuple(skipped[:SHOWN]), len(skipped), _reasons(skipped), tuple(remarks[:SHOWN]))


# --- Address points ------------------------------------------------------------------------------------------------


def import_addresses(
    csv_path: Path,
    data: Path,
    names: StreetNames,
    *,
    date: str,
    complete: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Makes `reference/addresses.sqlite` in the data folder from a CSV file with OpenAddresses' columns, replacing the
    one before. The file is read as a stream; NUMBER, STREET, UNIT and POSTCODE are used.

    `date` (ISO 8601) is when it was imported; `complete`: an address that is not in the file does not exist;
    `progress` is told the lines read, now and then. Raises ValueError where a needed column is missing or no row
    can be used; the points of before then stay.
    """
    folder = data / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".addresses", suffix=".sqlite")
    os.close(handle)
    fresh = Path(name)
    try:
        with closing(sqlite3.connect(fresh, isolation_level=None)) as out:
            out.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; {SCHEMA}")
            report = _write_points(out, csv_path, names, progress or (lambda lines: None))
            if not report.rows:
                raise ValueError(f"{csv_path}: no row with a number, a street and a postal code")
            about = {
                "format": FORMAT,
                "complete": "yes" if complete else "no",
                "date": date,
                "rows": str(report.rows),
                "version": _file_fingerprint(csv_path),
            }
            out.executemany("INSERT INTO about VALUES (?, ?)", about.items())
            for index in INDEXES:
                out.execute(index)
            out.execute("COMMIT")
        os.chmod(fresh, 0o644)
        os.replace(fresh, folder / "addresses.sqlite")
    finally:
        fresh.unlink(missing_ok=True)
    return report


def _write_points(
    out: sqlite3.Connection, csv_path: Path, names: StreetNames, progress: Callable[[int], None]
) -> ImportReport:
    streets: dict[tuple[str, str], int] = {}
    words: set[str] = set()
    batch: list[tuple[int, str, str]] = []
    skipped: list[Remark] = []
    reasons: Counter[str] = Counter()

    def write() -> None:
        out.executemany("INSERT OR IGNORE INTO points VALUES (?, ?, ?)", batch)
        batch.clear()

    for line, row in _lines(csv_path, needed=("number", "street", "postcode")):
        point = read_point(row, names) if _readable(row.values()) else "not UTF-8"
        if isinstance(point, str):
            reasons[point] += 1
            if len(skipped) < SHOWN:
                skipped.append(Remark(line, point))
            continue
        place = streets.get((point.postal_code, point.street))
        if place is None:
            place = streets[point.postal_code, point.street] = len(streets)
            out.execute("INSERT INTO streets VALUES (?, ?, ?, ?)", (place, point.postal_code, point.street, point.name))
            words |= words_of(point, names)
        batch.append((place, point.number, point.unit))
        if len(batch) >= BATCH:
            write()
            progress(line)
    write()
    out.executemany("INSERT INTO words VALUES (?)", ((word,) for word in sorted(words)))
    rows: int = out.execute("SELECT count(*) FROM points").fetchone()[0]
    return ImportReport(rows, tuple(skipped), reasons.total(), dict(reasons))


# --- Files ---------------------------------------------------------------------------------------------------------


def _lines(
    csv_path: Path, needed: tuple[str, ...], known: tuple[str, ...] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file by column name (small letters), with their line; cells without spaces around."""
    with open(csv_path, newline="", encoding="utf-8-sig", errors="surrogateescape") as text:
        lines = csv.reader(text)
        header = [name.strip().lower() for name in next(lines, [])]
        missing = [name for name in needed if name not in header]
        if missing:
            raise ValueError(f"{csv_path}: no column {', '.join(missing)}; it has {', '.join(header) or 'nothing'}")
        unknown = [name for name in header if known and name not in known]
        if unknown:
            raise ValueError(f"{csv_path}: unknown columns {', '.join(map(repr, unknown))}; known: {', '.join(known)}")
        if len(set(header)) != len(header):
            raise ValueError(f"{csv_path}: a column stands twice")
        blank = dict.fromkeys(header, "")
        for row in lines:
            if row:
                yield lines.line_num, {**blank, **dict(zip(header, (cell.strip() for cell in row), strict=False))}


def _readable(cells: Iterable[str]) -> bool:
    return all(cell.isascii() or not any("\ud800" <= c <= "\udfff" for c in cell) for cell in cells)


def _reasons(skipped: list[Remark]) -> dict[str, int]:
    return dict(Counter("stands twice" if "twice" in remark.why else remark.why for remark in skipped))


def _file_fingerprint(path: Path) -> str:
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
