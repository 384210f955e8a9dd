"""Rows in a form that every engine reads: a line of JSON each, out of one database and into another."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel.sql.sqltypes import UTCDateTime

from dq_service.store import access_tables as access_tables  # its tables are on the same metadata
from dq_service.store import dispute_tables as dispute_tables
from dq_service.store import review_tables as review_tables
from dq_service.store.bulk import bulk, instant_of
from dq_service.store.schema import METADATA

Kind = Literal["plain", "bytes", "instant", "day", "flag"]

# Who does what now, who is signed in, who has an item open: over with the database.
LEFT_OUT: Final = frozenset({"claims", "leases", "sessions"})
COUNTED: Final = ("orders", "outbox")  # whose seq goes on after the highest that there ever was
_AT_ONCE: Final = 200  # rows; an order's body may be a MiB


@dataclass(frozen=True, slots=True)
class Form:
    """A table as it is written down: its columns in their order, each with the kind of its values."""

    table: str
    columns: tuple[tuple[str, Kind], ...]

    @property
    def names(self) -> str:
        """The columns as SQL lists them."""
        return ", ".join(f'"{name}"' for name, _ in self.columns)


def forms() -> Sequence[Form]:
    """All tables that are carried over, each after those that it refers to."""
    return [
        Form(str(table.name), tuple((str(column.name), _kind(column)) for column in table.c))
        for table in METADATA.sorted_tables
        if table.name not in LEFT_OUT
    ]


def _kind(column: sa.Column[Any]) -> Kind:
    if isinstance(column.type, sa.LargeBinary):
        return "bytes"
    if isinstance(column.type, sa.Boolean):
        return "flag"
    if isinstance(column.type, UTCDateTime):
        return "instant"
    return "day" if isinstance(column.type, sa.Date) else "plain"


def count(connection: Connection, table: str) -> int:
    """How many rows there are."""
    found: int = bulk(connection).ask(f'SELECT count(*) FROM "{table}"')[0][0]
    return found


def counters(connection: Connection) -> Mapping[str, int]:
    """The highest seq that was ever given, by table."""
    ask = bulk(connection)
    if connection.dialect.name == "postgresql":
        found = {}
        for table in COUNTED:
            sql = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {_SEQUENCES[table]}"
            found[table] = ask.ask(sql)[0][0]
        return found
    orders = ask.ask(
        "SELECT max(coalesce(max(seq), 0), coalesce((SELECT value FROM counters WHERE name = 'orders'), 0)) FROM orders"
    )
    outbox = ask.ask("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox'")
    return {"orders": orders[0][0], "outbox": outbox[0][0]}


_SEQUENCES: Final = {"orders": "orders_seq", "outbox": "outbox_seq_seq"}


def lines(connection: Connection, form: Form) -> Iterator[bytes]:
    """Every row of a table as a line, in no particular order."""
    sql = f'SELECT {form.names} FROM "{form.table}"'
    write = [_OUT[kind] for _, kind in form.columns]
    for row in _rows(connection, sql):
        yield orjson.dumps(
            [out(value) for out, value in zip(write, row, strict=True)], option=orjson.OPT_APPEND_NEWLINE
        )


def _rows(connection: Connection, sql: str) -> Iterator[Sequence[Any]]:
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        yield from driver.execute(sql)
        return
    with driver.cursor(name="dq_dump") as cursor:  # the server hands out a piece at a time
        cursor.itersize = _AT_ONCE
        cursor.execute(sql)
        yield from cursor


def insert(connection: Connection, form: Form, given: Iterable[bytes]) -> int:
    """Rows that `lines` wrote, into an empty table; how many. Raises ValueError for a line that is none of its."""
    dialect = connection.dialect.name
    at = bulk(connection).at
    read = [_in(kind, at) for _, kind in form.columns]
    counted = 0

    def rows() -> Iterator[tuple[Any, ...]]:
        nonlocal counted
        for line in given:
            values = orjson.loads(line)
            if not isinstance(values, list) or len(values) != len(read):
                raise ValueError(f"{form.table}: a row with other columns than it says")
            counted += 1
            yield tuple([into(value) for into, value in zip(read, values, strict=True)])

    driver: Any = connection.connection.driver_connection
    if dialect == "sqlite":
        marks = ", ".join("?" for _ in form.columns)
        driver.executemany(f'INSERT INTO "{form.table}" ({form.names}) VALUES ({marks})', rows())
        return counted
    with driver.cursor() as cursor, cursor.copy(f'COPY "{form.table}" ({form.names}) FROM STDIN') as copy:
        for row in rows():
            copy.write_row(row)
    return counted


def go_on(connection: Connection, highest: Mapping[str, int]) -> None:
    """New rows are counted on after these."""
    given = bulk(connection)
    if connection.dialect.name == "postgresql":
        for table in COUNTED:
            value = highest.get(table, 0)
            given.ask(f"SELECT setval('{_SEQUENCES[table]}', ?, ?)", max(value, 1), value > 0)
        return
    given.run("DELETE FROM sqlite_sequence WHERE name = ?", [("outbox",)])
    given.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [("outbox", highest.get("outbox", 0))])
    given.run("DELETE FROM counters WHERE name = ?", [("orders",)])
    given.run("INSERT INTO counters (name, value) VALUES (?, ?)", [("orders", highest.get("orders", 0))])


def holding(connection: Connection) -> str:
    """The name of a table that has a row, of all that we know; "" where all are empty or not there."""
    there = set(sa.inspect(connection).get_table_names())
    ask = bulk(connection)
    for table in METADATA.sorted_tables:
        if table.name in there and table.name not in LEFT_OUT and ask.ask(f'SELECT 1 FROM "{table.name}" LIMIT 1'):
            return table.name
    return ""


# --- values ----------------------------------------------------------------------------------------------------------


def _instant(value: Any) -> str | None:
    instant = instant_of(value)
    return None if instant is None else instant.isoformat("T", "microseconds").removesuffix("+00:00") + "Z"


def _as_it_is(value: Any) -> Any:
    return value


_OUT: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    "plain": _as_it_is,
    "bytes": lambda value: None if value is None else b64encode(value).decode("ascii"),
    "instant": _instant,
    "day": lambda value: value.isoformat() if isinstance(value, date) else value,
    "flag": lambda value: None if value is None else bool(value),
}


def _in(kind: Kind, at: Callable[[datetime | None], Any]) -> Callable[[Any], Any]:
    if kind == "bytes":
        return lambda value: None if value is None else b64decode(value, validate=True)
    if kind == "instant":
        return lambda value: None if value is None else at(datetime.fromisoformat(value).astimezone(UTC))
    return _as_it_is
