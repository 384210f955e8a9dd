"""Started as the README says: from a wheel, by a user without rights, where not everything is as it should be.

Each start works, or says in one line what is wrong and what to do.
"""

import json
import re
import socket
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from ruamel.yaml import YAML

from dq_service.settings import SETTINGS
from fetch_scripts import TAKEN
from tests.databases import Server, server
from tests.packaging.installed import PYTHON, ROOT, Installed, folder, install

pytestmark = pytest.mark.skipif(not PYTHON, reason="a user without rights cannot run this Python")
ORDER = json.dumps({"order_id": "TERN-1", "ship_to": {"name": "Aisha Martinez"}}).encode()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, made as `make` would."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Iterator[Installed]:
    with folder() as place:
        yield install(wheel, place / "prefix")


@pytest.fixture
def place() -> Iterator[Path]:
    with folder() as made:
        yield made


@pytest.fixture(scope="module")
def reachable() -> Iterator[Server]:
    """A PostgreSQL whose socket every user reaches."""
    started = server()
    started.folder.chmod(0o711)
    yield started
    started.end()


def one_line(ran: "subprocess.CompletedProcess[str]") -> str:
    """What a start that failed says, in its one line."""
    assert ran.returncode == 2
    assert ran.stdout == ""
    (line,) = ran.stderr.splitlines()
    return line


def test_the_wheel_carries_the_pages_and_the_scripts_of_others(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        carried = set(packed.namelist())
    assert {f"dq_service/web/static/vendor/{name}" for name in TAKEN.values()} <= carried
    assert {"dq_service/web/static/pages.js", "dq_service/web/templates/order.html"} <= carried


def test_the_wheel_carries_rules_and_tables_compiled(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    carried = {name.partition("/")[2] for name in names if name.startswith("dq_service/")}
    assert {"_data/rules/compiled.marshal", "_data/reference_data/compiled.marshal", "py.typed"} <= carried
    shipped = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rules").rglob("*.yaml")}
    assert {f"_data/{name}" for name in shipped} <= carried
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_what_is_run_is_what_was_installed(installed: Installed) -> None:
    code = "import dq_service, os; print(os.getuid(), dq_service.__file__)"
    said = subprocess.run(
        [*PYTHON, "-c", code],
        env=installed.environment({}),
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert said[0] != "0"
    assert said[1].startswith(str(installed.prefix))


def test_two_workers_on_postgresql_stopped_and_started_again(
    installed: Installed, reachable: Server, place: Path
) -> None:
    reachable.run("CREATE DATABASE twice")
    variables = {"DQ_DATABASE_URL": reachable.url("twice")}
    for status in (201, 200):
        with installed.serving(place / "own", "--workers", "2", **variables) as served:
            assert served.ask("GET", "/readyz").status == 200
            assert {served.ask("POST", "/v1/orders", ORDER).status for _ in range(10)} <= {status, 200}
            assert served.check({}).status == 200
            assert served.ask("GET", "/metrics").status == 200
    examined = installed.run("doctor", "--data", str(place / "own"), **variables)
    assert examined.returncode == 0, examined.stdout


def test_one_worker_on_sqlite_and_a_second_start_beside_it(installed: Installed, place: Path) -> None:
    with installed.serving(place / "own") as served:
        assert served.ask("POST", "/v1/orders", ORDER).status == 201
        line = one_line(installed.run("serve", "--port", "0", "--data", str(place / "own")))
        assert re.search(r"is being written by another process \(process \d+\)", line)
        assert "DQ_DATABASE_URL" in line


def test_a_port_that_is_used(installed: Installed, place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = str(used.getsockname()[1])
        line = one_line(installed.run("serve", "--port", port, "--data", str(place / "own")))
    assert (
        line == f"dq serve: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another with --port"
    )


def test_several_workers_on_sqlite(installed: Installed, place: Path) -> None:
    line = one_line(installed.run("serve", "--workers", "2", "--port", "0", "--data", str(place / "own")))
    assert "needs PostgreSQL (DQ_DATABASE_URL)" in line


@pytest.mark.parametrize("made", [True, False], ids=["a folder", "no folder yet"])
def test_a_data_folder_that_cannot_be_written(installed: Installed, place: Path, made: bool) -> None:
    data = place / "theirs"
    if made:
        data.mkdir(mode=0o755)
    line = one_line(installed.run("serve", "--port", "0", "--data", str(data)))
    assert line == f"dq: {data} cannot be written by this user: give another with --data or DQ_DATA_DIR"


def test_a_data_folder_that_cannot_be_written_but_need_not_be(
    installed: Installed, reachable: Server, place: Path
) -> None:
    """All that would be written is in the database or the environment."""
    reachable.run("CREATE DATABASE aside")
    data = place / "theirs"
    data.mkdir(mode=0o755)
    variables = {"DQ_DATABASE_URL": reachable.url("aside"), "DQ_SECRET": "quite-long-and-known-to-nobody-else-1234"}
    with installed.serving(data, "--workers", "2", **variables) as served:
        assert {served.ask("POST", "/v1/orders", ORDER).status for _ in range(5)} == {200, 201}
        assert served.ask("GET", "/readyz").status == 200
    assert list(data.iterdir()) == []


def test_a_database_of_a_newer_version(installed: Installed, reachable: Server, place: Path) -> None:
    with installed.serving(place / "own"):
        pass
    database = sqlite3.connect(place / "own" / "dq.db")
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    database.close()
    line = one_line(installed.run("serve", "--port", "0", "--data", str(place / "own")))
    assert "of a later version of dq-service than this one" in line
    assert "install" in line
    reachable.run("CREATE DATABASE newer")
    url = reachable.url("newer")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    ran = installed.run("serve", "--port", "0", "--workers", "2", "--data", str(place / "own"), DQ_DATABASE_URL=url)
    assert one_line(ran) == line.replace(str(place / "own" / "dq.db"), "the database of DQ_DATABASE_URL")


def test_a_database_that_nobody_answers_for_is_waited_for(installed: Installed, place: Path) -> None:
    url = "postgresql://dq:sesame@127.0.0.1:9/dq"
    with installed.serving(place / "own", "--workers", "2", DQ_DATABASE_URL=url) as served:
        answer = served.ask("GET", "/readyz")
        assert answer.status == 503
        assert "cannot be reached" in answer.json["reasons"][0]
        assert b"sesame" not in answer.raw
    assert "cannot be reached" in served.log.read_text()
    assert "sesame" not in served.log.read_text()


def test_a_setting_that_cannot_be_read(installed: Installed, place: Path) -> None:
    line = one_line(installed.run("serve", "--data", str(place / "own"), DQ_MAX_BODY="much"))
    assert line == "dq: DQ_MAX_BODY wants a number of bytes, or as 512KiB or 4MiB, not 'much'"


def test_what_the_containers_run_exists(installed: Installed) -> None:
    """Docker is not needed to see that commands, settings and calls that are named there are ours."""
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    compose = YAML(typ="safe").load(ROOT / "compose.yaml")
    ours = compose["services"]["dq"]
    known = {one.variable for one in SETTINGS}
    environment = {word.partition("=")[0] for line in lines if line.startswith("ENV ") for word in line.split()[1:]}
    assert environment <= known
    assert set(ours["environment"]) <= known
    assert f"{ours['depends_on']}" == "{'db': {'condition': 'service_healthy'}}"
    (alone,) = (json.loads(line.removeprefix("CMD ")) for line in lines if line.startswith("CMD "))
    for command in (alone, ours["command"].split()):
        dq, *words = command
        assert dq == "dq"
        ran = installed.run(*words, "--data", "/proc/none")  # all is well with it but the folder
        assert one_line(ran).startswith("dq: /proc/none cannot be written by this user")
    assert "/livez" in next(line for line in lines if line.startswith("HEALTHCHECK "))
    assert max(len(lines), len((ROOT / "compose.yaml").read_text("utf-8").splitlines())) <= 12
