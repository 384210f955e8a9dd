"""SARIF 2.1.0: what readers of it rely on, and fixes that mend the very characters that are wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from dq_service.cli.sarif import uri
from dq_service.cli.spans import replacements, spans
from tests.cli.conftest import AS_OF, ORDERS, Dq


@pytest.fixture
def log(dq: Dq) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(dq("check", "orders.ndjson", "--as-of", AS_OF, "--format", "sarif").out)
    return loaded


def test_the_log_is_as_the_standard_has_it(log: dict[str, Any]) -> None:
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    for result in run["results"]:
        assert result["ruleId"] in rules
        assert result["kind"] == "fail"
        assert result["level"] in ("error", "warning", "note")
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "orders.ndjson"
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert location["logicalLocations"][0]["fullyQualifiedName"]
    repaired = [result for result in run["results"] if result["properties"]["outcome"] == "repaired"]
    assert all(result["suppressions"] for result in repaired)


def applied(line: str, fix: dict[str, Any]) -> str:
    (change,) = fix["artifactChanges"]
    for one in change["replacements"]:
        region = one["deletedRegion"]
        start, end = region["startColumn"] - 1, region["endColumn"] - 1
        line = line[:start] + one["insertedContent"]["text"] + line[end:]
    return line


@pytest.mark.parametrize(
    ("rule", "path", "value"),
    [
        ("ADR021", ("ship_to", "address", "city"), "Omaha"),
        ("TXT900", ("instructions",), "Ring twice"),
    ],
)
def test_a_fix_mends_its_field_and_nothing_else(
    log: dict[str, Any], rule: str, path: tuple[str, ...], value: str
) -> None:
    (result,) = [one for one in log["runs"][0]["results"] if one["ruleId"] == rule]
    number = result["locations"][0]["physicalLocation"]["region"]["startLine"]
    line = ORDERS.read_text("utf-8").splitlines()[number - 1]
    wanted = json.loads(line)
    branch = wanted
    for step in path[:-1]:
        branch = branch[step]
    branch[path[-1]] = value
    assert json.loads(applied(line, result["fixes"][0])) == wanted


def test_what_is_masked_has_no_fix(log: dict[str, Any]) -> None:
    (result,) = [
        one for one in log["runs"][0]["results"] if one["locations"][0]["logicalLocations"][0]["name"] == "access_code"
    ]
    assert "fixes" not in result


def test_spans_are_those_of_the_values() -> None:
    line = '{"a": {"b": [1, "x, \\"y\\"", {"c": null}]}, "d" : "é"}'
    where = spans(line)
    found = {path: json.loads(line[start:end]) for path, (start, end) in where.items()}
    assert found["a.b"] == [1, 'x, "y"', {"c": None}]
    assert found["a.b[1]"] == 'x, "y"'
    assert found["a.b[2].c"] is None
    assert found["d"] == "é"
    assert replacements(where, {"nowhere": 1}) is None


def test_files_are_named_as_locations() -> None:
    assert uri("a b.ndjson") == "a%20b.ndjson"
    assert uri("-") == "stdin"
    assert uri(str(Path("/a b"))) == "file:///a%20b"
