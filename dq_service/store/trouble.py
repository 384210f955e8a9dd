"""What can go wrong with a database, in two kinds: it cannot be used now, or somebody else wrote the same."""

import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

import psycopg
import sqlalchemy.exc
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation

T = TypeVar("T")


class Unavailable(Exception):
    """The database cannot be used now. `why` is one word: full, gone, locked, busy, readonly, broken, taken, old.

    `retry_after` (seconds) is when it is worth trying again; the text is for the operator.
    """

    def __init__(self, why: str, retry_after: int = 5, text: str = "") -> None:
        super().__init__(text or f"the database cannot be used now ({why})")
        self.why = why
        self.retry_after = retry_after


class Taken(Unavailable):
    """Another process writes this SQLite file."""

    def __init__(self, file: str, holder: str) -> None:
        by = f" (process {holder})" if holder else ""
        super().__init__(
            "taken",
            5,
            f"{file} is being written by another process{by}; "
            "a SQLite file has one writer, several workers need PostgreSQL (DQ_DATABASE_URL)",
        )


class Conflict(Exception):
    """Somebody else wrote the same identity, or locked the same rows the other way round: do it again."""


def again(act: Callable[[], T], tries: int) -> T:
    """What this does, done once more as often as somebody else was at the same rows. Raises the last Conflict."""
    for _ in range(tries - 1):
        try:
            return act()
        except Conflict:
            continue
    return act()


# https://sqlite.org/rescode.html, primary codes
_SQLITE: Final = {
    sqlite3.SQLITE_FULL: ("full", 30, "the disk is full"),
    sqlite3.SQLITE_IOERR: ("gone", 10, "the database file cannot be read or written"),
    sqlite3.SQLITE_CANTOPEN: ("gone", 10, "the database file cannot be opened"),
    sqlite3.SQLITE_BUSY: ("locked", 1, "another process holds the database file"),
    sqlite3.SQLITE_LOCKED: ("locked", 1, "the database file is locked"),
    sqlite3.SQLITE_READONLY: ("readonly", 30, "the database file may not be written"),
    sqlite3.SQLITE_PERM: ("readonly", 30, "the database file may not be used"),
    sqlite3.SQLITE_NOMEM: ("full", 10, "there is no memory left"),
    sqlite3.SQLITE_CORRUPT: ("broken", 60, "the database file is damaged"),
    sqlite3.SQLITE_NOTADB: ("broken", 60, "the file is no SQLite database"),
}
# PostgreSQL Appendix A, classes and codes of SQLSTATE; the longest that fits speaks.
_POSTGRESQL: Final = {
    "08": ("gone", 2, "the connection to the database is lost"),
    "57P": ("gone", 2, "the database server is stopping or starting"),
    "53": ("busy", 5, "the database server lacks memory"),
    "53100": ("full", 30, "the disk of the database server is full"),
    "53300": ("busy", 5, "the database server takes no more connections"),
    "55P03": ("locked", 1, "a lock was not given in time"),
    "57014": ("busy", 5, "the database server ended a statement that took too long"),
    "25006": ("readonly", 5, "the database server takes no writes"),
    "58": ("gone", 10, "the database server cannot read or write its files"),
    "XX": ("broken", 60, "the database server reports damage"),
    "3D000": ("gone", 30, "there is no such database"),
    "28": ("gone", 30, "the database server does not let us in"),
}


def trouble_of(error: Exception) -> Unavailable | Conflict | None:
    """What an error of SQLAlchemy or of a driver means for us; None where it is a fault of ours."""
    if isinstance(error, sqlalchemy.exc.TimeoutError):
        return Unavailable("busy", 1, "all connections to the database are in use")
    cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    if isinstance(cause, psycopg.Error):
        return _of_postgresql(cause)
    return None


def _of_sqlite(error: sqlite3.Error) -> Unavailable | Conflict | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
        return Conflict("the same was written meanwhile")
    if code is not None and (code & 0xFF) in _SQLITE:
        return Unavailable(*_SQLITE[code & 0xFF])
    return None


def _of_postgresql(error: psycopg.Error) -> Unavailable | Conflict | None:
    if isinstance(error, UniqueViolation | SerializationFailure | DeadlockDetected):
        return Conflict("the same was written meanwhile")
    state = error.sqlstate or ""
    for length in (5, 3, 2):
        if state[:length] in _POSTGRESQL:
            return Unavailable(*_POSTGRESQL[state[:length]])
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and not state:
        return Unavailable("gone", 2, "the database server cannot be reached")
    return None
