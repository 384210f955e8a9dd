"""An installation of its own for the command line: five fixed rules, two partners, one clock, texts compared whole."""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep

import pytest

from dq_service.cli import main
from dq_service.published import open_watch
from dq_service.settings import Settings
from dq_service.store.database import Database
from dq_service.watch import Watch

HERE = Path(__file__).parent
ORDERS = HERE / "orders.ndjson"
AS_OF = "2026-12-01T18:00:00Z"

ACME = """name: acme
po_boxes: false
order_id: 'ACME-\\d{6}'
required: [ship_to.name]
"""
MEADOW = """name: meadow
sensitive_items: true
shadow: true
"""


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Dq = Callable[..., Said]


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose cache is filled by the first who uses it."""
    data = tmp_path_factory.mktemp("data")
    (data / "partners").mkdir()
    (data / "partners" / "acme.yaml").write_text(ACME, "utf-8")
    (data / "partners" / "meadow.yaml").write_text(MEADOW, "utf-8")
    return data


@pytest.fixture
def fixed_rules(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The five rules of this folder in place of those that ship."""
    rules = HERE / "rules"
    for module in ("app", "build", "cli.new_rule", "engine.rulebook"):
        monkeypatch.setattr(f"dq_service.{module}.rules_folder", lambda: rules)
    return rules


@pytest.fixture
def data(warm: Path, tmp_path: Path) -> Path:
    """A data folder that a test may change."""
    shutil.copytree(warm, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def dq(fixed_rules: Path, warm: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Dq:
    """Runs a command in a pipe of 120 columns (or as many as said), in the folder of this file."""
    for name in [name for name in os.environ if name.startswith("DQ_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DQ_DATA_DIR", str(warm))
    monkeypatch.chdir(HERE)

    def run(*arguments: str, columns: int = 120) -> Said:
        monkeypatch.setenv("COLUMNS", str(columns))
        capsys.readouterr()
        code = main(list(arguments))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def installed(dq: Dq, data: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose database is new."""
    monkeypatch.setenv("DQ_DATABASE_URL", database_url)
    return data


@pytest.fixture
def serving(dq: Dq, data: Path) -> Iterator[Watch]:
    """A server's watch over the SQLite file of a data folder, as it looks each second."""
    watch, stop = open_watch(Settings(data), Database.open(Settings(data).database)), threading.Event()

    def look() -> None:
        while not stop.is_set():
            watch.look()
            sleep(0.01)

    thread = threading.Thread(target=look)
    thread.start()
    yield watch
    stop.set()
    thread.join()
    watch.close()


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with the one kept; `GOLDEN=write pytest tests/cli` keeps what the code says now."""

    def compare(name: str, text: str) -> None:
        kept = HERE / "golden" / f"{name}.txt"
        text = re.sub(r"\b\d+\.\d s$", "0.0 s", text, flags=re.MULTILINE)
        if os.environ.get("GOLDEN") == "write":
            kept.write_text(text, "utf-8")
        assert text == kept.read_text("utf-8")

    return compare
