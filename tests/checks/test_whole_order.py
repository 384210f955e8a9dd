"""The look at a whole order: what the checks find it has seen, whatever stands in the order."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dq_service.checks import address, identifiers, items, recipients, required, whole_order
from dq_service.context import Context
from dq_service.order import Order
from dq_service.partner import load as load_partner
from dq_service.reference.bundle import Reference

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
PARTNER = load_partner(
    "{name: p, order_id: 'A-\\d+', required: [ship_to.name, bill_to.contact, references.po]}", "p.yaml"
)
LEAF = st.none() | st.integers(0, 2) | st.sampled_from(["", "x", ".", "A-1", "return", "transfer", "age"])
NAMES = ("name", "company", "site_id", "address", "line1", "city", "po", "restricted", "quantity")
VALUE = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
ROOTS = ("order_id", "kind", "ship_to", "ship_from", "bill_to", "items", "packages", "references")


@given(st.dictionaries(st.sampled_from(ROOTS), VALUE, max_size=6))
def test_what_the_checks_find_the_look_has_seen(reference: Reference, json: dict[str, Any]) -> None:
    part, context = Order(json).part(""), Context(NOW, reference, PARTNER)
    seen = whole_order.marks(part, context)
    assert not address.missing(part, context) or "no_address" in seen
    assert not recipients.recipient_missing(part, context) or "no_recipient" in seen
    assert not recipients.crossed(part, context) or "payer" in seen
    assert not required.missing(part, context, of=[], but=[]) or "required" in seen
    assert not items.items_missing(part, context) or "no_items" in seen
    assert not items.restriction_unknown(part, context) or "restricted" in seen
    assert ("no_id" in seen) is (json.get("order_id") in (None, ""))
    if "order_id" in seen:
        assert identifiers.order_id_misformed(part, context)
