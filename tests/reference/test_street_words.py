"""Suffixes, directionals and unit designators, right and misspelt."""

import pytest

from dq_service.reference.bundle import Reference


@pytest.mark.parametrize(
    ("word", "standard"),
    [("Avenue", "AVE"), ("av.", "AVE"), ("Avnue", "AVE"), ("Blvd.", "BLVD"), ("CROSSING", "XING"), ("Ida", "")],
)
def test_suffix_standard(reference: Reference, word: str, standard: str) -> None:
    assert reference.suffixes.standard(word) == standard


def test_a_listed_misspelling_is_a_suffix_but_not_well_spelt(reference: Reference) -> None:
    assert "Avnue" in reference.suffixes
    assert not reference.suffixes.well_spelt("Avnue")
    assert reference.suffixes.well_spelt("Av")
    assert not reference.suffixes.well_spelt("Ida")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Avnue", "AVENUE"),
        ("Aveneu", "AVENUE"),
        ("Stret,", "STREET"),
        ("Raod", "ROAD"),
        ("Lnae", "LANE"),
        ("Boulevrad", "BOULEVARD"),
        ("Bolevadr", "BOULEVARD"),
        ("Drvie", "DRIVE"),
        ("Palce", "PLACE"),
        ("Corut", "COURT"),
    ],
)
def test_misspelt_suffix(reference: Reference, word: str, name: str) -> None:
    found = reference.suffixes.near(word)
    assert found is not None
    assert found[0] == name
    assert 0.7 < found[1] < 1


@pytest.mark.parametrize(
    "word",
    [
        "Avenue", "Ave", "Str", "Lance", "Land", "Lake", "Read", "Roan", "Broad",
        "Rhoads", "Count", "Court", "Courtney", "Palace", "Peace", "Plane", "Trial", "Trailer",
        "Drives", "Driver", "Dove", "Cover", "Squire", "Circus", "Terra", "Parkview", "Ida",
        "Way", "Wya", "54th", "A", "N", "Pine", "Streets", "Roads", "Lansing",
    ],
)  # fmt: skip
def test_a_word_of_its_own_is_no_misspelt_suffix(reference: Reference, word: str) -> None:
    assert reference.suffixes.near(word) is None


@pytest.mark.parametrize(
    ("word", "language", "standard"),
    [
        ("North", "en", "N"),
        ("s.", "en", "S"),
        ("Ouest", "fr", "O"),
        ("O", "en", ""),
        ("NO", "fr", "NO"),
        ("Main", "en", ""),
    ],
)
def test_directional(reference: Reference, word: str, language: str, standard: str) -> None:
    compass = reference.directionals
    assert (compass.french(word) if language == "fr" else compass.standard(word)) == standard


@pytest.mark.parametrize(
    ("word", "standard"),
    [
        ("Apartment", "APT"),
        ("Ste.", "STE"),
        ("#", "#"),
        ("Lobby", "LBBY"),
        ("app.", "APP"),
        ("Étage", "ÉTAGE"),
        ("Main", ""),
    ],
)
def test_designator(reference: Reference, word: str, standard: str) -> None:
    assert reference.designators.standard(word) == standard


def test_french_street_types(reference: Reference) -> None:
    assert reference.street_types.standard("boul.") == "BOUL"
    assert reference.street_types.standard("Chemin") == "CH"
    assert reference.street_types.standard("Main") == ""
