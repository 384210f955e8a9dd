"""What a partner requires is asked for, whatever it is: no path that its file may name is passed over in silence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dq_service.engine.plan import related
from dq_service.engine.proof import ORDER, overlaid
from dq_service.order import JSON, Order
from dq_service.partner import BUILT_IN, REQUIRABLE, Partner
from dq_service.result import Result

Check = Callable[..., Result]
Examine = Callable[..., Result]

PERSON = {"role": "alternate", "name": "Jo Diaz", "phone": "+14025385759"}
PARTY = {**ORDER["ship_to"], "contacts": [PERSON]}
# Whatever is required has its entry here, so that one of its fields can be blank.
FULL = overlaid(
    {
        "ship_to": PARTY,
        "ship_from": {**PARTY, "address": {**ORDER["ship_to"]["address"], "line1": "13615 Ida Street", "line2": ""}},
        "bill_to": PARTY,
        "stops": [PARTY],
        "packages": [{"id": "P1"}],
    }
)


def requiring(*paths: str) -> Partner:
    return replace(BUILT_IN, name="proof", required=paths)


def blank(path: str) -> JSON:
    """An order in which nothing stands at a path, nor at what a party's `contact` means."""
    place = path.replace("[*]", "[0]")
    if not place.endswith(".contact"):
        return Order(FULL).replacing({place: None}).json
    party = place.removesuffix(".contact")
    return Order(FULL).replacing({f"{party}.{name}": None for name in ("phone", "email", "contacts")}).json


def root_absent(path: str) -> JSON:
    return {name: value for name, value in ORDER.items() if name != path.partition(".")[0].partition("[")[0]}


def asked_for(result: Result, path: str) -> bool:
    """Whether a path, or what stands above or below it, has a finding that counts or has been filled in."""
    place = path.replace("[*]", "[0]").removesuffix(".contact")
    return any(
        (finding.severity != "info" or finding.outcome == "repaired")
        and any(related(place, field) for field in finding.fields)
        for finding in result.findings
    )


@pytest.mark.parametrize("path", REQUIRABLE)
def test_each_required_field_that_is_blank_is_told(path: str, examine: Examine) -> None:
    partner = requiring(path)
    for order in (blank(path), root_absent(path)):
        result = examine(order, partner=partner)
        assert asked_for(result, path), [finding.message for finding in result.findings]


@pytest.mark.parametrize(
    ("paths", "changes", "told"),
    [
        (["ship_to.name"], {"ship_to.name": None}, ["CON001"]),
        (["ship_to.address.line1"], {"ship_to.address.line1": None}, ["ADR002"]),
        (["ship_to.address"], {"ship_to.address": None}, ["ADR001"]),
        (["ship_to.address.line2", "ship_to.address.city"], {"ship_to.address": None}, ["ADR001"]),
        (["items"], {"items": []}, ["ITM001"]),
        (["items[*].sku"], {"items": []}, ["ITM001"]),
        (["items[*].sku", "items[*].gtin"], {"items": [], "packages": [{"id": "P1"}]}, ["ITM036"]),
        (["items[*].quantity"], {"items[0].quantity": None}, ["ITM002"]),
        (["window.start"], {"window": None}, ["SCH005"]),
        (["window", "window.start"], {"window": None}, ["SCH001"]),
        (["order_id"], {"order_id": None}, ["ITM030"]),
        (["ship_from.contact"], {}, ["CON002"]),
        (["packages[*].sscc"], {}, ["ITM036"]),
        (["instructions"], {"instructions": "none"}, ["TXT020"]),
        (["instructions", "account"], {"instructions": None}, ["ITM037", "ITM037"]),
    ],
)
def test_a_blank_field_is_told_once(paths: list[str], changes: dict[str, Any], told: list[str], check: Check) -> None:
    assert [finding.rule for finding in check(changes, requiring(*paths)).findings] == told
