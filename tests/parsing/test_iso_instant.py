"""Instants in the contract's form: the clock in UTC says the same as the instant with its offset."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing.iso_instant import plain, utc

WRITTEN = st.builds(
    "{}-{:02}-{:02}T{:02}:{:02}{}{}".format,
    st.sampled_from(["0001", "1970", "2026", "9999"]),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 25),
    st.integers(0, 60),
    st.sampled_from(["", ":00", ":59.5", ":59.123456789"]),
    st.sampled_from(["Z", "+00:00", "-06:00", "+05:45", "+14:00", "-14:00", "+25:00", "", "z"]),
)


@given(WRITTEN)
def test_both_read_the_same_texts_as_the_same_instants(text: str) -> None:
    instant, clock = plain(text), utc(text)
    assert (instant is None) is (clock is None)
    if instant is not None and clock not in (datetime.min, datetime.max):
        assert clock is not None
        assert clock.replace(tzinfo=UTC) == instant


@pytest.mark.parametrize(
    ("text", "end"), [("0001-01-01T00:00:00+14:00", datetime.min), ("9999-12-31T23:59:59-14:00", datetime.max)]
)
def test_past_an_end_of_the_calendar_the_clock_stands_still(text: str, end: datetime) -> None:
    assert utc(text) == end
