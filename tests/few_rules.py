"""Five fixed rules in place of those that ship, for tests of how an installation is put together."""

from pathlib import Path

import pytest

RULES = Path(__file__).parent / "cli" / "rules"
CITY = "address/ADR021-city-misspelled.yaml"


@pytest.fixture(autouse=True)
def few_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """For every test of the module that imports it."""
    for module in ("app", "build"):
        monkeypatch.setattr(f"dq_service.{module}.rules_folder", lambda: RULES)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose cache is filled by the first who uses it."""
    return tmp_path_factory.mktemp("warm")
