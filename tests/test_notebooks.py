"""The notebooks run from top to bottom, and show what they say they show; they are stored without what they print."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
SHOWS = {
    "01-tour.ipynb": (
        "ACME-104219  repaired  release",
        "ADR110 place-in-line at ship_to.address.line1 -> repaired",
        "(empty) -> Tulsa",
        "review hold until 2026-12-01T20:00:00Z then escalate",
        "clean release",
        "review hold - '555-0123' is no phone number",
        "gives no finding",
    )
}


@pytest.mark.filterwarnings("ignore")  # the kernel's libraries warn of each other
@pytest.mark.parametrize("notebook", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_runs(notebook: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    read = nbformat.read(notebook, as_version=4)
    stored = [cell for cell in read.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]
    assert stored == [], "stored with what it printed"
    NotebookClient(read, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = "".join(out.get("text", "") for cell in read.cells for out in cell.get("outputs", ()))
    assert [text for text in SHOWS[notebook.name] if text not in printed] == []


def test_every_notebook_is_looked_at() -> None:
    assert {path.name for path in FOLDER.glob("*.ipynb")} == set(SHOWS)
