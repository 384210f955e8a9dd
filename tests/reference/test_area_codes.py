"""The table of area codes answers as the library it was made from, and knows the codes that came later."""

import random
from pathlib import Path

import phonenumbers
import pytest

from dq_service.reference.area_codes import NANP_REGIONS, AreaCodes

TABLE = Path(__file__).parents[2] / "reference_data" / "area_codes.csv"
ADDED = {
    "436": "OH", "457": "LA", "471": "MS", "621": "TX", "624": "NY",
    "679": "MI", "729": "TN", "837": "CA", "861": "IL", "924": "MN",
}  # fmt: skip
KINDS = {
    "fixed_line": "fixed_or_mobile",
    "mobile": "fixed_or_mobile",
    "fixed_line_or_mobile": "fixed_or_mobile",
    "premium_rate": "premium",
    "personal_number": "personal",
}


@pytest.fixture(scope="module")
def area_codes() -> AreaCodes:
    return AreaCodes.from_compiled(AreaCodes.compile(TABLE.read_text()))


def by_library(national: str) -> tuple[str, str] | None:
    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(national))
    if not phonenumbers.is_valid_number(number):
        return None
    kind = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number)).lower()
    return phonenumbers.region_code_for_number(number), KINDS.get(kind, kind)


def by_table(area_codes: AreaCodes, national: str) -> tuple[str, str] | None:
    found = area_codes.of(national)
    return (found.country, found.kind) if found else None


def numbers() -> list[str]:
    """A few exchanges of every area code, and many where more digits decide."""
    chance = random.Random(1)
    every = [f"{code}{chance.randrange(10**7):07d}" for code in range(200, 1000) for _ in range(12)]
    deep = [
        f"{code}{chance.randrange(2, 10)}{chance.randrange(10**6):06d}"
        for code in (242, 246, 284, 523, 524, 671, 800, 809, 829, 868, 876, 983)
        for _ in range(900)
    ]
    return [number for number in every + deep if number[:3] not in ADDED]


def test_answers_as_phonenumbers(area_codes: AreaCodes) -> None:
    asked = numbers()
    assert len(asked) > 20_000
    assert [number for number in asked if by_table(area_codes, number) != by_library(number)] == []


@pytest.mark.parametrize(("code", "state"), ADDED.items())
def test_codes_in_service_that_the_library_rejects(area_codes: AreaCodes, code: str, state: str) -> None:
    assert by_library(f"{code}5385759") is None
    found = area_codes.of(f"{code}5385759")
    assert found is not None
    assert (found.country, found.states, found.kind) == ("US", (state,), "fixed_or_mobile")
    assert area_codes.of(f"{code}1385759") is None


@pytest.mark.parametrize(
    ("code", "states"), {"402": ("NE",), "902": ("NS", "PE"), "203": ("CT",), "800": (), "999": ()}.items()
)
def test_states(area_codes: AreaCodes, code: str, states: tuple[str, ...]) -> None:
    assert area_codes.states(code) == states


def test_regions_are_those_of_the_plan() -> None:
    assert set(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]) == NANP_REGIONS
