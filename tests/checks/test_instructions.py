"""Words for the driver: that a card number is nowhere, whose instructions are offered, any text."""

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.engine.proof import overlaid
from dq_service.partner import BUILT_IN, Instructed
from dq_service.result import Result

Check = Callable[..., Result]
SHADOW = replace(BUILT_IN, name="proof", shadow=True)
WANTED = replace(BUILT_IN, name="proof", instructions_required=("always",))
CARD = "4111111111111111"


@pytest.mark.parametrize("partner", [BUILT_IN, SHADOW], ids=["repaired", "in shadow"])
@pytest.mark.parametrize(
    "path",
    [
        "instructions",
        "gift_message",
        "ship_to.name",
        "ship_to.address.line2",
        "ship_to.company",
        "items[0].description",
    ],
)
@pytest.mark.parametrize(
    "text", [f"  Card {CARD}  ", "4111 1111 1111 1111", "pay 4111-1111-1111-1111 &amp; go", "4111&nbsp;1111 1111 1111"]
)
def test_no_byte_of_a_card_number_is_in_the_result(path: str, text: str, partner: object, check: Check) -> None:
    result = check({path: text}, partner)
    written = orjson.dumps(result.to_json(), default=str).decode()
    plain = "".join(sign for sign in written if sign.isalnum() or sign in "{},")
    assert CARD[:8] not in plain
    assert "INS008" in {finding.rule for finding in result.findings}
    masked = next(repair for repair in result.repairs if repair.rule == "INS008").changes[0]
    assert masked.before == masked.after
    assert str(masked.after).rstrip().endswith(("1111", "go"))


def test_a_card_number_is_masked_when_no_time_is_left(check: Check) -> None:
    result = check({"instructions": f"Card {CARD}"}, expired=lambda: True)
    assert CARD not in orjson.dumps(result.to_json(), default=str).decode()


@pytest.mark.parametrize(("answer", "wanted"), [("none", False), ("No instructions", False), ("-", True)])
def test_an_answer_that_there_are_none_silences_the_wish(answer: str, wanted: bool, check: Check) -> None:
    found = {finding.rule for finding in check({"instructions": answer}, WANTED).findings}
    assert ("INS001" in found) is wanted


@pytest.mark.parametrize(
    ("condition", "changes", "wanted"),
    [
        ("company", {"ship_to.company": "Prairie Books"}, True),
        ("company", {}, False),
        ("residence", {}, True),
        ("residence", {"ship_to.company": "Prairie Books"}, False),
        ("no_signature", {"signature_required": False}, True),
        ("no_signature", {}, False),
        ("unit", {"ship_to.address.line2": "Space 1900"}, True),
        ("unit", {"ship_to.address.line2": "", "ship_to.address.line1": "14205 Ida Street Apt 4"}, True),
        ("unit", {"ship_to.address.line2": "Prairie Business Park"}, False),
    ],
)
def test_where_instructions_are_wanted(
    condition: Instructed, changes: dict[str, object], wanted: bool, check: Check
) -> None:
    partner = replace(WANTED, instructions_required=(condition,))
    found = {finding.rule for finding in check({"instructions": "", **changes}, partner).findings}
    assert ("INS001" in found) is wanted


def test_instructions_in_a_line_are_not_missing(check: Check) -> None:
    result = check({"instructions": "", "ship_to.address.line2": "Leave at front door"}, WANTED)
    assert {finding.rule for finding in result.findings} == {"ADR130"}


def test_in_another_language_the_rules_of_meaning_are_silent(check: Check) -> None:
    german = replace(BUILT_IN, name="proof", language="de")
    assert not check({"instructions": "Code 4821, leave at door", "signature_required": True}, german).findings


def test_no_message_tells_a_code(check: Check) -> None:
    result = check({"instructions": "Gate code 4821", "access_code": "1111"})
    assert not any("4821" in finding.message or "1111" in finding.message for finding in result.findings)


PHRASES = ("leave at the door", "no signature", "do not", "gate code", "4821", "deliver to", "unit 5", "after 6pm")
WORDS = st.lists(st.sampled_from(PHRASES), max_size=8)


@given(st.one_of(WORDS.map(" ".join), st.text(max_size=60)))
def test_any_text_gets_an_answer_and_a_repair_stays(examine: Check, text: str) -> None:
    order = overlaid({"instructions": text, "ship_to.address.line2": text, "signature_required": True})
    result = examine(order, partner=WANTED)
    assert not any(finding.rule == "SYS001" for finding in result.findings)
    assert result.order is not None
    assert examine(result.order, partner=WANTED).order == result.order
