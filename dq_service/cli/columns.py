"""What is said of a table's columns: which were taken for which fields, how that is known, and which were not."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dq_service.intake.columns import ColumnMap, How

_HOW: Final["dict[How, str]"] = {  # what somebody should look at comes last
    "synonym": "by their names",
    "near": "by names that are nearly right",
    "shape": "by their values alone",
}
_MOST: Final = 60  # columns that a line names


def tell(file: str, columns: "ColumnMap", headings: tuple[str, ...]) -> None:
    """Says it on standard error; nothing of a file whose columns are all named as the order's fields are."""
    for line in _lines(columns, headings):
        print(f"dq: {file}: {line}", file=sys.stderr)


def _lines(columns: "ColumnMap", headings: tuple[str, ...]) -> Iterator[str]:
    if not columns.matched:
        yield "no column of it is known as a field; name them with --map FIELD=COLUMN"
        return
    for how, said in _HOW.items():
        pairs = [
            f"{_joined(headings, match.column, match.joined)} → {match.field}"
            for match in columns.matched
            if match.how == how
        ]
        if pairs:
            yield f"taken for fields {said}: {_listed(pairs)}"
    left = [
        f"{one.heading} (not {one.rival}, another column has that)" if one.rival else one.heading
        for one in columns.unmatched
    ]
    if left:
        yield f"no field, kept under extra: {_listed(left)}"


def _joined(headings: tuple[str, ...], column: int, other: int | None) -> str:
    return headings[column] if other is None else f"{headings[column]} + {headings[other]}"


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")
