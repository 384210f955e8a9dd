"""Hours in words for a driver: only those that are meant for the delivery as a whole."""

from datetime import time

import pytest

from dq_service.parsing import hours


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("after 6pm", time(18), None),
        ("Deliver after 6 pm only", time(18), None),
        ("please deliver between 2 and 4pm", time(14), time(16)),
        ("10-2pm", time(10), time(14)),
        ("before noon", None, time(12)),
        ("no deliveries after 3pm", None, time(15)),
        ("do not deliver before 9am", time(9), None),
        ("Receiving hours 7am-3pm", time(7), time(15)),
        ("livrer après 18h", time(18), None),
        ("entre las 2 y las 4 pm", time(14), time(16)),
        ("Ring bell, after 6pm", time(18), None),
    ],
)
def test_hours_are_read(text: str, earliest: time | None, latest: time | None) -> None:
    (found,) = hours.named(text)
    assert (found.earliest, found.latest) == (earliest, latest)


@pytest.mark.parametrize(
    "text",
    ["call after 6pm", "closed after 5pm", "After 5pm leave at back door", "after 6", "10-12", "after 25:00", "apt 6"],
)
def test_hours_of_other_things_or_of_no_half_of_the_day_are_not(text: str) -> None:
    assert hours.named(text) == ()
