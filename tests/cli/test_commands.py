"""The commands beside `check`: rules, partners, reference tables, the doctor, the version."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dq_service import __version__
from tests.cli.conftest import Dq

Golden = Callable[[str, str], None]

SKUS = "sku,gtin,description,status,replaced_by\nLMP-1,,Lamp,active,\n,,nothing,,\n"


def test_version(dq: Dq) -> None:
    assert dq("--version").out == f"dq-service {__version__}\n"


def test_rules_list(dq: Dq, golden: Golden) -> None:
    golden("rules_list", dq("rules", "list", columns=80).out)


def test_rules_show(dq: Dq, golden: Golden) -> None:
    golden("rules_show", dq("rules", "show", "ADR021", columns=80).out)
    assert dq("rules", "show", "city-misspelled").out == dq("rules", "show", "adr021").out


def test_rules_show_what_is_of_no_rule(dq: Dq) -> None:
    said = dq("rules", "show", "SYS004", columns=80).out
    assert said.startswith("SYS004 fix-overtaken  error · consistency")
    assert "its sender has changed what a person had corrected" in said
    assert dq("rules", "show", "fix-overtaken", columns=80).out == said == dq("rules", "show", "sys004", columns=80).out
    assert "as the rule" in dq("rules", "show", "SYS001").out


def test_rules_test_says_that_all_hold(dq: Dq) -> None:
    said = dq("rules", "test")
    assert said.out.startswith("5 rules, 10 examples: all hold")
    assert dq("rules", "test", "TXT014").out.startswith("1 rule, 2 examples: all hold")


def test_rules_test_names_file_and_line(dq: Dq, fixed_rules: Path, data: Path) -> None:
    rule = data / "rules" / "text" / "TXT014-stray-spaces.yaml"
    rule.parent.mkdir(parents=True)
    text = (fixed_rules / "text" / rule.name).read_text("utf-8")
    rule.write_text(text.replace("becomes: {ship_to.address.city: Omaha}", "becomes: {ship_to.address.city: Ohama}"))
    said = dq("rules", "test", "TXT014", "--data", str(data))
    assert said.code == 1
    assert said.out.startswith(f"{rule}:18: bad example 1 becomes"), "which of two files of that name"
    assert said.err == "1 problem\n"


def test_a_new_rule_says_what_it_still_wants(dq: Dq, data: Path) -> None:
    said = dq("rules", "new", "ADR061", "street-renamed", "--check", "address.line_missing", "--data", str(data))
    path = data / "rules" / "address" / "ADR061-street-renamed.yaml"
    assert said.code == 0
    assert path.is_file()
    wanted = dq("rules", "test", "ADR061", "--data", str(data))
    assert wanted.code == 1
    for key in ("why", "message", "dimension", "severity", "stage"):
        assert f"key '{key}' is empty" in wanted.out
    assert "concerns" not in wanted.out, "what it wants depends on a severity that is not there yet"
    assert "at least one bad order" in wanted.out
    assert dq("check", "orders.ndjson", "--data", str(data)).code == 2
    assert dq("rules", "new", "ADR062", "street-gone", "--data", str(data)).code == 0, "beside one that is half made"
    again = dq("rules", "new", "ADR061", "street-moved", "--data", str(data))
    assert "ADR061 is taken by street-renamed; ADR063 is free" in again.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ADR021", "some-name"], "ADR021 is taken by city-misspelled; ADR022 is free"),
        (["ADR021x", "some-name"], "is no code"),
        (["ADR061", "Name"], "is no name"),
        (["ADR061", "stray-spaces"], "is the name of TXT014"),
        (["QQQ001", "some-name"], "which folder?"),
        (["ADR061", "some-name", "--check", "place.slipp"], "did you mean 'place.slip'?"),
    ],
)
def test_a_new_rule_is_refused(dq: Dq, data: Path, arguments: list[str], said: str) -> None:
    answer = dq("rules", "new", *arguments, "--data", str(data))
    assert answer.code == 2
    assert said in answer.err
    assert not (data / "rules").exists()


def test_partners(dq: Dq, golden: Golden) -> None:
    golden("partners_list", dq("partners", "list", columns=80).out)
    shown = dq("partners", "show", "acme").out
    assert "ACME-\\d{6}" in shown
    assert "hold_max" in shown
    assert dq("partners", "check").out == "2 partners: all right\n"


def test_partners_check_names_what_is_wrong_and_what_has_ended(dq: Dq, data: Path) -> None:
    (data / "partners" / "acme.yaml").write_text(
        "name: acme\noverrides:\n"
        "  - {rule: ADR022, reason: theirs, off: true}\n"
        "  - {rule: ADR021, reason: theirs, severity: warning, until: 2020-01-01}\n",
        "utf-8",
    )
    said = dq("partners", "check", "--data", str(data))
    assert said.code == 1
    assert "acme.yaml:3: no rule 'ADR022'" in said.out
    assert "acme.yaml:4: the override of ADR021 ended 2020-01-01" in said.out
    (data / "partners" / "acme.yaml").write_text("name: acme\nshadwo: true\n", "utf-8")
    assert "did you mean 'shadow'?" in dq("partners", "check", "--data", str(data)).out


def test_skus_come_in_and_are_listed(dq: Dq, tmp_path: Path) -> None:
    file, data = tmp_path / "skus.csv", tmp_path / "fresh"
    file.write_text(SKUS, "utf-8")
    said = dq("reference", "import", "skus", str(file), "--partner", "acme", "--data", str(data))
    assert (said.code, said.out) == (0, "1 skus of acme\n")
    assert "line 3: no SKU" in said.err
    status = dq("reference", "status", "--data", str(data)).out
    assert "skus/acme" in status
    assert "addresses: not imported" in status
    assert "skus: none imported" not in status


def test_an_import_that_cannot_be_read_is_one_line(dq: Dq, tmp_path: Path) -> None:
    file = tmp_path / "skus.csv"
    file.write_text("number,street\n1,Ida\n", "utf-8")
    said = dq("reference", "import", "skus", str(file), "--partner", "acme", "--data", str(tmp_path / "fresh"))
    assert (said.code, said.err.count("\n")) == (2, 1)


def test_the_doctor_finds_what_is_wrong(dq: Dq, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    well = dq("doctor", "--data", str(data))
    assert well.code == 0
    assert "5 rules, all proved" in well.out
    assert well.out.splitlines()[-1].startswith("all in order")
    (data / "partners" / "acme.yaml").write_text("name: acme\npo_box: false\n", "utf-8")
    (data / "rules" / "text").mkdir(parents=True)
    (data / "rules" / "text" / "TXT500-half.yaml").write_text("code: TXT500\n", "utf-8")
    monkeypatch.setenv("DQ_DEADLINE", "250")
    ill = dq("doctor", "--data", str(data))
    assert ill.code == 1
    assert "acme.yaml:2: no key 'po_box'" in ill.out
    assert "TXT500-half.yaml" in ill.out
    assert "DQ_DEADLINE is no setting" in ill.out
    assert "to mend" in ill.out.splitlines()[-1]


def test_a_damaged_catalog_is_told_by_the_doctor_and_stops_no_order(dq: Dq, data: Path) -> None:
    (data / "partners" / "acme.yaml").write_text("name: acme\ncatalog: acme\n", "utf-8")
    damaged = data / "reference" / "skus" / "acme.csv"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("number,street\n1,Ida\n", "utf-8")
    ill = dq("doctor", "--data", str(data), columns=300)
    assert ill.code == 1
    assert f"{damaged} is no catalog" in ill.out
    assert dq("check", "orders.ndjson", "--data", str(data)).err == ""


def test_nothing_that_only_reads_makes_a_data_folder(dq: Dq, tmp_path: Path) -> None:
    data = tmp_path / "nowhere"
    for command in (
        ["check", "orders.ndjson"],
        ["rules", "list"],
        ["partners", "list"],
        ["reference", "status"],
        ["doctor"],
    ):
        dq(*command, "--data", str(data))
    assert not data.exists()
    assert "DQ_DATA_DIR" in os.environ
