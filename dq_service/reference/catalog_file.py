"""A partner's catalog as it lies in the data folder: a CSV file, and beside it the form that is read quickly."""

import csv
import marshal
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Final

from dq_service.reference.catalog import Catalog, Entry
from dq_service.reference.tables import fingerprint

SKU_COLUMNS: Final = ("sku", "gtin", "description", "status", "replaced_by")


def load_catalog(csv_path: Path) -> Catalog:
    """The catalog of an imported file: from the compiled form beside it, if that is of this file.

    Raises OSError where it cannot be read, and ValueError with its name where it is no catalog.
    """
    content = csv_path.read_bytes()
    stamp = _stamp(content)
    try:
        compiled = csv_path.with_suffix(".marshal").read_bytes()
        if compiled.startswith(stamp):
            return Catalog.from_compiled(marshal.loads(compiled[len(stamp) :]))
    except (OSError, ValueError, EOFError, TypeError, KeyError):
        pass  # missing or damaged: the CSV has it all
    try:
        return Catalog.from_compiled(Catalog.compile(_entries(content.decode())))
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{csv_path} is no catalog ({error}); import the SKUs again") from error


def compiled(content: bytes, entries: Iterable[Entry]) -> bytes:
    """What stands beside a catalog's CSV file of this content."""
    return _stamp(content) + marshal.dumps(Catalog.compile(entries))


def _entries(text: str) -> Iterable[Entry]:
    rows = csv.reader(StringIO(text, newline=""))
    header = tuple(next(rows, ()))
    if header != SKU_COLUMNS:
        raise ValueError(f"it wants the columns {', '.join(SKU_COLUMNS)}")
    for row in rows:
        if len(row) != len(SKU_COLUMNS):
            raise ValueError(f"line {rows.line_num} has {len(row)} cells")
        yield Entry(*row)


def _stamp(content: bytes) -> bytes:
    return f"catalog 1 marshal {marshal.version} {fingerprint(content)}\n".encode()
