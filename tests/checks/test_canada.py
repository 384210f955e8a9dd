"""Canadian addresses beyond the rules' own examples: read rightly, never mangled."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import overlaid
from dq_service.result import Result

Check = Callable[..., Result]
WRITTEN = "ABNOQabcnouéÉ .-,0123"  # what people type; odd characters are the text rules' business
MONTREAL = {
    "line1": "1250 rue Principale",
    "line2": "",
    "city": "Montréal",
    "state": "QC",
    "postal_code": "H2X 1Y4",
    "country": "CA",
}


def at(**fields: Any) -> dict[str, Any]:
    return {f"ship_to.address.{name}": value for name, value in {**MONTREAL, **fields}.items()}


def address(result: Result) -> dict[str, Any]:
    assert result.order is not None
    found: dict[str, Any] = result.order["ship_to"]["address"]
    return found


def codes(result: Result) -> set[str]:
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(
    "line",
    [
        "304-1250 rue Principale",
        "1250 rue Principale app. 304",
        "1250, rue Principale, bureau 200",
        "100 O Boul. René-Lévesque",
        "100 boul. René-Lévesque O",
        "RR 2 Site 4 Comp 12",
        "RR 2",
        "GD Stn Main",
        "GD",
        "CP 123 Succ Centre-Ville",
        "#304 - 1250 Main St",
        "10-123 1/2 Main St NW",
        "Lot 12 Concession 5",
        "53016 Range Road 14",
        "SE 12-34-5 W4",
        "123 - 4 Ave SW",
        "55 Ave. du Parc",
        "1234 Hwy 7",
        "suite 204-117 Third Street",
    ],
)
def test_lines_are_read_rightly_and_left_alone(check: Check, line: str) -> None:
    result = check(at(line1=line))
    assert result.findings == ()
    assert result.verdict == "clean"


@pytest.mark.parametrize("line2", ["app. 304", "Bureau 200", "304", "Site 4 Comp 12", "Succ. Centre-Ville", "étage 3"])
def test_second_lines_are_left_alone(check: Check, line2: str) -> None:
    assert check(at(line2=line2)).verdict == "clean"


@pytest.mark.parametrize("line", ["rue Principale", "Township Road 514"])
def test_a_number_may_be_missing_there_too(check: Check, line: str) -> None:
    assert codes(check(at(line1=line))) == {"ADR003"}


@pytest.mark.parametrize(
    ("written", "province", "postal_code"),
    [
        ("Qc", "QC", "H2X 1Y4"),
        ("P.Q.", "QC", "H2X 1Y4"),
        ("Colombie-Britannique", "BC", "V5K 0A1"),
        ("newfoundland", "NL", "A1C 5M2"),
        ("Î.-P.-É.", "PE", "C1A 4P3"),
        ("N.-É.", "NS", "B3H 4R2"),
        ("NWT", "NT", "X1A 2N1"),
    ],
)
def test_every_form_of_a_province_is_its_code(check: Check, written: str, province: str, postal_code: str) -> None:
    result = check(at(state=written, postal_code=postal_code))
    assert address(result)["state"] == province
    assert result.verdict == "repaired"


def test_nebraska_is_no_nova_scotia(check: Check) -> None:
    """`NE` is short for Nouvelle-Écosse; without its postal code it is more likely a state of the US."""
    assert address(check(at(state="NE")))["state"] == "NE"
    assert address(check(at(state="NE", city="Halifax", postal_code="B3H 4R2")))["state"] == "NS"


def test_nunavut_and_the_northwest_share_a_letter(check: Check) -> None:
    assert address(check(at(state="", city="Iqaluit", postal_code="X0A 0H0")))["state"] == "NU"
    assert address(check(at(state="", city="Yellowknife", postal_code="X1A 2N1")))["state"] == "NT"


def test_gatineau_shares_ottawas_code(check: Check) -> None:
    assert check(at(city="Gatineau", postal_code="K1A 0C9")).verdict == "clean"
    assert codes(check(at(city="Gatineau", state="BC", postal_code="K1A 0C9"))) == {"ADR070"}


@pytest.mark.parametrize("written", ["h2x1y4", "H2X-1Y4", "H2X  1Y4", "H2X.1Y4", "h2X 1y4", "H2XlY4", "H2X IY4"])
def test_one_postal_code_in_many_dresses(check: Check, written: str) -> None:
    result = check(at(postal_code=written))
    assert address(result)["postal_code"] == "H2X 1Y4"
    assert result.verdict == "repaired"


def test_a_slip_is_not_believed_against_the_province(check: Check) -> None:
    result = check(at(state="BC", postal_code="H2X IY4"))
    assert address(result)["postal_code"] == "H2X IY4"
    assert result.verdict == "review"


@pytest.mark.parametrize("written", ["H2X", "H2X 1Y", "W2X 1Y4", "H2D 1Y4", "12345", "H2X 1Y44", "H22 1Y4"])
def test_what_no_reading_makes_a_code_goes_to_a_person(check: Check, written: str) -> None:
    result = check(at(postal_code=written))
    assert address(result)["postal_code"] == written
    assert result.verdict == "review"


def test_guessed_codes_stay_within_the_province(check: Check) -> None:
    (finding,) = check(at(state="BC", city="Vancouver", postal_code="U5V 2T6")).findings
    offered = [suggestion.changes["ship_to.address.postal_code"] for suggestion in finding.suggestions]
    assert offered == ["V5V 2T6"]


def test_the_city_is_never_repaired_from_a_rural_code(check: Check) -> None:
    result = check(at(line1="RR 2", city="", state="AB", postal_code="T0E 1V0"))
    assert codes(result) == {"ADR078"}
    assert not address(result)["city"]


@given(
    st.text("ABCDEFGHIKLMOQVXYZ 0123456789-", max_size=9) | st.text(WRITTEN, max_size=9),
    st.sampled_from(["QC", "Que", "Ontairo", "", "NE", "CA", "N.-É.", "zz"]) | st.text(WRITTEN, max_size=8),
)
def test_any_place_gets_an_answer_and_repairs_settle(
    examine: Callable[..., Result], postal_code: str, state: str
) -> None:
    order = overlaid(at(postal_code=postal_code, state=state))
    first = examine(order)
    assert "SYS001" not in codes(first)
    assert address(examine(first.order)) == address(first)
    assert address(first)["line1"] == MONTREAL["line1"]
    assert address(first)["city"] == MONTREAL["city"]
