"""The tables' history: each version of the schema is a file in versions/, numbered; the last one is the head."""

import sys
from pathlib import Path
from typing import Final

import sqlalchemy as sa

FOLDER: Final = Path(__file__).parent
HEAD: Final = max((file.name[:4] for file in (FOLDER / "versions").glob("[0-9]*.py")), default="0000")

LOCK: Final = 0x6471_6D69  # of PostgreSQL's advisory locks, one for those who migrate


def revision_of(connection: sa.Connection) -> str | None:
    """The number of the schema that this database has; None where it has none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: sa.Connection, to: str = "head") -> None:
    """Carries out, in the transaction of this connection, every version that the database lacks."""
    from alembic import command  # takes a third of a second: only for who needs it

    command.upgrade(config(connection), to)


def downgrade(connection: sa.Connection) -> None:
    """Takes all tables away again, in the transaction of this connection."""
    from alembic import command

    command.downgrade(config(connection), "base")


def alone(connection: sa.Connection) -> None:
    """PostgreSQL: until this transaction ends nobody else makes tables."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def config(connection: sa.Connection):  # type: ignore[no-untyped-def]
    """What Alembic must be told: where the versions are, and which connection to use."""
    from alembic.config import Config

    out = Config(stdout=sys.stderr)  # as it is now: its own default is what it was when Alembic was imported
    out.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    out.attributes["connection"] = connection
    return out
