"""The compiled forms: made beside their sources, equal in what they say, and only of rules that are proved."""

import shutil
from pathlib import Path

import pytest

from dq_service.build import RULES_FILE, compile_all
from dq_service.checks import SUBJECTS
from dq_service.engine.rulebook import compiled_rules, load
from dq_service.parsing.yaml import DocumentError
from dq_service.reference.whereabouts import tables_folder

RULES = Path(__file__).parent / "cli" / "rules"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with five rules and the tables that ship."""
    shutil.copytree(RULES, tmp_path / "rules")
    shutil.copytree(tables_folder(), tmp_path / "reference_data", ignore=shutil.ignore_patterns("*.py", "*.marshal"))
    return tmp_path


def test_compiled_rules_are_the_rules(root: Path) -> None:
    tables, rules = compile_all(root)
    assert tables.parent == root / "reference_data"
    assert rules == root / "rules" / RULES_FILE
    compiled = compiled_rules(rules.read_bytes())
    plain = load([root / "rules"], SUBJECTS)
    assert set(compiled) == set(plain.hashes.values())
    assert load([root / "rules"], SUBJECTS, compiled).rules == plain.rules


def test_rules_that_are_not_proved_are_not_compiled(root: Path) -> None:
    compile_all(root)
    rule = root / "rules" / "address" / "ADR021-city-misspelled.yaml"
    rule.write_text(rule.read_text("utf-8").replace("city: Omhaa}", "city: Omaha}"), "utf-8")
    with pytest.raises(DocumentError, match="gives no finding"):
        compile_all(root)
    assert not (root / "rules" / RULES_FILE).exists()
