"""Rules read from YAML: every mistake is named with its file, its line and the nearest good spelling."""

from pathlib import Path

import pytest

from dq_service.checks import SUBJECTS
from dq_service.engine.rule_text import function_of, read_rule
from dq_service.engine.rulebook import Rulebook, compile_rules, compiled_rules, load
from dq_service.parsing.yaml import DocumentError
from dq_service.reference.whereabouts import rules_folder

GOOD = """code: ADR021
name: city-misspelled
why: The sorter reads the ZIP and the driver reads the city.
message: "no city '{value}' in {state}"
dimension: validity
severity: error
concerns: where
stage: resolve
applies_to: [ship_to.address]
countries: [US]
marks: [city_misspelled]
check: {place.slip: {kinds: [city_misspelled]}}
repair: {place.from_place: {}}
safety: safe
examples:
  good: [{ship_to.address.city: Omaha}]
  bad:
    - given: {ship_to.address.city: Omhaa}
      becomes: {ship_to.address.city: Omaha}
"""


def problems(text: str, subject: str = "address", name: str = "ADR021-city-misspelled") -> list[str]:
    with pytest.raises(DocumentError) as error:
        read_rule(text.encode(), f"rules/{subject}/{name}.yaml", subject, SUBJECTS)
    return [str(problem).removeprefix(f"rules/{subject}/{name}.yaml:") for problem in error.value.problems]


def test_good_rule_is_read() -> None:
    rule = read_rule(GOOD.encode(), "rules/address/ADR021-city-misspelled.yaml", "address", SUBJECTS)
    assert (rule.code, rule.stage, rule.check.subject, rule.check.parameters) == (
        "ADR021",
        "resolve",
        "place",
        {"kinds": ["city_misspelled"]},
    )
    assert rule.examples.bad[0].line == 18


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("severity: eror", "severity: error", "6: 'eror' is none of error, warning, info; did you mean 'error'?"),
        ("stage: resolv", "stage: resolve", "did you mean 'resolve'?"),
        ("sevirity: error", "severity: error", "no key 'sevirity'; did you mean 'severity'?"),
        (
            "check: {place.slp: {kinds: []}}",
            "check: {place.slip: {kinds: [city_misspelled]}}",
            "no function 'place.slp'; did you mean 'place.slip'?",
        ),
        (
            "check: {place.slip: {kind: []}}",
            "check: {place.slip: {kinds: [city_misspelled]}}",
            "place.slip takes no 'kind'; did you mean 'kinds'?",
        ),
        (
            "check: {place.slip: {}}",
            "check: {place.slip: {kinds: [city_misspelled]}}",
            "place.slip wants its parameter 'kinds'",
        ),
        (
            "check: {place.from_place: {}}",
            "check: {place.slip: {kinds: [city_misspelled]}}",
            "is no check: those take part, context",
        ),
        (
            "applies_to: [ship_to.adress]",
            "applies_to: [ship_to.address]",
            "9: no field 'ship_to.adress' in the contract",
        ),
        ("", "safety: safe\n", "key 'safety' is missing"),
        ("", "concerns: where\n", "key 'concerns' is missing"),
        ("stage: judge", "stage: resolve", "nothing is repaired in stage judge"),
        ("stage: tidy", "stage: resolve", "a rule of stage tidy looks at kinds of field"),
        ("code: ADR022", "code: ADR021", "the file wants the name ADR022-city-misspelled.yaml"),
        ("  good: []", "  good: [{ship_to.address.city: Omaha}]", "at least one good order"),
        ("    - givn: {}", "    - given: {ship_to.address.city: Omhaa}", "key 'given' is missing"),
    ],
)
def test_mistake_is_named(wrong: str, right: str, said: str) -> None:
    assert right in GOOD
    assert any(said in problem for problem in problems(GOOD.replace(right, wrong))), problems(
        GOOD.replace(right, wrong)
    )


def test_half_made_rule_says_all_that_is_missing() -> None:
    said = "\n".join(problems("code: ADR021\nname: city-misspelled\n"))
    for key in ("why", "message", "dimension", "severity", "stage", "check", "examples", "applies_to"):
        assert f"key '{key}' is missing" in said


def write(folder: Path, code: str, name: str, text: str = GOOD) -> None:
    (folder / "address").mkdir(parents=True, exist_ok=True)
    file = folder / "address" / f"{code}-{name}.yaml"
    file.write_text(text.replace("ADR021", code).replace("city-misspelled", name), encoding="utf-8")


def test_later_folder_replaces_and_equal_codes_and_names_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", "ADR021", "city-misspelled")
    write(
        tmp_path / "b", "ADR021", "city-misspelled", GOOD.replace("severity: error\nconcerns: where", "severity: info")
    )
    (rule,) = load([tmp_path / "a", tmp_path / "b"], SUBJECTS).rules
    assert rule.severity == "info"
    write(tmp_path / "a", "ADR021", "other-name")
    with pytest.raises(DocumentError, match="code ADR021 is taken by"):
        load([tmp_path / "a"], SUBJECTS)
    write(tmp_path / "c", "ADR023", "city-misspelled")
    with pytest.raises(DocumentError, match="name city-misspelled is taken by ADR021"):
        load([tmp_path / "b", tmp_path / "c"], SUBJECTS)


def test_companion_that_no_rule_has(tmp_path: Path) -> None:
    write(tmp_path, "ADR021", "city-misspelled", GOOD + "      with: [ADR02]\n")
    with pytest.raises(DocumentError, match=r"no rule ADR02; did you mean 'ADR021'\?"):
        load([tmp_path], SUBJECTS)


def test_version_changes_with_any_text(tmp_path: Path) -> None:
    write(tmp_path, "ADR021", "city-misspelled")
    before = load([tmp_path], SUBJECTS).version
    write(tmp_path, "ADR021", "city-misspelled", GOOD + "# a remark\n")
    assert load([tmp_path], SUBJECTS).version != before


def test_compiled_rules_are_the_same_rules() -> None:
    compiled = compiled_rules(compile_rules([rules_folder()]))
    read, quick = (load([rules_folder()], SUBJECTS, form) for form in (None, compiled))
    assert read.rules == quick.rules
    assert read.version == quick.version


@pytest.mark.parametrize("damaged", [b"", b"\x00", b"not marshal", compile_rules([])[:-1]])
def test_damaged_compiled_form_is_no_form(damaged: bytes) -> None:
    assert compiled_rules(damaged) == {}


def test_private_and_imported_names_are_no_functions() -> None:
    for name in ("place._resolution", "place.resolve", "place.Sequence", "nothing.at_all", "place"):
        with pytest.raises(LookupError):
            function_of(SUBJECTS, name)


def test_never_release_is_where_and_forbidden(rulebook: Rulebook) -> None:
    assert "ADR003" in rulebook.never_release
    assert "ADR005" in rulebook.never_release
    shipped = rulebook.never_release - {"SYS003"}  # a damaged row, which no rule tells
    assert not any(rulebook.by_code[code].severity != "error" for code in shipped)
