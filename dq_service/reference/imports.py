"""Bringing a partner's catalog and files of address points into the data folder."""

import csv
import hashlib
import marshal
import os
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final

from dq_service.reference.catalog import Catalog, Entry
from dq_service.reference.points import FORMAT, plain_number
from dq_service.reference.street_names import StreetNames
from dq_service.reference.tables import fingerprint

SKU_COLUMNS: Final = ("sku", "gtin", "description", "status", "replaced_by")
POINT_COLUMNS: Final = ("number", "street", "unit", "postcode")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
SHOWN: Final = 200  # skipped lines that a report names; the rest are only counted
BATCH: Final = 20_000  # points written at once

SCHEMA: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE streets (id INTEGER PRIMARY KEY, zip TEXT NOT NULL, street TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE points (street INTEGER NOT NULL, number TEXT NOT NULL, unit TEXT NOT NULL,
                     PRIMARY KEY (street, number, unit)) WITHOUT ROWID;
CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID;
"""


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
    write_whole(folder / f"{partner}.marshal", _catalog_file(content, Catalog.compile(entries.values())))
    os.replace(out.name, folder / f"{partner}.csv")
    return ImportReport(len(entries), tuple(skipped[:SHOWN]), len(skipped), _reasons(skipped), tuple(remarks[:SHOWN]))


def load_catalog(csv_path: Path) -> Catalog:
    """The catalog of a file that `import_skus` wrote: from the compiled form beside it, if that is of this file."""
    content = csv_path.read_bytes()
    stamp = _catalog_stamp(content)
    try:
        compiled = csv_path.with_suffix(".marshal").read_bytes()
        if compiled.startswith(stamp):
            return Catalog.from_compiled(marshal.loads(compiled[len(stamp) :]))
    except (OSError, ValueError, EOFError, TypeError):
        pass  # missing or damaged: the CSV has it all
    rows = csv.DictReader(StringIO(content.decode(), newline=""))
    return Catalog.from_compiled(Catalog.compile(Entry(**row) for row in rows))


def _catalog_stamp(content: bytes) -> bytes:
    return f"catalog 1 marshal {marshal.version} {fingerprint(content)}\n".encode()


def _catalog_file(content: bytes, structure: dict[str, object]) -> bytes:
    return _catalog_stamp(content) + marshal.dumps(structure)


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
            out.execute("CREATE INDEX streets_of_zip ON streets (zip)")
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
        number, street, postal_code = plain_number(row["number"]), row["street"], plain_postal(row["postcode"])
        key = names.key(street)
        why = (
            "not UTF-8"
            if not _readable(row.values())
            else "no postal code"
            if not postal_code
            else "no number"
            if not number or number == "0"
            else "no street"
            if not key
            else ""
        )
        if why:
            reasons[why] += 1
            if len(skipped) < SHOWN:
                skipped.append(Remark(line, why))
            continue
        place = streets.get((postal_code, key))
        if place is None:
            place = streets[postal_code, key] = len(streets)
            out.execute("INSERT INTO streets VALUES (?, ?, ?, ?)", (place, postal_code, key, street))
            words.update(word for word in key.split() if not names.is_fixed(word))
        batch.append((place, number, row.get("unit", "")))
        if len(batch) >= BATCH:
            write()
            progress(line)
    write()
    out.executemany("INSERT INTO words VALUES (?)", ((word,) for word in sorted(words)))
    rows: int = out.execute("SELECT count(*) FROM points").fetchone()[0]
    return ImportReport(rows, tuple(skipped), reasons.total(), dict(reasons))


def plain_postal(text: str) -> str:
    """The first five digits of a ZIP (lost leading zeros given back), or a Canadian code as `K1A 0B1`; else `""`."""
    text = text.strip().upper()
    digits = text.partition("-")[0].removesuffix(".0")
    if digits.isascii() and digits.isdecimal() and 3 <= len(digits) <= 9:
        return digits.zfill(5)[:5] if len(digits) <= 5 else digits.zfill(9)[:5]
    plain = "".join(text.split())
    return f"{plain[:3]} {plain[3:]}" if re.fullmatch(r"[A-Z]\d[A-Z]\d[A-Z]\d", plain) else ""


# --- Files ---------------------------------------------------------------------------------------------------------


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that a reader sees the old one or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


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
