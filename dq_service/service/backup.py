"""A backup: one consistent state of the database and the data folder, in one file that every engine can be made of."""

import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from dq_service import __version__
from dq_service.service.backup_file import PIECE, Manifest, Table, Writing, data_files
from dq_service.service.instants import instant_text
from dq_service.store import audit, dump, migrations
from dq_service.store.database import Database


class OldTables(Exception):
    """The tables are not those of this version."""


def backup(
    database: Database,
    data: Path,
    out: Path,
    *,
    now: datetime,
    moved: Callable[[float], None] = lambda rows: None,
) -> Manifest:
    """Writes a backup; what it says of itself. The service goes on meanwhile, and what it writes is not in it.

    `moved` is told how many more rows were written. Raises FileExistsError where there is
    something already, OldTables, Unavailable, OSError.
    """
    if out.exists():
        raise FileExistsError(out)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part")  # for us alone: 0600
    part = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            with closing(Writing(file)) as writing:
                with database.reading() as connection:
                    manifest = _written(connection, writing, moved, now)
                for path, source in data_files(data):
                    with suppress(FileNotFoundError):  # taken away meanwhile
                        writing.add_file(f"data/{path}", source)
                manifest = replace(manifest, parts=tuple(writing.parts))
                writing.finish(manifest)
            file.flush()
            os.fsync(file.fileno())
        _give_name(part, out)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _written(
    connection: Connection,
    writing: Writing,
    moved: Callable[[float], None],
    now: datetime,
) -> Manifest:
    """The rows of all tables, all of one state."""
    version = migrations.revision_of(connection)
    if version != migrations.HEAD:
        raise OldTables(version)
    forms = dump.forms()
    count, head = audit.head(connection)
    counters = dump.counters(connection)
    tables = {}
    for form in forms:
        rows = 0
        for number, (piece, lines) in enumerate(_pieces(dump.lines(connection, form), moved), start=1):
            writing.add(f"tables/{form.table}/{number:05}.ndjson", piece)
            rows += lines
        tables[form.table] = Table([list(column) for column in form.columns], rows)
    return Manifest(__version__, version, instant_text(now), connection.dialect.name, count, head, counters, tables)


def _pieces(lines: Iterable[bytes], moved: Callable[[float], None]) -> Iterable[tuple[bytes, int]]:
    """Lines in parts of about `PIECE` bytes, with how many there are in each."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= PIECE:
            moved(len(held))
            yield b"".join(held), len(held)
            held, size = [], 0
    if held:
        moved(len(held))
        yield b"".join(held), len(held)


def _give_name(part: Path, out: Path) -> None:
    """Never over something that came meanwhile."""
    try:
        os.link(part, out)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if out.exists():
            raise FileExistsError(out) from None
        os.rename(part, out)
