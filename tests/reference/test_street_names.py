"""Two spellings of one street have one key, two streets have two."""

import pytest

from dq_service.reference.bundle import Reference


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("N. Prince Frederick Blvd.", "NORTH PRINCE FREDERICK BOULEVARD"),
        ("Fifth Avenue", "5th Ave"),
        ("W 63 ST", "West 63rd Street"),
        ("St. Charles Ave", "Saint Charles Avenue"),
        ("Mar-Le Drive", "MAR LE DR"),
        ("O'Brien Rd", "OBRIEN ROAD"),
        ("US 17 HWY", "U.S. Highway 17"),
        ("County Road 5", "COUNTY RD 5"),
        ("Main St N", "Main Street North"),
        ("North East Street St", "NE Street St"),
        ("Boul. René-Lévesque Ouest", "boulevard Rene Levesque O"),
        ("Ch. du Lac", "chemin du lac"),
    ],
)
def test_the_same_street(reference: Reference, one: str, other: str) -> None:
    assert reference.street_names.key(one) == reference.street_names.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("North St", "N St"),
        ("54th St", "50th St"),
        ("Avenue C", "Avenue G"),
        ("N Main St", "S Main St"),
        ("Oak St", "Oak Ave"),
        ("W 111 St", "W 11 St"),
        ("East Ave", "E Ave"),
    ],
)
def test_different_streets(reference: Reference, one: str, other: str) -> None:
    assert reference.street_names.key(one) != reference.street_names.key(other)


@pytest.mark.parametrize("text", ["", "  ", "...", "#"])
def test_no_street(reference: Reference, text: str) -> None:
    assert reference.street_names.key(text) == ""


@pytest.mark.parametrize(
    ("number", "key"), [("11", "11TH ST"), ("112", "112TH ST"), ("22", "22ND ST"), ("103", "103RD ST")]
)
def test_ordinals(reference: Reference, number: str, key: str) -> None:
    assert reference.street_names.key(f"{number} Street") == key
