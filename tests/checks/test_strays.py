"""Words for the driver in address lines: whose instructions they become, and what stays where it is."""

from collections.abc import Callable

import pytest

from dq_service.result import Result

Check = Callable[..., Result]


def _suggested(result: Result, rule: str) -> dict[str, object]:
    finding = next(finding for finding in result.findings if finding.rule == rule)
    return dict(finding.suggestions[0].changes) if finding.suggestions else {}


def test_what_the_instructions_say_already_is_not_said_twice(check: Check) -> None:
    result = check({"ship_to.address.line2": "Apt 4B, leave with concierge"})
    assert _suggested(result, "ADR130") == {"ship_to.address.line2": "Apt 4B"}


def test_a_code_that_stands_in_its_field_is_kept(check: Check) -> None:
    result = check({"ship_to.address.line2": "Gate code 4521", "access_code": "1111", "instructions": ""})
    assert _suggested(result, "ADR131") == {"ship_to.address.line2": None, "instructions": "Gate code 4521"}


def test_words_at_the_shipper_are_no_instructions_to_the_customer(check: Check) -> None:
    address = {
        "line1": "739 E Elm St",
        "line2": "Ring bell twice",
        "city": "Omaha",
        "state": "NE",
        "postal_code": "68142",
    }
    result = check({"ship_from.name": "Prairie Books", "ship_from.address": address})
    assert _suggested(result, "ADR130") == {}


@pytest.mark.parametrize("line", ["CALL (402) 538-5759", "Call 402-538-5759", "aisha@example.com"])
def test_a_phone_in_a_line_is_anothers_to_move(line: str, check: Check) -> None:
    assert "ADR130" not in {finding.rule for finding in check({"ship_to.address.line2": line}).findings}


def test_a_code_in_a_line_of_the_customer_is_copied(check: Check) -> None:
    customer = {"line1": "739 E Elm St", "line2": "Buzzer 214", "city": "Omaha", "state": "NE", "postal_code": "68142"}
    for kind, copied in (("return", "214"), ("delivery", None)):
        order = check({"kind": kind, "ship_from": {"name": "Jo Diaz", "address": customer}}).order
        assert order is not None
        assert order.get("access_code") == copied
        assert order["ship_from"]["address"]["line2"] == "Buzzer 214"


def test_of_two_codes_in_lines_none_is_taken(check: Check) -> None:
    result = check({"ship_to.address.line1": "14205 Ida Street, gate code 1111", "ship_to.address.line2": "Buzzer 214"})
    assert {finding.rule for finding in result.findings} == {"ADR131"}
