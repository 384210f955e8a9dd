"""What is read as an e-mail address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing.email import read

DRESSED = {
    "plain": "aisha@example.com",
    "a link": "mailto:aisha@example.com?subject=Order",
    "a link in capitals": "MAILTO:aisha@example.com",
    "a name before": "Aisha Martinez <aisha@example.com>",
    "a quoted name": '"Martinez, Aisha" <aisha@example.com>',
    "angle brackets": "<aisha@example.com>",
    "parentheses": "(aisha@example.com)",
    "a full stop": "aisha@example.com.",
    "a comma": "aisha@example.com,",
    "spaces inside": "aisha @ example . com",
    "spaces around": " aisha@example.com\t",
    "a full-width at": "aisha＠example.com",
    "a mark nobody sees": "\u200baisha@example.com",
}


@pytest.mark.parametrize("text", DRESSED.values(), ids=DRESSED)
def test_dresses_of_one_address(text: str) -> None:
    reading = read(text)
    assert (reading.state, reading.address) == ("valid", "aisha@example.com")
    assert (reading.local, reading.domain) == ("aisha", "example.com")
    assert reading.changed == (text != "aisha@example.com")


@pytest.mark.parametrize(
    "text",
    [
        "aisha.m+dq@sub.example.co.uk",
        "o'hara_1@example.com",
        "AISHA@Example.COM",
        "josé@exämple.com",
        "a@xn--bcher-kva.example",
        "x@example.xn--p1ai",
    ],
)
def test_unusual_addresses_stand_as_they_are(text: str) -> None:
    reading = read(text)
    assert (reading.state, reading.address, reading.changed) == ("valid", text, False)


STATES = {
    "": "none",
    "  ,;": "none",
    "@": "none",
    "aisha.example.com": "no_at",
    "none": "no_at",
    "aisha@@example.com": "malformed",
    "aisha@icloud,com": "malformed",
    "aisha martinez@example.com": "malformed",
    "aisha@example": "malformed",
    "aisha@-example.com": "malformed",
    "a..b@example.com": "malformed",
    ".a@example.com": "malformed",
    "@example.com": "malformed",
    "aisha@": "malformed",
    "a@192.168.1.1": "malformed",
    "a@example.com; b@example.com": "malformed",
    "a" * 65 + "@example.com": "malformed",
    "a@" + "b." * 130 + "com": "malformed",
}


@pytest.mark.parametrize(("text", "state"), STATES.items())
def test_states(text: str, state: str) -> None:
    reading = read(text)
    assert (reading.state, reading.address, reading.changed) == (state, "", False)


def test_a_malformed_address_tells_its_domain() -> None:
    assert read("aisha@iCloud,com").domain == "icloud,com"


@given(st.text(max_size=60) | st.text(alphabet="ab@.<> ,;:\u00e9-", max_size=30) | st.emails())
def test_any_text_is_read(text: str) -> None:
    reading = read(text)
    assert (reading.address == "") == (reading.state != "valid")
    assert read(reading.address).address == reading.address
