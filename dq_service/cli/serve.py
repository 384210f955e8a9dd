"""`dq serve`: the service put together in each worker, and what cannot be served said in one line.

What is large is imported where it is needed: the parent of several workers needs none of it.
"""

import os
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dq_service.cli.options import WrongUse
from dq_service.service.secret import FILE as SECRET_FILE
from dq_service.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from dq_service.meters import Meters
    from dq_service.web.api.installation import Opening


def serve(settings: Settings, *, host: str, port: int, workers: int) -> int:
    """Serves an installation until it is told to stop; the exit code. Its data folder is made.

    Raises WrongUse for several workers, or a second server, on one SQLite file, for what must be written and cannot,
    and for tables of a later version. A PostgreSQL that does not answer is waited for: /readyz says so.
    """
    from dq_service.cli.entrance import openness
    from dq_service.logs import configure
    from dq_service.web.patience import Patience
    from dq_service.web.serve import serve as run

    _make_the_folder(settings)
    if settings.database.startswith("postgres"):
        _not_newer(settings)
    else:
        _own_the_file(settings, workers)
    note = openness(settings, host)
    configure(settings.log_format, settings.log_level)
    with _board(workers) as folder:
        return run(
            partial(application, settings, workers, folder),
            host=host,
            port=port,
            workers=workers,
            note=note,
            patience=Patience(connections=settings.max_connections, notice=settings.stop_notice),
        )


def _board(workers: int) -> AbstractContextManager[str | None]:
    """A folder in which several workers lay their counts, for as long as the server runs.

    It is not in the data folder: that may be read-only, or shared with the server of another machine.
    """
    return TemporaryDirectory(prefix="dq-counts-") if workers > 1 else nullcontext()


def _make_the_folder(settings: Settings) -> None:
    """The data folder, which must be writable for a SQLite file, and for a secret that is nowhere yet."""
    data = settings.data
    with suppress(OSError):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.access(data, os.W_OK | os.X_OK):
        return
    if not settings.database.startswith("postgres"):
        raise WrongUse(f"{data} cannot be written by this user: give another with --data or DQ_DATA_DIR")
    if not settings.secret and not os.access(data / SECRET_FILE, os.R_OK):
        raise WrongUse(f"{data} cannot be written by this user: give another with --data, or set DQ_SECRET")


def _not_newer(settings: Settings) -> None:
    """That PostgreSQL's tables are not of a later version; one that does not answer is asked again by the workers."""
    from dq_service.cli.database import database_of, named
    from dq_service.store.database import Unavailable

    database = database_of(settings)
    try:
        database.not_newer()
    except Unavailable as error:
        if error.why == "old":
            raise WrongUse(f"{named(database)}: {error}") from None
    finally:
        database.close()


def _own_the_file(settings: Settings, workers: int) -> None:
    """That the SQLite file can be had; the worker opens it for itself."""
    from dq_service.cli.database import database_of, migrated
    from dq_service.store.database import Taken

    database_of(settings)
    if workers > 1:
        raise WrongUse(f"--workers {workers} needs PostgreSQL (DQ_DATABASE_URL): a SQLite file has one writer")
    try:
        with migrated(settings):
            pass
    except Taken as taken:
        raise WrongUse(str(taken)) from None


def application(settings: Settings, workers: int, folder: str | None, place: int, restarted: bool) -> "ASGIApp":
    """What the worker in this place runs. One that takes a dead one's place does not publish the files."""
    from dq_service.cli.entrance import entrance_of
    from dq_service.logs import Requests, configure
    from dq_service.meters import Meters
    from dq_service.web.application import Telling, create_app

    form = configure(settings.log_format, settings.log_level)
    requests = None
    if settings.log_requests != "none" and settings.log_level in ("debug", "info"):
        requests = Requests(form, only_failed=settings.log_requests == "failed")
    meters = Meters()
    return create_app(
        partial(open_installation, settings, place, meters, publish=not restarted),
        deadline_ms=settings.deadline_ms,
        max_body=settings.max_body,
        max_file=settings.max_file,
        outbox_age=settings.outbox_age,
        telling=Telling(meters, requests, Path(folder) if folder else None, place),
        entrance=entrance_of(settings, workers),
    )


def open_installation(settings: Settings, place: int, meters: "Meters", *, publish: bool) -> "Opening":
    """The installation as its database has it published, and the service on it. Raises what opening either raises."""
    from dq_service.cli.database import database_of
    from dq_service.cli.entrance import first_start
    from dq_service.published import open_watch
    from dq_service.service.outgoing import Outgoing
    from dq_service.service.running import Service
    from dq_service.service.secret import Secret
    from dq_service.web.api.installation import Opening

    database = database_of(settings)
    watch = open_watch(settings, database, publish=publish)
    first_start(settings, database)
    outgoing, secret = Outgoing(settings.webhook_networks), Secret.of(settings.secret, settings.data)
    service = Service(
        database,
        watch.current,
        outgoing,
        place=place,
        url=settings.database,
        meters=meters,
        secret=secret,
        events_kept=settings.events_kept,
        decision_delay=timedelta(seconds=settings.decision_delay),
    )
    return Opening(watch, service)
