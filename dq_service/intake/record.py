"""What a file is read into: one record for each order, also for what could not be read as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dq_service.intake.json_text import Unreadable
from dq_service.intake.table import Row
from dq_service.order import JSON

Cell = tuple[int, int]  # which of the record's rows, which column


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a profile's order was made of: for each mapped field the parts of the payload that it was read from.

    Parts are paths in the order's own part of the payload (`shipping_address.zip`), of a table the columns' headings.
    `overlooked`: an unmapped part that seems to hold a field which the order lacks. `answers_for`: the fields that
    the profile made, could not translate or overlooked; what is wrong there the partner cannot mend.
    """

    profile: str
    origin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overlooked: Mapping[str, str] = field(default_factory=dict)
    answers_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One order of a file, with the line where it begins.

    `order` is None where nothing could be read; `trouble` then says why. With both, the order was read and something
    about its rows is wrong (too many cells). `raw` are its bytes in a text file, None where they were not kept.
    `rows` and `cells` are those of a table: which cells each field was read from. `provenance` is set where a profile
    made the order.
    """

    line: int
    order: JSON | None
    raw: bytes | None
    trouble: Unreadable | None = None
    rows: tuple[Row, ...] = ()
    cells: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    start: int = 0  # where `raw` begins in the file's bytes, for JSON
    provenance: Provenance | None = None


class TooMany(ValueError):
    """A payload with more orders than are taken at once."""


def profiled_in(order: Any) -> Sequence[str]:
    """The fields of an order that its profile answers for, as its mapping noted them; none of any other order."""
    source = order.get("source") if type(order) is dict else None
    noted = source.get("profile") if type(source) is dict else None
    fields = noted.get("answers_for") if type(noted) is dict else None
    return [one for one in fields if type(one) is str] if type(fields) is list else ()
