"""Orders and parcels that come twice: an order is never its own duplicate, and only the later of two speaks."""

from collections.abc import Callable
from typing import Any

import pytest

from dq_service.engine.proof import overlaid
from dq_service.recent import History
from dq_service.result import Result

Check = Callable[..., Result]


def _rules(check: Check, changes: dict[str, Any], earlier: list[dict[str, Any]]) -> set[str]:
    return {finding.rule for finding in check(changes, recent=History.of(map(overlaid, earlier))).findings}


def test_an_order_is_not_its_own_duplicate(check: Check) -> None:
    assert _rules(check, {}, [{}]) == set()


@pytest.mark.parametrize(("own", "found"), [("PROOF-100043", {"DUP001"}), ("PROOF-100041", set())])
def test_of_two_at_one_instant_only_the_later_id_speaks(own: str, found: set[str], check: Check) -> None:
    assert _rules(check, {"order_id": own}, [{"order_id": "PROOF-100042"}]) == found


def test_two_shipments_of_an_order_are_no_duplicates(check: Check) -> None:
    assert (
        _rules(check, {"shipment_id": "2"}, [{"shipment_id": "1", "placed_at": "2026-12-01T09:00:00-06:00"}]) == set()
    )


def test_a_line_split_in_two_is_the_same_goods(check: Check) -> None:
    lines = [{"sku": "LMP-1496-R9", "gtin": "5537992751283", "quantity": 1}] * 2
    twice = [{"sku": "LMP-1496-R9", "gtin": "5537992751283", "quantity": 2}]
    earlier = {"order_id": "PROOF-1", "placed_at": "2026-12-01T09:00:00-06:00", "items": twice}
    assert "DUP001" in _rules(check, {"items": lines}, [earlier])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"order_id": "PROOF-1", "shipment_id": "2"}, False),
        ({"kind": "exchange"}, False),
        ({"placed_at": "2028-01-01T09:12:00-06:00"}, False),
        ({"placed_at": "2026-10-01T09:12:00-06:00"}, False),
    ],
    ids=["another order", "the same order", "its exchange", "long after", "before it"],
)
def test_a_tracking_number_belongs_to_one_order(changes: dict[str, Any], found: bool, check: Check) -> None:
    packages = [{"tracking_number": "1Z999AA10123456784"}]
    earlier = {"order_id": "PROOF-1", "placed_at": "2026-11-20T09:12:00-06:00", "packages": packages}
    assert ("DUP003" in _rules(check, {"packages": packages, **changes}, [earlier])) is found


def test_orders_of_one_history_are_one_partners(check: Check) -> None:
    """`--partner` and `--recent`: what the orders call their partner themselves does not matter."""
    packages = [{"tracking_number": "1Z999AA10123456784"}]
    assert _rules(check, {"packages": packages, "partner": "proof"}, [{"packages": packages, "partner": ""}]) == set()


@pytest.mark.parametrize("placed", ["2026-12-01T09:12:00-06:00", "", None])
@pytest.mark.parametrize(("own", "accused"), [("PROOF-2", True), ("PROOF-1", False)])
def test_of_two_orders_with_one_parcel_number_one_is_accused(
    own: str, accused: bool, placed: str | None, check: Check
) -> None:
    packages = [{"tracking_number": "1Z999AA10123456784"}]
    lamp, rug = ([{"sku": sku, "quantity": 1}] for sku in ("LMP-1496-R9", "RUG-0020-A1"))
    pair: dict[str, dict[str, Any]] = {
        "PROOF-1": {"order_id": "PROOF-1", "placed_at": placed, "packages": packages, "items": lamp},
        "PROOF-2": {
            "order_id": "PROOF-2",
            "placed_at": "2026-12-01T09:12:00-06:00",
            "packages": packages,
            "items": rug,
        },
    }
    assert ("DUP003" in _rules(check, pair[own], list(pair.values()))) is accused


def test_a_return_in_another_spelling_brings_its_parcel_back(check: Check) -> None:
    packages = [{"tracking_number": "1Z999AA10123456784"}]
    earlier = {"order_id": "PROOF-1", "placed_at": "2026-11-20T09:12:00-06:00", "packages": packages}
    assert "DUP003" not in _rules(check, {"packages": packages, "kind": "Return"}, [earlier])
