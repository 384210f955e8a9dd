"""`dq backup`, `restore`, `erase`, `audit-log`: what they say, and how they refuse."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dq_service.service import errands
from dq_service.service.errands import FOLDER
from dq_service.settings import Settings
from dq_service.store import audit, orders
from dq_service.store.database import Database
from dq_service.store.kept import Note
from dq_service.watch import Watch
from tests.cli.conftest import Dq
from tests.store.steps import NOW, arrival, many, order

PHONE = "+14025550166"


def filled(data: Path) -> Path:
    """A data folder with a database: three orders, one of a recipient who is to be forgotten, and a line about it."""
    database = Database.open(Settings(data).database)
    database.migrate()
    write(database)
    database.close()
    return data


def write(database: Database) -> None:
    theirs = arrival(
        700007, sent={**order(700007), "instructions": f"call {PHONE}"}, at=NOW, lifecycle="closed", ended_at=NOW
    )
    note = Note(NOW, "local:desk", "order.cancel", theirs.after.id, "acme", {"reason": f"{PHONE} called"})
    with database.writing() as connection:
        orders.write(connection, [replace(theirs, notes=(note,)), *many(2)], (), "w1")


def at(dq: Dq, data: Path) -> Callable[..., tuple[int, str, str]]:
    """A command on that folder: its code, what it printed, and what else it said."""

    def run(*words: str) -> tuple[int, str, str]:
        said = dq(*words, "--data", str(data))
        return said.code, said.out, said.err

    return run


def test_there_and_back(dq: Dq, data: Path, tmp_path: Path) -> None:
    run, again, out = at(dq, filled(data)), at(dq, tmp_path / "other"), str(tmp_path / "b.zip")
    code, said, _ = run("backup", out)
    assert code == 0
    assert said.startswith(f"{out}: 3 orders, 0.0 MiB\naudit log: 1 line, head ")
    head = said.split()[-1]
    assert run("backup", out) == (2, "", f"dq: {out} is there already; give another name\n")
    code, said, _ = again("restore", out)
    assert code == 0
    assert said.startswith(f"{tmp_path}/other/dq.db: 3 orders of ")
    assert said.endswith(f"audit log: 1 line verified, head {head}\n")
    assert again("audit-log", "verify") == (0, f"1 line, head {head}\n", "")
    code, _, err = again("restore", out)
    assert (code, err.count("\n")) == (2, 1)
    assert "a backup is restored into an empty data folder and an empty database" in err


def test_what_is_no_backup(dq: Dq, tmp_path: Path) -> None:
    run = at(dq, tmp_path / "new")
    (tmp_path / "no.zip").write_text("nothing")
    code, _, err = run("restore", str(tmp_path / "no.zip"))
    assert (code, err) == (2, f"dq: {tmp_path}/no.zip: it is no backup of dq-service, or was cut off\n")
    code, _, err = run("restore", str(tmp_path / "none.zip"))
    assert (code, err) == (2, f"dq: {tmp_path}/none.zip: No such file or directory\n")
    code, _, err = run("backup", str(tmp_path / "b.zip"))
    assert (code, err.count("\n")) == (2, 1)
    assert "there is nothing to back up" in err


def test_the_log_is_verified(dq: Dq, data: Path) -> None:
    run = at(dq, filled(data))
    _, said, _ = run("audit-log", "verify")
    head = said.split()[-1]
    assert run("audit-log", "verify", "--head", head) == (0, said, "")
    assert run("audit-log", "verify", "--head", "f" * 64)[:2] == (
        1,
        "the noted head is not in it: lines were cut off, or it was written anew\n",
    )
    assert run("audit-log", "verify", "--head", "x")[0] == 2
    code, listed, _ = run("audit-log", "list")
    assert code == 0
    assert "local:desk order.cancel ord_" in listed
    database = Database.open(Settings(data).database)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE audit SET action = 'other'")
    database.close()
    assert run("audit-log", "verify") == (
        1,
        "line 1: it is not what was written, or not after the line before it\n",
        "the audit log is not what was written\n",
    )


def test_what_would_go_is_shown_first(dq: Dq, data: Path) -> None:
    run = at(dq, filled(data))
    code, out, err = run("erase", "--phone", "402-555-0166")
    assert code == 0
    assert out.count("\n") == 1
    assert "ACME-700007  closed" in out
    assert err == "1 order and 0 more lines of the audit log would go: --yes\n"
    code, out, err = run("erase", "--phone", "402-555-0166", "--basis", "2026-118", "--yes")
    assert (code, err) == (0, "1 order and 2 events deleted, 1 line of the audit log erased\n")
    assert run("erase", "--phone", PHONE) == (0, "", "no order and no line of the audit log names them\n")
    code, said, _ = run("audit-log", "verify")
    assert (code, said[:26]) == (0, "2 lines, 1 of them erased,")
    assert "erased" in run("audit-log", "list")[1]


def test_orders_under_way_are_left(dq: Dq, data: Path) -> None:
    database = Database.open(Settings(data).database)
    database.migrate()
    sent = {**order(700008), "ship_to": {"phone": PHONE}}
    with database.writing() as connection:
        orders.write(connection, [arrival(700008, sent=sent, at=datetime.now(UTC))], (), "w1")
    database.close()
    run = at(dq, data)
    code, out, err = run("erase", "--phone", PHONE, "--yes")
    assert code == 0
    assert "under way, is left" in out
    assert err.startswith("1 order under way: --under-way deletes these, too\n0 orders and 0 events deleted")
    assert "1 order and 2 events deleted" in run("erase", "--phone", PHONE, "--yes", "--under-way")[2]


def test_who_could_be_anybody_is_refused(dq: Dq, data: Path) -> None:
    run = at(dq, filled(data))
    for words in ((), ("--name", "Ruth"), ("--phone", "12"), ("--phone", PHONE, "--basis", f"{PHONE} asked")):
        code, out, err = run("erase", *words)
        assert (code, out, err.count("\n")) == (2, "", 1), words
        assert PHONE not in err


def test_a_server_that_writes_the_file_is_asked(
    dq: Dq, serving: Watch, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request that lies in the data folder names nobody."""
    laid: list[bytes] = []
    whole = errands._write

    def spied(file: Path, content: bytes, *, like: Path) -> None:
        laid.append(content)
        whole(file, content, like=like)

    monkeypatch.setattr(errands, "_write", spied)
    database = serving._source._database  # type: ignore[attr-defined]
    write(database)
    code, _, err = at(dq, data)("erase", "--phone", PHONE, "--yes")
    assert (code, err) == (0, "1 order and 2 events deleted, 1 line of the audit log erased\n")
    with database.reading() as connection:
        assert isinstance(audit.verify(connection), audit.Verified)
    assert laid
    assert not any(b"4025550166" in content for content in laid)
    assert not list((data / FOLDER).iterdir())
