"""Lines of an address read without a model: what is plain, what is a unit, a box, a route, a way in, an instruction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing import lines
from dq_service.reference.bundle import Reference


@pytest.mark.parametrize(
    "line",
    [
        "14205 Ida Street",
        "1717 N Bronson Ave",
        "100 N. Main St. NW",
        "12-34 71st Ave",
        "9 Martin Luther King Jr Blvd",
        "801 S 54th St",
    ],
)
def test_a_plain_street(reference: Reference, line: str) -> None:
    assert lines.is_plain_street(line, reference)


@pytest.mark.parametrize(
    "line",
    [
        "14205 Ida Street Apt 4",
        "14205 Ida",
        "Ida Street",
        "14205 Ida Stret",
        "14205 Ida Street, Omaha",
        "PO Box 12",
        "12 Elm St leave at door",
        "4521 Gate Code 1234 Road",
        "380 W 2880 S",
        "",
    ],
)
def test_everything_else_is_looked_at_more_closely(reference: Reference, line: str) -> None:
    assert not lines.is_plain_street(line, reference)


@pytest.mark.parametrize(
    ("line", "rest", "units"),
    [
        ("739 E Elm St Ste B", "739 E Elm St", "Ste B"),
        ("12 Main Rd Ste 4", "12 Main Rd", "Ste 4"),
        ("12 Main Rd # 4", "12 Main Rd", "# 4"),
        ("16225 Park Ten Place Suite #500", "16225 Park Ten Place", "Suite #500"),
        ("7000 E Mayo Blvd., Bldg. #1", "7000 E Mayo Blvd.", "Bldg. #1"),
        ("12 Elm St Bldg 4 Ste 200", "12 Elm St", "Bldg 4 Ste 200"),
        ("2250 Murrell Rd, Bldg B, Unit 2", "2250 Murrell Rd", "Bldg B, Unit 2"),
        ("1101 Salem Road Suite #A #B #C #D", "1101 Salem Road", "Suite #A #B #C #D"),
        ("590 Jefferson Pkwy, 2nd Floor, Suite 250", "590 Jefferson Pkwy", "2nd Floor, Suite 250"),
        ("5316 Hwy 290 Suite 360", "5316 Hwy 290", "Suite 360"),
    ],
)
def test_units_at_the_end_are_taken_whole(reference: Reference, line: str, rest: str, units: str) -> None:
    found = lines.trailing_units(line, reference)
    assert found is not None
    assert (found.rest, found.text) == (rest, units)


@pytest.mark.parametrize(
    "line",
    [
        "390 Route # 12",
        "390 County Road # 12",
        "2955 Highway 12",
        "208 Richmond Townhouse Rd",
        "900 Office Ct",
        "1601 Brenner Ave, Buildng #10",
        "12 Elm St # 4521 gate code",
        "12 Elm St Buzzer 214",
        "12 Elm St Dock 4",
        "Apt 4",
        "# 4",
        "12 Elm St Apt",
        "1250 Elm St",
    ],
)
def test_what_is_no_unit_stays_in_the_line(reference: Reference, line: str) -> None:
    assert lines.trailing_units(line, reference) is None


@given(st.text("abN 0123#,.-SteAptBldgRdHwy", max_size=60))
def test_splitting_off_a_unit_loses_nothing(reference: Reference, line: str) -> None:
    found = lines.trailing_units(line, reference)
    if found:
        kept = [character for character in found.rest + found.text if character.isalnum()]
        assert kept == [character for character in line if character.isalnum()]
        assert any(character.isalpha() for character in found.rest)


@pytest.mark.parametrize("line", ["Apt 4B", "#100", "Bldg 4 Ste 200", "4B", "Rear", "STE. D", "Unit 12-A"])
def test_a_line_that_is_a_unit(reference: Reference, line: str) -> None:
    assert lines.is_unit(line, reference)


@pytest.mark.parametrize(
    "line", ["14205 Ida Street", "Prairie Business Park", "c/o Aisha Martinez", "Leave at door", ""]
)
def test_a_line_that_is_none(reference: Reference, line: str) -> None:
    assert not lines.is_unit(line, reference)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Suite #200", "STE 200", True),
        ("Apt. 4B", "apt 4b", True),
        ("# 12", "Apt 12", True),
        ("12", "Apt 12", True),
        ("Apt 12", "Ste 12", False),
        ("Apt 1", "Apt 12", False),
        ("Bldg 4 Apt 2", "Apt 2", False),
    ],
)
def test_units_are_compared_by_what_identifies_them(reference: Reference, one: str, other: str, same: bool) -> None:
    assert lines.same_unit(one, other, reference) is same
    assert lines.same_unit(other, one, reference) is same


@pytest.mark.parametrize(
    ("line", "box"),
    [
        ("PO Box 12", "PO Box 12"),
        ("P.O. BOX 5258", "P.O. BOX 5258"),
        ("Post Office Box 77", "Post Office Box 77"),
        ("POB 4811", "POB 4811"),
        ("Apartado 99", "Apartado 99"),
        ("CP 123 Succ Centre-Ville", "CP 123"),
        ("531 Beebe St, PO Box 428", "PO Box 428"),
        ("Box 14", "Box 14"),
        ("14205 Box Elder Street", ""),
        ("RR 2 Box 152", ""),
        ("PSC 802 Box 74", ""),
        ("12 Elm St", ""),
    ],
)
def test_a_box_as_written(line: str, box: str) -> None:
    assert lines.box(line) == box


def test_other_ways_of_the_post() -> None:
    assert lines.is_route("RR 2 Box 152")
    assert lines.is_route("RURAL ROUTE 2")
    assert lines.is_route("RR 2 Site 4 Comp 12")
    assert not lines.is_route("14205 Ida Street")
    assert lines.is_military("PSC 802 Box 74")
    assert lines.is_military("CMR 467 Box 12")
    assert not lines.is_military("12 Unit Street")
    assert lines.box_without_number("P.O. Box")
    assert not lines.box_without_number("P.O. Box 3")
    assert lines.is_general_delivery("GENERAL DELIVERY")
    assert lines.is_general_delivery("GD Stn Main")
    assert not lines.is_general_delivery("12 GD Roberts Ave")


@pytest.mark.parametrize(
    ("line", "code"),
    [("Buzzer 214", "214"), ("gate code #4521", "#4521"), ("# 4521 gate code", "# 4521"), ("intercom 12", "12")],
)
def test_a_word_beside_a_number_makes_it_a_way_in(line: str, code: str) -> None:
    found = lines.access_code(line)
    assert found is not None
    assert (
        found.group("code").replace(" ", "") == code.replace(" ", "").removeprefix("#") or found.group("code") == code
    )


@pytest.mark.parametrize(
    "text", ["Please leave at door", "Call on arrival", "Sonnez deux fois", "dejar en la puerta", "Beware of dog"]
)
def test_a_text_that_asks_something(text: str) -> None:
    assert lines.is_instruction(text)


@pytest.mark.parametrize(
    "text", ["Prairie Business Park", "Apt 4B", "14205 Ida Street", "Call Center Building", "Leave"]
)
def test_a_text_that_asks_nothing(text: str) -> None:
    assert not lines.is_instruction(text)
