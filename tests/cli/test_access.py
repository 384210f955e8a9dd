"""`dq keys`, `dq users`, and whom `dq serve` lets in: on both engines, and while a server holds the file."""

import re
import stat
from pathlib import Path

import pytest

from dq_service.cli import entrance
from dq_service.service import sessions
from dq_service.settings import Settings
from dq_service.store.database import Database
from dq_service.watch import Watch
from tests.cli.conftest import Dq

KEY = re.compile(r"dq_(live|test)_([a-z2-9]{8})_[\w-]{43}\n")


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_keys_life(dq: Dq, installed: Path) -> None:
    folder = ("--data", str(installed))
    assert dq("keys", "list", *folder).out == "no keys; dq keys create makes one\n"
    made = dq("keys", "create", "--partner", "acme", "--name", "the shop", *folder)
    found = KEY.fullmatch(made.out)  # the key alone, for a script
    assert found is not None
    assert made.err.startswith(f"key {found[2]} for acme; may check, orders:write, orders:read, events:read, webhooks.")
    test = KEY.fullmatch(dq("keys", "create", "--test", "--scope", "check", "--expires", "90d", *folder).out)
    assert test is not None
    assert test[1] == "test"
    listed = lines(dq("keys", "list", *folder, columns=200).out)
    assert listed[0] == "key partner may made ends last used for"
    assert re.fullmatch(rf"{found[2]} acme check .* webhooks \S+ never never the shop", listed[1])
    assert re.match(rf"test {test[2]} \(all\) check \S+ \S+ \S+ UTC never", listed[2])
    rotated = dq("keys", "rotate", found[2], "--overlap", "1h", *folder)
    assert KEY.fullmatch(rotated.out)
    assert "the old one goes on until 20" in rotated.err
    assert dq("keys", "revoke", found[0].strip(), *folder).out == f"key {found[2]} is revoked\n"
    assert found[2] not in dq("keys", "list", *folder).out
    assert f"{found[2]} acme" in "\n".join(lines(dq("keys", "list", "--all", *folder, columns=200).out))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["create", "--scope", "fly"], "no scope 'fly'"),
        (["create", "--partner", "acme", "--scope", "admin"], "is for everybody's orders"),
        (["create", "--expires", "soon"], "'soon' is no time"),
        (["revoke", "nonesuch"], "there is no such key"),
        (["rotate", "nonesuch"], "there is no such key"),
    ],
)
def test_what_cannot_be_is_one_line(dq: Dq, installed: Path, given: list[str], said: str) -> None:
    answer = dq("keys", *given, "--data", str(installed))
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err


def test_a_users_life(dq: Dq, installed: Path, database_url: str) -> None:
    folder = ("--data", str(installed))
    assert dq("users", "list", *folder).out.startswith("no users; dq users add")
    added = dq("users", "add", "Ada@example.com", "--role", "manager", *folder)
    assert re.fullmatch(r"[a-z2-9]{5}(-[a-z2-9]{5}){3}\n", added.out)
    assert added.err == "ada@example.com is added as manager\n"
    database = Database.open(database_url)
    try:
        assert sessions.signed_in(database, "ada@example.com", added.out.strip()) is not None
        assert "never has not chosen a password yet" in lines(dq("users", "list", *folder).out)[1]
        assert dq("users", "disable", "ada@example.com", *folder).out == "ada@example.com is disabled\n"
        assert sessions.signed_in(database, "ada@example.com", added.out.strip()) is None
        dq("users", "enable", "ada@example.com", *folder)
        once = dq("users", "reset", "ada@example.com", *folder).out.strip()
        assert sessions.signed_in(database, "ada@example.com", once) is not None
    finally:
        database.close()
    refused = dq("users", "add", "bob", "--role", "partner", *folder)
    assert (refused.code, refused.err.count("\n")) == (2, 1)


def test_the_server_that_writes_the_file_is_asked(dq: Dq, data: Path, serving: Watch) -> None:
    folder = ("--data", str(data))
    made = KEY.fullmatch(dq("keys", "create", "--partner", "acme", *folder).out)
    assert made is not None
    assert made[2] in dq("keys", "list", *folder).out
    assert dq("keys", "revoke", made[2], *folder).code == 0
    refused = dq("keys", "revoke", "nonesuch", *folder)
    assert (refused.code, refused.err) == (2, "dq: there is no such key; dq keys list names them\n")
    assert dq("users", "add", "ada", "--role", "admin", *folder).code == 0
    assert list((data / "errands").iterdir()) == []


# --- whom a server lets in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
def test_without_a_key_a_server_is_for_this_machine_alone_and_says_so(dq: Dq, data: Path, host: str) -> None:
    assert entrance.openness(Settings(data), host) == ", open to this machine alone: no key was made yet"


def test_without_a_key_no_other_address_is_listened_on(dq: Dq, data: Path) -> None:
    refused = dq("serve", "--host", "0.0.0.0", "--port", "0", "--data", str(data))
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "there is no key yet: dq keys create makes one" in refused.err


def test_with_a_key_any_address_is_also_once_all_are_revoked(dq: Dq, installed: Path, database_url: str) -> None:
    made = KEY.fullmatch(dq("keys", "create", "--data", str(installed)).out)
    assert made is not None
    assert entrance.openness(Settings(installed, database_url), "0.0.0.0") == ""
    dq("keys", "revoke", made[2], "--data", str(installed))
    assert entrance.openness(Settings(installed, database_url), "127.0.0.1") == ""


def test_the_first_password_lies_in_a_file_that_nobody_else_reads(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(tmp_path)
    entrance.first_start(settings, database)
    file = tmp_path / "admin-password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert str(file) in caplog.text
    once = file.read_text("ascii").strip()
    assert once not in caplog.text + "".join(capsys.readouterr())
    user = sessions.signed_in(database, "admin", once)
    assert user is not None
    assert user.must_change
    file.write_text("kept")
    entrance.first_start(settings, database)  # there is a user now
    assert file.read_text() == "kept"
    entrance.entrance_of(settings, 1).chosen(user)
    assert not file.exists()


def test_on_a_terminal_the_first_password_is_printed(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    entrance.first_start(Settings(tmp_path), database)
    found = re.search(r"sign in as admin with (\S+), for this once", capsys.readouterr().err)
    assert found is not None
    assert sessions.signed_in(database, "admin", found[1]) is not None
    assert list(tmp_path.glob("admin*")) == []


def test_the_doctor_shows_no_secret(dq: Dq, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DQ_SECRET", "swordfish" * 5)
    monkeypatch.setenv("DQ_PUBLIC_URL", "https://dq.example.com")
    said = dq("doctor", "--data", str(data), columns=200).out
    assert "swordfish" not in said
    assert "DQ_SECRET" in said
    assert "https://dq.example.com" in said
