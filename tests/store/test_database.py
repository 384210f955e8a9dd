"""One way to write, one to read, on both engines; and what happens when the database cannot be used."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dq_service.store import leases, migrations, orders, schema
from dq_service.store.database import Conflict, Database, Taken, Unavailable
from dq_service.store.ids import new_id
from dq_service.store.schema import METADATA, PARTNERS
from tests.databases import Server
from tests.store.steps import NOW, arrival, changed, many


def add(database: Database, name: str, at: datetime = NOW) -> None:
    """One partner, in a transaction of its own."""
    with database.writing() as connection:
        connection.execute(sa.insert(PARTNERS).values(name=name, first_seen=at))


def names(database: Database) -> list[str]:
    """The partners that are there."""
    with database.reading() as connection:
        return list(connection.scalars(sa.select(PARTNERS.c.name).order_by(PARTNERS.c.name)))


def test_what_is_written_is_there_and_an_error_leaves_nothing(database: Database) -> None:
    add(database, "acme")

    def broken() -> None:
        with database.writing() as connection:
            connection.execute(sa.insert(PARTNERS).values(name="bolt", first_seen=NOW))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert names(database) == ["acme"]
    with pytest.raises(Conflict):
        add(database, "acme")
    add(database, "corsa")
    assert names(database) == ["acme", "corsa"]


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(Unavailable) as caught, database.reading() as connection:
        connection.execute(sa.insert(PARTNERS).values(name="acme", first_seen=NOW))
    assert caught.value.why == "readonly"
    assert names(database) == []


def test_reading_sees_one_state(database: Database) -> None:
    add(database, "acme")
    with database.reading() as connection:
        count = sa.select(sa.func.count()).select_from(PARTNERS)
        assert connection.scalar(count) == 1
        add(database, "bolt")
        assert connection.scalar(count) == 1
    assert len(names(database)) == 2


def test_instants_have_an_offset_and_come_back_in_utc(database: Database) -> None:
    add(database, "acme", datetime.fromisoformat("2026-12-01T12:00:00.000001-06:00"))
    with database.reading() as connection:
        (at,) = connection.scalars(sa.select(PARTNERS.c.first_seen))
    assert at.isoformat() == "2026-12-01T18:00:00.000001+00:00"
    with pytest.raises(sa.exc.StatementError):
        add(database, "bolt", datetime(2026, 12, 1))
    with pytest.raises(ValueError, match="offset"), database.writing() as connection:
        orders.write(connection, [arrival(at=datetime(2026, 12, 1))], (), "w1")


def test_many_threads_write_one_after_the_other(database: Database) -> None:
    failed: list[Exception] = []

    def work(thread: int) -> None:
        try:
            for number in range(10):
                with database.writing() as connection:
                    found = connection.scalar(sa.select(sa.func.count()).select_from(PARTNERS))
                    connection.execute(sa.insert(PARTNERS).values(name=f"{thread}-{number}-{found}", first_seen=NOW))
        except Exception as error:
            failed.append(error)

    together(*(lambda thread=thread: work(thread) for thread in range(4)))
    assert not failed
    assert len(names(database)) == 40


def together(*works: Callable[[], Any]) -> None:
    """Carries out works in threads, and waits for them."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_two_groups_never_lose_each_others_change(database: Database) -> None:
    first = arrival()
    with database.writing() as connection:
        orders.write(connection, [first], (), "w1")

    def work(worker: str) -> None:
        for _ in range(8):
            with database.writing() as connection:
                wanted = orders.Wanted(ids={first.after.id})
                kept = orders.load(connection, wanted).by_id[first.after.id]
                orders.write(connection, [changed(kept)], (), worker)

    together(lambda: work("w1"), lambda: work("w2"))
    with database.reading() as connection:
        kept = orders.get(connection, first.after.id)
        assert kept is not None
        assert kept.revision == 17, "each change stands on the one before, result and all"
        assert kept.result.startswith(b'{"id":"%s","revision":17,' % first.after.id.encode())


def test_the_outbox_is_in_the_order_of_commits(database: Database) -> None:
    """Who reads on from the last seq that it saw misses nothing: a lower one never appears later. Orders alike."""
    ended = threading.Event()
    missed: list[int] = []

    def work(worker: str) -> None:
        for _ in range(15):
            with database.writing() as connection:
                orders.write(connection, many(3), (), worker)

    def watch() -> None:
        seen: set[int] = set()
        listed: set[int] = set()
        while not ended.is_set():
            with database.reading() as connection:
                now = set(connection.scalars(sa.select(schema.OUTBOX.c.seq)))
                now_listed = {one.seq for one in orders.page(connection, limit=1000)}
            missed.extend(seq for seq in now - seen if seen and seq < max(seen))
            missed.extend(seq for seq in now_listed - listed if listed and seq < max(listed))
            seen, listed = now, now_listed

    watching = threading.Thread(target=watch)
    watching.start()
    together(lambda: work("w1"), lambda: work("w2"), lambda: work("w3"))
    ended.set()
    watching.join(10)
    assert missed == []
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.OUTBOX)) == 3 * 15 * 3 * 2


def test_the_tables_are_those_of_the_schema(database: Database) -> None:
    assert database.at_head()
    database.migrate()
    with database.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        config = migrations.config(connection)
        command.check(config)
        command.downgrade(config, "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    assert not database.at_head()
    database.migrate()
    assert database.at_head()
    add(database, "acme")


def test_tables_of_a_later_version_are_left_alone(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert not database.at_head()
    with pytest.raises(Unavailable) as caught:
        database.migrate()
    assert caught.value.why == "old"


def test_where_a_database_can_be(tmp_path: Path) -> None:
    for url in ("mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense"):
        with pytest.raises((ValueError, sa.exc.ArgumentError)):
            Database.open(url)
    database = Database.open(f"sqlite:///{tmp_path}/a folder/100%/dq.db")
    assert not database.at_head()
    assert not (tmp_path / "a folder").exists(), "who only looks makes nothing"
    database.migrate()
    assert database.at_head()
    database.close()


def test_a_sqlite_file_has_one_writer(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    add(database, "acme")
    code = (
        "import sys; from dq_service.store.database import Database, Taken\n"
        "database = Database.open(sys.argv[1]); assert database.at_head()\n"
        "try:\n    database.migrate()\nexcept Taken as taken: print(taken.why, taken)"
    )
    command_line = [sys.executable, "-c", code, sqlite_url]
    other = subprocess.run(command_line, capture_output=True, text=True, timeout=60, check=True)
    assert other.stdout.startswith("taken ")
    assert "DQ_DATABASE_URL" in other.stdout
    second = Database.open(sqlite_url)
    assert names(second) == ["acme"], "reading is free"
    with pytest.raises(Taken):
        add(second, "bolt")
    database.close()
    add(second, "bolt")
    second.close()


def test_a_full_disk_in_the_middle_of_a_group(sqlite_url: str) -> None:
    """SQLite's own limit on pages raises the error of a full disk."""
    database = Database.open(sqlite_url)
    step = arrival()
    with database.writing() as connection:
        orders.write(connection, [step], (), "w1")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(Unavailable) as caught, database.writing() as connection:
        orders.write(connection, many(30, filling="x" * 9000), (), "w1")
    assert (caught.value.why, caught.value.retry_after > 0) == ("full", True)
    with database.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {2**30}")
    with database.writing() as connection:
        orders.write(connection, many(30, filling="x" * 9000), (), "w1")
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.ORDERS)) == 31
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.OUTBOX)) == 62
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    database.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "dq.db"
    file.write_bytes(b"this is no database" * 1000)
    database = Database.open(f"sqlite:///{file}")
    with pytest.raises(Unavailable) as caught:
        database.migrate()
    assert caught.value.why == "broken"
    with pytest.raises(Unavailable):
        database.at_head()
    database.close()


def test_a_checkpoint_is_taken_when_it_is_worth_it(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    add(database, "acme")
    assert not database.checkpoint()
    assert database.checkpoint(1)
    assert not database.checkpoint(1), "nothing is left in the log"
    with database.writing() as connection:
        orders.write(connection, many(50, filling="x" * 9000), (), "w1")
    wal = Path(f"{database.file}-wal")
    size = wal.stat().st_size
    assert database.checkpoint(100)
    for _ in range(5):
        with database.writing() as connection:
            orders.write(connection, many(20, filling="x" * 9000), (), "w1")
        database.checkpoint(100)
    assert wal.stat().st_size <= size, "the log is written from its start again"
    database.close()
    assert not wal.exists()


def test_another_process_reads_and_the_writer_goes_on(sqlite_url: str, tmp_path: Path) -> None:
    """`dq doctor` and `dq backup` beside a server: whoever opens the file must see that it is not the only one."""
    writer = (
        "import os, sys; from dq_service.store import orders\n"
        "from dq_service.store.database import Database; from tests.store.steps import many\n"
        "database = Database.open(sys.argv[1])\n"
        "while not os.path.exists(sys.argv[2]):\n"
        "    with database.writing() as connection: orders.write(connection, many(3), (), 'w1')\n"
        "    database.checkpoint(1)\n"
        "    with database.reading() as connection: latest = orders.latest(connection)\n"
        "print(latest)\n"
        "database.close()"
    )
    ended = tmp_path / "ended"
    process = subprocess.Popen(
        [sys.executable, "-c", writer, sqlite_url, str(ended)], stdout=subprocess.PIPE, text=True
    )
    seen = looks = 0
    while looks < 15 and process.poll() is None:
        latest = latest_in(sqlite_url)
        assert latest >= seen
        looks, seen = looks + (latest > seen), latest
    ended.touch()
    told, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert latest_in(sqlite_url) == int(told)


def latest_in(url: str) -> int:
    """The seq of the last order, as somebody sees who opens the database only to look."""
    reader = Database.open(url)
    with reader.reading() as connection:
        latest = orders.latest(connection)
    reader.close()
    return latest


@pytest.mark.parametrize("crash", ["before the write", "before the commit"])
def test_after_a_crash_of_the_server_everything_goes_on(postgresql: Server, postgresql_url: str, crash: str) -> None:
    database = Database.open(postgresql_url)
    step = arrival()
    with database.writing() as connection:
        orders.write(connection, [step], (), "w1")
    assert database.at_head()

    lost = arrival()

    def crashed() -> None:
        with database.writing() as connection:
            orders.load(connection, orders.Wanted({step.after.identity}))
            if crash == "before the commit":
                orders.write(connection, [lost], (), "w1")
            postgresql.crash()
            if crash == "before the write":
                orders.write(connection, [lost], (), "w1")

    try:
        with pytest.raises(Unavailable) as caught:
            crashed()
        assert caught.value.why == "gone"
        for attempt in (database.reading, database.writing):
            with pytest.raises(Unavailable), attempt() as connection:
                orders.get(connection, step.after.id)
    finally:
        postgresql.start()
    with database.reading() as connection:
        assert orders.get(connection, step.after.id) == step.after
    with database.writing() as connection:
        orders.write(connection, [arrival()], (), "w1")
        assert orders.load(connection, orders.Wanted({step.after.identity})).by_id
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.ORDERS)) == 2
    database.close()


def test_nobody_answers() -> None:
    database = Database.open("postgresql://nobody@127.0.0.1:9/none")
    for attempt in (database.at_head, database.migrate):
        with pytest.raises(Unavailable) as caught:
            attempt()
        assert caught.value.why == "gone"
    database.close()


def test_a_lease_has_one_holder(database: Database) -> None:
    def take(holder: str, seconds: float) -> bool:
        with database.writing() as connection:
            return leases.take(connection, "webhooks", holder, NOW + timedelta(seconds=seconds), 10)

    assert take("w1", 0)
    assert take("w1", 5), "its holder renews it"
    assert not take("w2", 14.9)
    assert take("w2", 15)
    assert not take("w1", 16)
    with database.writing() as connection:
        leases.release(connection, "webhooks", "w1")
    assert not take("w1", 16), "only its holder gives it back"
    with database.writing() as connection:
        leases.release(connection, "webhooks", "w2")
    assert take("w1", 16)


def test_ids_sort_by_when_they_were_made() -> None:
    made = [new_id("ord") for _ in range(1000)]
    assert made == sorted(set(made))
    assert all(len(one) == 36 and one.startswith("ord_") for one in made)
