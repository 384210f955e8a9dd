"""Many rows at a price of few: the driver is called directly, in the transaction of a SQLAlchemy connection."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Literal, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel.sql.sqltypes import UTCDateTime

from dq_service.store.schema import COUNTED
from dq_service.store.written import JSONText, text_of

Row = Sequence[Any]


class Bulk(Protocol):
    """Rows are tuples in the order of a table's columns, JSON as text, instants as `at` gives them.

    `lists` tells how a list is a parameter: SQLite takes it as JSON, PostgreSQL as an array. `next_seq` is the SQL of
    an order's place after all others, `instant` that of a parameter that `at` made, where its type is not plain.
    """

    lists: Literal["json", "array"]
    next_seq: str
    instant: str

    def together(self) -> AbstractContextManager[Any]:
        """What is inserted and run in here may be carried out at its end, in this order; nothing is asked in here."""

    def at(self, instant: datetime | None) -> Any:
        """An instant (aware) as this database's driver takes it."""

    def insert(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """New rows. A key that is there already is an error."""

    def insert_new(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Those rows whose key is not there yet."""

    def add(self, table: sa.Table, rows: Sequence[Row], numbers: Sequence[str]) -> None:
        """New rows; where the key is there, these numbers are added to what stands there."""

    def run(self, sql: str, rows: Iterable[Row]) -> None:
        """A statement for each row; parameters are written `?`."""

    def ask(self, sql: str, *parameters: Any) -> list[Any]:
        """The rows of a query; parameters are written `?`."""


def bulk(connection: Connection) -> Bulk:
    """For the transaction of this connection, which has begun."""
    driver = connection.connection.driver_connection
    return OnSQLite(driver) if connection.dialect.name == "sqlite" else OnPostgreSQL(driver)


def among(
    ask: Bulk, sql: str, values: Collection[Any], *, first: Iterable[Any] = (), then: str = "", lock: str = ""
) -> list[Any]:
    """The rows of a query that ends in a column, for these values of it; without any, nothing is asked.

    `first` are the parameters that stand before, `then` is what follows; `lock` follows on PostgreSQL alone.
    """
    if not values:
        return []
    condition, given = one_of(ask, values)
    return ask.ask(f"{sql} {condition}{then}{lock if ask.lists == 'array' else ''}", *first, given)


def one_of(ask: Bulk, values: Collection[Any]) -> tuple[str, Any]:
    """What says of a column, after its name, that it is one of these; and the parameter in it."""
    if ask.lists == "json":
        return "IN (SELECT value FROM json_each(?))", text_of(list(values))
    return "= ANY(?)", list(values)


def instant_of(value: Any) -> datetime | None:
    """What `at` made, or the database gave, as an aware instant in UTC."""
    if value is None:
        return None
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)  # type: ignore[no-any-return]


def instant_there(value: Any) -> datetime:
    """The same of a column that is never empty."""
    instant = instant_of(value)
    assert instant is not None
    return instant


class OnSQLite:
    """executemany with a statement that the driver has prepared: about two microseconds a row."""

    lists: Literal["json", "array"] = "json"
    instant = "?"
    # Nobody else writes meanwhile; the counter stands where orders with higher ones were deleted.
    next_seq = (
        "(SELECT max(coalesce(max(seq), 0), coalesce((SELECT value FROM counters WHERE name = 'orders'), 0)) + 1 "
        "FROM orders)"
    )

    def __init__(self, driver: Any) -> None:
        self._driver: Final = driver
        self._texts: Final[dict[datetime, str]] = {}  # most instants of a group are the same

    def together(self) -> AbstractContextManager[Any]:
        """Nothing is far away here."""
        return nullcontext()

    def at(self, instant: datetime | None) -> str | None:
        """Text without an offset, in UTC, as SQLAlchemy writes it."""
        if instant is None:
            return None
        text = self._texts.get(instant)
        if text is None:
            text = self._texts[instant] = _utc(instant).replace(tzinfo=None).isoformat(" ", "microseconds")
        return text

    def insert(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """New rows."""
        if rows:
            self._driver.executemany(_statement("INSERT", table), rows)

    def insert_new(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Those that are not there yet."""
        if rows:
            self._driver.executemany(_statement("INSERT OR IGNORE", table), rows)

    def add(self, table: sa.Table, rows: Sequence[Row], numbers: Sequence[str]) -> None:
        """New rows, or numbers added."""
        if rows:
            self._driver.executemany(f"{_statement('INSERT', table)} {_adding(table, numbers)}", rows)

    def run(self, sql: str, rows: Iterable[Row]) -> None:
        """A statement for each row."""
        self._driver.executemany(sql, rows)

    def ask(self, sql: str, *parameters: Any) -> list[Any]:
        """The rows of a query."""
        return self._driver.execute(sql, parameters).fetchall()  # type: ignore[no-any-return]


class OnPostgreSQL:
    """Together: all tables' rows in one statement, and all statements sent before the first answer is awaited.

    Rows travel as JSON, which orjson writes in C and the server takes apart; bytes, which JSON cannot say, as arrays.
    Measured: in groups of 32 a third of what COPY takes, whose every table costs two journeys. The driver takes as
    long for a statement as the server does, and lets other threads run in the middle of each: so they are few.
    """

    lists: Literal["json", "array"] = "array"
    instant = "?::timestamptz"
    next_seq = "nextval('orders_seq')"

    def __init__(self, driver: Any) -> None:
        self._driver: Final = driver
        self._together = False
        self._inserts: Final[dict[str, tuple[str, Row]]] = {}  # by table, not sent yet

    @contextmanager
    def together(self) -> Iterator[None]:
        """One journey to the server for all that is inserted and run here."""
        with self._driver.pipeline():
            self._together = True
            try:
                yield
                self._send()
            finally:
                self._together = False

    def at(self, instant: datetime | None) -> datetime | None:
        """Aware, as it is."""
        return instant if instant is None else _utc(instant)

    def insert(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """New rows."""
        self._insert(table, rows, "")

    def insert_new(self, table: sa.Table, rows: Sequence[Row]) -> None:
        """Those that are not there yet."""
        self._insert(table, rows, "ON CONFLICT DO NOTHING")

    def add(self, table: sa.Table, rows: Sequence[Row], numbers: Sequence[str]) -> None:
        """New rows, or numbers added."""
        self._insert(table, rows, _adding(table, numbers))

    def run(self, sql: str, rows: Iterable[Row]) -> None:
        """A statement for each row."""
        self._send()
        with self._driver.cursor() as cursor:
            cursor.executemany(sql.replace("?", "%s"), rows)

    def ask(self, sql: str, *parameters: Any) -> list[Any]:
        """The rows of a query."""
        return self._driver.execute(sql.replace("?", "%s"), parameters).fetchall()  # type: ignore[no-any-return]

    def _insert(self, table: sa.Table, rows: Sequence[Row], conflict: str) -> None:
        if not rows:
            return
        names, raw = given_columns(table), _raw(table)
        records = [dict(zip(names, row, strict=True)) for row in rows]
        arrays = [[record.pop(name) for record in records] for name in raw]
        if table.name in self._inserts:
            self._send()
        self._inserts[table.name] = f"{_selected(table)} {conflict}", (text_of(records), *arrays)
        if not self._together:
            self._send()

    def _send(self) -> None:
        if self._inserts:
            parts = ", ".join(f'"into_{name}" AS ({sql})' for name, (sql, _) in self._inserts.items())
            self._driver.execute(f"WITH {parts} SELECT", [one for _, given in self._inserts.values() for one in given])
            self._inserts.clear()


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise ValueError("an instant without an offset is no instant")
    return instant.astimezone(UTC)


@cache
def given_columns(table: sa.Table) -> tuple[str, ...]:
    """The columns that we give: all but a number that the database counts itself."""
    return tuple(
        column.name for column in table.c if column is not table.autoincrement_column and COUNTED not in column.info
    )


@cache
def _raw(table: sa.Table) -> tuple[str, ...]:
    """Those of them that are bytes."""
    return tuple(name for name in given_columns(table) if isinstance(table.c[name].type, sa.LargeBinary))


@cache
def _statement(verb: str, table: sa.Table) -> str:
    """One row, a parameter for each column."""
    names = given_columns(table)
    counted = [column.name for column in table.c if COUNTED in column.info]
    columns = ", ".join(f'"{name}"' for name in (*names, *counted))
    values = ", ".join([*("?" for _ in names), *(OnSQLite.next_seq for _ in counted)])
    return f'{verb} INTO "{table.name}" ({columns}) VALUES ({values})'


@cache
def _selected(table: sa.Table) -> str:
    """All rows in one parameter, a list of objects, and one more for each column of bytes."""
    names, raw = given_columns(table), _raw(table)
    columns = ", ".join(f'"{name}"' for name in names)
    plain = [name for name in names if name not in raw]
    typed = ", ".join(f'"{name}" {_type(table.c[name])}' for name in plain)
    given = ", ".join([f"json_to_recordset(%s::json) AS ({typed})", *("unnest(%b::bytea[])" for _ in raw)])
    named = ", ".join(f'"{name}"' for name in (*plain, *raw))
    return f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM ROWS FROM ({given}) AS given({named})'


def _adding(table: sa.Table, numbers: Sequence[str]) -> str:
    key = ", ".join(f'"{column.name}"' for column in table.primary_key)
    added = ", ".join(f'"{name}" = "{table.name}"."{name}" + excluded."{name}"' for name in numbers)
    return f"ON CONFLICT ({key}) DO UPDATE SET {added}"


_TYPES: Final = {int: "int4", str: "text", bytes: "bytea", float: "float8", bool: "bool"}


def _type(column: sa.Column[Any]) -> str:
    if isinstance(column.type, sa.BigInteger):
        return "int8"
    if isinstance(column.type, UTCDateTime):
        return "timestamptz"
    if isinstance(column.type, JSONText):
        return "text"
    return _TYPES[column.type.python_type]
