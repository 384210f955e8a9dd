"""The joint resolver: what it settles, what it only offers, what it leaves alone."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_service.reference import error_rates as rates
from dq_service.reference.places import Places
from dq_service.reference.resolution import FIELDS, Resolution
from dq_service.reference.resolver import REMEMBERED, resolve
from dq_service.reference.zip_codes import ZipCodes, read_zip

DATA = Path(__file__).parents[2] / "reference_data"
PLACES = Places.from_compiled(
    Places.compile((DATA / "places.csv").read_text("utf-8"), (DATA / "states.csv").read_text("utf-8"))
)
SURE = 0.995


def ask(city: str, state: str, postal_code: str, **more: object) -> Resolution:
    return resolve(city, state, postal_code, places=PLACES, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        ("Omaha", "NE", "68142"),
        ("omaha", "NE", "68142-1234"),
        ("OMAHA", "NE", "68142"),
        ("St. Paul", "MN", "55101"),
        ("Shawnee Mission", "KS", "66213"),  # acceptable: Overland Park is preferred
        ("APO", "AE", "09034"),
        ("San Juan", "PR", "00901"),
        ("Washington", "DC", "20001"),
        ("PEKIN", "IL", "61555"),  # of boxes
        (" Omaha ", "NE ", " 68142"),
    ],
)
def test_a_right_place_agrees(fields: tuple[str, str, str]) -> None:
    answer = ask(*fields)
    assert answer.agrees
    assert not answer.candidates
    assert answer.place is not None
    assert answer.place.state == fields[1].strip()


@pytest.mark.parametrize(
    ("given_", "meant", "kinds"),
    [
        (("", "NE", "68142"), ("Omaha", "NE", "68142"), ["city_missing"]),
        (("Omhaa", "NE", "68142"), ("Omaha", "NE", "68142"), ["city_misspelled"]),
        (("SHEVOYGAN", "WI", "53081"), ("SHEBOYGAN", "WI", "53081"), ["city_misspelled"]),
        (("Sr Paul", "MN", "55101"), ("Saint Paul", "MN", "55101"), ["city_misspelled"]),
        (("Indpls", "IN", "46201"), ("Indianapolis", "IN", "46201"), ["city_abbreviated"]),
        (("Omaha", "", "68142"), ("Omaha", "NE", "68142"), ["state_missing"]),
        (("Omaha", "Nebraska", "68142"), ("Omaha", "NE", "68142"), ["state_name"]),
        (("Omaha", "ne", "68142"), ("Omaha", "NE", "68142"), ["state_name"]),
        (("Omaha", "Nebrasak", "68142"), ("Omaha", "NE", "68142"), ["state_misspelled"]),
        (("Omaha", "KS", "68142"), ("Omaha", "NE", "68142"), ["state_not_of_place"]),
        (("Omaha", "Minnesota", "68142"), ("Omaha", "NE", "68142"), ["state_not_of_place"]),
        (("Pekin", "IL", ""), ("Pekin", "IL", "61554"), ["zip_missing"]),
        (("Andover", "MA", "1810"), ("Andover", "MA", "01810"), ["zip_lost_zero"]),
        (("Bridgeport", "CT", "6610.0"), ("Bridgeport", "CT", "06610"), ["zip_lost_zero"]),
        (("San Juan", "PR", "917"), ("San Juan", "PR", "00917"), ["zip_lost_zero"]),
        (("Omaha", "NE", "6B142"), ("Omaha", "NE", "68142"), ["zip_letters"]),
        (("Omaha", "NE", "68l42-1234"), ("Omaha", "NE", "68142-1234"), ["zip_letters"]),
        (("Omaha", "NE", "681421234"), ("Omaha", "NE", "68142-1234"), ["zip_plus4_damaged"]),
        (("Omaha", "NE", "68142-"), ("Omaha", "NE", "68142"), ["zip_plus4_damaged"]),
        (("Omaha", "NE", "68142.0"), ("Omaha", "NE", "68142"), ["zip_form"]),
        (("Rockport", "MA", "01696"), ("Rockport", "MA", "01966"), ["zip_swapped"]),
        (("Omhaa", "Nebraska", "6B142"), ("Omaha", "NE", "68142"), ["city_misspelled", "state_name", "zip_letters"]),
        (("", "Nebraska", "68142"), ("Omaha", "NE", "68142"), ["city_missing", "state_name"]),
    ],
)
def test_what_follows_from_the_other_fields_is_settled(
    given_: tuple[str, str, str], meant: tuple[str, str, str], kinds: list[str]
) -> None:
    answer = ask(*given_)
    assert answer.settled is not None
    assert (answer.settled.city, answer.settled.state, answer.settled.postal_code) == meant
    assert [slip.kind for slip in answer.settled.slips] == kinds
    assert answer.settled.probability >= SURE
    assert answer.settled.evidence
    assert not set(answer.settled.evidence_fields) & {s.field for s in answer.settled.slips} or len(kinds) == 3
    assert not answer.unsettled
    for slip in answer.settled.slips:
        assert (slip.before, slip.after) == (given_[FIELDS.index(slip.field)], meant[FIELDS.index(slip.field)])


@pytest.mark.parametrize(
    ("given_", "first"),
    [
        (("", "KS", "66213"), "Overland Park"),  # the ZIP has other names that the post accepts
        (("FORT WORTH", "TX", "76248"), "KELLER"),  # a neighbour's name, or a neighbour's ZIP
    ],
)
def test_a_city_that_may_be_another_is_only_offered(given_: tuple[str, str, str], first: str) -> None:
    answer = ask(*given_)
    assert answer.settled is None or answer.settled.probability < SURE
    assert answer.candidates[0].city == first
    assert len(answer.candidates) <= 5


def test_a_zip_of_many_is_offered_not_chosen() -> None:
    answer = ask("Omaha", "NE", "")
    assert answer.settled is None
    assert answer.unsettled == ("postal_code",)
    assert len(answer.candidates) == 5
    assert {PLACES.rows[c.postal_code].type for c in answer.candidates} == {"standard"}
    assert answer.place is None
    assert answer.time_zone == "America/Chicago"  # true of all of them


@pytest.mark.parametrize(
    ("city", "changes"),
    [
        ("Springfeild", {"city": "Springfield"}),
        ("CHCAGO", {"city": "CHICAGO", "state": "IL"}),
        ("San Fransisco", {"city": "San Francisco", "state": "CA"}),
    ],
)
def test_what_all_likely_places_share_is_offered_first(city: str, changes: dict[str, str]) -> None:
    answer = ask(city, "", "")
    assert (answer.settled, answer.unsettled) == (None, FIELDS)  # nothing that was written confirms it
    first, second = answer.candidates[:2]
    assert {slip.field: slip.after for slip in first.slips} == changes
    assert first.probability > 0.9 > second.probability
    assert (second.city, second.postal_code != "") == (changes["city"], True)


@pytest.mark.parametrize("city", ["Qwertyuio", "Springfield", "Mexico Cty"])
def test_a_city_that_is_right_or_like_none_is_not_respelled(city: str) -> None:
    assert all(candidate.city == city for candidate in ask(city, "", "").candidates)


def test_the_state_is_put_right_while_the_zip_is_open() -> None:
    answer = ask("Omaha", "Nebraska", "")
    assert answer.settled is not None
    assert [(slip.field, slip.after) for slip in answer.settled.slips] == [("state", "NE")]
    assert answer.settled.postal_code == ""
    assert answer.settled.probability >= SURE
    assert answer.unsettled == ("postal_code",)
    assert all(c.city == "Omaha" and c.state == "NE" for c in answer.candidates)


def test_two_fields_against_each_other_have_no_winner() -> None:
    answer = ask("Rockport", "MA", "90210")
    assert answer.settled is None
    assert {(c.city, c.postal_code) for c in answer.candidates} == {("Rockport", "01966"), ("Beverly Hills", "90210")}
    assert all(c.probability < 0.9 for c in answer.candidates)


def test_a_namesake_in_the_state_written_leaves_doubt() -> None:
    answer = ask("Portland", "ME", "97201")
    assert answer.settled is None or answer.settled.probability < SURE
    assert answer.candidates[0].state == "OR"
    assert any(c.postal_code.startswith("041") for c in answer.candidates)


def test_a_zip_that_is_no_slip_of_the_right_one_is_never_replaced_unasked() -> None:
    answer = ask("Rockport", "MA", "99998")
    assert answer.settled is None or answer.settled.probability < SURE
    assert answer.candidates[0].postal_code == "01966"
    assert answer.candidates[0].slips[0].kind == "zip_unknown"


def test_a_local_name_may_stand() -> None:
    answer = ask("Happy Valley Estates", "NE", "68142")
    assert answer.settled is None
    assert answer.unsettled == ("city",)
    assert [slip.kind for slip in answer.candidates[0].slips] == ["city_unknown"]


@pytest.mark.parametrize("fields", [("", "", ""), ("xyzzy", "", ""), ("Omaha", "NE", "TBD"), ("💩", "xx", "????")])
def test_nothing_is_settled_from_nothing(fields: tuple[str, str, str]) -> None:
    answer = ask(*fields)
    assert not answer.agrees
    assert answer.settled is None
    assert "postal_code" in answer.unsettled


def test_a_state_alone_is_still_read() -> None:
    answer = ask("", "Minnesota", "")
    assert answer.settled is not None
    assert answer.settled.state == "MN"
    assert answer.unsettled == ("city", "postal_code")
    assert not answer.candidates


def test_a_name_that_the_post_does_not_accept_is_a_note() -> None:
    answer = ask("MANHATTAN", "NY", "10038")
    assert not answer.agrees
    assert answer.settled is None
    assert not answer.unsettled
    assert [(note.kind, note.after) for note in answer.notes] == [("city_not_acceptable", "NEW YORK")]


def test_a_retired_zip_is_a_note() -> None:
    retired = next(p for p in PLACES.rows.values() if p.retired and p.type == "standard")
    answer = ask(retired.city, retired.state, retired.postal_code)
    assert [note.kind for note in answer.notes] == ["zip_retired"]
    assert answer.place == retired


def test_the_writer_s_capitals_are_followed() -> None:
    assert ask("OMHAA", "NE", "68142").candidates[0].city == "OMAHA"
    assert ask("", "NE", "68142", capitals=True).candidates[0].city == "OMAHA"
    assert ask("", "NE", "68142").candidates[0].city == "Omaha"


def test_what_is_right_stays_as_it_was_written() -> None:
    settled = ask("st. paul", "Minnesota", "55101-1234").settled
    assert settled is not None
    assert (settled.city, settled.postal_code) == ("st. paul", "55101-1234")


def test_the_area_code_orders_equals_and_changes_no_probability() -> None:
    plain, called = ask("Springfield", "", ""), ask("Springfield", "", "", area_code="217")
    assert plain.candidates[0].state != "IL"
    assert called.candidates[0].state == "IL"
    assert called.settled is None
    assert called.candidates[0].probability == pytest.approx(plain.candidates[0].probability, rel=0.5)


def test_an_area_code_settles_nothing() -> None:
    for fields in (("Omaha", "NE", ""), ("FORT WORTH", "TX", "76248"), ("Chicago", "IL", "60166")):
        plain, called = ask(*fields), ask(*fields, area_code="402")
        assert called.settled == plain.settled


def test_known_address_points_name_the_zip() -> None:
    covered = frozenset(PLACES.zips("Skokie", "IL"))
    unseen, known = (ask("Skokie", "IL", "", street_zips=("60077",), covered=of) for of in (frozenset(), covered))
    assert known.settled is not None
    assert known.settled.postal_code == "60077"
    likely = [answer.candidates[0].probability for answer in (ask("Skokie", "IL", ""), unseen, known)]
    assert likely == sorted(likely), "points all around say more than points in one ZIP"


def test_a_box_may_lie_in_a_zip_of_boxes() -> None:
    street, box = ask("Pekin", "IL", ""), ask("Pekin", "IL", "", po_box=True)
    assert street.candidates[0].postal_code == "61554"
    assert box.candidates[0].postal_code == "61555"


def test_probabilities_are_shares() -> None:
    for fields in (("Omaha", "NE", ""), ("FORT WORTH", "TX", "76248"), ("Springfield", "", ""), ("", "KS", "66213")):
        chances = [c.probability for c in ask(*fields).candidates]
        assert sum(chances) <= 1
        assert chances == sorted(chances, reverse=True)


def test_a_settled_answer_agrees_when_it_is_asked_again() -> None:
    for fields in (("Omhaa", "Nebraska", "6B142"), ("Pekin", "IL", ""), ("Andover", "MA", "1810"), ("", "NE", "68142")):
        settled = ask(*fields).settled
        assert settled is not None
        assert ask(settled.city, settled.state, settled.postal_code).agrees


def test_answers_are_remembered_within_bounds() -> None:
    first = ask("Omhaa", "NE", "68142")
    assert ask("Omhaa", "NE", "68142") is first
    for number in range(REMEMBERED + 10):
        ask("", "", f"?{number}")
    assert len(PLACES.remembered) <= REMEMBERED


@given(st.text(max_size=30), st.text(max_size=20), st.text(max_size=14))
@settings(max_examples=150, deadline=None)
def test_any_text_gets_an_answer(city: str, state: str, postal_code: str) -> None:
    answer = ask(city, state, postal_code)
    assert answer.agrees or answer.settled or answer.unsettled or answer.notes


@given(
    st.sampled_from(["Omaha", "Omhaa", "OMAHA", "Springfield", "", "St Paul", "x"]),
    st.sampled_from(["NE", "", "Nebraska", "MN", "il", "Q", "Nebrsk"]),
    st.from_regex(r"[0-9OIlSB]{3,6}(\.0|-|-[0-9]{4})?", fullmatch=True),
    st.sampled_from([(), ("68142",), ("68142", "00000"), ("?",)]),
)
@settings(max_examples=200, deadline=None)
def test_slips_name_what_changes(city: str, state: str, postal_code: str, street_zips: tuple[str, ...]) -> None:
    answer = ask(city, state, postal_code, street_zips=street_zips)
    for candidate in (*answer.candidates, *((answer.settled,) if answer.settled else ())):
        assert 0 < candidate.probability < 1
        changed = {slip.field for slip in candidate.slips}
        for field, before in zip(FIELDS, (city, state, postal_code), strict=True):
            assert (getattr(candidate, field) != before) == (field in changed)
        assert all(slip.before != slip.after for slip in candidate.slips)


@pytest.mark.parametrize(
    ("text", "meant", "slip"),
    [
        ("68142", "68142", None),
        ("86142", "68142", "zip_swapped"),
        ("68143", "68142", "zip_digit"),
        ("6814", "68142", "zip_digit"),
        ("668142", "68142", "zip_digit"),
        ("681w2", "68142", "zip_letters"),
        ("\uff16\uff18\uff11\uff14\uff12", "68142", None),  # full-width digits
        ("NE 68142", "68142", "zip_form"),
        ("68142\u20131234", "68142", None),  # an en dash
        ("68142-12", "68142", "zip_plus4_damaged"),
        ("21390123", "02139", "zip_lost_zero"),
        ("2139-0123", "02139", "zip_lost_zero"),
    ],
)
def test_a_zip_is_at_most_one_slip_away(text: str, meant: str, slip: str | None) -> None:
    assert read_zip(text, ZipCodes(["68142", "02139"])).options[meant].slip == slip


@pytest.mark.parametrize("text", ["", "N/A", "00000", " "])
def test_nothing_and_a_placeholder_are_a_missing_zip(text: str) -> None:
    assert read_zip(text, PLACES.zip_codes).missing


def test_a_slip_is_likelier_than_a_wrong_zip_without_a_reason() -> None:
    slips = (rates.ZIP_SWAPPED, rates.ZIP_SWAPPED_FAR, rates.ZIP_DIGIT, rates.ZIP_DIGIT_NEAR)
    reasonless = (rates.ZIP_GONE, rates.ZIP_NONE, rates.ZIP_IN_STATE, rates.ZIP_ANYWHERE, rates.ZIP_OF_NAMESAKE)
    assert min(slips) > max(reasonless)
    assert rates.ZIP_NEAR[0][1] == max(near for _, near in rates.ZIP_NEAR)
