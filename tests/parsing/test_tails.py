"""A place where a line ends, American and Canadian."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing.canadian_tail import canadian_tail
from dq_service.parsing.tails import ends_with_city, tail
from dq_service.reference.bundle import Reference


@pytest.mark.parametrize(
    ("line", "rest", "city", "state", "postal_code"),
    [
        ("14205 Ida Street, Omaha, NE 68142", "14205 Ida Street", "Omaha", "NE", "68142"),
        ("14205 Ida Street Omaha NE 68142-1234", "14205 Ida Street", "Omaha", "NE", "68142-1234"),
        ("14205 Ida Street, Omaha, Nebraska, USA", "14205 Ida Street", "Omaha", "NE", ""),
        ("12 Elm St, Charleston, West Virginia 25301", "12 Elm St", "Charleston", "WV", "25301"),
        ("1 Main St, St. Louis, MO 63101", "1 Main St", "St. Louis", "MO", "63101"),
        ("Omaha, NE 68142", "", "Omaha", "NE", "68142"),
        ("NE 68142", "", "", "NE", "68142"),
    ],
)
def test_a_place_at_the_end(
    reference: Reference, line: str, rest: str, city: str, state: str, postal_code: str
) -> None:
    found = tail(line, reference)
    assert found is not None
    assert (found.rest, found.city, found.state, found.postal_code) == (rest, city, state, postal_code)


@pytest.mark.parametrize(
    "line",
    [
        "14205 Ida Street",
        "4012 Maine Ave NE",
        "2955 State Route 16550",
        "100 Ocean Ct",
        "500 Via La",
        "5860 US 17 HWY",
        "Apt 4B",
        "",
    ],
)
def test_no_place_at_the_end(reference: Reference, line: str) -> None:
    assert tail(line, reference) is None


def test_what_the_table_says_of_it(reference: Reference) -> None:
    right = tail("1 Elm St, Omaha, NE 68142", reference)
    assert right is not None
    assert (right.confirmed, right.consistent, right.apart) == (True, True, True)
    misspelt = tail("1 Elm St, Omhaa, NE 68142", reference)
    assert misspelt is not None
    assert (misspelt.confirmed, misspelt.consistent, misspelt.apart) == (False, True, True)


def test_a_repeated_city(reference: Reference) -> None:
    assert ends_with_city("14205 Ida Street, Omaha", "OMAHA") == "14205 Ida Street, "
    assert ends_with_city("1 Main St, Saint Louis", "St. Louis") == "1 Main St, "
    assert ends_with_city("14205 Ida Street", "Omaha") is None
    assert ends_with_city("Omaha", "Omaha") is None
    assert ends_with_city("14205 Ida Street", "") is None


@given(st.text(max_size=80))
def test_any_text_can_be_read(reference: Reference, text: str) -> None:
    for read in (tail(text, reference), canadian_tail(text, reference)):
        assert read is None or read.rest in text


@pytest.mark.parametrize(
    ("text", "rest", "province", "postal_code"),
    [
        ("100 Queen St W, Toronto, ON M5V 2T6", "100 Queen St W, Toronto", "ON", "M5V 2T6"),
        ("Toronto ON m5v2t6", "Toronto", "ON", "M5V 2T6"),
        ("Montréal (Québec) H2X 1Y4", "Montréal", "QC", "H2X 1Y4"),
        ("St. John's, Newfoundland and Labrador", "St. John's", "NL", ""),
        ("Toronto, ON M5V 2T6, Canada", "Toronto", "ON", "M5V 2T6"),
        ("M5V-2T6", "", "", "M5V 2T6"),
    ],
)
def test_a_canadian_place_at_the_end(
    reference: Reference, text: str, rest: str, province: str, postal_code: str
) -> None:
    found = canadian_tail(text, reference)
    assert found is not None
    assert (found.rest, found.province, found.postal_code) == (rest, province, postal_code)


@pytest.mark.parametrize(
    "text", ["1250 rue Québec", "45 Nova Scotia Ave", "304-1250 Main St", "W5V 2T6", "", "RR 2 Site 4"]
)
def test_no_canadian_place_at_the_end(reference: Reference, text: str) -> None:
    assert canadian_tail(text, reference) is None
