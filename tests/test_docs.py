"""What is documented exists, what exists is documented, and the README's examples run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dq_service import docs
from dq_service.demo import AS_OF, write_folder
from dq_service.engine.rulebook import Rulebook
from dq_service.parsing.record import walk
from dq_service.partner import KEYS, load
from dq_service.settings import SETTINGS, Settings
from dq_service.watch import Files, Watch
from dq_service.web.api.installation import Opening
from dq_service.web.application import create_app
from tests.web.served import command, local

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "tests/README.md")]
CSV = "Reference,Name,Address 1,City,State,Zip,Qty\nACME-100001,Aisha Martinez,14205 Ida Street,Omhaa,NE,68142,1\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def shell_lines() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with orders to try the README on, and `dq` as it is typed."""
    folder = tmp_path_factory.mktemp("desk")
    file = write_folder(folder / "demo")
    shutil.copyfile(file, folder / "orders.ndjson")
    (folder / "order.json").write_bytes(file.read_bytes().splitlines()[0])
    (folder / "orders.csv").write_text(CSV, "utf-8")
    dq = folder / "bin" / "dq"
    dq.parent.mkdir()
    dq.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dq_service.cli "$@"\n', "utf-8")
    dq.chmod(0o755)
    return folder


def environment(desk: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DQ_")}
    path = os.pathsep.join([str(desk / "bin"), kept["PATH"]])
    return {**kept, "PATH": path, "PYTHONPATH": str(ROOT), "DQ_DATA_DIR": str(desk / "demo"), "COLUMNS": "120"}


# --- what is generated is fresh -------------------------------------------------------------------------------------


def test_generated_pages_are_fresh(rulebook: Rulebook) -> None:
    stale = [
        name
        for name, text in docs.written(rulebook).items()
        if not (ROOT / "docs" / name).is_file() or (ROOT / "docs" / name).read_text("utf-8") != text
    ]
    assert stale == [], "run `make docs`"


def test_no_page_of_a_rule_that_is_gone(rulebook: Rulebook) -> None:
    pages = {page.name for page in (ROOT / "docs" / "rules").iterdir()}
    assert pages == {name.removeprefix("rules/") for name in docs.written(rulebook) if name.startswith("rules/")}


def test_every_setting_key_and_command_is_documented() -> None:
    settings, partner, line = docs.settings_page(), docs.partner_page(), docs.command_line_page()
    assert all(f"| `{one.variable}` |" in settings for one in SETTINGS)
    assert all(f"| `{path}` |" in partner for path, _ in walk(KEYS))
    told = {name for name, _ in docs.commands()}
    assert {"dq check", "dq serve", "dq doctor", "dq rules test", "dq partners check", "dq reference import"} <= told
    assert all(f"## `{name}`" in line for name in told)


def test_every_call_of_the_api_is_documented(desk: Path) -> None:
    page = (ROOT / "docs" / "http.md").read_text("utf-8")
    with local(create_app(lambda: Opening(Watch(Files(Settings(desk / "demo")))))) as client:
        published = client.get("/openapi.json").json()["paths"]
    calls = {f"{method.upper()} {path}" for path, methods in published.items() for method in methods}
    assert calls == set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /\S+)`", page))


# --- what is said exists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", [*PAGES, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_makes_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text("utf-8"))}
    assert named <= targets
    assert {line.split()[1] for line in shell_lines() if line.startswith("make ")} == {"demo", "test"}


def test_the_files_that_are_named_exist() -> None:
    for page in (ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"):
        named = re.findall(
            r"`((?:dq_service|engine|parsing|reference|reference_data|tests|docs)/[\w/.]+\.\w+)`",
            page.read_text("utf-8"),
        )
        assert [
            name for name in named if not (ROOT / name).exists() and not (ROOT / "dq_service" / name).exists()
        ] == []


# --- the README's examples run --------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [line for line in shell_lines() if line.startswith("dq ") and "serve" not in line])
def test_a_command_of_the_readme_runs(desk: Path, line: str) -> None:
    ran = subprocess.run(line, shell=True, cwd=desk, env=environment(desk), capture_output=True, text=True)
    assert ran.returncode in ((0, 1) if line.startswith("dq check") else (0,)), ran.stderr
    assert "fault" not in ran.stderr


def test_the_report_of_the_readme_is_what_the_demo_shows(desk: Path) -> None:
    line = f"dq check orders.ndjson --as-of {AS_OF}"
    said = subprocess.run(line, shell=True, cwd=desk, env=environment(desk), capture_output=True, text=True).stdout
    (report,) = blocks("text")
    shown = {" ".join(one.split()) for one in said.splitlines()}
    assert [one for one in report.splitlines() if " ".join(one.split()) not in shown] == []


def test_the_library_use_of_the_readme_runs(desk: Path) -> None:
    (block,) = blocks("python")
    ran = subprocess.run(
        [sys.executable, "-c", block], cwd=desk, env=environment(desk), capture_output=True, text=True, check=True
    )
    promised = re.search(r"print\(result\.verdict.*?# (.+)", block)
    assert promised is not None
    first, *findings = ran.stdout.splitlines()
    assert first == promised[1]
    assert any(line.startswith("ADR021 ship_to.address.city repaired") for line in findings)


@pytest.fixture
def serving(desk: Path) -> Iterator[None]:
    (line,) = (line for line in shell_lines() if line.startswith("dq serve"))
    port = line.partition("--port ")[2]
    process = subprocess.Popen(
        command(desk / "demo", int(port)), cwd=desk, env=environment(desk), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert port in process.stdout.readline()
    yield
    process.terminate()
    process.wait(15)
    process.stdout.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_the_curls_of_the_readme_run(serving: None, desk: Path) -> None:
    lines = [line for line in shell_lines() if line.startswith("curl")]
    assert len(lines) == 2
    for line in lines:
        said = subprocess.run(line, shell=True, cwd=desk, capture_output=True, text=True, check=True).stdout
        assert '"verdict":' in said


def test_the_partner_of_the_readme_is_right(rulebook: Rulebook) -> None:
    (block,) = blocks("yaml")
    partner = load(block, "README.md")
    assert partner.name == "acme"
    assert {one.rule for one in partner.overrides} <= set(rulebook.by_code)
