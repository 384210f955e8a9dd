"""Which required fields are blank: the quick look and the slow one agree on anything."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dq_service.order import Order
from dq_service.parsing.blank import asked, blank, lacks
from dq_service.partner import REQUIRABLE

VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["name", "contact", "address", "line1", "sku", "po"]), inner, max_size=3)
    ),
    max_leaves=6,
)
ROOTS = ("ship_to", "ship_from", "bill_to", "stops", "items", "packages", "window", "references", "account", "order_id")


@given(
    st.dictionaries(st.sampled_from(ROOTS), VALUE, max_size=5),
    st.lists(st.sampled_from(REQUIRABLE), max_size=4).map(tuple),
)
def test_the_quick_look_sees_what_the_slow_one_finds(json: dict[str, Any], required: tuple[str, ...]) -> None:
    order = Order(json)
    assert lacks(order, required) is any(any(blank(order, path)) for path in asked(required))
