"""A recipient is forgotten: no byte of them is left in the database's files, and the audit log still verifies."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dq_service.service.erasure import Erased, checked_basis, erase, find, scrubbed
from dq_service.service.errands import Declined
from dq_service.service.recipient import recipient
from dq_service.store import audit, orders, webhooks
from dq_service.store.database import Database
from dq_service.store.kept import Fix, Kept, Note
from dq_service.store.orders import Remembered
from dq_service.store.schema import DELIVERIES, IDEMPOTENCY, KNOWN_BY, METADATA, ORDERS, OUTBOX, ROLLUPS
from tests.databases import Server
from tests.store.steps import arrival, changed, order

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
PHONE, MAIL, NAME = "+14025550166", "ruth.okafor@example.com", "Ruth Okafor"
TRACES = (b"4025550166", b"402-555-0166", b"ruth.okafor", b"Okafor", b"Pinecrest Lane")
WHO = recipient(PHONE, MAIL, NAME, "68142")


def kept(
    database: Database, number: int, sent: dict[str, Any] | None = None, *, days: float = 40, **values: Any
) -> Kept:
    """An order with two revisions, an idempotency key, events, and a line in the audit log."""
    at = NOW - days * timedelta(days=1)
    first = arrival(number, at=at, sent={**order(number), **(sent or {})}, **values)
    fixes = {"ship_to.phone": Fix("ship_to.phone", "402-555-0166", "", "desk", at)} if sent else {}
    second = changed(first.after, fixes=fixes, changed_at=at)
    second = replace(
        second,
        lines=tuple(replace(line, before=PHONE if sent else "x", after="402-555-0166" if sent else "y")
                    for line in second.lines),
        notes=(Note(at, NAME if sent else "desk", "order.cancel", first.after.id, "acme",
                    {"reason": f"{NAME} called" if sent else "somebody called"}),),
    )  # fmt: skip
    with database.writing() as connection:
        orders.write(connection, [first], [Remembered("acme", f"{number}", "d", first.after.id, 1, NOW)], "w1")
        orders.write(connection, [second], [], "w1")
    return second.after


def party(**values: Any) -> dict[str, Any]:
    address = {"line1": "9 Pinecrest Lane", "city": "Omaha", "state": "NE", "postal_code": "68142"}
    return {"name": NAME, "phone": PHONE, "email": MAIL, "address": address, **values}


def contact(**values: Any) -> dict[str, Any]:
    return {"name": "Bo Larsen", "address": {"postal_code": "68142"}, "contacts": [{"role": "alternate", **values}]}


@pytest.fixture
def theirs(database: Database) -> list[Kept]:
    """Their orders, among those of others."""
    webhook = webhooks.Webhook("whk_1", "https://example.com", "whsec_x", "", (), (), NOW, 0)
    with database.writing() as connection:
        webhooks.add(connection, webhook)
    found = []
    for number in range(1, 31):
        kept(database, number)
        if number % 5 == 0:
            forms: list[dict[str, Any]] = [
                {"ship_to": party()},
                {"ship_from": party(), "status": "delivered"},
                {"bill_to": contact(email=MAIL.upper())},
                {"stops": [contact(phone="402.555.0166"), contact()]},
                {"ship_to": contact(name="okafor, RUTH")},
                {"instructions": "call Ruth at (402) 555-0166"},
            ]
            found.append(kept(database, 100 + number, forms[number // 5 - 1]))
    with database.writing() as connection:
        audit.append(connection, [Note(NOW, "key:ab", "webhook.add", "whk_1", "", {"note": f"asked for by {NAME}"})])
        webhooks.take_up(connection, webhook, 0, NOW, 1000)
    return found


def rows(database: Database, table: sa.Table) -> int:
    with database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def state(database: Database) -> str:
    """Everything that can be read."""
    with database.reading() as connection:
        return "\n".join(str(row) for table in METADATA.sorted_tables for row in connection.execute(sa.select(table)))


def test_they_are_found_in_any_party_or_contact(database: Database, theirs: list[Kept]) -> None:
    seen: list[float] = []
    found = find(database, WHO, NOW, seen.append)
    assert {one.id for one in found.orders} == {one.id for one in theirs}
    assert sum(seen) == 36
    assert len(found.lines) == 1, "beside those about the orders"
    assert not any(one.under_way for one in found.orders)
    assert len(find(database, recipient(email=MAIL), NOW).orders) == 3
    assert find(database, recipient(phone="+1 402 555 0199"), NOW).orders == []


def erased(database: Database, who: Any = WHO) -> Erased:
    found = find(database, who, NOW)
    return erase(database, [one.id for one in found.orders], found.lines, by="local:desk", basis="2026-118", now=NOW)


def test_all_of_them_goes_and_nothing_else(database: Database, theirs: list[Kept]) -> None:
    counts, others = rows(database, ROLLUPS), 30
    with database.reading() as connection:
        noted = audit.head(connection)[1]
    done = erased(database)
    assert done == Erased(6, 18, 7, True)
    text = state(database)
    assert not any(trace.decode() in text for trace in TRACES)
    assert rows(database, ORDERS) == rows(database, IDEMPOTENCY) == others
    assert rows(database, OUTBOX) == rows(database, DELIVERIES) == 3 * others
    assert rows(database, ROLLUPS) == counts
    with database.reading() as connection:
        gone = {one.id for one in theirs}
        assert not gone & set(connection.scalars(sa.select(KNOWN_BY.c.order_id)))
        assert not gone & set(connection.scalars(sa.select(OUTBOX.c.order_id)))
        found = audit.verify(connection, noted)
        assert isinstance(found, audit.Verified), found
        assert (found.count, found.erased) == (38, 7)
        newest = audit.lines(connection, limit=1)[0]
        assert (newest.actor, newest.action) == ("local:desk", "orders.erase")
        assert newest.detail is not None
        assert (newest.detail["orders"], newest.detail["basis"]) == (6, "2026-118")
    assert find(database, WHO, NOW).orders == []
    again = erased(database)
    assert again == Erased(0, 0, 0, True)
    with database.reading() as connection:
        assert audit.head(connection)[0] == 38, "where nothing was done nothing is told"


def test_no_byte_of_them_is_left_in_a_sqlite_file(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    assert database.file is not None
    assert_gone(database, lambda: [Path(f"{database.file}{end}") for end in ("", "-wal", "-shm")])
    database.close()


def test_no_byte_of_them_is_left_in_postgresqls_tables(postgresql: Server, postgresql_url: str) -> None:
    database = Database.open(postgresql_url)

    def files() -> Iterator[Path]:
        with database.reading() as connection:
            number = connection.scalar(sa.text("SELECT oid FROM pg_database WHERE datname = current_database()"))
        yield from (postgresql.folder / "base" / str(number)).iterdir()

    assert_gone(database, files, lambda: postgresql.run("CHECKPOINT"))
    with database.writing() as connection:
        connection.execute(sa.text("ANALYZE"))
    assert not any(found(files(), trace) for trace in TRACES)
    database.close()


def assert_gone(database: Database, files: Callable[[], Any], checkpoint: Callable[[], object] = lambda: None) -> None:
    """Orders of theirs among many others', changed and changed again, so that old pages are about; then no byte."""
    webhook = webhooks.Webhook("whk_1", "https://example.com", "whsec_x", "", (), (), NOW, 0)
    for number in range(1, 151):
        kept(database, number, {"ship_to": party()} if number % 7 == 0 else None)
    with database.writing() as connection:
        webhooks.add(connection, webhook)
        webhooks.take_up(connection, webhook, 0, NOW, 10_000)
    with database.writing() as connection:  # more of them, rolled back: its bytes may be about, too
        for statement in ("UPDATE orders SET account = 'Okafor'", "UPDATE orders SET account = ''"):
            connection.execute(sa.text(statement))
    checkpoint()
    assert all(found(files(), trace) for trace in TRACES), "they stood there"
    assert erased(database).orders == 21
    checkpoint()
    assert not [(trace, str(file)) for trace in TRACES for file in files() if found([file], trace)]
    assert rows(database, ORDERS) == 129
    with database.reading() as connection:
        assert isinstance(audit.verify(connection), audit.Verified)
        if database.file:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    with database.writing() as connection:
        orders.write(connection, [arrival(9000)], (), "w1")


def found(files: Any, trace: bytes) -> bool:
    return any(trace in file.read_bytes() for file in files if file.is_file())


def test_orders_under_way_are_told(database: Database) -> None:
    under_way = kept(database, 1, {"ship_to": party()}, days=1)
    kept(database, 2, {"ship_to": party()}, days=31)
    kept(database, 3, {"ship_to": party()}, days=1, lifecycle="closed", ended_at=NOW)
    found_ = find(database, WHO, NOW)
    assert [one.id for one in found_.orders if one.under_way] == [under_way.id]


def test_what_comes_in_meanwhile_goes_too(database: Database) -> None:
    one = kept(database, 1, {"ship_to": party()})
    found_ = find(database, WHO, NOW)
    with database.writing() as connection:
        orders.write(connection, [changed(one)], (), "w1")
    erase(database, [order.id for order in found_.orders], (), by="local", basis="", now=NOW)
    assert rows(database, ORDERS) == rows(database, OUTBOX) == rows(database, KNOWN_BY) == 0


def test_beside_load_nothing_is_left_over(database: Database, theirs: list[Kept]) -> None:
    """Their orders are changed, and others come in and are called off, while they are erased."""
    ended = threading.Event()
    failed: list[Exception] = []

    def changes() -> None:
        while not ended.is_set():
            with database.writing() as connection:
                there = orders.load(connection, orders.Wanted(ids={one.id for one in theirs})).by_id
                orders.write(connection, [changed(one) for one in there.values()], (), "w2")

    def comes_in() -> None:
        for number in count(10_000, 2):
            if ended.is_set():
                return
            note = Note(NOW, "desk", "order.cancel", "ord_x", "acme", {})
            with database.writing() as connection:
                orders.write(connection, [replace(arrival(number), notes=(note,)), arrival(number + 1)], (), "w3")

    def kept_up(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=kept_up, args=(work,)) for work in (changes, comes_in)]
    for thread in threads:
        thread.start()
    try:
        done = erased(database)
    finally:
        ended.set()
        for thread in threads:
            thread.join(30)
    assert not failed
    assert done.orders == 6
    with database.reading() as connection:
        here = set(connection.scalars(sa.select(ORDERS.c.id)))
        for table in ("bodies", "results", "findings", "changes", "known_by", "outbox", "deliveries", "idempotency"):
            named = set(connection.scalars(sa.select(METADATA.tables[table].c.order_id)))
            assert named <= here, table
        assert isinstance(audit.verify(connection), audit.Verified)


def test_every_table_that_may_name_somebody_is_written_anew() -> None:
    with_nobody = {
        "rollups", "partners", "publications", "leases", "webhooks", "counters", "api_keys", "users", "sessions",
        "saved_views",
    }  # fmt: skip
    assert set(METADATA.tables) - set(scrubbed()) <= with_nobody


def test_a_basis_is_short() -> None:
    with pytest.raises(Declined):
        checked_basis("x" * 201)
