"""What was published: numbered by kind, kept for ever, and told to those who listen."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from dq_service.store import publications
from dq_service.store.database import Database
from dq_service.store.listening import listen

AT = datetime(2026, 12, 1, 18, 30, tzinfo=UTC)


def add(database: Database, kind: str, body: bytes) -> int:
    with database.writing() as connection:
        publications.lock(connection)
        return publications.add(connection, kind, f"sha256:{body.hex()}", body, at=AT, by="ada\x00")


def test_versions_count_from_one_by_kind_and_all_are_kept(database: Database) -> None:
    assert [add(database, "rulebook", b"a\x00"), add(database, "rulebook", b"b"), add(database, "partners", b"c")] == [
        1,
        2,
        1,
    ]
    with database.reading() as connection:
        assert publications.versions(connection) == {"rulebook": 2, "partners": 1}
        newest = publications.find(connection, "rulebook")
        first = publications.find(connection, "rulebook", 1)
        assert publications.find(connection, "rulebook", 3) is None
        assert publications.find(connection, "aliases") is None
        assert publications.hashes(connection, "rulebook") == {"sha256:6100", "sha256:62"}
    assert newest is not None
    assert first is not None
    assert (newest.version, newest.body) == (2, b"b")
    assert (first.body, first.at, first.by) == (b"a\x00", AT, "ada\ufffd")


def test_two_who_publish_at_once_get_numbers_of_their_own(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda number: add(database, "rulebook", b"%d" % number), range(12)))
    assert sorted(numbers) == list(range(1, 13))


def test_who_listens_is_woken_at_the_commit(postgresql_url: str) -> None:
    database, woken, heard = Database.open(postgresql_url), threading.Semaphore(0), threading.Event()
    thread = threading.Thread(
        target=listen, args=(postgresql_url, publications.CHANNEL, woken.release, lambda: not heard.is_set())
    )
    thread.start()
    try:
        assert woken.acquire(timeout=10)  # it listens
        add(database, "rulebook", b"a")
        assert woken.acquire(timeout=10)
    finally:
        heard.set()
        thread.join(10)
        database.close()
    assert not thread.is_alive()
