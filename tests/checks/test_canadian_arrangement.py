"""Canadian places in the wrong field: moved when the code confirms the province, and streets of those names stay."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import overlaid
from dq_service.result import Result

Check = Callable[..., Result]
TORONTO = {
    "line1": "100 Queen Street West",
    "line2": "",
    "city": "Toronto",
    "state": "ON",
    "postal_code": "M5V 2T6",
    "country": "CA",
}


def at(**fields: Any) -> dict[str, Any]:
    return {f"ship_to.address.{name}": value for name, value in {**TORONTO, **fields}.items()}


def address(result: Result) -> dict[str, str]:
    assert result.order is not None
    return {name: result.order["ship_to"]["address"].get(name) or "" for name in TORONTO}


@pytest.mark.parametrize(
    "fields",
    [
        {"city": "Toronto, Ontario M5V 2T6", "state": "", "postal_code": ""},
        {"city": "Toronto ON"},
        {"line1": "100 Queen Street West, Toronto ON M5V2T6", "city": "", "state": "", "postal_code": ""},
        {"line2": "Toronto, ON M5V 2T6"},
        {"line2": "Toronto ON M5V 2T6", "city": "", "state": "", "postal_code": ""},
        {"state": "M5V 2T6", "postal_code": "ON"},
    ],
)
def test_the_same_place_in_many_fields(check: Check, fields: dict[str, str]) -> None:
    if fields == {"city": "Toronto ON"}:
        assert address(check(at(**fields)))["city"] == "Toronto ON"  # no comma: it may be the town's name
        return
    result = check(at(**fields))
    found = address(result)
    if fields.get("line2") == "Toronto ON M5V 2T6":
        assert found["line2"] == "Toronto ON M5V 2T6"  # where the city begins is not told in a line of its own
    else:
        assert found == TORONTO


@pytest.mark.parametrize(
    "fields",
    [
        {"line1": "1250 rue Québec"},
        {"line1": "45 Nova Scotia Ave"},
        {"line1": "9 British Columbia Rd", "state": "BC", "city": "Vancouver", "postal_code": "V5K 0A1"},
        {"city": "Québec", "state": "QC", "postal_code": "G1R 4P5"},
        {"city": "Labrador City", "state": "NL", "postal_code": "A2V 2K7"},
    ],
)
def test_names_of_provinces_in_streets_and_cities_stay(check: Check, fields: dict[str, str]) -> None:
    result = check(at(**fields))
    assert result.findings == ()


def test_another_province_is_a_persons_choice(check: Check) -> None:
    result = check(at(city="Toronto, BC"))
    assert address(result)["city"] == "Toronto, BC"
    assert [finding.outcome for finding in result.findings] == ["suggested"]


PIECES = st.sampled_from(
    ["Toronto", "ON", "M5V 2T6", "Toronto, ON", "ON M5V 2T6", "BC", "", "100 Queen St W", "Québec", "Canada"]
)


@given(
    st.sampled_from(["line1", "line2", "city", "state", "postal_code"]),
    PIECES,
    st.sets(st.sampled_from(sorted(TORONTO))),
)
def test_any_value_in_any_field_gets_an_answer_and_settles(
    examine: Callable[..., Result], field: str, value: str, empty: set[str]
) -> None:
    fields = {**dict.fromkeys(empty, ""), "country": "CA", field: value}
    first = examine(overlaid(at(**fields)))
    assert "SYS001" not in {finding.rule for finding in first.findings}
    assert address(examine(first.order)) == address(first)
