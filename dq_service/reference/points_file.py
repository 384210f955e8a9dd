"""The file of address points in the data folder: SQLite, opened read-only. It is reference data, no database."""

import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from dq_service.reference.point_rows import Streets
from dq_service.reference.unavailable import Unavailable

FORMAT: Final = "2"  # of the file; another is not read
# What the import writes. Each street stands once in each of its ZIPs.
SCHEMA: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE streets (id INTEGER PRIMARY KEY, zip TEXT NOT NULL, street TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE points (street INTEGER NOT NULL, number TEXT NOT NULL, unit TEXT NOT NULL,
                     PRIMARY KEY (street, number, unit)) WITHOUT ROWID;
CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID;
"""
INDEXES: Final = (  # made when all is in
    "CREATE INDEX streets_of_zip ON streets (zip)",
    "CREATE INDEX zips_of_street ON streets (street, zip)",
)

_UNITS: Final = """
SELECT unit FROM points WHERE street = (SELECT id FROM streets WHERE zip = ? AND street = ?) AND number = ?
ORDER BY unit
"""
_ZIPS_WITH: Final = """
SELECT zip FROM streets WHERE street = ?
AND EXISTS (SELECT 1 FROM points WHERE points.street = streets.id AND number = ?) ORDER BY zip
"""


class PointsFile:
    """A PointTable in a file. Raises ValueError where the file is none of ours, Unavailable where it fails later."""

    __slots__ = ("_connection", "complete", "date", "path", "rows", "version")

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            about = dict(self._connection.execute("SELECT name, value FROM about"))
        except sqlite3.Error as error:
            raise ValueError(f"{path} is no file of address points: {error}") from error
        if about.get("format") != FORMAT:
            raise ValueError(f"{path} was written by another version; import the addresses again")
        self.complete = about["complete"] == "yes"
        self.date = str(about["date"])
        self.rows = int(about["rows"])
        self.version = str(about["version"])

    def zips(self) -> frozenset[str]:
        return frozenset(zip5 for (zip5,) in self._asked("SELECT DISTINCT zip FROM streets"))

    def streets(self, zip5: str) -> Streets:
        return dict(self._asked("SELECT street, name FROM streets WHERE zip = ?", zip5))

    def units(self, zip5: str, street: str, number: str) -> tuple[str, ...]:
        return tuple([unit for (unit,) in self._asked(_UNITS, zip5, street, number)])

    def zips_with(self, street: str, number: str) -> tuple[str, ...]:
        return tuple([zip5 for (zip5,) in self._asked(_ZIPS_WITH, street, number)])

    def has_word(self, word: str) -> bool:
        return bool(self._asked("SELECT 1 FROM words WHERE word = ?", word))

    def close(self) -> None:
        self._connection.close()

    def _asked(self, question: str, *about: str) -> list[Any]:
        try:
            return self._connection.execute(question, about).fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"{self.path}: {error}") from error
