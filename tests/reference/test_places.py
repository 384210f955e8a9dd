"""The table of ZIPs: what a row says, how cities are found by any right spelling, what is compiled."""

import marshal
from pathlib import Path
from typing import Any

import pytest

from dq_service.reference.place_names import city_key, is_abbreviation
from dq_service.reference.places import Places
from dq_service.reference.states import States

DATA = Path(__file__).parents[2] / "reference_data"
HEAD = "postal_code,type,status,city,acceptable,not_acceptable,state,county,time_zone,latitude,longitude,area_codes\n"
STATES_CSV = (DATA / "states.csv").read_text("utf-8")


@pytest.fixture(scope="module")
def compiled() -> dict[str, Any]:
    return Places.compile((DATA / "places.csv").read_text("utf-8"), STATES_CSV)


@pytest.fixture(scope="module")
def places(compiled: dict[str, Any]) -> Places:
    return Places.from_compiled(compiled)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St. Paul", "SAINT PAUL"),
        ("Ft Worth", "Fort Worth"),
        ("Mt. Airy", "Mount Airy"),
        ("N Haven", "North Haven"),
        ("Colorado Spgs", "Colorado Springs"),
        ("Arlington Hts", "Arlington Heights"),
        ("Elk Grove Vlg", "Elk Grove Village"),
        ("Chester Twp", "Chester Township"),
        ("Coeur d'Alene", "Coeur D Alene"),
        ("Mc Connelsville", "McConnelsville"),
        ("Winston-Salem", "Winston Salem"),
        ("Cañon City", "Canon City"),
        ("City of Spokane Valley", "Spokane Valley"),
        ("The Dalles", "Dalles"),
    ],
)
def test_spellings_of_one_city_meet_under_one_key(one: str, other: str) -> None:
    assert city_key(one) == city_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Springfield", "West Springfield"),
        ("Cold Spring", "Cold Springs"),
        ("Kansas City", "Kansas"),
        ("Mt Airy", "Airy"),
    ],
)
def test_other_cities_keep_their_own_key(one: str, other: str) -> None:
    assert city_key(one) != city_key(other)


def test_a_text_without_letters_has_no_key() -> None:
    assert city_key(" -- ") == "" == city_key("")


@pytest.mark.parametrize(("short", "name", "is_one"), [("sptbg", "spartanburg", True), ("indpls", "indianapolis", True),
                                                       ("omaha", "omaha", False), ("sb", "southbend", False),
                                                       ("mpls", "stpaul", False)])  # fmt: skip
def test_an_abbreviation_keeps_first_letter_and_order(short: str, name: str, is_one: bool) -> None:
    assert is_abbreviation(short, name) is is_one


def test_a_place_tells_what_the_post_has(places: Places) -> None:
    omaha = places.at("68142")
    assert omaha is not None
    assert (omaha.city, omaha.state, omaha.type, omaha.time_zone) == ("Omaha", "NE", "standard", "America/Chicago")
    assert (omaha.latitude, omaha.longitude) == pytest.approx((41.34, -96.09), abs=0.05)
    assert not omaha.retired
    assert places.at("68142-1234") == omaha
    assert places.at("00000") is None


def test_military_post_has_no_centre(places: Places) -> None:
    apo = places.at("09034")
    assert apo is not None
    assert (apo.city, apo.state, apo.type, apo.latitude, apo.time_zone) == ("APO", "AE", "military", None, "")


def test_territories_and_the_district_are_there(places: Places) -> None:
    found = {zip5: place.state for zip5 in ("00901", "20001", "96910", "00802") if (place := places.at(zip5))}
    assert found == {"00901": "PR", "20001": "DC", "96910": "GU", "00802": "VI"}


def test_names_keep_their_capitals(places: Places) -> None:
    mchenry = places.at("60050")
    assert mchenry is not None
    assert mchenry.city == "McHenry"
    assert "Johnsburg" in mchenry.acceptable


def test_a_city_is_found_by_any_right_spelling_in_its_state(places: Places) -> None:
    assert places.zips("ST. PAUL", "MN") == places.zips("Saint Paul", "MN") != ()
    assert places.zips("Omaha", "FL") == ()
    assert places.zips("no such city", "NE") == ()


def test_main_zips_are_those_of_streets(places: Places) -> None:
    assert places.main_zips("Pekin", "IL") == ("61554",)
    assert set(places.zips("Pekin", "IL")) > {"61554", "61555"}  # 61555 is of boxes


def test_regions_and_states_are_blocks(places: Places) -> None:
    region = places.with_prefix("681")
    assert "68142" in region
    assert all(zip5.startswith("681") for zip5 in region)
    assert "omaha" in places.keys_in_region("681")
    assert "omaha" in places.keys_in_state("NE")
    assert "chicago" not in places.keys_in_state("NE")
    assert places.keys_in_state("??") == ()


def test_miles_between_centres(places: Places) -> None:
    assert places.miles("10001", "10001") == 0
    assert places.miles("68142", "60601") == pytest.approx(430, rel=0.05)  # Omaha to Chicago
    assert places.miles("68142", "09034") is None


def test_every_row_is_of_a_known_state_and_type(places: Places) -> None:
    assert {place.state for place in places.rows.values()} <= places.states.codes
    assert {place.type for place in places.rows.values()} == {"standard", "po_box", "unique", "military"}
    assert len(places.rows) > 42_000


def test_what_is_compiled_survives_marshal(compiled: dict[str, Any], places: Places) -> None:
    again = Places.from_compiled(marshal.loads(marshal.dumps(compiled)))
    assert again.at("68142") == places.at("68142")
    assert again.zips("Omaha", "NE") == places.zips("Omaha", "NE")


@pytest.mark.parametrize("rows", ["6814,standard,,X,,,NE,,,,,\n", "68142,standard,,X,,,NE,,,,,\n" * 2])
def test_a_table_with_a_wrong_or_double_zip_is_refused(rows: str) -> None:
    with pytest.raises(ValueError, match="ZIP"):
        Places.compile(HEAD + rows, STATES_CSV)


@pytest.mark.parametrize(
    ("text", "code", "slip"),
    [
        ("NE", "NE", None),
        ("ne", "NE", "state_name"),
        ("N.Y.", "NY", "state_name"),
        ("Minnesota", "MN", "state_name"),
        ("NEW  YORK", "NY", "state_name"),
        ("Calif.", "CA", "state_name"),
        ("Mass", "MA", "state_name"),
        ("US-TX", "TX", "state_name"),
        ("MN - Minnesota", "MN", "state_name"),
        ("Texas, USA", "TX", "state_name"),
        ("Puerto Rico", "PR", "state_name"),
        ("Armed Forces Pacific", "AP", "state_name"),
        ("Illniois", "IL", "state_misspelled"),
        ("Texax", "TX", "state_misspelled"),
        ("Teas", "TX", "state_misspelled"),
        ("", "NE", "state_missing"),
        ("KS", "NE", "state_not_of_place"),
        ("Kansas", "NE", "state_not_of_place"),
    ],
)
def test_a_state_is_read_in_any_form(text: str, code: str, slip: str | None) -> None:
    reading = States.from_compiled(States.compile(STATES_CSV)).read(text)
    assert reading.of(code)[1] == slip


def test_a_misspelt_state_is_likeliest_the_one_meant() -> None:
    states = States.from_compiled(States.compile(STATES_CSV))
    for text, code in (("Illniois", "IL"), ("Virginka", "VA"), ("Nrth Carolina", "NC"), ("Missisippi", "MS")):
        reading = states.read(text)
        assert max(reading.likely, key=lambda of: reading.likely[of][0]) == code
