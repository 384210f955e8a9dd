"""Every table has its columns, says what it must, and is described truly in sources.yaml."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from ruamel.yaml import YAML

from dq_service.reference.statuses import STATUSES
from dq_service.reference.tables import COLUMNS, NAMES, combined, read_rows, squashed, table_file
from dq_service.reference.whereabouts import rules_folder, tables_folder

FOLDER = tables_folder()


def rows(name: str) -> tuple[tuple[str, ...], ...]:
    return read_rows(name, table_file(FOLDER, name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sources_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sources", FOLDER / "scripts" / "sources.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_is_read_by_its_columns_and_says_nothing_twice(name: str) -> None:
    found = rows(name)
    assert len(found) >= 13
    assert len(set(found)) == len(found)
    assert all(row[0].strip() for row in found)


def test_another_header_or_a_short_row_is_refused() -> None:
    with pytest.raises(ValueError, match="wanted word"):
        read_rows("street_words", "name\nLANCE\n")
    with pytest.raises(ValueError, match="line 3: 1 cells"):
        read_rows("email_domains", "domain,kind\ngmail.com,provider\nyahoo.com\n")


def test_sources_yaml_is_up_to_date(sources_script: ModuleType) -> None:
    sources = YAML(typ="safe").load(FOLDER / "sources.yaml")
    assert sources_script.out_of_date(sources) == []
    assert {entry["table"] for entry in sources["tables"]} == set(NAMES)
    for entry in sources["tables"]:
        assert not entry["script"] or (FOLDER / entry["script"]).is_file()
        assert entry["licence"]
        assert entry["origin"]


def test_a_changed_table_is_noticed(sources_script: ModuleType, tmp_path: Path) -> None:
    copy = tmp_path / "tables"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("places.csv", "compiled.marshal"))
    with open(copy / "units.csv", "a", encoding="utf-8") as table:
        table.write("cubit,cubit,length,no,457.2\n")
    (copy / "tides.csv").write_text("port\n")
    wrong = sources_script.out_of_date(YAML(typ="safe").load(copy / "sources.yaml"), copy)
    assert "places.csv: there is no such table" in wrong
    assert "tides.csv: not in sources.yaml" in wrong
    assert any(line.startswith("units.csv: rows is") for line in wrong)


def test_suffixes_agree_on_their_standard_form() -> None:
    of_name: dict[str, str] = {}
    for _, standard, name, spelling, _ in rows("street_suffixes"):
        assert of_name.setdefault(name, standard) == standard
        assert spelling in ("name", "short", "misspelt")
    assert len(of_name) >= 200


def test_statuses_are_the_contracts() -> None:
    found = rows("statuses")
    assert len(found) >= 250
    for _, statuses, _, _, _ in found:
        assert set(filter(None, statuses.split("|"))) <= set(STATUSES)


def test_a_combined_fingerprint_does_not_depend_on_order() -> None:
    assert combined([("a", "1"), ("b", "2")]) == combined([("b", "2"), ("a", "1")])
    assert combined([("a", "1"), ("b", "2")]) != combined([("a", "2"), ("b", "1")])


@pytest.mark.parametrize(
    ("text", "key"), [("In-Transit", "intransit"), ("Livrée", "livree"), ("wc_on-hold", "wconhold"), ("—", "")]
)
def test_squashed(text: str, key: str) -> None:
    assert squashed(text) == key


def test_rules_and_tables_are_found() -> None:
    assert rules_folder().name == "rules"
    assert (FOLDER / "sources.yaml").is_file()
