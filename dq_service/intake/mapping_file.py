"""A file of payloads and a profile become records: one for each order, and for what cannot be mapped."""

from collections.abc import Iterator

from dq_service.intake.files import Source, read_lines
from dq_service.intake.json_text import Unreadable
from dq_service.intake.mapping import map_payload
from dq_service.intake.mapping_table import map_table
from dq_service.intake.profile import Profile
from dq_service.intake.record import Record


def map_source(source: Source, profile: Profile) -> Iterator[Record]:
    """The records of a file: its lines, or the file as a whole, are payloads; a table's rows are orders.

    The lines of records count in the file.
    """
    if source.trouble:
        yield Record(source.trouble.line or 1, None, None, source.trouble)
    elif (source.table is not None) is (profile.format == "json"):
        wanted = "JSON" if profile.format == "json" else "a table"
        yield Record(1, None, None, Unreadable(f"the profile {profile.name} is of {wanted}, and the file is none"))
    elif source.table is not None:
        yield from map_table(source.table, profile)
    elif source.format == "ndjson":
        with source.open() as file:
            for line in read_lines(file.readline):
                yield from _moved(line, profile)
    else:
        with source.open() as file:
            yield from map_payload(file.read(), profile)


def _moved(line: Record, profile: Profile) -> Iterator[Record]:
    """The orders of a payload on a line of its own."""
    if line.raw is None:
        yield line
        return
    for record in map_payload(line.raw, profile):
        yield Record(
            line.line + record.line - 1, record.order, record.raw, record.trouble, start=line.start + record.start,
            provenance=record.provenance,
        )  # fmt: skip
