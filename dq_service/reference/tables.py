"""The reference tables as files: their columns, their rows, and the fingerprint of each."""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Final, TypeAlias

Row: TypeAlias = tuple[str, ...]
Rows: TypeAlias = Iterable[Row]

# Tables that are read row by row, with the columns each must have. Places, states and area codes have their own
# compiled form and stand below.
COLUMNS: Final = {
    "street_suffixes": ("word", "standard", "name", "spelling", "common"),
    "street_words": ("word",),
    "street_types_fr": ("word", "standard", "name"),
    "unit_designators": ("word", "standard", "name", "identifier", "country", "language"),
    "directionals": ("word", "standard", "name", "language"),
    "statuses": ("word", "status", "system", "reason", "note"),
    "placeholders": ("text", "kinds", "reads"),
    "email_domains": ("domain", "kind"),
    "email_roles": ("local_part",),
    "countries": ("code", "alpha3", "name", "forms"),
    "provinces": ("code", "name", "name_fr", "forms", "postal"),
    "units": ("word", "unit", "kind", "countable", "factor"),
}
COMPILED: Final = ("places", "states", "area_codes")
NAMES: Final = (*COLUMNS, *COMPILED)
LONGEST: Final = 120  # letters of a text that a look-up regards
NO_LETTERS: Final = re.compile(r"[\W_]+")  # accents set apart by normalisation among them


def table_file(folder: Path, name: str) -> Path:
    """The file of a table in a folder."""
    return folder / f"{name}.csv"


def read_rows(name: str, text: str) -> tuple[Row, ...]:
    """The rows of a table. Raises ValueError where the header or a row does not have the table's columns."""
    lines = csv.reader(StringIO(text))
    columns = COLUMNS[name]
    header = tuple(next(lines, ()))
    if header != columns:
        raise ValueError(f"{name}.csv has the columns {', '.join(header)}; wanted {', '.join(columns)}")
    rows = []
    for row in lines:
        if len(row) != len(columns):
            raise ValueError(f"{name}.csv, line {lines.line_num}: {len(row)} cells, wanted {len(columns)}")
        rows.append(tuple(row))
    return tuple(rows)


def fingerprint(content: bytes) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def combined(fingerprints: Iterable[tuple[str, str]]) -> str:
    """One fingerprint over many, by name: `sha256:...`; the order they come in does not matter."""
    whole = hashlib.sha256()
    for name, digits in sorted(fingerprints):
        whole.update(f"{name} {digits}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def squashed(text: str) -> str:
    """A text's letters and digits alone, small and without accents: `In-Transit` and `INTRANSIT` are `intransit`."""
    text = text[:LONGEST].casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    return NO_LETTERS.sub("", text)
