"""Rows become orders: the rows of one order are collected, and every cell goes to its field or is kept in `extra`."""

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any, Final

from dq_service.fields import ORDER, TEXT_KINDS, parse_path, shape_at
from dq_service.intake.columns import ColumnMap, Match
from dq_service.intake.record import Cell, Record
from dq_service.intake.table import Row, Table, is_filled
from dq_service.order import JSON

IDENTITY: Final = ("order_id", "account", "shipment_id")
PARTIES: Final = ("ship_to.", "ship_from.", "bill_to.")
LOOK_BACK: Final = 8  # orders of one id that a row is compared with
SURPLUS: Final = "surplus"  # the name in `extra` for cells past the last heading

_LIST = re.compile(r"(\w+)\[(\*|\d+)\]")
_COUNT = re.compile(r"\d{1,15}")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,12})?")
_FLAGS: Final = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}


def gather(table: Table, columns: ColumnMap) -> Iterator[Record]:
    """The orders of a table, in the order of their first rows.

    Rows with one order id (and account and shipment, where there are columns for them) are one order when none of
    their party fields differ; a blank cell differs from nothing, as storefronts fill in only the first row. Without
    columns for items or packages every row is an order.
    """
    orders = list(_assign(table, columns))
    last = {order: place for place, order in enumerate(orders)}
    pending: dict[int, list[Row]] = {}
    for place, (row, order) in enumerate(zip(table.rows(), orders, strict=True)):
        pending.setdefault(order, []).append(row)
        while pending and last[first := next(iter(pending))] <= place:
            yield read_rows(pending.pop(first), columns)


def _assign(table: Table, columns: ColumnMap) -> Iterator[int]:
    """For each row the number of its order."""
    places = {match.field: match.column for match in columns.matched}
    identity = [places[name] for name in IDENTITY if name in places]
    party = [column for name, column in places.items() if name.startswith(PARTIES)]
    collects = "order_id" in places and any(_LIST.match(name) for name in places)
    known: dict[tuple[str, ...], list[tuple[list[str], int]]] = {}
    number = -1
    for row in table.rows():
        key = _texts(row, identity)
        if not (collects and key and key[0]):
            number += 1
            yield number
            continue
        same_id = known.setdefault(tuple(key), [])
        mine = _texts(row, party)
        for theirs, order in reversed(same_id[-LOOK_BACK:]):
            if all(a == b or not a or not b for a, b in zip(mine, theirs, strict=True)):
                theirs[:] = [b or a for a, b in zip(mine, theirs, strict=True)]
                yield order
                break
        else:
            number += 1
            same_id.append((mine, number))
            yield number


def _texts(row: Row, places: Sequence[int]) -> list[str]:
    cells = row.cells
    return [
        str(cells[place]).strip().casefold() if place < len(cells) and is_filled(cells[place]) else ""
        for place in places
    ]


@dataclass(slots=True)
class _Reading:
    """An order while its rows are read."""

    order: JSON = field(default_factory=dict)
    cells: dict[str, list[Cell]] = field(default_factory=dict)
    entries: dict[tuple[Any, ...], int] = field(default_factory=dict)  # which list entry a row's cells belong to
    extras: list[dict[str, Any]] = field(default_factory=list)  # a row's cells that are no field
    items: list[int | None] = field(default_factory=list)  # a row's item


def read_rows(rows: Sequence[Row], columns: ColumnMap) -> Record:
    """The order of these rows, with the cells that each field was read from."""
    reading = _Reading()
    for place, row in enumerate(rows):
        _read_row(reading, place, row, columns)
    _keep_extras(reading)
    trouble = next((row.trouble for row in rows if row.trouble), None)
    return Record(
        line=rows[0].line,
        order=None if trouble and not any(row.cells for row in rows) else reading.order,
        raw=b"".join(row.raw for row in rows) or None,
        trouble=trouble,
        rows=tuple(rows),
        cells={path: tuple(cells) for path, cells in reading.cells.items()},
    )


def _read_row(reading: _Reading, place: int, row: Row, columns: ColumnMap) -> None:
    extra: dict[str, Any] = {}
    own: dict[str, int] = {}
    for match in columns.matched:
        value = _value(match, row)
        if value is None:
            continue
        path = _own_path(reading, match, place, row, columns, own)
        held = reading.cells.get(path)
        if held is None:
            _put(reading.order, path, value)
            reading.cells[path] = [(place, match.column)]
        elif _holds(reading.order, path, value):
            held.append((place, match.column))
        else:
            _keep(extra, match.heading, row.cells[match.column])
    for unmatched in columns.unmatched:
        cell = row.cells[unmatched.column] if unmatched.column < len(row.cells) else None
        if not is_filled(cell):
            continue
        if type(cell) in (dict, list) and unmatched.heading in ORDER and unmatched.heading not in reading.order:
            reading.order[unmatched.heading] = plain(cell)
        else:
            _keep(extra, unmatched.heading, cell)
    surplus = row.cells[columns.width :]
    if any(map(is_filled, surplus)):
        extra[SURPLUS] = [plain(cell) for cell in surplus]
    reading.extras.append(extra)
    reading.items.append(own.get("items"))


def _holds(order: JSON, path: str, value: Any) -> bool:
    """Whether the order holds that value there already."""
    held: Any = order
    for step in parse_path(path):
        held = held[step]
    return bool(held == value)


def _own_path(reading: _Reading, match: Match, place: int, row: Row, columns: ColumnMap, own: dict[str, int]) -> str:
    """The field's path in this order: a list's place is the next free one, for each row and numbered column anew."""
    if "[" not in match.field:
        return match.field
    found = _LIST.match(match.field)
    assert found is not None, "a list's field begins with its place"
    name, number = found.groups()
    key: tuple[Any, ...] = (name, number, place)
    if name != "items":  # packages that a row only repeats are the same packages
        key = (name, number, *(_value(m, row) for m in columns.matched if m.field.startswith(f"{name}[{number}]")))
    entry = reading.entries.get(key)
    if entry is None:
        entry = reading.entries[key] = len(reading.order.get(name) or ())
    own.setdefault(name, entry)
    return f"{name}[{entry}]{match.field[found.end() :]}"


def _put(order: JSON, path: str, value: Any) -> None:
    steps = parse_path(path)
    branch: Any = order
    for step, following in pairwise(steps):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(branch, list) and step == len(branch):
            branch.append(empty)
        elif isinstance(branch, dict) and step not in branch:
            branch[step] = empty
        branch = branch[step]
    if isinstance(branch, list):
        branch.append(value)
    else:
        branch[steps[-1]] = value


def _keep(extra: dict[str, Any], heading: str, cell: Any) -> None:
    name, count = heading, 1
    while name in extra:
        count += 1
        name = f"{heading} ({count})"
    extra[name] = plain(cell)


def _keep_extras(reading: _Reading) -> None:
    """What all rows say alike is kept with the order, what differs with each row's item."""
    names = {name: None for extra in reading.extras for name in extra}
    for name in names:
        said = [extra.get(name) for extra in reading.extras]
        if all(value is None or value == said[0] for value in said):
            reading.order.setdefault("extra", {})[name] = said[0]
        elif all(item is not None or value is None for item, value in zip(reading.items, said, strict=True)):
            for item, value in zip(reading.items, said, strict=True):
                if value is not None:
                    reading.order["items"][item].setdefault("extra", {})[name] = value
        else:
            reading.order.setdefault("extra", {})[name] = said


def _value(match: Match, row: Row) -> Any:
    """The value for a field; None when its cells are empty."""
    if match.column >= len(row.cells):
        return None
    cell = row.cells[match.column]
    if match.joined is not None:
        halves = (cell, row.cells[match.joined] if match.joined < len(row.cells) else None)
        return " ".join(str(half) for half in halves if is_filled(half)) or None
    return field_value(cell, match.field) if is_filled(cell) else None


_kind = cache(shape_at)


def field_value(cell: Any, name: str) -> Any:
    """What a cell says for a field: text as it is; a number, count or flag where the text is plainly one.

    What is not plainly one stays text, for the rules to see; dates are never guessed.
    """
    kind = _kind(name)
    if type(cell) is str:
        if kind in TEXT_KINDS:
            return cell
        if kind == "count" and _COUNT.fullmatch(cell):
            return int(cell)
        if kind in ("number", "money") and _NUMBER.fullmatch(cell):
            return float(cell) if "." in cell else int(cell)
        if kind == "flag":
            return _FLAGS.get(cell.strip().lower(), cell)
        return cell
    value = plain(cell)
    if kind in TEXT_KINDS and isinstance(value, bool | int | float):
        return str(value).upper() if isinstance(value, bool) else _digits(value)
    return value


def _digits(number: float) -> str:
    """A number as a sheet shows it: 4025385759.0 is 4025385759."""
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else str(number)


def plain(cell: Any) -> Any:
    """A cell as JSON has it: dates as ISO 8601 text, decimals as numbers."""
    if type(cell) is str:
        return cell
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, dt.timedelta):
        return str(cell)
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, Mapping):
        return {str(name): plain(inner) for name, inner in cell.items()}
    if isinstance(cell, list | tuple):
        return [plain(inner) for inner in cell]
    return cell if isinstance(cell, str | int | float | bool) or cell is None else str(cell)
