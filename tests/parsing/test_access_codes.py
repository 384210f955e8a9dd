"""Codes in words for a driver: what is one, what only looks so, and what is spoken of and not given."""

import pytest

from dq_service.parsing import access_codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Gate code 4821, leave with front desk", ("4821",)),
        ("gate code is #4821", ("#4821",)),
        ("Gate code: 4821#", ("4821#",)),
        ("door code *1234#", ("*1234#",)),
        ("# 4521 gate code", ("4521",)),
        ("4821 is the gate code", ("4821",)),
        ("Buzzer 214", ("214",)),
        ("callbox 045", ("045",)),
        ("Code for gate is 4821", ("4821",)),
        ("Enter 4821 at keypad", ("4821",)),
        ("dial 214 on the intercom", ("214",)),
        ("gate code 4 8 2 1", ("4 8 2 1",)),
        ("gate code 1234, door code 5678", ("1234", "5678")),
        ("access code: C1358Y", ("C1358Y",)),
        ("code d'entrée 4821", ("4821",)),
        ("digicode 12A34", ("12A34",)),
        ("código de la puerta 4821", ("4821",)),
        ("timbre 214", ("214",)),
    ],
)
def test_a_code_is_found_as_it_is_written(text: str, codes: tuple[str, ...]) -> None:
    assert access_codes.given(text) == codes


@pytest.mark.parametrize(
    "text",
    [
        "call 555-0123",
        "ext 4521",
        "call box 402-555-0123",
        "zip code 68142",
        "promo code 4821",
        "area code 402",
        "code postal 68142",
        "order code 123456",
        "delivery code 1234",
        "buzz 2 times",
        "buzz 10 minutes before",
        "intercom 24 hours",
        "gate code after 6pm",
        "use gate 4 and dock 12",
        "gate 4821",
        "Buzz apt 4B",
        "Unit 214 buzzer broken",
        "Enter through 1200 Main St gate",
    ],
)
def test_a_number_beside_another_matter_is_no_code(text: str) -> None:
    assert access_codes.given(text) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("use the gate code", "gate code"),
        ("code to be sent", "code to be sent"),
        ("Ask for code at office", "Ask for code"),
        ("utiliser le code de la porte", "utiliser le code"),
        ("usar el código del portón", "usar el código"),
        ("gate code 4821", ""),
        ("No gate code", ""),
        ("gate code not needed", ""),
        ("You don't need a code", ""),
        ("buzz me", ""),
        ("use the keypad", ""),
        ("building code requires hard hats", ""),
        ("use promo code SAVE at checkout", ""),
    ],
)
def test_a_code_is_awaited_where_it_is_spoken_of_and_not_given(text: str, words: str) -> None:
    assert access_codes.awaited(text) == words


def test_codes_that_differ_in_signs_alone_are_one() -> None:
    assert len({access_codes.bare(code) for code in ("#4821", "4821#", "4 8 2 1", "*4821")}) == 1
