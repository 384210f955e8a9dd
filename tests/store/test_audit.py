"""The audit log is a chain: what is changed, taken out, put in or cut off is told; what is erased by right is not."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from dq_service.store import audit, migrations, orders
from dq_service.store.audit import BEFORE_ALL, Broken, Verified
from dq_service.store.database import Database
from dq_service.store.kept import Note
from dq_service.store.schema import AUDIT
from tests.store.steps import NOW, arrival, many

TEXTS = ("plain", "é’\U0001f600", 'quo"te\\', "\x00 and \ud83d half", "x" * 3000, "")


def note(reason: Any = "nobody is there", **values: Any) -> Note:
    return replace(Note(NOW, "local", "order.cancel", "ord_1", "acme", {"reason": reason}), **values)


def append(database: Database, *notes: Note) -> None:
    with database.writing() as connection:
        audit.append(connection, notes)


def verified(database: Database, noted: str = "") -> Verified | Broken:
    with database.reading() as connection:
        return audit.verify(connection, noted)


def change(database: Database, sql: str, **values: Any) -> None:
    with database.writing() as connection:
        connection.execute(sa.text(sql), values)


def test_an_empty_log_is_whole(database: Database) -> None:
    assert verified(database) == Verified(0, 0, BEFORE_ALL)
    assert verified(database, BEFORE_ALL) == Verified(0, 0, BEFORE_ALL)


@pytest.mark.parametrize("text", TEXTS)
def test_whatever_a_line_says_it_verifies(database: Database, text: str) -> None:
    value = [text, 1.5, 2**70, None, {"é": True}]
    append(database, Note(NOW, text, text, text, text, {"value": value}), note())
    found = verified(database)
    assert isinstance(found, Verified), found
    assert found.count == 2
    with database.reading() as connection:
        newest, oldest = audit.lines(connection)
    assert (oldest.number, newest.number, newest.hash) == (1, 2, found.head)
    assert oldest.at == NOW
    if "\x00" not in text:
        assert oldest.detail == {"value": value}


def test_a_plain_arrival_writes_no_line_and_a_note_one(database: Database) -> None:
    with database.writing() as connection:
        orders.write(connection, many(3), (), "w1")
    assert verified(database) == Verified(0, 0, BEFORE_ALL)
    with database.writing() as connection:
        orders.write(connection, [replace(arrival(), notes=(note(), note()))], (), "w1")
    assert verified(database).count == 2  # type: ignore[union-attr]


def test_two_workers_write_one_chain(database_url: str) -> None:
    """Each with connections of its own where the engine has several writers."""
    first = Database.open(database_url)
    workers = [first, first if first.dialect == "sqlite" else Database.open(database_url)]
    failed: list[Exception] = []

    def work(database: Database, name: str) -> None:
        try:
            for number in range(15):
                steps = [replace(arrival(), notes=(note(f"{name} {number}"),)) for _ in range(2)]
                with database.writing() as connection:
                    orders.write(connection, [*steps, arrival()], (), name)
                if number % 5 == 0:
                    append(database, note("beside"))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(one, f"w{place}")) for place, one in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed
    assert verified(first).count == 2 * (15 * 2 + 3)  # type: ignore[union-attr]
    for one in {id(one): one for one in workers}.values():
        one.close()


CHANGES: Sequence[tuple[str, int, str]] = (
    ("UPDATE audit SET detail = '{\"reason\":\"other\"}' WHERE id = 3", 3, "detail is not"),
    ("UPDATE audit SET actor = 'key:another' WHERE id = 3", 3, "actor or"),
    ("UPDATE audit SET action = 'order.revert' WHERE id = 3", 3, "not what was written"),
    ("UPDATE audit SET object = 'ord_2' WHERE id = 3", 3, "not what was written"),
    ("UPDATE audit SET partner = 'bolt' WHERE id = 3", 3, "not what was written"),
    ("UPDATE audit SET at = '2026-12-01 18:07:30.123457' WHERE id = 3", 3, "not what was written"),
    ("UPDATE audit SET hash = :zero WHERE id = 3", 3, "not what was written"),
    ("UPDATE audit SET digest = :zero WHERE id = 3", 3, "detail is not"),
    ("DELETE FROM audit WHERE id = 3", 3, "not there"),
    ("DELETE FROM audit WHERE id = 1", 1, "not there"),
    ("UPDATE audit SET detail = NULL, salt = NULL WHERE id = 3", 3, "no later line"),
    ("UPDATE audit SET detail = NULL WHERE id = 3", 3, "taken out"),
    ("INSERT INTO audit SELECT 6, at, actor, action, object, partner, detail, salt, digest, hash FROM audit"
     " WHERE id = 5", 6, "not what was written"),
    ("UPDATE audit SET id = 6 WHERE id = 5", 5, "not there"),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "number", "how"), CHANGES, ids=[sql[:60] for sql, _, _ in CHANGES])
def test_what_was_done_to_it_is_told(database: Database, sql: str, number: int, how: str) -> None:
    append(database, *(note(str(place)) for place in range(5)))
    if "'2026-12-01" in sql and database.dialect == "postgresql":
        sql = sql.replace("'2026-12-01 18:07:30.123457'", "timestamptz '2026-12-01 18:07:30.123457Z'")
    change(database, sql, **({"zero": BEFORE_ALL} if ":zero" in sql else {}))
    found = verified(database)
    assert isinstance(found, Broken)
    assert found.number == number
    assert how in found.how


def test_a_log_that_was_cut_off_is_told_by_a_head_noted_elsewhere(database: Database) -> None:
    append(database, note("1"), note("2"))
    noted = verified(database).head  # type: ignore[union-attr]
    append(database, note("3"))
    assert verified(database, noted).count == 3, "a head of before is in it"  # type: ignore[union-attr]
    last = verified(database).head  # type: ignore[union-attr]
    change(database, "DELETE FROM audit WHERE id = 3")
    assert isinstance(verified(database), Verified), "the chain alone cannot tell"
    assert verified(database, last) == Broken(
        0, "the noted head is not in it: lines were cut off, or it was written anew"
    )
    assert isinstance(verified(database, noted), Verified)


def test_what_is_erased_is_gone_and_the_chain_holds(database: Database) -> None:
    append(database, note("call Aisha"), note("2", actor="Aisha Martinez", object="ord_2"), note("3", actor="key:ab12"))
    head = verified(database).head  # type: ignore[union-attr]
    with database.reading() as connection:
        assert audit.about(connection, ["ord_1", "ord_9"]) == [1, 3]
        assert [number for number, text in audit.told(connection) if "Aisha" in text] == [1, 2]
    with database.writing() as connection:
        audit.erase(connection, [1, 2, 3])
        audit.append(connection, [note(action="orders.erase", detail={audit.ERASED: [1, 2, 3]})])
    found = verified(database, head)
    assert isinstance(found, Verified), found
    assert (found.count, found.erased) == (4, 3)
    with database.reading() as connection:
        left = audit.lines(connection)
        assert [(one.actor, one.detail) for one in left][1:] == [("key:ab12", None), ("", None), ("local", None)]
        assert audit.about(connection, ["ord_1"]) == [4]
        assert "Aisha" not in str(list(connection.execute(sa.select(AUDIT))))


def test_an_erasure_that_is_erased_hands_on_what_it_had_erased(database: Database) -> None:
    append(database, note("call Aisha"))
    for numbers in ([1], [2]):
        with database.writing() as connection:
            listed = audit.erase(connection, numbers)
            audit.append(connection, [note(action="orders.erase", detail={audit.ERASED: listed})])
    assert listed == [1, 2]
    found = verified(database)
    assert isinstance(found, Verified), found
    assert (found.count, found.erased) == (3, 2)


def test_a_log_from_before_the_chain_is_chained(database: Database) -> None:
    append(database, note("1", actor="é"), note("2", object="ord_2"))
    with database.writing() as connection:
        command.downgrade(migrations.config(connection), "0002")
        connection.execute(
            sa.text("INSERT INTO audit (id, at, actor, action, object, partner, detail) "
                    "SELECT 7, at, 'x', action, object, partner, detail FROM audit WHERE id = 2")
        )  # fmt: skip
    database.migrate()
    found = verified(database)
    assert isinstance(found, Verified), found
    assert found.count == 3
    append(database, note())
    assert verified(database).count == 4  # type: ignore[union-attr]
