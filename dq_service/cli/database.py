"""The database for a command: opened, or one line that says why not."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import ArgumentError

from dq_service.cli.options import WrongUse
from dq_service.settings import Settings
from dq_service.store.database import Database, Taken, Unavailable


def database_of(settings: Settings) -> Database:
    """The installation's database; nothing is read of it yet. Raises WrongUse for a URL that names none."""
    try:
        return Database.open(settings.database)
    except (ValueError, ArgumentError):
        raise WrongUse("DQ_DATABASE_URL wants sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME") from None


@contextmanager
def migrated(settings: Settings) -> Iterator[Database]:
    """The database with the tables of this version, ours to write until the end; its folder is made.

    Raises WrongUse where it cannot be used, Taken where another process writes it.
    """
    database = database_of(settings)
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        database.migrate()
        yield database
    except Taken:
        raise
    except Unavailable as error:
        raise WrongUse(f"{named(database)}: {error}") from None
    finally:
        database.close()


@contextmanager
def looked_at(settings: Settings) -> Iterator[Database | None]:
    """The database to read from, whoever writes it; None where it has no tables yet. Raises WrongUse."""
    database = database_of(settings)
    try:
        yield database if database.at_head() else None
    except Unavailable as error:
        raise WrongUse(f"{named(database)}: {error}") from None
    finally:
        database.close()


@contextmanager
def reading(settings: Settings) -> Iterator[Connection]:
    """One state of the database, to look at; a server may have it meanwhile.

    Raises WrongUse where it cannot be used, is not there, or has other tables.
    """
    database = database_of(settings)
    try:
        if not database.at_head():
            raise WrongUse(f"{named(database)} has no tables of this version: dq doctor says more")
        with database.reading() as connection:
            yield connection
    except Unavailable as error:
        raise WrongUse(f"{named(database)}: {error}") from None
    finally:
        database.close()


def named(database: Database) -> str:
    """The database as messages name it."""
    return str(database.file) if database.file else "the database of DQ_DATABASE_URL"
