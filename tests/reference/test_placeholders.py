"""What stands where nothing was entered."""

import pytest

from dq_service.reference.bundle import Reference


@pytest.mark.parametrize(
    ("text", "field", "reads"),
    [
        ("N/A", "line2", "none"),
        ("n.a.", "city", "empty"),
        ("None", "instructions", "none"),
        ("none", "city", "empty"),
        ("NULL", "name", "empty"),
        ("Test", "name", "empty"),
        ("-", "line1", "empty"),
        ("....", "line1", "empty"),
        ("xxxx", "city", "empty"),
        ("asdf", "name", "empty"),
        ("Same as billing", "line1", "same"),
        ("same", "name", "same"),
        ("No special instructions.", "instructions", "none"),
        ("aucun", "instructions", "none"),
        ("sin datos", "line1", "empty"),
        ("Customer", "name", "empty"),
        ("00000", "postal_code", ""),  # the place tells which was meant
        ("unknown", "phone", ""),  # the subject's own rule says what is wrong with it
        ("N/A", "phone", "empty"),
        ("no@no.com", "email", ""),
        ("TBD", "instructions", "empty"),
    ],
)
def test_placeholder(reference: Reference, text: str, field: str, reads: str) -> None:
    assert reference.placeholders.kind(text, field) == reads


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Christopher Null", "name"),
        ("Test Valley Supply", "company"),
        ("ABC", "company"),
        ("Nan", "name"),
        ("NA", "country"),
        ("NO", "country"),
        ("no", "name"),
        ("12345", "postal_code"),
        ("Apt 4B", "line2"),
        ("none", "gift_message"),
        ("test", "description"),
        ("N/A", "access_code"),
        ("Same", "state"),
        ("", "name"),
        ("Leave with concierge", "instructions"),
    ],
)
def test_no_placeholder(reference: Reference, text: str, field: str) -> None:
    assert reference.placeholders.kind(text, field) == ""
