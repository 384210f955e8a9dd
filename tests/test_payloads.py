"""Payloads of Shopify, WooCommerce and Amazon, shaped as their documentation has them: mapped, checked, nothing lost.

All are made up. None is held for totals, window, items, GTIN, SKU or status; what is held lacks or contradicts
something in its payload, and is named here.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from dq_service.intake.mapping import map_payload
from dq_service.intake.profiles import Profiles, texts_in
from dq_service.order import Order
from dq_service.reference.whereabouts import profiles_folder
from dq_service.result import Result
from tests.payloads import AMAZON, SHOPIFY, WOOCOMMERCE

PROFILES = Profiles(texts_in(profiles_folder()))
NEVER = ("totals", "window", "items", "packages", "status", "placed_at", "references")


HELD = {  # the fields that may keep an order, and some of them do: its payload lacks them
    ("shopify", "local pickup"): {"ship_to.address"},
    ("shopify", "a point of sale"): {"ship_to.address", "ship_to.name"},
    ("woocommerce", "local pickup"): {"ship_to.address", "ship_to.name"},
    ("amazon", "v0, address in part"): {"ship_to.address.line1", "ship_to.name"},
}
ALL = [
    (system, name, payload)
    for system, payloads in (("shopify", SHOPIFY), ("woocommerce", WOOCOMMERCE), ("amazon", AMAZON))
    for name, payload in payloads.items()
]


@pytest.mark.parametrize(("system", "name", "payload"), ALL, ids=[f"{system}: {name}" for system, name, _ in ALL])
def test_a_payload_is_held_only_for_what_it_lacks(
    system: str, name: str, payload: Any, examine: Callable[..., Result]
) -> None:
    records = map_payload(json.dumps(payload).encode(), PROFILES[system])
    assert all(record.order is not None for record in records)
    for record in records:
        assert record.provenance is not None
        result = examine(record.order, profiled=record.provenance.answers_for)
        kept = {
            finding.field
            for finding in result.findings
            if finding.severity == "error" and finding.outcome in ("open", "suggested")
        }
        assert not [field for field in kept if field.startswith(NEVER)]
        assert kept <= HELD.get((system, name), set()), result.findings
        assert bool(kept) is ((system, name) in HELD)
        assert not [finding for finding in result.findings if finding.rule == "ITM050"]
        assert not record.provenance.overlooked, record.provenance.overlooked


@pytest.mark.parametrize(("system", "name", "payload"), ALL, ids=[f"{system}: {name}" for system, name, _ in ALL])
def test_every_value_of_the_payload_is_in_the_order(system: str, name: str, payload: Any) -> None:
    records = map_payload(json.dumps(payload).encode(), PROFILES[system])
    found = {text for record in records for text in texts(record.order)}
    said = "\n".join(found)
    paging = {"x"}
    lost = [text for text in texts(payload) if text not in found | paging and text not in said]
    assert [text for text in lost if not as_number(text, found)] == []


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [] if value in (None, "") else [str(value)]


def as_number(text: str, found: set[str]) -> bool:
    """Whether a number stands there in another form: `32.00` as 32.0."""
    try:
        return str(float(text)) in found
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        (
            SHOPIFY["a webhook's body, two packages and a failed one"],
            {"status": "in_transit", "packages[2].tracking_number": "X3", "packages[3]": None},
        ),
        (
            SHOPIFY["discounts, a tip and a gift"],
            {"totals.goods": 35.0, "totals.discount": 8.0, "gift_message": "Happy birthday"},
        ),
        (SHOPIFY["called off and refunded"], {"status": "cancelled", "extra.financial_status": "refunded"}),
        (SHOPIFY["a refund of one of two"], {"items[1].extra.current_quantity": 0, "totals.total": 71.08}),
        (
            SHOPIFY["Canada, taxes included, two tax lines"],
            {"ship_to.address.state": "QC", "ship_to.address.country": "CA"},
        ),
        (
            SHOPIFY["a company, with a note for the driver and a gate code"],
            {
                "ship_to.company": "Lumen & Sons",
                "references.po": "PO-7781",
                "instructions": "Gate code #4417, ring at the back",
            },
        ),
        (
            SHOPIFY["local pickup"],
            {"ship_to.name": "Aisha Martinez", "ship_to.address": None, "service.level": "Old Market"},
        ),
        (WOOCOMMERCE["a coupon and a fee"], {"totals.goods": 32.0, "totals.discount": 3.0}),
        (
            WOOCOMMERCE["two tracked packages"],
            {
                "status": "in_transit",
                "packages[1].tracking_number": "T2",
                "packages[1].extra.tracking_provider": "usps",
            },
        ),
        (WOOCOMMERCE["not paid"], {"status": "cancelled"}),
        (
            WOOCOMMERCE["another recipient, with instructions"],
            {"ship_to.name": "Aisha Martinez", "bill_to.name": "Keiko Osei", "ship_to.phone": "(918) 584-2345"},
        ),
        (AMAZON["v0, its items not asked for"], {"items": None, "packages[0].id": "903-4163896-1390917"}),
        (AMAZON["v0, to a pickup point"], {"service.type": "access_point"}),
        (
            AMAZON["v0, a business that says how to get in"],
            {"ship_to.company": "Lumen & Sons", "instructions": "Access code 2244, third floor\nFront desk"},
        ),
        (
            AMAZON["v0, a gift, gift-wrapped, with a promotion"],
            {"gift_message": "Enjoy", "totals.goods": 43.0, "totals.discount": 4.0, "totals.tax": 5.1},
        ),
        (AMAZON["v0, called off"], {"status": "cancelled"}),
        (AMAZON["v0, an appointment"], {"window.start": "2026-12-04T15:00:00Z", "window.basis": "appointment"}),
        (
            AMAZON["2026, two packages, one called off"],
            {
                "status": "out_for_delivery",
                "references.tracking_number": "X1",
                "packages[1].tracking_number": "X2",
                "ship_from.address.city": "Seattle",
            },
        ),
        (AMAZON["2026, a search's page with a cancelled one"], {"status": "confirmed", "window.basis": "deliver_by"}),
    ],
    ids=lambda value: "" if "order" in str(value)[:20] else None,
)
def test_what_comes_of_it(payload: Any, wanted: dict[str, Any]) -> None:
    system = next(system for system, _, one in ALL if one is payload)
    record = map_payload(json.dumps(deepcopy(payload)).encode(), PROFILES[system])[0]
    assert record.order is not None
    assert {path: Order(record.order).at(path) for path in wanted} == wanted
