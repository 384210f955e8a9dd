"""The pages that are made from the rules, and the schema that editors use."""

import jsonschema
import pytest
from ruamel.yaml import YAML

from dq_service.engine.pages import index, page, power, schema, written
from dq_service.engine.rulebook import Rulebook
from dq_service.reference.whereabouts import rules_folder


def test_page_shows_what_a_person_asks(rulebook: Rulebook) -> None:
    text = page(rulebook.by_code["ADR021"])
    for part in (
        "# ADR021 city-misspelled",
        "error (where)",
        'becomes `ship_to.address.city` = `"Omaha"`',
        "overrides:",
        "rules/address/",
    ):
        assert part in text


def test_index_lists_every_rule(rulebook: Rulebook) -> None:
    text = index(rulebook)
    assert [rule.code for rule in rulebook.rules if f"[{rule.code}]({rule.code}.md)" not in text] == []


def test_power(rulebook: Rulebook) -> None:
    assert {power(rulebook.by_code[code]) for code in ("ADR021", "ADR020", "ADR005")} == {
        "repairs",
        "suggests",
        "reports",
    }


def test_every_rule_is_as_the_schema_says() -> None:
    check = jsonschema.Draft202012Validator(schema())
    for file in rules_folder().glob("*/*.yaml"):
        assert [error.message for error in check.iter_errors(YAML(typ="safe").load(file.read_text("utf-8")))] == [], (
            file
        )


@pytest.mark.parametrize("wrong", [{"severity": "eror"}, {"code": "adr1"}, {"check": {}}, {"whatever": 1}])
def test_schema_refuses(wrong: dict[str, object]) -> None:
    good = YAML(typ="safe").load(next(rules_folder().glob("address/ADR021*")).read_text("utf-8"))
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors({**good, **wrong}))


def test_written_has_a_page_for_each(rulebook: Rulebook) -> None:
    assert set(written(rulebook)) == {"README.md", "rule.schema.json", *(f"{rule.code}.md" for rule in rulebook.rules)}
