"""A table and a profile become orders: the profile says which column is which field, and what its words mean."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any, BinaryIO, Final, cast

from dq_service.intake.columns import ColumnMap, Match, Unmatched
from dq_service.intake.csv_text import open_text
from dq_service.intake.json_text import Unreadable
from dq_service.intake.mapping import ANY_OTHER, map_payload, note_profile
from dq_service.intake.payload import overlooked_in
from dq_service.intake.profile import Profile
from dq_service.intake.record import Provenance, Record, TooMany
from dq_service.intake.rows import gather
from dq_service.intake.saying import word_of, words_of
from dq_service.intake.table import Table
from dq_service.order import JSON, Order

_LISTED: Final = "[*]"


def columns_of(profile: Profile, headings: Sequence[str]) -> ColumnMap:
    """Which column of a file with these headings is which field, by the profile alone."""
    by_name = {heading.strip().casefold(): column for column, heading in reversed(list(enumerate(headings)))}
    matched: list[Match] = []
    taken: set[int] = set()
    for one in profile.fields:
        there = [column for name in one.from_ if (column := by_name.get(name.strip().casefold())) is not None]
        for column, joined in [(there[0], there[1] if one.join and len(there) > 1 else None)] if there else []:
            matched.append(Match(column, headings[column], one.field, "profile", joined))
            taken.update(place for place in (column, joined) if place is not None)
    matched.sort(key=lambda match: match.column)
    unmatched = tuple(Unmatched(column, heading) for column, heading in enumerate(headings) if column not in taken)
    return ColumnMap(tuple(matched), unmatched, len(headings))


def map_table(table: Table, profile: Profile) -> Iterator[Record]:
    """The orders of a table, in the order of their first rows."""
    columns = columns_of(profile, table.headings)
    for record in gather(table, columns):
        yield record if record.order is None else _translated(record, record.order, profile, columns)


def mapped(raw: bytes, profile: Profile, most: int | None = None) -> Sequence[Record]:
    """The orders of a payload given as bytes, whether a JSON document or the text of a table.

    What is kept of a table's order are the headings and its rows. Raises TooMany where there are more than `most`.
    """
    if profile.format == "json":
        return map_payload(raw, profile, most)
    try:
        table, _ = open_text(lambda: cast(BinaryIO, BytesIO(raw)))
    except Unreadable as trouble:
        return (Record(1, None, raw, trouble),)
    head = b"".join(raw.splitlines(keepends=True)[: table.heading_line])
    found: list[Record] = []
    for record in map_table(table, profile):
        if len(found) == most:
            raise TooMany
        found.append(replace(record, raw=head + (record.raw or b"")))
    return found


def _translated(record: Record, order: JSON, profile: Profile, columns: ColumnMap) -> Record:
    """The record with the profile's words and constants in, and what it answers for."""
    answers_for: list[str] = []
    changes: dict[str, Any] = {}
    view = Order(order)
    for one in profile.fields:
        for part in view.parts(one.field):
            if part.value is None:
                continue
            if one.map is not None:
                known, word = words_of(one.map), word_of(part.value)
                if word in known or ANY_OTHER in known:
                    changes[part.path] = known[word] if word in known else known[ANY_OTHER]
                    if changes[part.path] != part.value:
                        _keep(order, record, part.path, columns)
                else:
                    answers_for.append(part.path)
        if one.constant is not None and _LISTED not in one.field and view.at(one.field) is None:
            changes[one.field] = one.constant
            answers_for.append(one.field)
    made = view.replacing(changes).json
    origin = {
        path: tuple(dict.fromkeys(columns_heading(columns, column) for _, column in cells))
        for path, cells in record.cells.items()
    }
    mapped_headings = {heading for headings in origin.values() for heading in headings}
    overlooked = overlooked_in(made.get("extra") or {}, Order(made), {*profile.aside, *mapped_headings})
    answers_for += overlooked
    note_profile(made, profile.name, answers_for)
    provenance = Provenance(profile.name, origin, overlooked, tuple(dict.fromkeys(answers_for)))
    return replace(record, order=made, provenance=provenance)


def _keep(order: JSON, record: Record, path: str, columns: ColumnMap) -> None:
    """Keeps a word that the order says in its own: with the order, or with the line that it is of."""
    place, column = record.cells[path][0]
    home = order
    if path.startswith("items["):
        home = order["items"][int(path[len("items[") :].partition("]")[0])]
    home.setdefault("extra", {}).setdefault(columns_heading(columns, column), record.rows[place].cells[column])


def columns_heading(columns: ColumnMap, column: int) -> str:
    """The heading of a column that is a field."""
    return next(match.heading for match in columns.matched if match.column == column)
