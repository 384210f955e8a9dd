"""A backup brought back: into an empty data folder and an empty database of either engine, whole or not at all."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, bindparam, update

from dq_service.service.backup_file import FILES, FOLDERS, SECRET_MODE, Manifest, NotABackup, Reading
from dq_service.store import audit, dump, migrations
from dq_service.store.database import Database
from dq_service.store.schema import WEBHOOKS

_SILENCED: Final = (
    update(WEBHOOKS)
    .where(WEBHOOKS.c.disabled_at.is_(None))
    .values(disabled_at=bindparam("now", type_=WEBHOOKS.c.disabled_at.type), disabled_why="a copy")
)


class NotEmpty(Exception):
    """There is something already, which a backup would be laid over; the text names it."""


def restore(
    backup: Reading,
    database: Database,
    data: Path,
    *,
    quiet_at: datetime | None = None,
    moved: Callable[[float], None] = lambda rows: None,
) -> audit.Verified:
    """Brings a backup back and verifies its audit chain. Nothing is changed unless all of it could be.

    `quiet_at`: from then on the webhooks are disabled, for a copy beside the installation that the backup is of.
    `moved` is told how many more rows are in. Raises NotEmpty, NotABackup, Unavailable,
    OSError.
    """
    manifest = backup.manifest
    if manifest.tables_version > migrations.HEAD:
        raise NotABackup(
            f"it was made by a newer dq-service ({manifest.product}, tables {manifest.tables_version}; this one has "
            f"{migrations.HEAD}): install that release"
        )
    _check_folder(data)
    for _ in backup.checked():
        pass
    if database.file:
        database.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _laid_out(backup, data), database.writing() as connection:
        _lay_tables(connection, manifest)
        for form in manifest.forms:
            rows = dump.insert(connection, form, _counted(backup.rows(form.table), moved))
            if rows != manifest.tables[form.table].rows:
                raise NotABackup(
                    f"it is damaged: {rows} rows of {form.table}, it says {manifest.tables[form.table].rows}"
                )
        dump.go_on(connection, manifest.counters)
        if quiet_at is not None:
            connection.execute(_SILENCED, {"now": quiet_at})
        migrations.upgrade(connection)
        found = audit.verify(connection)
        if isinstance(found, audit.Broken):
            raise NotABackup(f"its audit log is broken at line {found.number}: {found.how}")
        if (found.count, found.head) != (manifest.audit_lines, manifest.audit_head):
            raise NotABackup("its audit log does not end as it says")
    database.checkpoint(1)
    return found


def _check_folder(data: Path) -> None:
    for name in FILES:
        if (data / name).exists():
            raise NotEmpty(f"{data / name} is there")
    for name in FOLDERS:
        folder = data / name
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise NotEmpty(f"{folder} is not empty")


def _lay_tables(connection: Connection, manifest: Manifest) -> None:
    """Empty tables of the version that the rows belong to. Raises NotEmpty."""
    if connection.dialect.name == "postgresql":
        migrations.alone(connection)
    table = dump.holding(connection)
    if table:
        raise NotEmpty(f"the database is not empty: there is something in {table}")
    found = migrations.revision_of(connection)
    if found is not None and found > migrations.HEAD:
        raise NotEmpty(f"the database has the tables ({found}) of a newer dq-service")
    if found not in (None, manifest.tables_version):
        migrations.downgrade(connection)
        found = None
    if found is None:
        migrations.upgrade(connection, manifest.tables_version)


@contextmanager
def _laid_out(backup: Reading, data: Path) -> Iterator[None]:
    """The files of the data folder; taken away again where what follows fails."""
    made: list[Path] = []
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in backup.manifest.parts:
            folder, _, path = part.name.partition("/")
            if folder != "data":
                continue
            file = data / path
            file.parent.mkdir(parents=True, exist_ok=True)
            mode = SECRET_MODE if path in FILES else 0o644
            made.append(file)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
                backup.copy(part, out)
        yield
    except BaseException:
        for file in made:
            file.unlink(missing_ok=True)
        raise


def _counted(lines: Iterator[bytes], moved: Callable[[float], None]) -> Iterator[bytes]:
    for number, line in enumerate(lines, start=1):
        if number % 1000 == 0:
            moved(1000)
        yield line
