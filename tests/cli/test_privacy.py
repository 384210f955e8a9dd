"""What a report never repeats: codes wherever they stand, and what is in a parcel that a partner calls private."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dq_service.cli.privacy import MASK, Privacy, without_codes
from dq_service.finding import Finding
from dq_service.partner import Partner
from dq_service.result import Hold, Result

PRIVATE = Privacy.of(Partner(name="meadow", sensitive_items=True))
OPEN = Privacy.of(Partner(name="acme"))


def said(field: str, value: str) -> Finding:
    return Finding(
        "ITM016", "sku-unknown", field, (field,), "validity", "error", "open", "partner", f"no article '{value}'", value
    )


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("gate code 4521", "gate code •••"),
        ("Ring twice. Gate code: #4521", "Ring twice. Gate code: •••"),
        ("Buzzer 214, then door code 5678", "Buzzer •••, then door code •••"),
        ("14205 Ida Street", "14205 Ida Street"),
        ("use the gate code", "use the gate code"),
    ],
)
def test_a_code_is_masked_wherever_it_stands(text: str, masked: str) -> None:
    assert without_codes(text) == masked
    assert OPEN.masked("instructions", text) == masked


def test_a_piece_of_a_line_hides_the_code_that_the_line_tells() -> None:
    assert without_codes("4521", within="12 Elm St, gate code 4521") == MASK


def test_items_are_private_only_where_the_partner_says_so() -> None:
    finding = said("items[0].sku", "INSULIN-7")
    assert "INSULIN" not in PRIVATE.message(finding)
    assert "INSULIN" in OPEN.message(finding)
    assert PRIVATE.evidence(["items[0].sku"], "the catalog's SKU of INSULIN-7") == ""
    assert PRIVATE.masked("ship_to.address.city", "Omaha") == "Omaha"


def test_the_reason_of_a_hold_is_masked_like_the_findings_that_it_quotes(check: Callable[..., Result]) -> None:
    findings = (said("items[0].sku", "INSULIN-7"), said("ship_to.address.line2", "gate code 4521"))
    why = "; ".join(finding.message for finding in findings)
    result = replace(check({}), findings=findings, hold=Hold("2026-12-01T20:00:00Z", "release", why))
    assert PRIVATE.why(result) == "no article '•••'; no article 'gate code •••'"
    assert OPEN.why(result) == "no article 'INSULIN-7'; no article 'gate code •••'"
    assert PRIVATE.why(check({})) == ""
