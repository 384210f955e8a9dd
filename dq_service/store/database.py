"""The database: SQLite in the data folder or PostgreSQL, one way to write, one to read, and what can go wrong."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from dq_service.store import migrations
from dq_service.store.lock_file import LockFile
from dq_service.store.trouble import Conflict as Conflict
from dq_service.store.trouble import Taken as Taken
from dq_service.store.trouble import Unavailable as Unavailable
from dq_service.store.trouble import trouble_of
from dq_service.store.wal_index import WalIndex

# A statement that fails in a pipeline is told twice: as the error that we handle, and by a warning on its own.
logging.getLogger("psycopg").setLevel(logging.ERROR)

Dialect = Literal["sqlite", "postgresql"]

PATIENCE: Final = 10.0  # seconds that we wait for a lock before we say that the database cannot be used
WAL_PAGES: Final = 1000  # pages in the write-ahead log from which a checkpoint is worth its syncs

_SQLITE_WRITER: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten
    f"busy_timeout={int(PATIENCE * 1000)}",
    f"wal_autocheckpoint={4 * WAL_PAGES}",  # only where nobody calls Database.checkpoint, between groups, for long
    "cache_size=-65536",  # KiB
    "temp_store=MEMORY",
    f"journal_size_limit={64 << 20}",
)
_SQLITE_READER: Final = (
    f"busy_timeout={int(PATIENCE * 1000)}",
    "query_only=ON",
    "cache_size=-8192",
    "temp_store=MEMORY",
)
# Everything is found by index: a plan made while the tables were empty would read them whole, and a prepared statement
# keeps its plan. No just-in-time compilation: it takes longer than any query of ours.
_SETTINGS: Final = (
    "timezone=UTC",
    "synchronous_commit=on",
    f"lock_timeout={int(PATIENCE)}s",
    "enable_seqscan=off",
    "jit=off",
)
_POSTGRESQL: Final = {
    "prepare_threshold": 2,
    "connect_timeout": 5,
    "tcp_user_timeout": int(PATIENCE * 1000),
    "keepalives_idle": 30,
    "application_name": "dq-service",
    "options": " ".join(f"-c {setting}" for setting in _SETTINGS),
}


class Database:
    """One database, opened. Its errors are Unavailable (try later) and Conflict (do it again); others are ours.

    On SQLite this process is the only writer from its first `writing` (or `migrate`) until `close`.
    """

    def __init__(self, url: str) -> None:
        """`sqlite:///PATH` or `postgresql://…`. Nothing is opened yet. Raises ValueError for any other URL."""
        where = sa.make_url(url)
        self.dialect: Final[Dialect] = _dialect(where)
        self.file: Final = Path(where.database or "").absolute() if self.dialect == "sqlite" else None
        self.several: Final = self.file is None  # whether several may write at once, each orders of its own
        self._lock_file: Final = LockFile(self.file) if self.file else None
        self._wal_index: Final = WalIndex(self.file) if self.file else None
        self._guard: Final = threading.Lock()  # SQLite: one writing at a time
        self._writer, self._readers = _on_sqlite(self.file) if self.file else _on_postgresql(where)

    @classmethod
    def open(cls, url: str) -> "Database":
        """The database at this URL; nothing is read or written before the first use."""
        return cls(url)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end, rolled back on any error. Not to be nested."""
        with _own_errors(), self._alone(), _transaction(self._writer) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and cannot write."""
        with _own_errors(), _transaction(self._readers) as connection:
            yield connection

    def migrate(self) -> None:
        """The tables as this version needs them; quick where they are. Raises Unavailable ("old") for newer tables."""
        if self.file:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.writing() as connection:
            found = migrations.revision_of(connection)
            if found == migrations.HEAD:
                return
            _not_newer(found)
            if self.dialect == "postgresql":
                migrations.alone(connection)
            migrations.upgrade(connection)

    def not_newer(self) -> None:
        """Raises Unavailable ("old") where the tables are those of a later version."""
        with self.reading() as connection:
            _not_newer(migrations.revision_of(connection))

    def at_head(self) -> bool:
        """Whether the tables are those of this version; False where there is no database file."""
        if self.file and not self.file.exists():
            return False
        with self.reading() as connection:
            return migrations.revision_of(connection) == migrations.HEAD

    def checkpoint(self, pages: int = WAL_PAGES) -> bool:
        """Between two writings: what stands in SQLite's log goes into its file, once it is `pages` long.

        On the writer's own connection: with a second one, SQLite before 3.51.3 may lose commits
        (https://sqlite.org/wal.html#walresetbug). Nothing to do on PostgreSQL. Returns whether it was done; where that
        is Unavailable, nothing is lost: the log has it.
        """
        if self._wal_index is None or self._wal_index.pages() < pages:
            return False
        with _own_errors(), self._alone(), self._writer.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        return True

    def scrub(self, tables: Sequence[str]) -> bool:
        """Leaves no byte of what was deleted from these tables in the database's files; whether that was possible.

        SQLite writes its file anew and empties its log, which has to wait for who reads an older state. PostgreSQL
        writes the tables anew. Orders wait meanwhile. Raises Unavailable.
        """
        if self.file is None:
            autocommit = self._writer.execution_options(isolation_level="AUTOCOMMIT")
            with _own_errors(), autocommit.connect() as connection:
                for table in tables:
                    connection.exec_driver_sql(f'VACUUM (FULL, ANALYZE) "{table}"')
            return True
        with _own_errors(), self._alone(), self._writer.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA temp_store=FILE")  # in memory it would be as large as the file
            try:
                driver.execute("VACUUM")
            finally:
                driver.execute("PRAGMA temp_store=MEMORY")
            busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Readers first: the last connection that SQLite closes tidies its log away, and that must be the writer."""
        self._readers.dispose()
        with self._guard:
            self._writer.dispose()
            if self._wal_index:
                self._wal_index.close()
            if self._lock_file:
                self._lock_file.release()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """SQLite: no other thread and no other process writes meanwhile."""
        if self._lock_file is None:
            yield
            return
        if not self._guard.acquire(timeout=PATIENCE):
            raise Unavailable("locked", 1, "another thread has been writing for too long")
        try:
            self._lock_file.take()
            yield
        finally:
            self._guard.release()


def _not_newer(found: str | None) -> None:
    if found is not None and found > migrations.HEAD:
        text = "the tables are of a later version of dq-service than this one: install that, or restore a backup"
        raise Unavailable("old", 60, text)


def _dialect(where: sa.URL) -> Dialect:
    name = where.get_backend_name()
    if name == "sqlite" and where.database and where.database != ":memory:":
        return "sqlite"
    if name in ("postgresql", "postgres"):
        return "postgresql"
    raise ValueError("a database is sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")


def _on_sqlite(file: Path) -> tuple[Engine, Engine]:
    """The one connection that writes, and those that read."""
    where = sa.URL.create("sqlite", database=str(file))
    writer = _sqlite(where, _SQLITE_WRITER, "BEGIN IMMEDIATE", StaticPool)
    return writer, _sqlite(where, _SQLITE_READER, "BEGIN", QueuePool, pool_size=4, max_overflow=8)


def _on_postgresql(where: sa.URL) -> tuple[Engine, Engine]:
    """Connections that write, and those that read: those never wait for one another."""
    where = where.set(drivername="postgresql+psycopg")
    pool: dict[str, Any] = {
        "connect_args": _POSTGRESQL,
        "pool_size": 3,
        "max_overflow": 7,
        "pool_timeout": PATIENCE,
        "pool_use_lifo": True,
    }
    # Repeatable read: all queries of a reading see one state, as on SQLite.
    readers = sa.create_engine(where, isolation_level="REPEATABLE READ", **pool)
    event.listen(readers, "connect", _read_only)
    return sa.create_engine(where, **pool), readers


def _sqlite(where: sa.URL, pragmas: tuple[str, ...], begin: str, pool: type[sa.Pool], **options: Any) -> Engine:
    """SQLite that begins as we say: left alone, the driver would begin late and then find the file locked."""
    engine = sa.create_engine(where, poolclass=pool, connect_args={"check_same_thread": False}, **options)

    def connected(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").fetchall()

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _read_only(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.read_only = True


@contextmanager
def _own_errors() -> Iterator[None]:
    """Errors of the drivers, in our words."""
    try:
        yield
    except OSError as error:
        raise Unavailable("gone", 10, f"the database file cannot be used: {error.strerror}") from error
    except Exception as error:
        ours = trouble_of(error)
        if ours is None:
            raise
        raise ours from error


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """A connection that its server ended is not used again, also where the driver was called directly."""
    with engine.begin() as connection:
        try:
            yield connection
        except Exception as error:
            trouble = trouble_of(error)
            if isinstance(trouble, Unavailable) and trouble.why in ("gone", "broken") and not connection.invalidated:
                connection.invalidate(error)
            raise
