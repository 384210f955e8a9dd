"""City, state and ZIP: each error told once by its own rule, and what people may write stays."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import overlaid
from dq_service.result import Result

Check = Callable[..., Result]
NAMES = ("city", "state", "postal_code")


def at(city: Any = "Omaha", state: Any = "NE", postal_code: Any = "68142") -> dict[str, Any]:
    values = zip(NAMES, (city, state, postal_code), strict=True)
    return {f"ship_to.address.{name}": value for name, value in values}


def place(result: Result) -> tuple[Any, ...]:
    assert result.order is not None
    return tuple(result.order["ship_to"]["address"].get(name) for name in NAMES)


def codes(result: Result) -> list[str]:
    return sorted(finding.rule for finding in result.findings)


@pytest.mark.parametrize(
    "written",
    [
        ("OMAHA", "NE", "68142-1234"),
        ("Saint Louis", "MO", "63101"),
        ("St. Louis", "MO", "63101"),
        ("Ft Worth", "TX", "76102"),
        ("Mt. Pleasant", "SC", "29464"),
        ("Ontario", "CA", "91761"),
        ("San Juan", "PR", "00926"),
        ("APO", "AE", "09012"),
    ],
)
def test_right_spellings_stay(check: Check, written: tuple[str, str, str]) -> None:
    result = check(at(*written))
    assert codes(result) == []
    assert place(result) == written


@pytest.mark.parametrize(
    ("written", "rule", "right"),
    [
        (("Omhaa", "NE", "68142"), "ADR021", ("Omaha", "NE", "68142")),
        (("", "NE", "68142"), "ADR022", ("Omaha", "NE", "68142")),
        (("Omaha", "", "68142"), "ADR026", ("Omaha", "NE", "68142")),
        (("Omaha", "Nebraska", "68142"), "ADR028", ("Omaha", "NE", "68142")),
        (("Omaha", "IA", "68142"), "ADR029", ("Omaha", "NE", "68142")),
        (("Boston", "MA", "2108"), "ADR031", ("Boston", "MA", "02108")),
        (("Omaha", "NE", "68I42"), "ADR032", ("Omaha", "NE", "68142")),
    ],
)
def test_each_error_is_told_by_its_own_rule(
    check: Check, written: tuple[str, str, str], rule: str, right: tuple[str, str, str]
) -> None:
    result = check(at(*written))
    assert codes(result) == [rule]
    assert place(result) == right
    (repair,) = result.repairs
    assert set(repair.evidence_fields).isdisjoint(change.field for change in repair.changes)


def test_no_clear_winner_is_one_finding(check: Check) -> None:
    result = check(at("Springfield", "", ""))
    assert codes(result) == ["ADR020"]
    assert place(result) == ("Springfield", "", "")
    assert result.verdict == "review"


@pytest.mark.parametrize("area_code", ["402", "314"])
def test_the_phone_never_decides(check: Check, area_code: str) -> None:
    result = check({**at("Springfield", "", ""), "ship_to.phone": f"+1{area_code}5385759"})
    assert place(result) == ("Springfield", "", "")


def test_another_country_is_left_alone(check: Check) -> None:
    result = check({**at("Guadalajara", "JAL", "44100"), "ship_to.address.country": "MX"})
    assert [code for code in codes(result) if code.startswith("ADR0")] == []


@given(
    st.sampled_from(["Omaha", "Omhaa", "", "Springfield", "Norfolk"]) | st.text("OmahNorflk .-,", max_size=12),
    st.sampled_from(["NE", "", "Nebraska", "XX", "VA"]) | st.text("NEVAbrask. ", max_size=6),
    st.sampled_from(["68142", "", "6814", "23518", "O8142", "99999"]) | st.text("0123456789O-", max_size=10),
)
def test_any_place_gets_an_answer_and_repairs_settle(
    examine: Callable[..., Result], city: str, state: str, postal_code: str
) -> None:
    first = examine(overlaid(at(city, state, postal_code)))
    assert "SYS001" not in codes(first)
    assert place(examine(first.order)) == place(first)
