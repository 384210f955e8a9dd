"""`dq rules publish`, `dq serve` where it cannot, and what the doctor says of the database: on both engines."""

from pathlib import Path

import psycopg
import pytest

from dq_service.reference.whereabouts import profiles_folder
from dq_service.settings import Settings
from dq_service.store.database import Database
from dq_service.watch import Watch
from tests.cli.conftest import Dq

PASSWORD = "swordfish"


SHIPPED = len(list(profiles_folder().glob("*.yaml")))
UNCHANGED = "profiles 1: nothing has changed\n"


def test_what_changed_is_published_and_told(dq: Dq, installed: Path) -> None:
    first = dq("rules", "publish", "--data", str(installed))
    assert (first.code, first.out, first.err) == (
        0,
        f"rulebook 1: 5 new\npartners 1: 2 new\nprofiles 1: {SHIPPED} new\n",
        "",
    )
    again = dq("rules", "publish", "--data", str(installed))
    assert again.out == "rulebook 1: nothing has changed\npartners 1: nothing has changed\n" + UNCHANGED
    (installed / "partners" / "acme.yaml").write_text("name: acme\n", "utf-8")
    (installed / "partners" / "meadow.yaml").rename(installed / "partners" / "heath.yaml")
    (installed / "partners" / "heath.yaml").write_text("name: heath\n", "utf-8")
    changed = dq("rules", "publish", "--data", str(installed)).out
    assert changed == (
        "rulebook 1: nothing has changed\n"
        "partners 2: 1 new, 1 changed, 1 gone\n  + heath.yaml\n  ~ acme.yaml\n  - meadow.yaml\n" + UNCHANGED
    )


def test_nothing_is_published_while_anything_is_wrong(dq: Dq, installed: Path) -> None:
    dq("rules", "publish", "--data", str(installed))
    (installed / "partners" / "acme.yaml").write_text("name: acme\npo_box: false\n", "utf-8")
    rule = installed / "rules" / "text" / "TXT500-half.yaml"
    rule.parent.mkdir(parents=True)
    rule.write_text("code: TXT500\n", "utf-8")
    said = dq("rules", "publish", "--data", str(installed))
    assert said.code == 1
    assert "acme.yaml:2: no key 'po_box'" in said.out
    assert "TXT500-half.yaml:1: key 'name' is missing" in said.out
    assert said.err.endswith("problems; nothing is published\n")
    rule.unlink()
    (installed / "partners" / "acme.yaml").write_text("name: acme\n", "utf-8")
    assert "partners 2: 1 changed" in dq("rules", "publish", "--data", str(installed)).out


def test_the_server_that_writes_the_file_is_asked(dq: Dq, data: Path, serving: Watch) -> None:
    (data / "partners" / "nova.yaml").write_text("name: nova\n", "utf-8")
    said = dq("rules", "publish", "--data", str(data))
    assert said.out == "rulebook 1: nothing has changed\npartners 2: 1 new\n  + nova.yaml\n" + UNCHANGED
    (data / "partners" / "nova.yaml").write_text("nam: nova\n", "utf-8")
    refused = dq("rules", "publish", "--data", str(data))
    assert (refused.code, "no key 'nam'" in refused.out) == (1, True)
    second = dq("serve", "--port", "0", "--data", str(data))
    assert (second.code, second.err.count("\n")) == (2, 1)
    assert "is being written by another process" in second.err


def test_who_holds_the_file_and_does_not_answer_is_told(dq: Dq, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dq_service.cli.errand.PATIENCE", (0.01, 0.01))
    database = Database.open(Settings(data).database)
    database.migrate()
    try:
        said = dq("rules", "publish", "--data", str(data))
    finally:
        database.close()
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "does not answer requests" in said.err


@pytest.mark.parametrize("command", [["rules", "publish"], ["serve", "--port", "0"]], ids=["publish", "serve"])
def test_a_url_that_names_no_database_is_one_line(
    dq: Dq, data: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("DQ_DATABASE_URL", f"mysql://ada:{PASSWORD}@db/dq")
    said = dq(*command, "--data", str(data))
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "DQ_DATABASE_URL wants sqlite:///FILE or postgresql://" in said.err
    assert PASSWORD not in said.err


# --- the doctor -----------------------------------------------------------------------------------------------------


def doctor(dq: Dq, data: Path) -> str:
    """Its remarks with the sign of each, in as many columns as they need."""
    return "\n".join(" ".join(line.split()) for line in dq("doctor", "--data", str(data), columns=400).out.splitlines())


def test_the_doctor_compares_what_is_published_with_the_folder(dq: Dq, installed: Path) -> None:
    new = doctor(dq, installed)
    assert "its tables are those of this version" in new
    assert "published ! no rulebook yet" in new
    dq("rules", "publish", "--data", str(installed))
    well = doctor(dq, installed)
    assert "published ✓ rulebook 1 of 20" in well
    assert well.count(", as the files are") == 3
    (installed / "partners" / "acme.yaml").write_text("name: acme\n", "utf-8")
    assert "1 file differs from it: dq rules publish" in doctor(dq, installed)


def test_the_doctor_looks_at_a_database_that_a_server_holds(dq: Dq, data: Path, serving: Watch) -> None:
    said = doctor(dq, data)
    assert "database ✓ SQLite" in said
    assert "for one worker; several need PostgreSQL" in said
    assert said.count(", as the files are") == 3


@pytest.mark.parametrize(
    ("number", "told"),
    [("0000", "! its tables are older (0000)"), ("9999", "✗ its tables are newer (9999)")],
    ids=["older", "newer"],
)
def test_the_doctor_names_tables_of_another_version(
    dq: Dq, data: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, number: str, told: str
) -> None:
    monkeypatch.setenv("DQ_DATABASE_URL", postgresql_url)
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (number,))
    assert told in doctor(dq, data)


def test_a_database_that_does_not_answer_is_told_without_its_password(
    dq: Dq, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "dq.db is not there yet: dq serve makes it" in doctor(dq, data)
    monkeypatch.setenv("DQ_DATABASE_URL", f"postgresql://ada:{PASSWORD}@127.0.0.1:1/dq")
    ill = doctor(dq, data)
    assert "database ✗ dq at 127.0.0.1: the database server cannot be reached" in ill
    assert PASSWORD not in ill
    said = dq("rules", "publish", "--data", str(data))
    assert (said.code, said.err.count("\n"), PASSWORD in said.err) == (2, 1, False)
