"""A partner's overrides against the rulebook: a slip in a parameter is said when the file is read, not by an order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dq_service.engine.overrides import check_overrides, parameters_of
from dq_service.engine.rulebook import Rulebook
from dq_service.partner import BUILT_IN, Override, Partner
from dq_service.result import Result

Check = Callable[..., Result]


def with_override(rule: str, **parameters: Any) -> Partner:
    overrides = (Override(rule, "why it differs here", parameters=parameters, line=7),)
    return replace(BUILT_IN, name="proof", overrides=overrides, file="proof.yaml")


@pytest.mark.parametrize(
    ("rule", "parameters", "said"),
    [
        ("SCH023", {"day": 9}, "SCH023 takes no 'day'; did you mean 'days'"),
        ("SCH023", {"days": "9"}, "SCH023 wants a whole number for 'days', as 60; not '9'"),
        ("SCH023", {"days": True}, "SCH023 wants a whole number for 'days', as 60; not True"),
        ("SCH023", {"days": 9.5}, "SCH023 wants a whole number for 'days'"),
        ("ADR021", {"kinds": "city_misspelled"}, "ADR021 wants a list for 'kinds'"),
        ("ADR021", {"kinds": [5]}, "ADR021 wants a list for 'kinds'"),
        ("ADR002", {"most": 3}, "ADR002 takes no parameters, so no 'most'"),
        ("INS001", {"month": 3}, "INS001 takes no 'month'; did you mean 'months'"),
    ],
)
def test_a_slip_is_named_with_its_line(rule: str, parameters: dict[str, Any], said: str, rulebook: Rulebook) -> None:
    (problem,) = check_overrides(with_override(rule, **parameters), rulebook)
    assert str(problem).startswith(f"proof.yaml:7: {said}"), problem


@pytest.mark.parametrize(
    ("rule", "parameters"),
    [("SCH023", {"days": 5}), ("ITM050", {"tolerance": 1}), ("INS001", {"months": 3}), ("NIX001", {"days": 5})],
)
def test_what_the_rule_takes_passes(rule: str, parameters: dict[str, Any], rulebook: Rulebook) -> None:
    assert check_overrides(with_override(rule, **parameters), rulebook) == ()


def test_every_rules_own_parameters_pass(rulebook: Rulebook) -> None:
    for rule in rulebook.rules:
        assert check_overrides(with_override(rule.code, **parameters_of(rule)), rulebook) == ()


@pytest.mark.parametrize(("days", "told"), [(5, True), (60, False)])
def test_a_shorter_horizon_is_asked_for(days: int, told: bool, check: Check) -> None:
    window = {"start": "2026-12-07T10:00:00-06:00", "end": "2026-12-07T12:00:00-06:00"}
    result = check({"window": window}, with_override("SCH023", days=days))
    assert ("SCH023" in {finding.rule for finding in result.findings}) is told
