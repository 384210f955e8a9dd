"""What no example can say of windows and instants: partners' declarations, clocks that change, any text."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import overlaid
from dq_service.partner import BUILT_IN
from dq_service.result import Result

Check = Callable[..., Result]
DECLARED = replace(BUILT_IN, name="proof", date_format="DMY", timezone="America/Chicago")


def _codes(result: Result) -> set[str]:
    return {finding.rule for finding in result.findings}


def test_a_declared_order_of_day_and_month_decides(check: Check) -> None:
    result = check({"window.start": "03/12/2026 10:00", "window.end": "03/12/2026 12:00"}, DECLARED)
    assert result.order is not None
    assert result.order["window"]["start"] == "2026-12-03T10:00:00-06:00"
    assert _codes(result) == {"SCH010"}


def test_without_a_declared_zone_the_instant_of_an_order_stays(check: Check) -> None:
    result = check({"placed_at": "2026-12-01T09:12:00"})
    assert [finding.outcome for finding in result.findings] == ["open"]
    assert result.verdict == "clean"


def test_the_place_goes_before_the_partners_zone(check: Check) -> None:
    east = replace(DECLARED, timezone="America/New_York")
    result = check({"window.start": "2026-12-02T10:00:00"}, east)
    assert result.order is not None
    assert result.order["window"]["start"] == "2026-12-02T10:00:00-06:00"


def test_a_day_in_utc_is_only_offered_where_no_zone_is_declared(check: Check) -> None:
    result = check({"window.start": "2026-12-02T00:00:00Z", "window.end": "2026-12-02T23:59:59Z"})
    (finding,) = result.findings
    assert (finding.rule, finding.outcome) == ("SCH016", "suggested")


def test_where_the_place_is_open_zones_are_offered(check: Check) -> None:
    place = {f"ship_to.address.{name}": "" for name in ("state", "postal_code")}
    result = check({**place, "ship_to.address.city": "Springfield", "window.start": "2026-12-02T10:00:00"})
    finding = next(finding for finding in result.findings if finding.rule == "SCH010")
    assert finding.outcome == "suggested"
    assert all(set(suggestion.changes) == {"window.start"} for suggestion in finding.suggestions)


@pytest.mark.parametrize("status", ["delivered", "returned", "cancelled", "Delivered"])
def test_what_is_done_with_may_have_a_window_in_the_past(status: str, check: Check) -> None:
    past = {"window.start": "2026-12-01T09:30:00-06:00", "window.end": "2026-12-01T11:00:00-06:00"}
    assert "SCH021" not in _codes(check({**past, "status": status}))


@given(
    st.one_of(st.text(max_size=30), st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}( \d{1,2}:\d\d)?", fullmatch=True)),
    st.one_of(st.text(max_size=30), st.datetimes().map(lambda at: at.isoformat())),
)
def test_any_text_gets_an_answer_and_a_repair_stays(examine: Check, start: str, end: str) -> None:
    order: dict[str, Any] = overlaid({"window.start": start, "window.end": end, "placed_at": start})
    result = examine(order, partner=DECLARED)
    assert not any(finding.rule == "SYS001" for finding in result.findings)
    assert result.order is not None
    again = examine(result.order, partner=DECLARED)
    assert again.order == result.order
