"""`dq backup` and `dq restore`: the whole installation in one file, and back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dq_service.cli.options import Data, WrongUse, many, settings_of

Out = Annotated[Path, typer.Argument(metavar="OUT", help="The file to make; what is there is never overwritten.")]
In = Annotated[Path, typer.Argument(metavar="IN", help="A file that dq backup made.")]


def backup(out: Out, data: Data = None) -> int:
    """Writes the database and the data folder into one file.

    Of one moment, while the service goes on. The file is for its owner alone: it holds every order and the secret.
    Either engine can be made of it: dq restore.
    """
    from dq_service.cli.database import database_of, named
    from dq_service.cli.terminal import progress
    from dq_service.service.backup import OldTables
    from dq_service.service.backup import backup as run
    from dq_service.store.database import Unavailable

    settings = settings_of(data)
    database = database_of(settings)
    if database.file and not database.file.exists():
        raise WrongUse(f"{database.file} is not there: there is nothing to back up")
    try:
        with progress("rows") as moved:
            manifest = run(database, settings.data, out.absolute(), now=datetime.now(UTC), moved=moved)
    except FileExistsError:
        raise WrongUse(f"{out} is there already; give another name") from None
    except OldTables:
        raise WrongUse(f"{named(database)} has other tables than this version: dq doctor says what to do") from None
    except Unavailable as error:
        raise WrongUse(f"{named(database)}: {error}") from None
    finally:
        database.close()
    size = out.stat().st_size / 2**20
    print(f"{out}: {many(manifest.tables['orders'].rows, 'order')}, {size:,.1f} MiB")
    print(f"audit log: {many(manifest.audit_lines, 'line')}, head {manifest.audit_head}")
    if settings.secret:
        print("the secret is DQ_SECRET's and not in the file: keep it, or keys and cursors hold no more")
    return 0


def restore(
    backup: In,
    no_webhooks: Annotated[
        bool, typer.Option("--no-webhooks", help="Disables the webhooks: for a copy beside the installation.")
    ] = False,
    data: Data = None,
) -> int:
    """Makes an installation of a backup: an empty data folder and an empty database become what it was.

    Verifies every part and the audit log before it says that it is done. Webhooks go on where they were; sessions are
    not carried over.
    """
    from dq_service.cli.database import database_of, named
    from dq_service.cli.terminal import progress
    from dq_service.service.backup_file import NotABackup, Reading
    from dq_service.service.restore import NotEmpty
    from dq_service.service.restore import restore as run
    from dq_service.store.database import Unavailable

    settings = settings_of(data)
    database = database_of(settings)
    try:
        with Reading(backup) as reading:
            rows = sum(table.rows for table in reading.manifest.tables.values())
            with progress("rows", rows) as moved:
                quiet_at = datetime.now(UTC) if no_webhooks else None
                found = run(reading, database, settings.data, quiet_at=quiet_at, moved=moved)
            orders = reading.manifest.tables["orders"].rows
    except NotABackup as error:
        raise WrongUse(f"{backup}: {error}") from None
    except NotEmpty as error:
        raise WrongUse(f"{error}; a backup is restored into an empty data folder and an empty database") from None
    except Unavailable as error:
        raise WrongUse(f"{named(database)}: {error}") from None
    finally:
        database.close()
    print(f"{named(database)}: {many(orders, 'order')} of {reading.manifest.made_at}")
    print(f"audit log: {many(found.count, 'line')} verified, head {found.head}")
    return 0
