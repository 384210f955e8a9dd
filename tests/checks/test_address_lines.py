"""Street and unit in their lines: look-alikes that stay, units that move whole, a choice that is a person's."""

from collections.abc import Callable

import pytest

from dq_service.result import Result
from tests.conftest import address, at

Check = Callable[..., Result]


@pytest.mark.parametrize(
    "fields",
    [
        {"line1": "110-20 71st Ave", "line2": "", "city": "Forest Hills", "state": "NY", "postal_code": "11375"},
        {
            "line1": "15900 La Cantera Parkway Bldg 3",
            "line2": "3440",
            "city": "San Antonio",
            "state": "TX",
            "postal_code": "78256",
        },
        {"line1": "390 County Road # 12", "line2": ""},
        {"line1": "Prairie Business Park", "line2": "14205 Ida Street"},
        {"line1": "PSC 802 Box 74", "line2": "", "city": "APO", "state": "AE", "postal_code": "09012"},
    ],
)
def test_what_stands_rightly_stays(check: Check, fields: dict[str, str]) -> None:
    result = check(at(**fields))
    assert [finding.rule for finding in result.findings] == []
    assert result.verdict == "clean"


@pytest.mark.parametrize(
    ("line", "line1", "line2"),
    [
        ("16225 Park Ten Place Suite #500", "16225 Park Ten Place", "Suite #500"),
        ("12 Main Road Ste 4", "12 Main Road", "Ste 4"),
        ("2250 Murrell Rd, Bldg B, Unit 2", "2250 Murrell Rd", "Bldg B, Unit 2"),
    ],
)
def test_a_unit_moves_whole(check: Check, line: str, line1: str, line2: str) -> None:
    moved = address(check(at(line1=line, line2="")))
    assert (moved["line1"], moved["line2"]) == (line1, line2)


def test_two_units_are_a_persons_choice(check: Check) -> None:
    result = check(at(line1="14205 Ida Street Apt 4A"))
    assert address(result)["line2"] == "Apt 4B"
    assert result.verdict == "review"
