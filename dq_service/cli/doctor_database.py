"""What the doctor says of the database: whether it can be used, its tables, and what is in force in it."""

from collections.abc import Iterator

from sqlalchemy import Connection, make_url

from dq_service import __version__
from dq_service.app import layers_of, open_profiles
from dq_service.cli.database import database_of
from dq_service.cli.diagnosis import Diagnosis
from dq_service.cli.doctor_machine import clocks
from dq_service.cli.options import WrongUse
from dq_service.parsing.yaml import DocumentError
from dq_service.partner import texts_in
from dq_service.service.publishing import KINDS, Draft, changes, partners_draft, profiles_draft, rulebook_draft
from dq_service.settings import Settings
from dq_service.store import migrations, publications
from dq_service.store.database import Database, Unavailable


def of_database(settings: Settings) -> Iterator[Diagnosis]:
    """Looks without writing: a server may have the database meanwhile."""
    try:
        database = database_of(settings)
    except WrongUse as error:
        yield Diagnosis("database", "bad", str(error))
        return
    try:
        if database.file and not database.file.exists():
            yield Diagnosis("database", "good", f"{database.file} is not there yet: dq serve makes it")
            return
        with database.reading() as connection:
            revision = migrations.revision_of(connection)
            yield _place(settings, database, connection)
            yield from clocks(connection)
            yield from _tables(revision)
            if revision == migrations.HEAD:
                yield from _publications(settings, connection)
    except Unavailable as error:
        yield Diagnosis("database", "bad", f"{_name(settings, database)}: {error}")
    finally:
        database.close()


def _place(settings: Settings, database: Database, connection: Connection) -> Diagnosis:
    if database.file:
        size = database.file.stat().st_size / 2**20
        said = f"SQLite {database.file}, {size:,.1f} MiB: for one worker; several need PostgreSQL"
    else:
        number = ".".join(map(str, connection.dialect.server_version_info or ()))
        said = f"PostgreSQL {number}, {_name(settings, database)}"
    return Diagnosis("database", "good", said)


def _tables(revision: str | None) -> Iterator[Diagnosis]:
    if revision == migrations.HEAD:
        yield Diagnosis("database", "good", f"its tables are those of this version ({revision})")
    elif revision is None:
        yield Diagnosis("database", "note", "it has no tables yet: dq serve makes them")
    elif revision < migrations.HEAD:
        said = f"its tables are older ({revision}) than this version's ({migrations.HEAD}): dq serve brings them up"
        yield Diagnosis("database", "note", said)
    else:
        said = f"its tables are newer ({revision}) than this version's ({migrations.HEAD}): install a newer dq-service"
        yield Diagnosis("database", "bad", said)


def _publications(settings: Settings, connection: Connection) -> Iterator[Diagnosis]:
    try:
        files = {
            "rulebook": rulebook_draft(*layers_of(settings)),
            "partners": partners_draft(texts_in(settings.partners), settings.partners),
            "profiles": profiles_draft(open_profiles(settings)),
        }
    except (OSError, DocumentError):  # told where rules and partners are looked at
        return
    for kind in KINDS:
        newest = publications.find(connection, kind)
        if newest is None:
            yield Diagnosis("published", "note", f"no {kind} yet: dq serve and dq rules publish publish the files")
            continue
        by = f" by {newest.by}" if newest.by else ""
        name = f"{kind} {newest.version} of {newest.at:%Y-%m-%d %H:%M} UTC{by}"
        draft = Draft.published(kind, newest.body)
        added, changed, removed = changes(draft, files[kind])
        differ = len(added) + len(changed) + len(removed)
        if differ:
            many = "file differs" if differ == 1 else "files differ"
            yield Diagnosis(
                "published", "note", f"{name}; {differ} {many} from it: dq rules publish puts them in force"
            )
        elif draft.release != __version__:
            said = f"{name} is release {draft.release}'s, this is {__version__}: dq rules publish"
            yield Diagnosis("published", "note", said)
        else:
            yield Diagnosis("published", "good", f"{name}, as the files are")


def _name(settings: Settings, database: Database) -> str:
    """Where the database is; nobody's password."""
    if database.file:
        return str(database.file)
    where = make_url(settings.database)
    return f"{where.database or ''} at {where.host or where.query.get('host', 'localhost')}"
