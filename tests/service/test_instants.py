"""Instants that the service stamps stand in one form wherever callers see them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dq_service.service.instants import instant_text


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 12, 1, 18, tzinfo=UTC), "2026-12-01T18:00:00.000Z"),
        (datetime(2026, 12, 1, 18, 0, 0, 250_999, tzinfo=UTC), "2026-12-01T18:00:00.250Z"),
        (datetime(2026, 12, 1, 12, tzinfo=timezone(timedelta(hours=-6))), "2026-12-01T18:00:00.000Z"),
    ],
)
def test_the_form(instant: datetime, text: str) -> None:
    assert instant_text(instant) == text
