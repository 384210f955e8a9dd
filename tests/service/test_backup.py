"""A backup under load is one state; restored on either engine it is the same, and goes on from there."""

import hashlib
import json
import os
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dq_service.service.backup import backup
from dq_service.service.backup_file import NotABackup, Reading
from dq_service.service.restore import NotEmpty, restore
from dq_service.store import audit, dump, migrations, orders, outbox
from dq_service.store.database import Database
from dq_service.store.ids import new_id
from dq_service.store.kept import Note
from dq_service.store.schema import LEASES, METADATA, ORDERS
from dq_service.store.webhooks import Webhook, add, every, take_up
from tests.databases import Server
from tests.store.steps import NOW, arrival, changed, many


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a table, once on each engine."""
    name = new_id("empty")
    if request.param == "sqlite":
        database = Database.open(f"sqlite:///{tmp_path}/restored/dq.db")
        yield database
        database.close()
        return
    server: Server = request.getfixturevalue("postgresql")
    server.run(f"CREATE DATABASE {name}")
    database = Database.open(server.url(name))
    try:
        yield database
    finally:
        database.close()
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def file(sqlite_url: str) -> Iterator[Database]:
    """A SQLite database, where it does not matter what a backup is of."""
    database = Database.open(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with something of everything in it."""
    folder = tmp_path / "data"
    for name, content in {
        "secret": "s" * 43,
        "partners/acme.yaml": "name: acme\n",
        "rules/address/OWN001-own.yaml": "code: OWN001\n",
        "reference/skus/acme.csv": "sku\n",
        "cache/rules.marshal": "can be made again",
        "profiles/.hidden.yaml": "half written",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def write(database: Database, *steps: Any) -> None:
    with database.writing() as connection:
        orders.write(connection, steps, (), "w1")


def note(action: str = "order.cancel") -> Note:
    return Note(NOW, "local", action, "ord_1", "acme", {"reason": "nobody is there, é, 9007199254740993"})


def state(database: Database) -> dict[str, list[bytes]]:
    """All rows of all tables that are carried over."""
    with database.reading() as connection:
        return {form.table: sorted(dump.lines(connection, form)) for form in dump.forms()}


@contextmanager
def load(database: Database) -> Iterator[None]:
    """Orders come in meanwhile, each with a cancel in the audit log."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            write(database, *(replace(step, notes=(note(),)) for step in many(3)))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(20)


def filled(database: Database) -> None:
    """Orders with revisions, a webhook with deliveries, lines in the audit log, a lease."""
    first = arrival(filling="ü" * 300_000, account="\x00odd")
    write(database, first, replace(changed(first.after), notes=(note(), note("order.acknowledge"))), *many(40))
    webhook = Webhook("whk_1", "https://example.com", "whsec_x", "", (), ("order",), NOW, 0)
    with database.writing() as connection:
        add(connection, webhook)
        take_up(connection, webhook, 0, NOW, 5)
        connection.execute(sa.insert(LEASES).values(name="webhooks", holder="x", until=NOW))


def test_under_load_it_is_one_state_and_comes_back_on_either_engine(
    database: Database, empty: Database, data: Path, tmp_path: Path
) -> None:
    filled(database)
    out = tmp_path / "out.zip"
    seen: list[int] = []
    with load(database):
        for number in range(3):
            part = tmp_path / f"{number}.zip"
            manifest = backup(database, data, part, now=NOW)
            seen.append(manifest.tables["orders"].rows)
            counts = {name: table.rows for name, table in manifest.tables.items()}
            assert counts["bodies"] == counts["results"] == counts["orders"] + 1, "of one moment"
            assert counts["outbox"] == 2 * counts["orders"] + 1
            assert counts["audit"] == manifest.audit_lines == counts["orders"] - 41 + 2
        before = state(database)
        backup(database, data, out, now=NOW)
        after = state(database)
    assert seen[0] <= seen[-1] <= len(before["orders"]) <= len(after["orders"])

    target = tmp_path / "restored"
    with Reading(out) as reading:
        found = restore(reading, empty, target)
    again = state(empty)
    for table, rows in again.items():
        if table not in ("rollups", "counters"):
            assert set(before[table]) <= set(rows) <= set(after[table]), table
    assert (found.count, found.head) == (manifest_of(out)["audit_lines"], manifest_of(out)["audit_head"])
    with empty.reading() as connection:
        assert audit.verify(connection) == found
        assert audit.head(connection) == (found.count, found.head)
        assert not list(connection.execute(sa.select(LEASES)))
    assert empty.at_head()


def manifest_of(out: Path) -> Any:
    return json.loads(zipfile.ZipFile(out).read("manifest.json"))


def restored(database: Database, empty: Database, data: Path, tmp_path: Path) -> Database:
    backup(database, data, tmp_path / "out.zip", now=NOW)
    with Reading(tmp_path / "out.zip") as reading:
        restore(reading, empty, tmp_path / "restored")
    return empty


def test_what_comes_back_is_the_same_to_the_byte(
    database: Database, empty: Database, data: Path, tmp_path: Path
) -> None:
    filled(database)
    restored(database, empty, data, tmp_path)
    before, after = state(database), state(empty)
    before.pop("counters"), after.pop("counters")
    assert before == after
    with database.reading() as old, empty.reading() as new:
        for one in orders.page(old, limit=100):
            assert orders.get(new, one.kept.id) == one.kept
            assert orders.revisions_of(new, one.kept.id) == orders.revisions_of(old, one.kept.id)
            assert orders.changes_of(new, one.kept.id) == orders.changes_of(old, one.kept.id)
        assert audit.verify(new) == audit.verify(old)


def test_the_data_folder_comes_back(file: Database, empty: Database, data: Path, tmp_path: Path) -> None:
    restored(file, empty, data, tmp_path)
    target = tmp_path / "restored"
    there = {file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file()}
    assert {name for name in there if not name.startswith("dq.db")} == {
        "secret",
        "partners/acme.yaml",
        "rules/address/OWN001-own.yaml",
        "reference/skus/acme.csv",
    }
    assert (target / "secret").read_text() == "s" * 43
    assert stat.S_IMODE((target / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out.zip").stat().st_mode) == 0o600


def test_counting_goes_on_after_the_highest_that_ever_was(
    database: Database, empty: Database, data: Path, tmp_path: Path
) -> None:
    write(database, *many(5))
    with database.writing() as connection:
        connection.execute(sa.text("DELETE FROM outbox WHERE seq > 2"))
        places = [one.seq for one in orders.page(connection)]
    restored(database, empty, data, tmp_path)
    write(empty, arrival())
    with empty.reading() as connection:
        assert [one.seq for one in outbox.after(connection, 0, 100).entries][-2:] == [11, 12]
        assert connection.scalar(sa.select(sa.func.max(ORDERS.c.seq))) == max(places) + 1


def test_the_webhooks_of_a_copy_are_quiet(file: Database, empty: Database, data: Path, tmp_path: Path) -> None:
    filled(file)
    backup(file, data, tmp_path / "out.zip", now=NOW)
    with Reading(tmp_path / "out.zip") as reading:
        restore(reading, empty, tmp_path / "restored", quiet_at=NOW)
    with empty.reading() as connection:
        (webhook,) = every(connection)
    assert (webhook.disabled_at, webhook.disabled_why) == (NOW, "a copy")


def test_nothing_is_overwritten(file: Database, empty: Database, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.zip"
    out.write_text("mine")
    with pytest.raises(FileExistsError):
        backup(file, data, out, now=NOW)
    assert out.read_text() == "mine"
    out.unlink()
    backup(file, data, out, now=NOW)
    assert [file.name for file in tmp_path.iterdir() if "out" in file.name] == ["out.zip"], "no half file is left"

    target = tmp_path / "restored"
    with Reading(out) as reading:
        with pytest.raises(NotEmpty, match="secret"):
            restore(reading, empty, data)
        (target / "partners").mkdir(parents=True, exist_ok=True)
        (target / "partners" / "mine.yaml").write_text("name: mine\n")
        with pytest.raises(NotEmpty, match="partners"):
            restore(reading, empty, target)
        (target / "partners" / "mine.yaml").unlink()
        empty.migrate()
        write(empty, arrival())
        with pytest.raises(NotEmpty, match="database"):
            restore(reading, empty, target)
    assert not (target / "secret").exists()
    assert len(state(empty)["orders"]) == 1


def test_empty_tables_of_this_version_are_filled(file: Database, empty: Database, data: Path, tmp_path: Path) -> None:
    empty.migrate()
    write(file, arrival())
    restored(file, empty, data, tmp_path)
    assert len(state(empty)["orders"]) == 1


def rewritten(out: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """A copy of a backup with other bytes in its parts."""
    other = out.with_suffix(".other.zip")
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return other


def with_manifest(**values: Any) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        return json.dumps({**json.loads(content), **values}).encode() if name == "manifest.json" else content

    return change


def test_what_is_damaged_or_newer_is_refused_and_nothing_is_changed(
    file: Database, empty: Database, data: Path, tmp_path: Path
) -> None:
    write(file, replace(arrival(), notes=(note(),)))
    out = tmp_path / "out.zip"
    backup(file, data, out, now=NOW)
    newer = rewritten(out, with_manifest(tables_version="9999", product="9.0"))
    assert refused(newer, empty, tmp_path).startswith("it was made by a newer dq-service (9.0, tables 9999")
    flipped = rewritten(
        out, lambda name, content: content.replace(b"Omhaa", b"Omaha") if "changes" in name else content
    )
    assert "tables/changes/00001.ndjson is not what was written" in refused(flipped, empty, tmp_path)
    other_head = rewritten(out, with_manifest(audit_head="0" * 64))
    assert "audit log" in refused(other_head, empty, tmp_path)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(out.read_bytes()[:-100])
    assert "cut off" in refused(cut, empty, tmp_path)
    outside = json.loads(zipfile.ZipFile(out).read("manifest.json"))["parts"]
    outside[0]["name"] = "data/partners/../../evil"
    assert "no backup" in refused(rewritten(out, with_manifest(parts=outside)), empty, tmp_path)


def as_before(out: Path, tables_version: str, scratch: Path) -> Path:
    """The backup as an older release made it, whose tables and columns were fewer."""
    old = sa.create_engine(f"sqlite:///{scratch}")
    with old.begin() as connection:
        migrations.upgrade(connection, tables_version)
        looked = sa.inspect(connection)
        known = {name: {one["name"] for one in looked.get_columns(name)} for name in looked.get_table_names()}
    old.dispose()
    manifest = manifest_of(out)
    parts: list[dict[str, Any]] = []

    def change(name: str, content: bytes) -> bytes:
        table = name.split("/")[1] if name.startswith("tables/") else ""
        if table:
            columns = [column for column, _ in manifest["tables"][table]["columns"]]
            kept = [place for place, column in enumerate(columns) if column in known.get(table, ())]
            rows = [json.loads(line) for line in content.splitlines()]
            content = b"".join(json.dumps([row[place] for place in kept]).encode() + b"\n" for row in rows)
        if name == "manifest.json":
            tables = {
                table: {**one, "columns": [column for column in one["columns"] if column[0] in known[table]]}
                for table, one in manifest["tables"].items()
                if table in known
            }
            told = {**manifest, "tables": tables, "tables_version": tables_version, "parts": parts}
            return json.dumps(told).encode()
        if not table or table in known:
            parts.append({"name": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)})
        return content

    return rewritten(out, change)


def test_a_backup_of_an_older_release_gets_the_tables_of_this_one(
    file: Database, empty: Database, data: Path, tmp_path: Path
) -> None:
    filled(file)
    out = tmp_path / "out.zip"
    backup(file, data, out, now=NOW)
    with Reading(as_before(out, "0003", tmp_path / "scratch.db")) as reading:
        assert len(reading.manifest.forms) <= len(dump.forms())
        restore(reading, empty, tmp_path / "restored")
    assert empty.at_head()
    before, after = state(file), state(empty)
    before.pop("counters"), after.pop("counters")
    assert before == after


def refused(file: Path, empty: Database, tmp_path: Path) -> str:
    with pytest.raises(NotABackup) as caught, Reading(file) as reading:
        restore(reading, empty, tmp_path / "restored")
    left = [one for one in (tmp_path / "restored").rglob("*") if one.is_file() and not one.name.startswith("dq.db")]
    assert left == []
    if empty.file is None or empty.file.exists():
        with empty.reading() as connection:
            assert migrations.revision_of(connection) is None
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_table_is_carried_over_or_left_out_by_name(database: Database) -> None:
    with database.reading() as connection:
        there = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
    assert there == set(METADATA.tables) == {form.table for form in dump.forms()} | dump.LEFT_OUT


def test_what_cannot_be_written_leaves_nothing(sqlite_url: str, tmp_path: Path) -> None:
    database = Database.open(sqlite_url)
    folder = tmp_path / "not there"
    with pytest.raises(OSError, match="not there"):
        backup(database, tmp_path, folder / "out.zip", now=NOW)
    database.close()
    assert not os.path.lexists(folder)
