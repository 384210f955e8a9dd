"""Card numbers are masked whatever stands between their digits; other long numbers stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing import private_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("card 4111 1111 1111 1111 exp 12/27", "card XXXX XXXX XXXX 1111 exp 12/27"),
        ("4111111111111111", "XXXXXXXXXXXX1111"),
        ("3782-822463-10005", "XXXX-XXXXXX-X0005"),
        ("4111\u200b1111\u200b1111\u200b1111", "XXXX\u200bXXXX\u200bXXXX\u200b1111"),
        ("4111&nbsp;1111&nbsp;1111&nbsp;1111", "XXXX&nbsp;XXXX&nbsp;XXXX&nbsp;1111"),
    ],
)
def test_a_card_number_keeps_four_digits(text: str, masked: str) -> None:
    assert private_text.masked(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # Luhn
        "call 402-538-5759 or 402-538-5760",
        "tracking 9400111899223344556677",
        "EAN 4006381333931",
        "0000 0000 0000 0000",
        "14205 Ida Street 68142-1234",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert private_text.masked(text) == text


@given(st.text(alphabet="4 1-.x\u200b&;#0nbsp", max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = private_text.masked(text)
    assert private_text.masked(once) == once


@pytest.mark.parametrize(
    "text", ["SSN 123-45-6789", "DOB 12/03/1980", "born on Dec 3, 1980", "CVV 123", "fecha de nacimiento 03/12/1980"]
)
def test_personal_numbers_are_seen(text: str) -> None:
    assert private_text.personal(text)


@pytest.mark.parametrize("text", ["68142-1234", "402-538-5759", "born in Omaha", "Dob Rd 12", "000-12-3456"])
def test_other_numbers_are_not_personal(text: str) -> None:
    assert not private_text.personal(text)
