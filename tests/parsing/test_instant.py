"""What is read as a point in time, and when a local time is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing.instant import DateOrder, located, read

INSTANTS = {
    "2026-12-02T10:00:00-06:00": "2026-12-02T10:00:00-06:00",
    "2026-12-02T10:00:00.000Z": "2026-12-02T10:00:00+00:00",
    "2026-12-02T10:00:00 -0600": "2026-12-02T10:00:00-06:00",
    "2026-12-02 10:00:00-06": "2026-12-02T10:00:00-06:00",
    "2026-12-02 10:00:00 +0000 UTC": "2026-12-02T10:00:00+00:00",
    "2026-12-02t10:00:00z": "2026-12-02T10:00:00+00:00",
    "2026-12-02T24:00:00Z": "2026-12-03T00:00:00+00:00",
    "2026-12-02T10:00-06:00[America/Chicago]": "2026-12-02T10:00:00-06:00",
    "Wed, 02 Dec 2026 10:00:00 GMT": "2026-12-02T10:00:00+00:00",
    "Wed Dec 02 2026 10:00:00 GMT-0600 (Central Standard Time)": "2026-12-02T10:00:00-06:00",
    "December 2nd, 2026 at 2 PM CST": "2026-12-02T14:00:00-06:00",
}
LOCAL = {
    "2026-12-02 10:00:00": "2026-12-02T10:00:00",
    "2026-12-02T10:00": "2026-12-02T10:00:00",
    "2026/12/02 9:05": "2026-12-02T09:05:00",
    "Dec 2, 2026 2:00 PM": "2026-12-02T14:00:00",
    "Dec 2, 2026 12:00 a.m.": "2026-12-02T00:00:00",
    "02-DEC-2026 10:00": "2026-12-02T10:00:00",
    "12/25/2026 10:00 AM": "2026-12-25T10:00:00",
    "10:00 AM 12/25/2026": "2026-12-25T10:00:00",
    "25.12.2026 10:00": "2026-12-25T10:00:00",
    "20261202100000": "2026-12-02T10:00:00",
    "202612021000": "2026-12-02T10:00:00",
}
DATES = {
    "2026-12-02": "2026-12-02T00:00:00",
    "20261202": "2026-12-02T00:00:00",
    "2026-12-02Z": "2026-12-02T00:00:00",
    "2 Dec 2026": "2026-12-02T00:00:00",
    "2 décembre 2026": "2026-12-02T00:00:00",
    "2 de mayo de 2026": "2026-05-02T00:00:00",
    "12/25/26": "2026-12-25T00:00:00",
    "12/12/2026": "2026-12-12T00:00:00",
    "12252026": "2026-12-25T00:00:00",
}
EPOCHS = {
    "1764672000": "2025-12-02T10:40:00+00:00",
    "1764672000.5": "2025-12-02T10:40:00.500000+00:00",
    "1764672000000": "2025-12-02T10:40:00+00:00",
    "1701120112345": "2023-11-27T21:21:52.345000+00:00",
}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (kind, text, value)
        for kind, table in {"instant": INSTANTS, "local": LOCAL, "date": DATES, "epoch": EPOCHS}.items()
        for text, value in table.items()
    ],
)
def test_kinds(kind: str, text: str, value: str) -> None:
    reading = read(text)
    assert reading.value is not None
    assert (reading.kind, reading.value.isoformat(), reading.readings) == (kind, value, ())
    assert reading.has_time == (kind != "date")
    assert (reading.value.tzinfo is not None) == (kind in ("instant", "epoch"))


@pytest.mark.parametrize(
    "text",
    [
        "", "tomorrow", "2026-13-02", "2026-02-30T10:00:00Z", "31/31/2026", "12/25/2026 13:00 PM", "12/25/2026 10",
        "2026/12/02 10:00 ET", "2026-12-02T25:00:00Z", "45992", "176467200", "2 Foo 2026", "2026-12-02 to 2026-12-03",
        "2026-12-02T10:00:00+99:00", "1" * 300,
    ],
)  # fmt: skip
def test_what_is_no_point_in_time(text: str) -> None:
    reading = read(text)
    assert (reading.kind, reading.value, reading.readings) == ("unreadable", None, ())


@pytest.mark.parametrize("text", ["12/02/2026 10:00 AM", "12-02-26", "12.02.2026", "12022026"])
def test_day_and_month_can_trade_places(text: str) -> None:
    reading = read(text)
    assert (reading.kind, reading.value) == ("ambiguous", None)
    assert [(day.month, day.day) for day in reading.readings] == [(12, 2), (2, 12)]
    assert reading.has_time == text.endswith("AM")


@pytest.mark.parametrize(
    ("text", "order", "value"),
    [
        ("12/02/2026", "MDY", "2026-12-02"),
        ("12/02/2026", "DMY", "2026-02-12"),
        ("26-12-02", "YMD", "2026-12-02"),
        ("12/25/2026", "DMY", "2026-12-25"),  # only this is a day
        ("2026-12-02", "DMY", "2026-12-02"),
        ("20261202", "MDY", "2026-12-02"),
        ("12022026", "DMY", "2026-02-12"),
    ],
)
def test_the_declared_order_decides_what_can_be_both(text: str, order: DateOrder, value: str) -> None:
    reading = read(text, order)
    assert reading.value is not None
    assert (reading.kind, reading.value.date().isoformat()) == ("date", value)


def test_an_ambiguous_instant_keeps_its_offset() -> None:
    assert [day.utcoffset() for day in read("12/02/2026 10:00 -0600").readings] == [timedelta(hours=-6)] * 2


@pytest.mark.parametrize(
    ("local", "instants"),
    [
        ("2026-07-01T12:00:00", ["2026-07-01T12:00:00-05:00"]),
        ("2026-12-02T12:00:00", ["2026-12-02T12:00:00-06:00"]),
        ("2026-11-01T01:30:00", ["2026-11-01T01:30:00-05:00", "2026-11-01T01:30:00-06:00"]),
        ("2026-11-01T02:00:00", ["2026-11-01T02:00:00-06:00"]),
        ("2026-03-08T02:30:00", []),
        ("2026-03-08T03:00:00", ["2026-03-08T03:00:00-05:00"]),
    ],
)
def test_a_local_time_in_its_zone(local: str, instants: list[str]) -> None:
    assert [there.isoformat() for there in located(datetime.fromisoformat(local), "America/Chicago")] == instants


def test_a_zone_that_does_not_exist() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        located(datetime(2026, 12, 2), "America/Omaha")


@given(st.datetimes(), st.sampled_from(["America/Chicago", "America/Phoenix", "Pacific/Apia", "UTC"]))
def test_what_is_located_is_that_local_time(local: datetime, zone: str) -> None:
    found = located(local, zone)
    assert len(found) <= 2
    assert all(there.replace(tzinfo=None) == local for there in found)
    assert list(found) == sorted(found)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 2)))
def test_an_iso_instant_is_read_back(instant: datetime) -> None:
    assert read(instant.isoformat()).value == instant


def test_a_year_that_stands_for_nothing_is_no_instant() -> None:
    assert read("0001-01-01T00:00:00").kind == "unreadable"
    assert read("1900-01-01 00:00").kind == "unreadable"
    assert read("20261202T100000Z").kind == "instant"


@given(
    st.text(max_size=50) | st.text(alphabet="0123456789-/:.TZ +APMdec", max_size=30),
    st.sampled_from(["", "DMY", "MDY", "YMD"]),
)
def test_any_text_is_read(text: str, order: DateOrder) -> None:
    reading = read(text, order)
    assert (reading.value is None) == (reading.kind in ("ambiguous", "unreadable"))
    assert len(reading.readings) == (2 if reading.kind == "ambiguous" else 0)
