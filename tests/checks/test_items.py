"""Lines, packages and totals beyond the rules' own examples."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.checks import items, whole_order
from dq_service.checks import line as look
from dq_service.context import Context
from dq_service.order import Order
from dq_service.partner import BUILT_IN
from dq_service.reference.bundle import Reference
from dq_service.reference.bundle import load as load_reference


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = Path(__file__).parents[2] / "reference_data"
    reference: Reference = load_reference(folder, None, tmp_path_factory.mktemp("cache"))
    return Context(datetime(2026, 12, 1, 18, tzinfo=UTC), reference, BUILT_IN)


@pytest.mark.parametrize(
    "totals",
    [
        (195.67, 3.33, 0, 3.98, 196.32),  # the discount as it is
        (199.00, -3.33, 0, 3.98, 199.65),  # below nought
        (195.67, 3.33, 0, 3.98, 199.65),  # already off the goods
        (100, 0, 5, 17.5, 105),  # tax included
    ],
)
def test_every_usual_way_of_adding_up_is_right(totals: tuple[float, ...], context: Context) -> None:
    names = ("goods", "discount", "shipping", "tax", "total")
    part = Order({"totals": dict(zip(names, totals, strict=True))}).part("totals")
    assert items.totals_differ(part, context, tolerance=0.05) == ()


@pytest.mark.parametrize("unit", ["lb", "KG", "gallons", "wheelbarrow"])
def test_a_fraction_of_what_is_measured_is_no_mistake(unit: str, context: Context) -> None:
    part = Order({"items": [{"quantity": 2.5, "unit": unit}]}).part("items[0]")
    assert items.quantity_broken(part, context) == ()


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists, max_leaves=5)
)
def test_every_check_answers_to_anything(context: Context, value: Any) -> None:
    order = Order({"items": value, "packages": [{"weight": {"value": value, "unit": value}, "dimensions": value}]})
    whole_order.marks(order.part(""), context)
    items.items_missing(order.part(""), context)
    items.not_provided_for(order.part(""), context, goods="age")
    package = order.part("packages[0]")
    for measure in ("weight", "length"):
        items.unit_missing(package, context, measure=measure)
    items.measure_absurd(package, context, heaviest_kg=1, longest_m=1)
    line = Order({"items": [{"quantity": value, "sku": value, "gtin": value}]}).part("items[0]")
    look.marks(line, context)
