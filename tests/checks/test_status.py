"""Whose words a status is in, and that any text gets an answer."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import overlaid
from dq_service.reference.statuses import STATUSES
from dq_service.result import Result

Check = Callable[..., Result]


@pytest.mark.parametrize(
    ("channel", "status", "rule"),
    [("fedex", "OD", "STA001"), ("shopify", "OD", "STA004"), ("X12", "X6", "STA001"), ("shopify", "PAID", "STA005")],
)
def test_a_carriers_code_is_read_where_the_carrier_is_named(channel: str, status: str, rule: str, check: Check) -> None:
    (finding,) = check({"channel": channel, "status": status}).findings
    assert finding.rule == rule


def test_a_status_is_never_a_default(check: Check) -> None:
    result = check({"status": "blorp"})
    assert result.order is not None
    assert result.order["status"] == "blorp"
    assert result.verdict == "clean"


@given(st.text(max_size=25))
def test_any_status_gets_an_answer(examine: Check, status: str) -> None:
    result = examine(overlaid({"status": status}))
    assert result.order is not None
    for repair in result.repairs:
        if repair.rule.startswith("STA"):
            assert repair.changes[0].after in STATUSES
