"""The country beyond the rules' own examples: look-alikes of states and countries, and what is left alone."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import overlaid
from dq_service.result import Result

Check = Callable[..., Result]
COUNTRY = "ship_to.address.country"
TORONTO = {"line1": "100 Queen Street West", "line2": "", "city": "Toronto", "state": "ON", "postal_code": "M5V 2T6"}


def at(**fields: Any) -> dict[str, Any]:
    return {f"ship_to.address.{name}": value for name, value in fields.items()}


def country_of(result: Result) -> Any:
    assert result.order is not None
    return result.order["ship_to"]["address"].get("country")


def codes(result: Result) -> set[str]:
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(
    "written", ["us", "Usa", "U.S.", "U.S.A.", "UNITED STATES", "the United States", "840", "EE.UU."]
)
def test_every_common_form_becomes_the_code(check: Check, written: str) -> None:
    result = check(at(country=written))
    assert country_of(result) == "US"
    assert codes(result) == {"ADR100"}
    assert result.verdict == "repaired"


def test_a_number_is_its_digits_and_then_a_country(check: Check) -> None:
    assert country_of(check(at(country=840))) == "US"


@pytest.mark.parametrize("broken", [{"code": "US"}, ["US"], True])
def test_a_value_of_another_type_is_not_overwritten(check: Check, broken: Any) -> None:
    assert country_of(check(at(country=broken))) == broken


def test_georgia_the_state_is_not_made_a_country(check: Check) -> None:
    """The code of the country Georgia would be GE: the worst that a form repair could do."""
    atlanta = {"city": "Atlanta", "state": "GA", "postal_code": "30303", "line1": "55 Trinity Avenue SW", "line2": ""}
    assert country_of(check(at(**atlanta, country="Georgia"))) == "US"
    without_zip = check(at(**{**atlanta, "postal_code": ""}, country="Georgia"))
    assert country_of(without_zip) == "Georgia"
    assert "ADR103" in codes(without_zip)
    tbilisi = {"city": "Tbilisi", "state": "", "postal_code": "0105", "line1": "1 Rustaveli Avenue", "line2": ""}
    assert country_of(check(at(**tbilisi, country="Georgia"))) == "GE"


@pytest.mark.parametrize(
    ("place", "country"),
    [
        ({"city": "Berlin", "state": "", "postal_code": "10115"}, "DE"),  # also a ZIP of New York
        ({"city": "Milano", "state": "MI", "postal_code": "20121"}, "IT"),  # MI is Milan, and Michigan
        ({"city": "San Juan", "state": "PR", "postal_code": "00926"}, "PR"),
        ({"city": "San Juan", "state": "PR", "postal_code": "00926"}, "US"),
        ({"city": "Madrid", "state": "", "postal_code": "28001"}, "ES"),
    ],
)
def test_an_address_abroad_is_left_alone(check: Check, place: dict[str, str], country: str) -> None:
    result = check(at(line1="12 Calle Sol", line2="", country=country, **place))
    assert not [finding for finding in result.findings if finding.severity != "info"]
    assert country_of(result) == country


def test_a_missing_country_is_only_filled_where_the_place_tells(check: Check) -> None:
    assert country_of(check(at(country=None))) == "US"
    assert country_of(check(at(country="", **TORONTO))) == "CA"
    silent = check(at(country="", city="Berlin", state="", postal_code="10115", line1="3 Lindenstrasse"))
    assert not country_of(silent)
    assert "ADR104" not in codes(silent)


def test_a_missing_country_holds_nothing(check: Check) -> None:
    result = check(at(country=""))
    assert result.verdict == "repaired"
    assert {finding.severity for finding in result.findings} == {"info"}


def test_both_home_markets_are_told_apart_by_the_place(check: Check) -> None:
    assert country_of(check(at(country="US", **TORONTO))) == "CA"
    assert country_of(check(at(country="CA"))) == "US"
    assert country_of(check(at(country="CA", city="Omhaa"))) == "US"
    doubtful = check(at(country="CA", city="Elsewhere", state=""))
    assert country_of(doubtful) == "CA"
    assert doubtful.verdict == "review"


def test_a_misspelling_needs_the_place_beside_it(check: Check) -> None:
    assert country_of(check(at(country="Untied Staets"))) == "US"
    assert country_of(check(at(country="Canda", **TORONTO))) == "CA"
    alone = check(at(country="Canda", **{**TORONTO, "state": "", "postal_code": ""}))
    assert country_of(alone) == "Canda"
    assert "ADR101" in codes(alone)


@given(
    st.text("USACNadestiou .-,()é", max_size=30),
    st.sampled_from(["68142", "M5V 2T6", "", "10115", "K1A OB1"]),
    st.sampled_from(["NE", "ON", "", "XX"]),
)
def test_any_country_gets_an_answer_and_repairs_settle(
    examine: Callable[..., Result], country: str, postal_code: str, state: str
) -> None:
    first = examine(overlaid(at(country=country, postal_code=postal_code, state=state)))
    assert "SYS001" not in codes(first)
    again = examine(first.order)
    assert country_of(again) == country_of(first)
