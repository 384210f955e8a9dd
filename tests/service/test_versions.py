"""Which of two bodies is the newer, whether they say the same, and which order they are of."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.service.versions import compare, digest_of, identity_of, later, version_of
from dq_service.store.kept import Identity, Version

_NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
_AT_11, _AT_12 = "2026-12-01T11:00:00Z", "2026-12-01T12:00:00Z"


def _source(**source: Any) -> Version:
    return version_of({"source": source})


@pytest.mark.parametrize(
    ("source", "version"),
    [
        ({"updated_at": "2026-12-01T06:00:00-06:00"}, Version(_NOON)),
        ({"updated_at": "2026-12-01T12:00:00"}, Version(_NOON)),
        ({"updated_at": 1796126400}, Version(_NOON)),
        ({"updated_at": 1796126400000.0}, Version(_NOON)),
        ({"updated_at": "yesterday", "version": " 7 "}, Version(None, "7")),
        ({"updated_at": "9999-12-31T23:59:59-12:00"}, Version()),
        ({"version": 7}, Version(None, "7")),
        ({"version": 1e22}, Version(None, "1" + "0" * 22)),
        ({"version": True}, Version()),
        ({"version": "a\x00"}, Version()),
        ({"version": "9" * 201}, Version()),
        ({"version": None, "updated_at": {}}, Version()),
    ],
)
def test_a_version_is_read_from_what_the_sender_gives(source: Any, version: Version) -> None:
    assert _source(**source) == version


def test_an_order_whose_source_is_no_object_has_no_version() -> None:
    assert version_of({"source": "shop"}) == Version()


@pytest.mark.parametrize(
    ("incoming", "ours", "age"),
    [
        ({"updated_at": _AT_12}, {"updated_at": "2026-12-01T13:00:00+02:00"}, "newer"),
        ({"updated_at": _AT_11, "version": "9"}, {"updated_at": _AT_12}, "older"),
        ({"updated_at": _AT_12, "version": "1"}, {"updated_at": _AT_11, "version": "2"}, "newer"),
        ({"updated_at": _AT_12, "version": "1"}, {"updated_at": _AT_12, "version": "2"}, "older"),
        ({"updated_at": _AT_12}, {"updated_at": _AT_12}, "same"),
        ({"updated_at": _AT_12}, {"version": "2"}, "same"),
        ({"version": "10"}, {"version": "9"}, "newer"),
        ({"version": "1.10"}, {"version": "1.9"}, "older"),
        ({"version": "007"}, {"version": "7"}, "same"),
        ({"version": "v10"}, {"version": "v9"}, "newer"),
        ({"version": "1.2.10"}, {"version": "1.2.9"}, "newer"),
        ({"version": "a"}, {"version": "b"}, "older"),
        ({"version": "-1"}, {"version": "1"}, "older"),
        ({}, {"version": "2"}, "same"),
        ({}, {}, "same"),
    ],
)  # fmt: skip
def test_the_date_goes_before_the_number(incoming: Any, ours: Any, age: str) -> None:
    assert compare(_source(**incoming), _source(**ours)) == age


_DATES = st.none() | st.datetimes(timezones=st.just(UTC))
_NUMBERS = st.sampled_from(["", "1", "2", "10", "1.5", "v1", "v2", "v10", "1.2.3", "a1b"])
_VERSIONS = st.builds(Version, _DATES, _NUMBERS)


@given(_VERSIONS, _VERSIONS)
def test_of_two_versions_one_is_older_or_they_are_the_same(one: Version, other: Version) -> None:
    assert compare(one, one) == "same"
    assert {compare(one, other), compare(other, one)} in ({"same"}, {"older", "newer"})


@given(_VERSIONS, _VERSIONS)
def test_what_was_taken_is_not_older_than_what_is_remembered_of_it(incoming: Version, ours: Version) -> None:
    if compare(incoming, ours) != "older":
        assert compare(later(incoming, ours), incoming) == "same"


def test_a_body_without_a_date_does_not_make_older_ones_new() -> None:
    dated = _source(updated_at="2026-12-01T12:00:00Z")
    remembered = later(_source(), dated)
    assert compare(_source(updated_at="2026-12-01T11:00:00Z"), remembered) == "older"


def test_the_digest_is_of_what_a_body_says() -> None:
    assert digest_of({"a": 1, "b": {"c": 2, "d": 3}}) == digest_of({"b": {"d": 3, "c": 2}, "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": True})
    assert digest_of({"a": 2**70, "b": 1}) == digest_of({"b": 1, "a": 2**70})
    assert digest_of({"a": 2**70}) != digest_of({"a": 2**70 + 1})


@pytest.mark.parametrize(
    ("order", "identity"),
    [
        ({"order_id": "A-1", "partner": "own"}, ("acme", "", "A-1", "")),
        ({"order_id": " a-1", "account": "s1", "shipment_id": 2}, ("acme", "s1", " a-1", "2")),
        ({"order_id": 1001}, ("acme", "", "1001", "")),
        ({"order_id": ""}, ("acme", "", "sha256:d1", "")),
        ({"order_id": "  ", "account": "s1"}, ("acme", "s1", "sha256:d1", "")),
        ({"order_id": ["A-1"]}, ("acme", "", "sha256:d1", "")),
        (None, ("acme", "", "sha256:d1", "")),
    ],
)
def test_an_order_is_known_by_what_its_sender_calls_it(order: Any, identity: tuple[str, ...]) -> None:
    assert identity_of(order, "acme", "d1") == Identity(*identity)


def test_without_a_named_partner_the_order_says_whose_it_is() -> None:
    assert identity_of({"order_id": "A-1", "partner": "own"}, "", "d1").partner == "own"
