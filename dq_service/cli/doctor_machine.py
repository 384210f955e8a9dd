"""What the doctor says of where the service runs: settings in force, the data folder, the disk, the clock."""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from dq_service.cli.diagnosis import Diagnosis
from dq_service.settings import SETTINGS, Setting, Settings

ROOM: Final = 2**30  # bytes that should be left on the disk; below a tenth of that writing is about to fail
BUILT: Final = datetime(2026, 1, 1, tzinfo=UTC)  # no clock that is right shows an earlier time
APART: Final = 5.0  # seconds that our clock and the database's may differ: holds and keys end by ours


def of_settings(settings: Settings, environ: Mapping[str, str] = os.environ) -> Iterator[Diagnosis]:
    """Every setting: its value in force, and where that comes from; of a secret only that it is set."""
    for one in SETTINGS:
        given = bool(environ.get(one.variable, "").strip())
        if one.variable == "DQ_DATA_DIR" and str(settings.data) != environ.get(one.variable, "").strip():
            given = False
            source = "default" if settings.data == Settings.from_environment({}).data else "--data"
        else:
            source = "environment" if given else "default"
        yield Diagnosis("setting", "good", f"{one.variable} = {_value(one, settings, given)} ({source})")
    known = {one.variable for one in SETTINGS}
    for name in sorted(name for name in environ if name.startswith("DQ_") and name not in known):
        yield Diagnosis("setting", "note", f"{name} is no setting; dq serve does not read it (docs/settings.md)")


def _value(one: Setting, settings: Settings, given: bool) -> str:
    if one.variable == "DQ_DATABASE_URL":
        return without_password(settings.database)
    if one.secret:
        return "(set)" if given else one.default
    if not one.field:
        return "(set)" if given else one.default
    value: Any = getattr(settings, one.field)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or one.default
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={role}" for key, role in value.items()) or one.default
    return one.default if value == "" else f"{value:g}" if isinstance(value, float) else str(value)


def without_password(url: str) -> str:
    """A database's URL as it may be shown: neither a password nor what may hide one in its parameters."""
    try:
        where = sa.make_url(url)
    except ArgumentError:
        return "(no URL)"
    return where.set(query={}).render_as_string(hide_password=True)


def of_machine(settings: Settings) -> Iterator[Diagnosis]:
    """The data folder and who may look into it, the room that is left, the clock."""
    yield from _folder(settings.data)
    yield from _disk(settings.data)
    now = datetime.now(UTC)
    if now > BUILT:
        yield Diagnosis("clock", "good", f"{now:%Y-%m-%d %H:%M:%S} UTC")
    else:
        yield Diagnosis("clock", "bad", f"{now:%Y-%m-%d} is in the past; set it")


def clocks(connection: sa.Connection) -> Iterator[Diagnosis]:
    """PostgreSQL's clock beside ours."""
    if connection.dialect.name != "postgresql":
        return
    theirs: datetime | None = connection.scalar(sa.text("SELECT clock_timestamp()"))
    apart = abs((datetime.now(UTC) - theirs).total_seconds()) if theirs is not None else 0.0
    if apart > APART:
        said = f"the database's and this machine's are {apart:.0f} seconds apart; set both by NTP"
        yield Diagnosis("clock", "note", said)


def _folder(data: Path) -> Iterator[Diagnosis]:
    if not data.exists():
        yield Diagnosis("data", "good", f"{data} is not there: rules and tables as they ship, no partners")
    elif not data.is_dir():
        yield Diagnosis("data", "bad", f"{data} is no folder; give another with --data or DQ_DATA_DIR")
    elif not os.access(data, os.R_OK | os.X_OK):
        yield Diagnosis("data", "bad", f"{data} cannot be read by this user")
    elif not os.access(data, os.W_OK):
        yield Diagnosis("data", "note", f"{data} cannot be written: nothing can be imported, cached or kept in it")
    else:
        mode = stat.S_IMODE(data.stat().st_mode)
        yield Diagnosis("data", "good", f"{data}, mode {mode:04o}")
        if mode & 0o077:
            yield Diagnosis("data", "note", f"other users may look into {data}: chmod 700 {data}")


def _disk(data: Path) -> Iterator[Diagnosis]:
    there = next((folder for folder in (data, *data.parents) if folder.is_dir()), None)
    if there is None:
        return
    left = shutil.disk_usage(there).free
    said = f"{left / 2**30:,.1f} GiB left at {there}"
    if left < ROOM / 10:
        yield Diagnosis("disk", "bad", f"{said}: make room before orders cannot be kept any more")
    elif left < ROOM:
        yield Diagnosis("disk", "note", f"{said}: make room soon")
    else:
        yield Diagnosis("disk", "good", said)
