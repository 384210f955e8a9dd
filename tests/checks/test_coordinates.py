"""Pins beyond the rules' own examples: which are blanked or turned round, and that a good one is never lost."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import overlaid
from dq_service.result import Result

Check = Callable[..., Result]
OMAHA = (41.3453, -96.1482)
LATITUDE, LONGITUDE = "ship_to.address.latitude", "ship_to.address.longitude"


def pinned(latitude: Any, longitude: Any, **fields: Any) -> dict[str, Any]:
    more = {f"ship_to.address.{name}": value for name, value in fields.items()}
    return {LATITUDE: latitude, LONGITUDE: longitude, **more}


def pin(result: Result) -> tuple[Any, Any]:
    assert result.order is not None
    address = result.order["ship_to"]["address"]
    return address.get("latitude"), address.get("longitude")


def codes(result: Result) -> list[str]:
    return [finding.rule for finding in result.findings]


@pytest.mark.parametrize("at", [(0, 0), (0.0, -0.0), (91, 10), (200, 200), (41.3, -1961482.0), (1e300, -1e300)])
def test_no_place_on_earth_is_blanked(check: Check, at: tuple[float, float]) -> None:
    result = check(pinned(*at))
    assert pin(result) == (None, None)
    assert codes(result) == ["ADR050"]


@pytest.mark.parametrize("at", [OMAHA, (41, -96), (41.0, -95.5), (None, None), (41.3453, None), (None, -96.1)])
def test_a_good_pin_and_half_a_pin_are_left_alone(check: Check, at: tuple[Any, Any]) -> None:
    result = check(pinned(*at))
    assert pin(result) == at
    assert codes(result) == []


def test_swapped_is_only_believed_where_the_zip_then_agrees(check: Check) -> None:
    assert pin(check(pinned(OMAHA[1], OMAHA[0]))) == OMAHA
    elsewhere = check(
        pinned(OMAHA[1], OMAHA[0], city="Tampa", state="FL", postal_code="33602", line1="401 E Jackson St")
    )
    assert pin(elsewhere) == (None, None)  # off the earth, and no help when turned round
    unknown = check(pinned(-76.5, 39.3, postal_code=""))
    assert pin(unknown) == (-76.5, 39.3)


def test_a_pin_far_away_is_kept_and_said(check: Check) -> None:
    result = check(pinned(34.05, -118.24))
    assert pin(result) == (34.05, -118.24)
    assert codes(result) == ["ADR052"]
    assert result.verdict == "clean"


def test_a_lost_sign_is_offered(check: Check) -> None:
    (finding,) = check(pinned(OMAHA[0], -OMAHA[1])).findings
    assert [dict(suggestion.changes) for suggestion in finding.suggestions] == [{LONGITUDE: OMAHA[1]}]


def test_text_is_a_number_first(check: Check) -> None:
    assert pin(check(pinned(str(OMAHA[1]), str(OMAHA[0])))) == OMAHA


def test_true_is_no_coordinate(check: Check) -> None:
    assert not {"ADR050", "ADR051", "ADR052"}.intersection(codes(check(pinned(True, False))))


@pytest.mark.parametrize("place", [{"postal_code": "00000"}, {"country": "MX", "postal_code": "44100", "state": "JAL"}])
def test_without_a_known_zip_nothing_is_said_of_a_pin_on_earth(check: Check, place: dict[str, str]) -> None:
    result = check(pinned(19.43, -99.13, **place))
    assert pin(result) == (19.43, -99.13)
    assert not {"ADR050", "ADR051", "ADR052"}.intersection(codes(result))


ANY = st.floats(-400, 400) | st.integers(-400, 400) | st.sampled_from([0, 41.3453, -96.1482, None])


@given(ANY, ANY)
def test_any_pin_gets_an_answer_and_repairs_settle(
    examine: Callable[..., Result], latitude: Any, longitude: Any
) -> None:
    first = examine(overlaid(pinned(latitude, longitude)))
    assert "SYS001" not in codes(first)
    kept, given_ = pin(first), (latitude, longitude)
    assert kept in (given_, given_[::-1], (None, None))
    assert pin(examine(first.order)) == kept
